//! The header: name, connection, the oldest figure's age, and one sentence that says what the market does now.

use leptos::prelude::*;
use schema::{Figure, MarketOverview, Reading};

use crate::{
    format,
    live::{Link, Store},
    path,
};

pub(super) fn header(store: Store) -> AnyView {
    let sentence = move || {
        let now = store.now.get();
        sentence(&store.overview.with(|found| Reading::judge(found.clone(), now)))
    };
    let oldest = move || {
        let now = store.now.get();
        store.oldest().map_or_else(|| "no data".to_owned(), |as_of| format!("oldest {}", format::age(as_of.age(now))))
    };
    let link_class = move || match store.link.get() {
        Link::Live => "link live",
        Link::Snapshot => "link",
        Link::Reconnecting | Link::Offline => "link lost",
    };
    view! {
        <header class="top">
            <div class="top-row">
                {brand()}
                <p class="pulse">
                    <span class=link_class>{move || store.link.get().label()}</span>
                    <span class="oldest">{oldest}</span>
                </p>
            </div>
            <p class="sentence">{sentence}</p>
        </header>
    }
    .into_any()
}

/// The name, which leads to the first page.
pub(crate) fn brand() -> AnyView {
    view! {
        <a class="brand" href=path::MARKET>
            <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d="M3 6l6.5 12L13 11l2.5 4L21 6"/>
            </svg>
            "Virtuoso"
        </a>
    }
    .into_any()
}

/// What the market does now, in one sentence made of the overview's numbers alone.
pub(crate) fn sentence(reading: &Reading<MarketOverview>) -> String {
    match reading {
        Reading::Fresh(held) => market(&held.value),
        Reading::Stale { held, age } => format!("{} ago: {}", format::age(*age), market(&held.value)),
        Reading::Expired { last, age } => format!("Last known, {} ago: {}", format::age(*age), market(&last.value)),
        Reading::Absent(absence) => format!("No reading of the market: {absence}."),
    }
}

fn market(overview: &MarketOverview) -> String {
    let moves = format!("{} of {} symbols rise", overview.gainers, overview.total_symbols);
    let signals = if overview.scored_symbols > 0 {
        format!("{} point long, {} short", overview.long_signals, overview.short_signals)
    } else {
        "none is scored yet".to_owned()
    };
    match &overview.regime {
        Figure::Known { value, .. } => format!("{}: {moves}; {signals}.", value.label),
        Figure::Missing(_) => format!("{moves}; {signals}."),
    }
}

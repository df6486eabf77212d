//! The header: name, connection, the oldest figure's age, and one sentence that says what the market does now.

use leptos::prelude::*;
use schema::{Reading, page::Headline};

use crate::{
    format,
    live::{Link, Store},
    part::live::live_text,
    path,
};

/// An age below which figures are called current, so that the line does not change each second.
const JUST_NOW: std::time::Duration = std::time::Duration::from_secs(10);

pub(super) fn header(store: Store) -> AnyView {
    let sentence = move || {
        let now = store.now.get();
        sentence(&store.headline.with(|found| Reading::judge(found.clone(), now)))
    };
    let oldest = move || {
        let now = store.now.get();
        match store.oldest().map(|as_of| as_of.age(now)) {
            None => "no data".to_owned(),
            Some(age) if age < JUST_NOW => "Updated just now".to_owned(),
            Some(age) => format!("oldest {}", format::age(age)),
        }
    };
    let link_class = move || match store.link.get() {
        Link::Live => "link live",
        Link::Snapshot => "link",
        Link::Reconnecting | Link::Offline | Link::SignedOut => "link lost",
    };
    let sent = store.saving.then(|| {
        let sent_text = move || match store.sent.get().bytes() {
            0 => "saving data".to_owned(),
            bytes => format!("{} streamed", format::bytes(bytes)),
        };
        view! { <span class="sent">{live_text(sent_text)}</span> }
    });
    view! {
        <header class="top">
            <div class="top-row">
                {brand()}
                <p class="pulse">
                    <span class=link_class>{live_text(move || store.link.get().label().to_owned())}</span>
                    <span class="oldest">{live_text(oldest)}</span>
                    {sent}
                </p>
            </div>
            <p class="sentence">{live_text(sentence)}</p>
        </header>
    }
    .into_any()
}

/// The name, which leads to the first page.
pub(crate) fn brand() -> AnyView {
    view! {
        <a class="brand" href=path::MARKET.href()>
            <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d="M3 6l6.5 12L13 11l2.5 4L21 6"/>
            </svg>
            "Virtuoso"
        </a>
    }
    .into_any()
}

/// What the market does now, in one sentence made of measured numbers alone.
pub(crate) fn sentence(reading: &Reading<Headline>) -> String {
    match reading {
        Reading::Fresh(held) => market(&held.value),
        Reading::Stale { held, age } => format!("{} ago: {}", format::age(*age), market(&held.value)),
        Reading::Expired { last, age } => format!("Last known, {} ago: {}", format::age(*age), market(&last.value)),
        Reading::Absent(absence) => format!("No reading of the market: {absence}."),
    }
}

fn market(headline: &Headline) -> String {
    let moves = format!("{} of {} symbols rise", headline.gainers, headline.total_symbols);
    let signals = if headline.scored_symbols > 0 {
        format!("{} long, {} short", headline.long_signals, headline.short_signals)
    } else {
        "none is scored yet".to_owned()
    };
    match &headline.regime {
        Some(regime) => format!("{regime}: {moves}; {signals}."),
        None => format!("{moves}; {signals}."),
    }
}

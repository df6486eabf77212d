//! The list of scores: what was asked, the rows, and the way to the other pages.

use leptos::{html::Tr, prelude::*};
use schema::{SignalRow, Signals, Symbol, reading::Found};
use serde::{Deserialize, Serialize};

use super::{
    Look,
    filters::filters,
    score_row::{COLUMNS, cells},
    steady_card,
};
use crate::{
    live::{List, Store, ask, rewrite},
    part::live::{live, live_text},
    scores::{Arranged, PAGE_SIZE, Query, arrange},
};

/// How long the order of rows is kept before rows are sorted again, in milliseconds, so that nothing jumps under a thumb.
const ORDER_STANDS_MS: u64 = 5_000;

/// Which rows are shown, and of how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The rows of this page in order.
    pub symbols: Vec<Symbol>,
    /// How many rows match what was asked.
    pub matching: usize,
    /// How many rows there are.
    pub total: usize,
    /// The page shown, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

impl Listing {
    /// The part of a list that an address asks for.
    #[must_use]
    pub fn of(rows: &[SignalRow], query: &Query) -> Self {
        let Arranged { shown, matching, page, pages } = arrange(rows, query);
        Self {
            symbols: shown.into_iter().filter_map(|place| rows.get(place)).map(|row| row.symbol).collect(),
            matching,
            total: rows.len(),
            page,
            pages,
        }
    }
}

pub(crate) fn score_list(store: Store, list: List, query: Query, listing: Listing) -> AnyView {
    let found = list.signals;
    let asked = RwSignal::new(query);
    let drawn = RwSignal::new(usize::MAX);
    let listing = keep_order(store, list, asked, listing);
    ask(list, asked, drawn);
    steady_card(Look { name: "scores", title: "Scores" }, store, found, move || {
        view! {
            {filters(asked)}
            {summary(listing, asked)}
            {table(found, listing, asked, drawn)}
            {pager(listing, asked)}
        }
        .into_any()
    })
}

/// The listing as given first, then rebuilt from the complete list: at once where something else is requested, else no more than every
/// few seconds.
fn keep_order(store: Store, list: List, asked: RwSignal<Query>, first: Listing) -> RwSignal<Listing> {
    let listing = RwSignal::new(first);
    let made = StoredValue::new(store.now.get_untracked());
    Effect::new(move |before: Option<Query>| {
        let (now, query) = (store.now.get(), asked.get());
        let same = before.is_none_or(|before| before == query);
        let stands = same && now.0.abs_diff(made.get_value().0) < ORDER_STANDS_MS;
        if list.whole.get_untracked() && !stands {
            made.set_value(now);
            let rows = |found: &Found<Signals>| found.as_ref().ok().map(|held| Listing::of(&held.value.rows, &query));
            let next = list.signals.with_untracked(rows).filter(|next| listing.with_untracked(|old| old != next));
            if let Some(next) = next {
                listing.set(next);
            }
        }
        query
    });
    listing
}

fn summary(listing: RwSignal<Listing>, asked: RwSignal<Query>) -> AnyView {
    view! {
        <p class="showing">
            {live_text(move || listing.with(|l| {
                let scope = if asked.with(Query::filters) { format!("{} that match, of {}", l.matching, l.total) } else { l.total.to_string() };
                format!("Showing {} of {scope}", l.symbols.len())
            }))}
        </p>
    }
    .into_any()
}

fn table(
    found: RwSignal<Found<Signals>>,
    listing: RwSignal<Listing>,
    asked: RwSignal<Query>,
    drawn: RwSignal<usize>,
) -> AnyView {
    let head: Vec<_> =
        COLUMNS.into_iter().map(|name| view! { <th role="columnheader" scope="col">{name}</th> }.into_any()).collect();
    let nothing = move || {
        if !listing.with(|l| l.symbols.is_empty()) {
            return ().into_any();
        }
        let reason = if asked.with(|query| query.watched && query.watchlist.is_empty()) {
            "You watch no symbol yet. Open one and tap its star."
        } else {
            "No symbol matches. Try another search or fewer filters."
        };
        view! { <p class="absent">{reason}</p> }.into_any()
    };
    view! {
        // As a grid, a table is no table to some browsers unless it says so.
        <table role="table" class=move || format!("rows by-{}", asked.with(|query| query.sort.as_str()))>
            <caption class="vh">"Symbols with price, score and dimensions"</caption>
            <thead role="rowgroup"><tr role="row">{head}</tr></thead>
            <tbody role="rowgroup">
                <For each=move || listing.with(|l| l.symbols.iter().take(drawn.get()).copied().collect::<Vec<_>>()) key=|symbol| *symbol let:symbol>
                    {row(found, symbol, asked.with_untracked(|query| query.watchlist.has(symbol)))}
                </For>
            </tbody>
        </table>
        {live(nothing)}
    }
    .into_any()
}

fn row(found: RwSignal<Found<Signals>>, symbol: Symbol, watched: bool) -> AnyView {
    // A second in which nothing that is shown changed leaves the row alone.
    let markup = Memo::new(move |_| {
        found
            .with(|found| {
                let held = found.as_ref().ok()?;
                let row = held.value.rows.iter().find(|row| row.symbol == symbol)?;
                let behind = row.quote.behind(held.as_of).map(crate::format::age);
                Some(cells(row, behind.as_deref(), watched))
            })
            .unwrap_or_default()
    });
    let place = NodeRef::<Tr>::new();
    rewrite(place, markup);
    view! { <tr role="row" node_ref=place inner_html=markup.get_untracked()></tr> }.into_any()
}

fn pager(listing: RwSignal<Listing>, asked: RwSignal<Query>) -> AnyView {
    live(move || {
        let (page, pages) = listing.with(|l| (l.page, l.pages));
        if pages == 1 {
            return ().into_any();
        }
        let link = |to: usize, label: &'static str, rel: &'static str| {
            view! { <a class="chip" href=asked.with(|query| query.at_page(to).url()) rel=rel>{label}</a> }.into_any()
        };
        view! {
            <nav class="pager" aria-label="Pages of the list">
                {(page > 1).then(|| link(page - 1, "Previous", "prev"))}
                <span>{format!("Page {page} of {pages}, {PAGE_SIZE} each")}</span>
                {(page < pages).then(|| link(page + 1, "Next", "next"))}
            </nav>
        }
        .into_any()
    })
}

//! The Scores page.

use leptos::prelude::*;
use schema::{page::ScoresPage, stream::Topic};

use crate::{
    card::score_list::{Listing, score_list},
    frame::{framed, hidden_title},
    live::{List, Store, connect, reader},
    scores::Query,
};

island!(
    /// The Scores page: the list of symbols as asked.
    ScoresIsland(
        /// The page's snapshot; its list holds the rows of `listing` at least.
        page: ScoresPage,
        /// What the address asks.
        query: Query,
        /// The rows to show first.
        listing: Listing,
    ) => scores, in scores_part
);

fn scores(page: ScoresPage, query: Query, listing: Listing) -> AnyView {
    let held = page.signals.as_ref().map_or(0, |held| held.value.rows.len());
    let whole = held == listing.total;
    let list = List { signals: RwSignal::new(page.signals), whole: RwSignal::new(whole) };
    let store = Store::new(&page.frame).beside(list);
    let since = whole.then_some(page.frame.stamp);
    connect(store, &[Topic::Signals], Some(reader(list)), page.frame.now, since);
    framed(store, hidden_title("Scores"), score_list(store, list, query, listing))
}

//! The Scores page.

use leptos::prelude::*;
use schema::{page::ScoresPage, stream::Topic};

use crate::{
    card::score_list::{Listing, score_list},
    frame::{framed, hidden_title},
    live::{Store, connect},
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
    ) => scores
);

fn scores(page: ScoresPage, query: Query, listing: Listing) -> AnyView {
    let held = page.signals.as_ref().map_or(0, |held| held.value.rows.len());
    let whole = held == listing.total;
    let signals = RwSignal::new(page.signals);
    let store = Store { signals: Some(signals), whole: RwSignal::new(whole), ..Store::new(&page.frame) };
    let topics = [Topic::Signals];
    connect(store, &topics, page.frame.now, whole.then_some(page.frame.stamp));
    framed(store, hidden_title("Scores"), score_list(store, signals, query, listing))
}

//! The Market page.

use leptos::prelude::*;
use schema::{page::MarketPage, stream::Topic};

use crate::{
    card::{breadth::breadth, movers::movers, overview::overview, perps::perps},
    frame::{framed, hidden_title},
    island::hole,
    live::{Store, connect, refresh},
};

island!(
    /// The Market page: overview, breadth, perps pulse and movers.
    MarketIsland(
        /// The page's snapshot.
        page: MarketPage,
    ) => market
);

fn market(page: MarketPage) -> AnyView {
    let (breadth_found, movers_found) = (RwSignal::new(page.breadth), RwSignal::new(page.movers));
    let perps_found = RwSignal::new(page.perps);
    let store = Store {
        breadth: Some(breadth_found),
        perps: Some(perps_found),
        movers: Some(movers_found),
        ..Store::new(&page.frame)
    };
    let topics = [Topic::Breadth, Topic::Perps, Topic::Movers];
    connect(store, &topics, page.frame.now, Some(page.frame.stamp));
    refresh(store);
    let cards = view! {
        <div class="cards market">
            {overview(store)}
            {breadth(store, breadth_found)}
            {perps(store, perps_found)}
            {movers(store, movers_found)}
            {hole()}
        </div>
    };
    framed(store, hidden_title("Market"), cards.into_any())
}

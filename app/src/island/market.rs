//! The Market page.

use leptos::prelude::*;
use schema::{page::MarketPage, stream::Topic};

use crate::{
    card::{breadth::breadth, movers::movers, overview::overview},
    frame::{framed, hidden_title},
    live::{Store, connect},
};

island!(
    /// The Market page: overview, breadth and movers.
    MarketIsland(
        /// The page's snapshot.
        page: MarketPage,
    ) => market
);

fn market(page: MarketPage) -> AnyView {
    let (breadth_found, movers_found) = (RwSignal::new(page.breadth), RwSignal::new(page.movers));
    let store = Store { breadth: Some(breadth_found), movers: Some(movers_found), ..Store::new(&page.frame) };
    let topics = [Topic::Breadth, Topic::Movers];
    connect(store, &topics, page.frame.now, Some(page.frame.stamp));
    let cards = view! {
        <div class="cards market">
            {overview(store)}
            {breadth(store, breadth_found)}
            {movers(store, movers_found)}
        </div>
    };
    framed(store, hidden_title("Market"), cards.into_any())
}

//! The System page.

use leptos::prelude::*;
use schema::{page::Frame, stream::Topic};

use crate::{
    card::{feed::feed, streams::streams, tasks::tasks},
    frame::{framed, hidden_title},
    live::{Store, connect},
};

/// The System page: where the data comes from, and how the monitor is doing.
#[island]
pub fn SystemIsland(
    /// The page's snapshot.
    page: Frame,
) -> impl IntoView {
    let store = Store::new(&page);
    connect(store, vec![Topic::Overview, Topic::Health], page.now, Some(page.stamp));
    let cards = view! {
        <div class="cards system">
            {feed(store)}
            {streams(store)}
            {tasks(store)}
        </div>
    };
    framed(store, hidden_title("System"), cards.into_any())
}

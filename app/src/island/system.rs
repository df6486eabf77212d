//! The System page.

use leptos::prelude::*;
use schema::{page::SystemPage, stream::Topic};

use crate::{
    card::{feed::feed, schemas::schemas, servers::servers, streams::streams, tasks::tasks},
    frame::{framed, hidden_title},
    live::{Store, connect},
};

island!(
    /// The System page: where the data comes from, and how the monitor is doing.
    SystemIsland(
        /// The page's snapshot.
        page: SystemPage,
    ) => system
);

fn system(page: SystemPage) -> AnyView {
    let SystemPage { frame, cache } = page;
    let cache = RwSignal::new(cache);
    let store = Store { cache: Some(cache), ..Store::new(&frame) };
    connect(store, &[Topic::Cache], frame.now, Some(frame.stamp));
    let cards = view! {
        <div class="cards system">
            {feed(store)}
            {streams(store)}
            {servers(store, cache)}
            {schemas(store, cache)}
            {tasks(store)}
        </div>
    };
    framed(store, hidden_title("System"), cards.into_any())
}

//! The frame of a page whose content is rendered on the server alone, and asked for again when it changed.

use leptos::prelude::*;
use schema::{UnixMs, page::Frame, stream::Topic};

use crate::{
    frame::crown,
    live::{Store, connect, refresh},
};

island!(
    /// Header and banner; the page's `<main>` beside it is swapped for a newer one when a topic reports a change, and ages
    /// meanwhile.
    RefreshedIsland(
        /// The frame's snapshot.
        page: Frame,
        /// The topics that report changes of the content, as the stream spells them.
        topics: Vec<String>,
        /// The time of the oldest value in the content.
        oldest: Option<UnixMs>,
    ) => refreshed
);

fn refreshed(page: Frame, topics: Vec<String>, oldest: Option<UnixMs>) -> AnyView {
    let store = Store { rendered: RwSignal::new(oldest), ..Store::new(&page) };
    // What is no topic to this build is one to a newer server: the page ages, and says so.
    let topics: Vec<Topic> = topics.iter().filter_map(|topic| topic.parse().ok()).collect();
    connect(store, &topics, None, page.now, Some(page.stamp));
    refresh(store);
    crown(store)
}

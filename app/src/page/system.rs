//! `/system`: where the data comes from, and how the monitor is doing. Rendered here alone, and asked for again every few seconds.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{again, awaited, refreshed};
use crate::{
    card::{contracts::contracts, feed::feed, schemas::schemas, servers::servers, streams::streams, tasks::tasks},
    frame::{hidden_title, tabs::Tab},
    source::SystemSnapshot,
};

/// How soon the cards are asked for again, in milliseconds.
const AGAIN_MS: i64 = 1_000;

#[component]
pub(crate) fn SystemRoute() -> impl IntoView {
    let page = awaited(Some(Tab::System), |source| {
        let page = source.system();
        async move { view! { <SystemPage page=page.await/> }.into_any() }
    });
    view! { <Title text="System"/>{page} }
}

/// The System page.
#[component]
pub fn SystemPage(
    /// The page's snapshot.
    page: SystemSnapshot,
) -> impl IntoView {
    let SystemSnapshot { frame, health, universe, cache, readers } = page;
    let oldest = health.as_ref().ok().map(|held| held.as_of);
    let content = view! {
        {hidden_title("System")}
        <div class="cards system" data-again-at=again(&frame, AGAIN_MS)>
            {feed(&frame, &health)}
            {streams(&frame, &health, readers)}
            {contracts(&frame, &universe)}
            {servers(frame.now, &cache)}
            {schemas(&frame, &cache)}
            {tasks(&frame, &health)}
        </div>
    };
    refreshed(frame, &[], oldest, content.into_any())
}

//! `/signals`: the ideas that stand, and what became of earlier ones. Rendered here alone.

use leptos::prelude::*;
use leptos_meta::Title;
use schema::{ActiveIdeas, Schema as _};

use super::{awaited, refreshed};
use crate::{
    card::{ended_ideas::ended_ideas, ideas::ideas},
    frame::{hidden_title, tabs::Tab},
    source::SignalsSnapshot,
};

#[component]
pub(crate) fn SignalsRoute() -> impl IntoView {
    let page = awaited(Some(Tab::Signals), |source| {
        let page = source.signals();
        async move { view! { <SignalsPage page=page.await/> }.into_any() }
    });
    view! { <Title text="Signals"/>{page} }
}

/// The Signals page: ideas that stand, and those that ended.
#[component]
pub fn SignalsPage(
    /// The page's snapshot.
    page: SignalsSnapshot,
) -> impl IntoView {
    let SignalsSnapshot { frame, ideas: found } = page;
    let oldest = found.as_ref().ok().map(|held| held.as_of);
    let content = view! {
        {hidden_title("Signals")}
        <div class="cards signals">
            {ideas(&frame, &found)}
            {ended_ideas(&frame, &found)}
        </div>
    };
    refreshed(frame, &[ActiveIdeas::NAME], oldest, content.into_any())
}

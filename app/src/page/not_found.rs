//! Every other address.

use leptos::prelude::*;
use leptos_meta::Title;
use schema::page::Frame;

use super::{awaited, still};
use crate::{path, source::Source};

#[component]
pub(crate) fn NotFoundRoute() -> impl IntoView {
    let page = awaited(None, |source| async move { not_found(&*source, "This page does not exist.".to_owned()).await });
    view! { <Title text="Not found"/>{page} }
}

/// The page for what is not there, with its status.
pub(super) fn not_found(source: &dyn Source, what: String) -> impl Future<Output = AnyView> + Send + use<> {
    source.not_found();
    let frame = source.frame();
    async move { view! { <LostPage frame=frame.await what=what/> }.into_any() }
}

/// The page for an address that leads nowhere. It is in the same frame, so that a banner is seen here as well.
#[component]
pub fn LostPage(
    /// The frame's snapshot.
    frame: Frame,
    /// What was looked for, in words: `The universe has no symbol DOGEUSD.`
    what: String,
) -> impl IntoView {
    let content = view! {
        <div class="lost-page">
            <p class="code" aria-hidden="true">"404"</p>
            <h1>"Nothing trades here"</h1>
            <p>{what}</p>
            <p class="ways">
                <a class="chip" href=path::SCORES.href()>"All scores"</a>
                <a class="chip" href=path::MARKET.href()>"Market"</a>
            </p>
        </div>
    };
    still(frame, content.into_any())
}

//! Every other address.

use leptos::prelude::*;
use leptos_meta::Title;

use super::awaited;
use crate::{island::NotFoundIsland, source::Source};

#[component]
pub(crate) fn NotFoundRoute() -> impl IntoView {
    let page = awaited(None, |source| async move { not_found(&*source, "This page does not exist.".to_owned()).await });
    view! { <Title text="Not found"/>{page} }
}

/// The page for what is not there, with its status.
pub(super) fn not_found(source: &dyn Source, what: String) -> impl Future<Output = AnyView> + Send + use<> {
    source.not_found();
    let frame = source.frame();
    async move { view! { <NotFoundIsland page=frame.await what=what/> }.into_any() }
}

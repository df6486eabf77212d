//! `/system`.

use leptos::prelude::*;
use leptos_meta::Title;

use super::awaited;
use crate::{frame::tabs::Tab, island::SystemIsland};

#[component]
pub(crate) fn SystemRoute() -> impl IntoView {
    let page = awaited(Some(Tab::System), |source| {
        let page = source.system();
        async move { view! { <SystemIsland page=page.await/> }.into_any() }
    });
    view! { <Title text="System"/>{page} }
}

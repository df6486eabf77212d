//! `/` and `/mobile`.

use leptos::prelude::*;
use leptos_meta::Title;

use super::awaited;
use crate::{frame::tabs::Tab, island::MarketIsland};

#[component]
pub(crate) fn MarketRoute() -> impl IntoView {
    let page = awaited(Some(Tab::Market), |source| {
        let page = source.market();
        async move { view! { <MarketIsland page=page.await/> }.into_any() }
    });
    view! { <Title text="Market"/>{page} }
}

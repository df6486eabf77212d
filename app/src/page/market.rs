//! `/` and `/mobile`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::awaited;
use crate::{
    frame::tabs::Tab,
    heat::{self, Shade},
    island::{MarketIsland, fill},
};

#[component]
pub(crate) fn MarketRoute() -> impl IntoView {
    let shade = Shade::asked(use_query_map().get_untracked().get("map").as_deref());
    let page = awaited(Some(Tab::Market), move |source| {
        let (page, list) = (source.market(), source.scores());
        async move {
            let (page, list) = (page.await, list.await);
            fill(heat::card(&page.frame, &list.signals, shade));
            view! { <MarketIsland page=page/> }.into_any()
        }
    });
    view! { <Title text="Market"/>{page} }
}

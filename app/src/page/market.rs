//! `/` and `/mobile`: the market in one look. Rendered here alone, and asked for again every few seconds.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{again, awaited, refreshed};
use crate::{
    card::{breadth::breadth, movers::movers, overview::overview, perps::perps},
    frame::{hidden_title, tabs::Tab},
    heat::{self, Shade},
    source::MarketSnapshot,
};

/// How soon the cards are asked for again, in milliseconds. What is on top of them lives by the second.
const AGAIN_MS: i64 = 3_000;

#[component]
pub(crate) fn MarketRoute() -> impl IntoView {
    let shade = Shade::asked(use_query_map().get_untracked().get("map").as_deref());
    let page = awaited(Some(Tab::Market), move |source| {
        let page = source.market();
        async move { view! { <MarketPage page=page.await shade=shade/> }.into_any() }
    });
    view! { <Title text="Market"/>{page} }
}

/// The Market page: overview, breadth, perps pulse, movers and heat map.
#[component]
pub fn MarketPage(
    /// The page's snapshot.
    page: MarketSnapshot,
    /// What the colours of the heat map say.
    shade: Shade,
) -> impl IntoView {
    let MarketSnapshot { frame, breadth: took_part, perps: pulse, movers: moved, signals } = page;
    let times = [
        took_part.as_ref().ok().map(|held| held.as_of),
        pulse.as_ref().ok().map(|held| held.as_of),
        moved.as_ref().ok().map(|held| held.as_of),
        signals.as_ref().ok().map(|held| held.as_of),
    ];
    let oldest = times.into_iter().flatten().min();
    let content = view! {
        {hidden_title("Market")}
        <div class="cards market" data-again-at=again(frame.now, AGAIN_MS)>
            {overview(&frame)}
            {breadth(&frame, &took_part)}
            {perps(&frame, &pulse)}
            {movers(&frame, &moved)}
            {heat::card(&frame, &signals, shade)}
        </div>
    };
    refreshed(frame, &[], oldest, content.into_any())
}

//! `/` and `/mobile`: the market in one look. Rendered here alone, and asked for again every few seconds.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use schema::{UnixMs, reading::Found};

use super::{again, awaited, refreshed};
use crate::{
    card::{breadth::breadth, movers::movers, overview::overview, perps::perps},
    frame::{hidden_title, tabs::Tab},
    heat::{self, Shade},
    part::ages::Ages,
    path,
    settings::{MarketCard, MarketCards, Settings},
    source::MarketSnapshot,
};

/// How soon the cards are asked for again, in milliseconds. What is on top of them lives by the second.
const AGAIN_MS: i64 = 3_000;

#[component]
pub(crate) fn MarketRoute() -> impl IntoView {
    let shade = Shade::asked(use_query_map().get_untracked().get("map").as_deref());
    let cards = use_context::<Settings>().unwrap_or(Settings::PLAIN).cards;
    let page = awaited(Some(Tab::Market), move |source| {
        let page = source.market();
        async move { view! { <MarketPage page=page.await shade=shade cards=cards/> }.into_any() }
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
    /// The cards that are seen.
    cards: MarketCards,
) -> impl IntoView {
    let MarketSnapshot { frame, overview: look, breadth: took_part, perps: pulse, movers: moved, signals } = page;
    let ages = Ages::at(frame.now);
    let (seen, times): (Vec<AnyView>, Vec<Option<UnixMs>>) = cards
        .shown()
        .map(|card| match card {
            MarketCard::Overview => (overview(&frame, &look, &ages), as_of(&look)),
            MarketCard::Breadth => (breadth(&frame, &took_part), as_of(&took_part)),
            MarketCard::Perps => (perps(&frame, &pulse, &ages), as_of(&pulse)),
            MarketCard::Movers => (movers(&frame, &moved), as_of(&moved)),
            MarketCard::Heat => (heat::card(&frame, &signals, shade), as_of(&signals)),
        })
        .unzip();
    let none = seen.is_empty().then(|| {
        view! { <p class="absent">"All cards are hidden. "<a href=path::SETTINGS.href()>"Choose some in the settings"</a>"."</p> }
    });
    let oldest = times.into_iter().chain([ages.oldest()]).flatten().min();
    let content = view! {
        {hidden_title("Market")}
        <div class="cards market" data-again-at=again(&frame, AGAIN_MS)>
            {seen}
            {none}
        </div>
    };
    refreshed(frame, &[], oldest, content.into_any())
}

fn as_of<T>(found: &Found<T>) -> Option<UnixMs> {
    found.as_ref().ok().map(|held| held.as_of)
}

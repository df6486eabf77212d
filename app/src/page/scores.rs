//! `/scores`.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use schema::{Held, Signals};

use super::awaited;
use crate::{
    card::score_list::Listing, frame::tabs::Tab, island::ScoresIsland, scores::Query, settings::Settings,
    watchlist::Watchlist,
};

#[component]
pub(crate) fn ScoresRoute() -> impl IntoView {
    let map = use_query_map().get_untracked();
    let usual = use_context::<Settings>().unwrap_or(Settings::PLAIN).sort;
    let watchlist = use_context::<Watchlist>().unwrap_or(Watchlist::EMPTY);
    let query = Query::read_for(usual, watchlist, |name| map.get(name));
    let page = awaited(Some(Tab::Scores), |source| {
        let page = source.scores();
        async move {
            let mut page = page.await;
            let listing = match &page.signals {
                Ok(held) => Listing::of(&held.value.rows, &query),
                Err(_) => Listing::of(&[], &query),
            };
            page.signals = page.signals.map(|held| shown_only(&held, &listing));
            view! { <ScoresIsland page=page query=query listing=listing/> }.into_any()
        }
    });
    view! { <Title text="Scores"/>{page} }
}

/// The list with the rows of this page alone: the others come by the stream, and the page stays small.
fn shown_only(held: &Held<Signals>, listing: &Listing) -> Held<Signals> {
    if held.value.rows.len() <= listing.symbols.len() {
        return held.clone();
    }
    let rows = held.value.rows.iter().filter(|row| listing.symbols.contains(&row.symbol)).cloned().collect();
    Held { value: Arc::new(Signals { rows, ..Signals::clone(&held.value) }), ..held.clone() }
}

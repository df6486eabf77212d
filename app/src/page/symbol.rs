//! `/symbol/:symbol`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use schema::{Absence, Symbol, Timeframe, page::SymbolPage};

use super::{awaited, not_found::not_found};
use crate::{
    chart::{self, Candles, Chart, Ideas, exchange},
    frame::tabs::Tab,
    island::{SymbolIsland, fill},
    watchlist::Watchlist,
};

#[component]
pub(crate) fn SymbolRoute() -> impl IntoView {
    let text = use_params_map().get_untracked().get("symbol").unwrap_or_default();
    let title = Symbol::decoded(&text).map_or_else(|_| "Not found".to_owned(), |symbol| symbol.to_string());
    let timeframe = Chart::timeframe(use_query_map().get_untracked().get("timeframe").as_deref());
    let watchlist = use_context::<Watchlist>().unwrap_or(Watchlist::EMPTY);
    let page = awaited(Some(Tab::Scores), move |source| async move {
        let page = match Symbol::decoded(&text) {
            Ok(symbol) => source.symbol(symbol).await,
            Err(_) => None,
        };
        match page {
            Some(page) => {
                let candles = source.candles(page.symbol, timeframe).await;
                let ideas = source.ideas(page.symbol).await;
                fill(chart::card(&drawn(&page, timeframe, candles, ideas)));
                let watched = watchlist.has(page.symbol);
                view! { <SymbolIsland page=page watched=watched/> }.into_any()
            }
            None => {
                // A text that is no symbol is not repeated at length.
                let text: String = text.chars().take(Symbol::MAX_LEN).collect();
                not_found(&*source, format!("The universe has no symbol {text}.")).await
            }
        }
    });
    view! { <Title text=title/>{page} }
}

/// The chart of a page, over the scores and levels that the page shows.
pub(crate) fn drawn(page: &SymbolPage, timeframe: Timeframe, candles: Candles, ideas: Result<Ideas, Absence>) -> Chart {
    let known = page.breakdown.as_ref().ok().map(|held| &held.value);
    let levels = known.and_then(|breakdown| breakdown.key_levels.value());
    Chart {
        symbol: page.symbol,
        timeframe,
        candles,
        scores: known.map_or_else(Vec::new, |breakdown| breakdown.history.clone()),
        levels: levels.map_or_else(Vec::new, |levels| levels.levels.clone()),
        ideas,
        venue: page.frame.monitor.as_ref().ok().and_then(|held| exchange::heard(&held.value.feed)),
        now: page.frame.now,
        zone: page.frame.zone,
    }
}

//! `/symbol/:symbol`.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use schema::Symbol;

use super::{awaited, not_found::not_found};
use crate::{frame::tabs::Tab, island::SymbolIsland};

#[component]
pub(crate) fn SymbolRoute() -> impl IntoView {
    let text = use_params_map().get_untracked().get("symbol").unwrap_or_default();
    let title = Symbol::new(&text).map_or_else(|_| "Not found".to_owned(), |symbol| symbol.to_string());
    let page = awaited(Some(Tab::Scores), |source| async move {
        let page = match Symbol::new(&text) {
            Ok(symbol) => source.symbol(symbol).await,
            Err(_) => None,
        };
        match page {
            Some(page) => view! { <SymbolIsland page=page/> }.into_any(),
            None => {
                // A text that is no symbol is not repeated at length.
                let text: String = text.chars().take(Symbol::MAX_LEN).collect();
                not_found(&*source, format!("The universe has no symbol {text}.")).await
            }
        }
    });
    view! { <Title text=title/>{page} }
}

//! `/beta`: how every contract moves with Bitcoin. Rendered here alone, and asked for again when it changed.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use schema::{BetaTable, Schema as _};

use super::{awaited, refreshed};
use crate::{
    beta::Query,
    card::{beta_lines::beta_lines, betas::betas},
    frame::{hidden_title, tabs::Tab},
    source::BetaSnapshot,
};

#[component]
pub(crate) fn BetaRoute() -> impl IntoView {
    let map = use_query_map().get_untracked();
    let query = Query::read(|name| map.get(name));
    let page = awaited(Some(Tab::Beta), move |source| {
        let page = source.beta();
        async move { view! { <BetaPage page=page.await query=query/> }.into_any() }
    });
    view! { <Title text="Beta"/>{page} }
}

/// The Beta page: lines of those that did best and worst, and a table of all.
#[component]
pub fn BetaPage(
    /// The page's snapshot.
    page: BetaSnapshot,
    /// What the address asks.
    query: Query,
) -> impl IntoView {
    let BetaSnapshot { frame, beta } = page;
    let content = view! {
        {hidden_title("Beta to Bitcoin")}
        <div class="cards beta">
            {beta_lines(&frame, &beta, query)}
            {betas(&frame, &beta, query)}
        </div>
    };
    let oldest = beta.as_ref().ok().map(|held| held.as_of);
    refreshed(frame, &[BetaTable::NAME], oldest, content.into_any())
}

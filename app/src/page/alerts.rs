//! `/alerts`: what turned, and the rules of the reader's own. Rendered here alone.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use schema::{AlertLog, Schema as _};

use super::{awaited, refreshed};
use crate::{
    alerts::Query,
    card::{alerts::alerts, rules::rules},
    frame::{hidden_title, tabs::Tab},
    source::AlertsSnapshot,
};

#[component]
pub(crate) fn AlertsRoute() -> impl IntoView {
    let map = use_query_map().get_untracked();
    let query = Query::read(|name| map.get(name));
    let page = awaited(Some(Tab::Alerts), move |source| {
        let page = source.alerts();
        async move { view! { <AlertsPage page=page.await query=query/> }.into_any() }
    });
    view! { <Title text="Alerts"/>{page} }
}

/// The Alerts page: the log, and the rules with their forms.
#[component]
pub fn AlertsPage(
    /// The page's snapshot.
    page: AlertsSnapshot,
    /// What the address asks.
    query: Query,
) -> impl IntoView {
    let AlertsSnapshot { frame, log, rules: kept } = page;
    let oldest = log.as_ref().ok().map(|held| held.as_of);
    let content = view! {
        {hidden_title("Alerts")}
        <div class="cards noted">
            {alerts(&frame, &log, query)}
            {rules(&frame, &log, &kept, query)}
        </div>
    };
    refreshed(frame, &[AlertLog::NAME], oldest, content.into_any())
}

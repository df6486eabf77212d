//! The page for an address that leads nowhere.

use leptos::prelude::*;
use schema::page::Frame;

use crate::{
    frame::framed,
    live::{Store, connect},
    path,
};

/// The page for an address that leads nowhere. It stands in the same frame, so that a banner is seen here as well.
#[island]
pub fn NotFoundIsland(
    /// The frame's snapshot.
    page: Frame,
    /// What was looked for, in words: `no symbol DOGEUSD`.
    what: String,
) -> impl IntoView {
    let store = Store::new(&page);
    connect(store, &[], page.now, Some(page.stamp));
    let title = view! {
        <div class="lost-page">
            <p class="code" aria-hidden="true">"404"</p>
            <h1>"Nothing trades here"</h1>
            <p>{what}</p>
            <p class="ways">
                <a class="chip" href=path::SCORES>"All scores"</a>
                <a class="chip" href=path::MARKET>"Market"</a>
            </p>
        </div>
    };
    framed(store, title.into_any(), ().into_any())
}

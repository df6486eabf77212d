//! What every page has around its cards: header, banner and bottom navigation.

mod header;
#[cfg(feature = "ssr")]
pub(crate) use header::brand;
mod notice;
pub(crate) use notice::first_scan;
#[cfg(feature = "ssr")]
pub(crate) use notice::recorded;
#[cfg(feature = "ssr")]
pub(crate) mod tabs;

use leptos::prelude::*;

use crate::live::Store;

/// What is above the content of every page: the header and the notices.
pub(crate) fn crown(store: Store) -> AnyView {
    view! {
        {header::header(store)}
        {notice::notices(store)}
    }
    .into_any()
}

/// The page as it lives: what is above, and the page's own content.
pub(crate) fn framed(store: Store, title: AnyView, content: AnyView) -> AnyView {
    view! {
        {crown(store)}
        <main id="main" tabindex="-1">
            {title}
            {content}
        </main>
    }
    .into_any()
}

/// The page's heading, for screen readers where the cards say it all.
pub(crate) fn hidden_title(title: &'static str) -> AnyView {
    view! { <h1 class="vh">{title}</h1> }.into_any()
}

//! A place in an island for what the server alone renders.
//!
//! What is in it costs the browser no code: it is passed over when the island is hydrated, and nothing of it is in the
//! snapshot.

use leptos::{prelude::*, tachys::html::islands::IslandChildren};

/// The page's content for its island's hole, as HTML.
#[cfg(feature = "ssr")]
#[derive(Clone)]
struct Filling(String);

/// Sets the content of the hole of the island that is made next, with the same reactive owner.
#[cfg(feature = "ssr")]
pub(crate) fn fill(content: AnyView) {
    // Nothing in it is hydrated, so the marks that hydration goes by are weight alone.
    provide_context(Filling(content.to_html().replace("<!>", "")));
}

/// The hole, with what the page has for it.
#[cfg(feature = "ssr")]
pub(crate) fn hole() -> AnyView {
    let content = use_context::<Filling>().map(|Filling(html)| leptos::tachys::html::InertElement::new(html));
    IslandChildren::new(content).into_any()
}

/// The hole: the browser leaves it as it is.
#[cfg(not(feature = "ssr"))]
pub(crate) fn hole() -> AnyView {
    IslandChildren::new(()).into_any()
}

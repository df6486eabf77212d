//! The islands: one per page, with everything of the page that lives.
//!
//! Each gets its page's snapshot once; the first rendering in the browser is made from that very value and from its clock,
//! so it equals the server's. The framework's own macro would also write snapshots in the browser, which only ever reads
//! them, and read them with code that is made for any format; hence `island!`.
//!
//! An island with a part of its own is code that only its page loads (`split.rs`).

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::tachys::{html::islands::Island, reactive_graph::OwnedView};

/// An island: on the server a component that puts its view and its snapshot into the page, in the browser the function
/// that the page calls with the element it finds them in.
macro_rules! island {
    ($(#[$about:meta])* $name:ident($($(#[$doc:meta])* $prop:ident: $type:ty),+ $(,)?) => $view:ident $(, in $part:ident)?) => {
        #[cfg(feature = "ssr")]
        $(#[$about])*
        #[leptos::component]
        pub fn $name($($(#[$doc])* $prop: $type),+) -> impl leptos::prelude::IntoView {
            (
                $($crate::files::ahead(stringify!($part)),)?
                $crate::island::put(stringify!($name), ($($prop,)+), |($($prop,)+)| $view($($prop),+)),
            )
        }

        #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
        #[doc(hidden)]
        #[allow(non_snake_case)]
        #[wasm_bindgen::prelude::wasm_bindgen]
        pub fn $name(element: web_sys::HtmlElement) {
            $crate::island::part!(
                element,
                $crate::island::wake(&element, |($($prop,)+): ($($type,)+)| $view($($prop),+))
                $(, in $part)?
            );
        }
    };
}

/// Runs what wakes an island: at once, or when the part of the code that it is in has been loaded.
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
macro_rules! part {
    ($element:ident, $wake:expr) => {
        $wake
    };
    ($element:ident, $wake:expr, in $part:ident) => {
        #[cfg(feature = "split")]
        {
            #[leptos::wasm_split::wasm_split($part, wasm_split_path = leptos::wasm_split, fallible)]
            fn $part($element: web_sys::HtmlElement) -> Result<(), leptos::wasm_split::SplitLoaderError> {
                $wake;
                Ok(())
            }
            $crate::island::split::load($element, $part, 0);
        }
        #[cfg(not(feature = "split"))]
        $wake
    };
}
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
use part;

mod frame;
mod hole;
mod refreshed;
mod scores;
#[cfg(feature = "split")]
mod split;
mod symbol;

pub use crate::card::score_list::Listing;
#[cfg(feature = "ssr")]
pub(crate) use hole::fill;
pub(crate) use hole::hole;
#[cfg(feature = "ssr")]
pub use {
    frame::{FrameIsland, FrameIslandProps},
    refreshed::{RefreshedIsland, RefreshedIslandProps},
    scores::{ScoresIsland, ScoresIslandProps},
    symbol::{SymbolIsland, SymbolIslandProps},
};

/// The attribute that holds the snapshot is `data-props`, as the framework spells it.
#[cfg(feature = "ssr")]
fn put<S: serde::Serialize + 'static>(
    name: &'static str,
    snapshot: S,
    view: impl FnOnce(S) -> AnyView + 'static,
) -> Island<OwnedView<AnyView>> {
    let json = match serde_json::to_string(&snapshot) {
        Ok(json) => json,
        Err(error) => {
            // Without it the page stays as it is; it ages, and says so.
            leptos::logging::error!("the snapshot of {name} cannot be encoded: {error}");
            String::new()
        }
    };
    let view = Owner::new().with(|| Owner::with_hydration(move || OwnedView::new(view(snapshot))));
    Island::new(name, view).with_props(json)
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn wake<S: serde::de::DeserializeOwned>(element: &web_sys::HtmlElement, view: impl FnOnce(S) -> AnyView) {
    use leptos::tachys::view::Position;

    let snapshot = element.dataset().get("props").and_then(|json| crate::decode::decode(&json).ok());
    let Some(snapshot) = snapshot else {
        leptos::logging::error!("the snapshot of the page could not be read");
        return;
    };
    let owner = Owner::new();
    let view = owner.with(|| view(snapshot));
    let state = view.hydrate_from_position::<true>(element, Position::FirstChild);
    // The page lives as long as its document.
    std::mem::forget((owner, state));
}

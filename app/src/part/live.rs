//! Content and texts that follow the signals they read.
//!
//! One type for all of each: a closure of its own type would bring the browser some 2 KB of code, whatever it does.

use leptos::prelude::*;

/// Content that is rebuilt when what it reads has changed.
pub(crate) fn live(content: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let content: Box<dyn Fn() -> AnyView + Send> = Box::new(content);
    content.into_any()
}

/// A text that is rebuilt when what it reads has changed.
pub(crate) fn live_text(text: impl Fn() -> String + Send + 'static) -> AnyView {
    let text: Box<dyn Fn() -> String + Send> = Box::new(text);
    text.into_any()
}

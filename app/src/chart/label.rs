//! Labels on the right of the picture.

use leptos::prelude::*;

use super::band::{LABELS, WIDTH};

/// As many characters of a price have room on the right in any font.
const ROOMY: usize = 8;

/// Returns a label on the right, level with `y`.
pub(super) fn right(y: f64, class: &str, text: String) -> AnyView {
    label(y, class, text, None)
}

/// Returns a price on the right. One that may be too long is drawn as wide as there is room: a digit that is cut off would make it another.
pub(super) fn right_price(y: f64, class: &str, text: String) -> AnyView {
    let long = text.chars().count() > ROOMY;
    label(y, class, text, long.then_some(WIDTH - LABELS))
}

/// A label on the right, of some width or as wide as it comes.
fn label(y: f64, class: &str, text: String, width: Option<f64>) -> AnyView {
    view! {
        <text
            class=class.to_owned()
            x=LABELS.to_string()
            y=format!("{:.1}", y + 3.5)
            textLength=width.map(|width| width.to_string())
            lengthAdjust=width.map(|_| "spacingAndGlyphs")
        >
            {text}
        </text>
    }
    .into_any()
}

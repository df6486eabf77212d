//! Bars, drawn as SVG because a strict content security policy forbids style attributes.

use leptos::prelude::*;

/// One piece of a stacked bar.
#[cfg(feature = "ssr")]
pub(crate) struct Piece {
    pub(crate) class: &'static str,
    pub(crate) value: f64,
}

/// Pieces side by side over the whole width, in proportion; hollow where they sum to nothing.
#[cfg(feature = "ssr")]
pub(crate) fn stacked(pieces: &[Piece], label: String) -> AnyView {
    let total: f64 = pieces.iter().map(|piece| piece.value).sum();
    let mut x = 0.0;
    let rects: Vec<_> = pieces
        .iter()
        .map(|piece| {
            let width = if total > 0.0 { piece.value / total * 100.0 } else { 0.0 };
            let rect = view! {
                <rect class=piece.class x=format!("{x:.2}") y="0" width=format!("{width:.2}") height="4"/>
            };
            x += width;
            rect
        })
        .collect();
    view! {
        <svg class="stacked" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="track" x="0" y="0" width="100" height="4"/>
            {rects}
        </svg>
    }
    .into_any()
}

/// A value on a scale that has a middle: the bar grows from the middle to its side.
///
/// `share` is −1 (all the way left) to 1 (all the way right); what lies beyond is cut off.
pub(crate) fn diverging(share: f64) -> AnyView {
    let width = share.abs().min(1.0) * 50.0;
    let x = if share < 0.0 { 50.0 - width } else { 50.0 };
    let class = if share < 0.0 { "fill down" } else { "fill up" };
    view! {
        <svg class="diverging" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="track" x="0" y="0" width="100" height="6"/>
            <rect class=class x=format!("{x:.2}") y="0" width=format!("{width:.2}") height="6"/>
            <rect class="middle" x="49.75" y="0" width="0.5" height="6"/>
        </svg>
    }
    .into_any()
}

/// Two amounts on the two sides of a middle; the larger fills its half, and two of nothing leave both empty.
#[cfg(feature = "ssr")]
pub(crate) fn two_sided(left: f64, right: f64, label: String) -> AnyView {
    let largest = left.max(right);
    let width = |amount: f64| if largest > 0.0 { amount / largest * 50.0 } else { 0.0 };
    let (left, right) = (width(left), width(right));
    view! {
        <svg class="diverging" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="track" x="0" y="0" width="100" height="6"/>
            <rect class="fill down" x=format!("{:.2}", 50.0 - left) y="0" width=format!("{left:.2}") height="6"/>
            <rect class="fill up" x="50" y="0" width=format!("{right:.2}") height="6"/>
            <rect class="middle" x="49.75" y="0" width="0.5" height="6"/>
        </svg>
    }
    .into_any()
}

/// A place on a scale of 0 to 100 whose middle is 50.
#[cfg(feature = "ssr")]
pub(crate) fn scale(value: f64, label: String) -> AnyView {
    let x = value.clamp(0.0, 100.0);
    let (from, width) = if x < 50.0 { (x, 50.0 - x) } else { (50.0, x - 50.0) };
    let class = if x < 50.0 { "fill down" } else { "fill up" };
    view! {
        <svg class="scale" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="track" x="0" y="2" width="100" height="2"/>
            <rect class=class x=format!("{from:.2}") y="2" width=format!("{width:.2}") height="2"/>
            <rect class="middle" x="49.75" y="1" width="0.5" height="4"/>
            <rect class="mark" x=format!("{:.2}", (x - 0.6).clamp(0.0, 98.8)) y="0" width="1.2" height="6"/>
        </svg>
    }
    .into_any()
}

/// A share of a whole as a plain bar.
pub(crate) fn share(percent: f64, class: &'static str) -> AnyView {
    view! {
        <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="track" x="0" y="0" width="100" height="4"/>
            <rect class=class x="0" y="0" width=format!("{:.2}", percent.clamp(0.0, 100.0)) height="4"/>
        </svg>
    }
    .into_any()
}

/// A half circle from 0 to 100 that is filled up to a value.
#[cfg(feature = "ssr")]
pub(crate) fn gauge(percent: f64, class: &'static str) -> AnyView {
    // The radius makes the half circle 100 long, so a percentage is its own length.
    view! {
        <svg class="gauge" viewBox="0 0 72 40" aria-hidden="true" focusable="false">
            <path class="track" d="M4.17 36 A31.83 31.83 0 0 1 67.83 36"/>
            <path class=format!("arc {class}") d="M4.17 36 A31.83 31.83 0 0 1 67.83 36" stroke-dasharray=format!("{:.2} 100", percent.clamp(0.0, 100.0))/>
        </svg>
    }
    .into_any()
}

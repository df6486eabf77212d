//! The scale of the colours.

use leptos::prelude::*;

use super::Shade;
use crate::format;

/// The steps of a shade, from the lowest to the highest, and the sign of what is not known.
pub(super) fn legend(shade: Shade) -> AnyView {
    let [small, middle, large] = shade.steps();
    let edge = |from: f64| match shade {
        Shade::Change => format!("{}%", format::signed(from, 0)),
        Shade::Score => format::fixed(50.0 + from, 0),
    };
    let steps = [
        ("c d3", format!("≤ {}", edge(-large))),
        ("c d2", format!("≤ {}", edge(-middle))),
        ("c d1", format!("≤ {}", edge(-small))),
        ("c", "between".to_owned()),
        ("c u1", format!("≥ {}", edge(small))),
        ("c u2", format!("≥ {}", edge(middle))),
        ("c u3", format!("≥ {}", edge(large))),
    ];
    let items: Vec<_> = steps.into_iter().map(|(class, text)| item(class, text)).collect();
    view! { <ul class="scale-of-map" aria-label="Colours">{items}{item("c none", "not known".to_owned())}</ul> }
        .into_any()
}

fn item(class: &'static str, text: String) -> AnyView {
    view! {
        <li>
            <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
                <rect class=class x="0.5" y="0.5" width="11" height="11"/>
            </svg>
            {text}
        </li>
    }
    .into_any()
}

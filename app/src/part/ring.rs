//! A score as a ring.

use leptos::prelude::*;
use schema::{Direction, Figure, Score};

use super::figure::direction_class;
use crate::format;

/// How large a ring is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Row,
    Page,
}

/// A score from 0 to 100 as a ring in the colour of its direction, with the number inside; a missing one is a hollow
/// ring with a dash.
pub(crate) fn ring(score: &Figure<Score>, direction: Option<Direction>, size: Size) -> AnyView {
    let class = match size {
        Size::Row => "ring",
        Size::Page => "ring large",
    };
    match score {
        Figure::Known { value, .. } => {
            let text = format::score(*value);
            let (tone, word) = direction.map_or(("", ""), |d| (direction_class(d), d.label()));
            view! {
                <span class=format!("{class} {tone}") role="img" aria-label=format!("Score {text} of 100, {word}")>
                    <svg viewBox="0 0 36 36" aria-hidden="true" focusable="false">
                        <circle class="track" cx="18" cy="18" r="15.9155"/>
                        // The circumference is 100, so a score is its own length.
                        <circle class="arc" cx="18" cy="18" r="15.9155" stroke-dasharray=format!("{:.2} 100", value.get())/>
                    </svg>
                    <span class="n" aria-hidden="true">{text.clone()}</span>
                </span>
            }
            .into_any()
        }
        Figure::Missing(why) => {
            let why = why.to_string();
            view! {
                <span class=format!("{class} hollow") role="img" aria-label=format!("No score: {why}") title=why>
                    <svg viewBox="0 0 36 36" aria-hidden="true" focusable="false">
                        <circle class="track" cx="18" cy="18" r="15.9155"/>
                    </svg>
                    <span class="missing" aria-hidden="true">"—"</span>
                </span>
            }
            .into_any()
        }
    }
}

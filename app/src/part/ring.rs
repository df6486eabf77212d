//! A score as a ring.

use leptos::prelude::*;
use schema::{Direction, Figure, Score};

use super::{figure::direction_class, markup::Markup};
use crate::format;

/// How large a ring is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Row,
    Page,
}

impl Size {
    const fn class(self) -> &'static str {
        match self {
            Self::Row => "ring",
            Self::Page => "ring large",
        }
    }
}

/// A score from 0 to 100 as a ring in the colour of its direction, with the number inside; a missing one is a hollow
/// ring with a dash.
pub(crate) fn ring(score: &Figure<Score>, direction: Option<Direction>, size: Size) -> AnyView {
    let class = size.class();
    match score {
        Figure::Known { value, .. } => {
            let (text, class, label) = (format::score(*value), coloured(class, direction), label(*value, direction));
            view! {
                <span class=class role="img" aria-label=label>
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

fn coloured(class: &str, direction: Option<Direction>) -> String {
    direction.map_or_else(|| class.to_owned(), |direction| format!("{class} {}", direction_class(direction)))
}

fn label(score: Score, direction: Option<Direction>) -> String {
    let word = direction.map_or_else(String::new, |direction| format!(", {}", direction.label()));
    format!("Score {} of 100{word}", format::score(score))
}

/// Writes [`ring`].
pub(crate) fn write_ring(to: &mut Markup, score: &Figure<Score>, direction: Option<Direction>, size: Size) {
    let class = size.class();
    match score {
        Figure::Known { value, .. } => {
            let (text, class, label) = (format::score(*value), coloured(class, direction), label(*value, direction));
            to.open("span", &[("role", "img"), ("aria-label", &label), ("class", &class)]);
            write_circles(to, Some(&format!("{:.2} 100", value.get())));
            to.leaf("span", &[("aria-hidden", "true"), ("class", "n")], &text);
        }
        Figure::Missing(why) => {
            let why = why.to_string();
            let (class, label) = (format!("{class} hollow"), format!("No score: {why}"));
            to.open("span", &[("role", "img"), ("aria-label", &label), ("title", &why), ("class", &class)]);
            write_circles(to, None);
            to.leaf("span", &[("class", "missing"), ("aria-hidden", "true")], "—");
        }
    }
    to.close("span");
}

fn write_circles(to: &mut Markup, arc: Option<&str>) {
    const PLACE: [(&str, &str); 3] = [("cx", "18"), ("cy", "18"), ("r", "15.9155")];
    let [x, y, r] = PLACE;
    to.open("svg", &[("viewBox", "0 0 36 36"), ("aria-hidden", "true"), ("focusable", "false")]);
    to.leaf("circle", &[("class", "track"), x, y, r], "");
    if let Some(arc) = arc {
        to.leaf("circle", &[x, y, r, ("stroke-dasharray", arc), ("class", "arc")], "");
    }
    to.close("svg");
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use schema::{UnixMs, Why};

    use super::*;
    use crate::part::markup::assert_same;

    #[test]
    fn what_is_written_is_what_is_viewed() {
        let known = Figure::known(Score::new(61.25).unwrap(), UnixMs(7));
        for (score, direction) in
            [(known.clone(), Some(Direction::Long)), (known, None), (Figure::Missing(Why::NotYet), None)]
        {
            for size in [Size::Row, Size::Page] {
                assert_same(ring(&score, direction, size), |to| write_ring(to, &score, direction, size));
            }
        }
    }
}

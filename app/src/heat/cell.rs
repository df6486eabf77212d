//! One cell of the map.

use leptos::prelude::*;
use schema::{Figure, SignalRow, Usd};

use super::{Rect, Shade};
use crate::{format, path};

/// Room around a cell, that separates it from its neighbours.
const GAP: f64 = 1.0;
/// The width of a character of a label, at most.
const CHARACTER: f64 = 7.2;
/// The heights that one line and two lines need.
const LINES: [f64; 2] = [17.0, 31.0];

impl Shade {
    /// Where its steps begin, away from its middle: below the first, a cell has no colour.
    pub(super) const fn steps(self) -> [f64; 3] {
        match self {
            Self::Change => [1.0, 3.0, 8.0],
            Self::Score => [5.0, 10.0, 20.0],
        }
    }

    /// How far a symbol is from the middle; none where it is not known.
    fn distance(self, row: &SignalRow) -> Option<f64> {
        match self {
            Self::Change => row.quote.change_24h.value().map(|pct| pct.get()),
            Self::Score => row.score.value().map(|score| score.get() - 50.0),
        }
    }

    /// The class of a distance from the middle.
    fn class(self, distance: Option<f64>) -> &'static str {
        let Some(distance) = distance else { return "c none" };
        let step = self.steps().iter().filter(|from| distance.abs() >= **from).count();
        match (step, distance > 0.0) {
            (0, _) => "c",
            (1, true) => "c u1",
            (2, true) => "c u2",
            (_, true) => "c u3",
            (1, false) => "c d1",
            (2, false) => "c d2",
            (_, false) => "c d3",
        }
    }
}

/// A symbol's cell: a link to its page.
pub(super) fn own(row: &SignalRow, turnover: Usd, place: Rect, shade: Shade) -> AnyView {
    let change = match &row.quote.change_24h {
        Figure::Known { value, .. } => format!("{}%", format::signed(value.get(), 2)),
        Figure::Missing(_) => "unknown".to_owned(),
    };
    let score = match &row.score {
        Figure::Known { value, .. } => format::score(*value),
        Figure::Missing(_) => "none".to_owned(),
    };
    let name = row.symbol.as_str().strip_suffix("USDT").filter(|coin| !coin.is_empty()).unwrap_or(row.symbol.as_str());
    let (change_24h, scored) = (format!("{change} in 24 h"), format!("{score} score"));
    let (second, [first_told, then_told]) = match shade {
        Shade::Change => (change, [change_24h, scored]),
        Shade::Score => (score, [scored, change_24h]),
    };
    // It begins with what is seen in the cell, for those who say what they see.
    let label = format!("{name} {first_told}, {then_told}, turnover {}", format::usd(turnover));
    view! {
        <a href=path::symbol(&row.symbol) aria-label=label>
            {rect(place, shade.class(shade.distance(row)))}
            {lines(place, name, &second)}
        </a>
    }
    .into_any()
}

/// The cell of all others together; it is no link.
pub(super) fn others(count: usize, place: Rect) -> AnyView {
    let text = format!("{count} others");
    view! {
        <g class="others">
            <title>{text.clone()}</title>
            {rect(place, "c none")}
            {lines(place, &text, "")}
        </g>
    }
    .into_any()
}

fn rect(place: Rect, class: &'static str) -> AnyView {
    let size = |length: f64| format!("{:.1}", (length - GAP).max(0.0));
    view! {
        <rect
            class=class
            x=format!("{:.1}", place.x + GAP / 2.0)
            y=format!("{:.1}", place.y + GAP / 2.0)
            width=size(place.width)
            height=size(place.height)
        />
    }
    .into_any()
}

/// The texts of a cell, as far as they fit.
fn lines(place: Rect, first: &str, second: &str) -> AnyView {
    let fits = |text: &str| !text.is_empty() && text.chars().count() as f64 * CHARACTER + 4.0 <= place.width;
    if !fits(first) || place.height < LINES[0] {
        return ().into_any();
    }
    let both = fits(second) && place.height >= LINES[1];
    let x = format!("{:.1}", place.x + place.width / 2.0);
    let middle = place.y + place.height / 2.0 + 4.0;
    let line = |text: &str, y: f64, class: &'static str| {
        view! { <text class=class x=x.clone() y=format!("{y:.1}")>{text.to_owned()}</text> }
    };
    view! {
        {line(first, if both { middle - 6.5 } else { middle }, "coin")}
        " "
        {both.then(|| line(second, middle + 7.5, "second"))}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shade_grows_from_its_middle_to_both_sides_and_what_is_not_known_has_none() {
        let of = |distance| Shade::Change.class(Some(distance));
        assert_eq!([of(-9.0), of(-3.0), of(-1.0), of(-0.99)], ["c d3", "c d2", "c d1", "c"]);
        assert_eq!([of(0.0), of(1.0), of(7.99), of(8.0)], ["c", "c u1", "c u2", "c u3"]);
        assert_eq!(Shade::Score.class(Some(12.0)), "c u2");
        assert_eq!(Shade::Score.class(None), "c none");
    }
}

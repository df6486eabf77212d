//! A small line of values.

use std::fmt::Write as _;

use schema::Price;

use super::markup::Markup;
use crate::format;

/// The points of a line through `values` in a box, highest value at the top; a flat line runs in the middle.
///
/// `None` where there are fewer than two values or one is not finite: that is no line.
pub(crate) fn points(values: &[f64], width: f64, height: f64, range: Option<(f64, f64)>) -> Option<String> {
    if values.len() < 2 || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let (low, high) = range.unwrap_or_else(|| {
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
    });
    let step = width / (values.len() - 1) as f64;
    let mut out = String::with_capacity(values.len() * 10);
    for (i, value) in values.iter().enumerate() {
        let y = if high > low { height - (value - low) / (high - low) * height } else { height / 2.0 };
        let space = if i == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(out, "{space}{:.1},{:.1}", step * i as f64, y);
    }
    Some(out)
}

/// Writes the last hourly closes of a symbol as a line; what it did is in the label.
pub(crate) fn write_spark(to: &mut Markup, closes: &[Price]) {
    let values: Vec<f64> = closes.iter().map(|price| price.get()).collect();
    let (Some(points), Some(first), Some(last)) = (points(&values, 60.0, 18.0, None), values.first(), values.last())
    else {
        to.leaf("span", &[("role", "img"), ("aria-label", "No price history yet"), ("class", "spark hollow")], "");
        return;
    };
    let change = format::signed((last / first - 1.0) * 100.0, 2);
    let class = match change.chars().next() {
        Some('+') => "spark up",
        Some(format::MINUS) => "spark down",
        _ => "spark",
    };
    let label = format!("{change}% over {} hourly closes", values.len());
    let (view, stretched) = (("viewBox", "-1 -1 62 20"), ("preserveAspectRatio", "none"));
    to.open("svg", &[view, stretched, ("role", "img"), ("aria-label", &label), ("class", class)]);
    to.leaf("polyline", &[("points", &points)], "");
    to.close("svg");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_value_is_at_the_top() {
        assert_eq!(points(&[1.0, 3.0, 2.0], 60.0, 18.0, None).unwrap(), "0.0,18.0 30.0,0.0 60.0,9.0");
    }

    #[test]
    fn a_flat_line_runs_in_the_middle_and_one_value_is_no_line() {
        assert_eq!(points(&[5.0, 5.0], 60.0, 18.0, None).unwrap(), "0.0,9.0 60.0,9.0");
        assert_eq!(points(&[5.0], 60.0, 18.0, None), None);
        assert_eq!(points(&[5.0, f64::NAN], 60.0, 18.0, None), None);
    }
}

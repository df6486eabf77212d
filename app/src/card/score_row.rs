//! One symbol on the list of scores, as markup: a page holds thirty of them, and a list that is re-sorted rebuilds them.

use schema::{Figure, PerDimension, Score, SignalRow};

use crate::{
    format,
    part::{
        figure::{Text, write_dash, write_direction, write_figure},
        markup::Markup,
        ring::{Size, write_ring},
        spark::write_spark,
        symbol::write_symbol,
    },
    path,
    scores::per_8h,
};

/// The columns, in the order of [`cells`].
pub(super) const COLUMNS: [&str; 8] = [
    "Symbol",
    "Price, 24 h",
    "Trace",
    "Score",
    "Dimensions",
    "Forming, agreement, coverage",
    "Turnover, OI 1 h",
    "Funding",
];

/// The cells of a row. The name in the first is the link to the symbol's page; the style sheet stretches it over the row.
///
/// `behind` is the age of a quote that does not change while the market goes on.
pub(super) fn cells(row: &SignalRow, behind: Option<&str>, watched: bool) -> String {
    let mut to = Markup::default();
    cell(&mut to, "c-symbol", |to| {
        to.open("a", &[("href", &path::symbol(&row.symbol))]);
        write_symbol(to, &row.symbol);
        to.close("a");
        pointing(to, row, watched);
    });
    cell(&mut to, "c-price", |to| {
        Text::price(row.quote.price, row.tick).write(to);
        match behind {
            Some(age) => to.leaf("span", &[("class", "old")], &format!("{age} old")),
            None => write_figure(to, &row.quote.change_24h, |pct| Text::pct(*pct)),
        }
    });
    cell(&mut to, "c-spark", |to| write_spark(to, &row.spark));
    cell(&mut to, "c-score", |to| write_ring(to, &row.score, row.direction, Size::Row));
    cell(&mut to, "c-dims", |to| minis(to, &row.dimensions));
    cell(&mut to, "c-trust", |to| trust(to, row));
    cell(&mut to, "c-size", |to| {
        write_figure(to, &row.quote.turnover_24h, |usd| Text::plain(format::usd(*usd)));
        write_figure(to, &row.oi_change_1h, |pct| Text::pct(*pct));
    });
    cell(&mut to, "c-funding", |to| funding(to, row));
    to.into_text()
}

fn cell(to: &mut Markup, class: &str, write: impl FnOnce(&mut Markup)) {
    to.open("td", &[("role", "cell"), ("class", class)]);
    write(to);
    to.close("td");
}

/// Where the score points, how it moved in an hour, and the star of what is watched.
fn pointing(to: &mut Markup, row: &SignalRow, watched: bool) {
    to.open("span", &[("class", "sub")]);
    match row.direction {
        Some(direction) => write_direction(to, direction),
        None => to.leaf("span", &[("class", "direction none")], "No score"),
    }
    match &row.trend {
        Figure::Known { value, .. } => {
            to.open("span", &[("title", "Score now minus score 1 h ago"), ("class", "trend")]);
            Text::change(format::signed(value.get(), 2)).write(to);
            to.close("span");
        }
        Figure::Missing(why) => write_dash(to, &format!("trend: {why}")),
    }
    if watched {
        to.leaf("span", &[("role", "img"), ("aria-label", "Watched"), ("class", "star")], "★");
    }
    to.close("span");
}

/// Six bars, one per dimension: up from the middle for long, down for short, hollow where missing. Bars of a kind are one path: a
/// list that is sorted otherwise makes hundreds of them.
fn minis(to: &mut Markup, dimensions: &PerDimension<Option<Score>>) {
    let label = dimensions
        .iter()
        .map(|(dimension, score)| {
            let text = score.map_or_else(|| "missing".to_owned(), format::score);
            format!("{} {text}", dimension.label())
        })
        .collect::<Vec<_>>()
        .join(", ");
    let [mut up, mut down, mut hollow] = [const { String::new() }; 3];
    for (place, (_, score)) in dimensions.iter().enumerate() {
        let x = place * 8;
        match score.map(Score::get) {
            None => hollow.push_str(&format!("M{x}.5 5.5h5v9h-5z")),
            Some(score) => {
                // What hardly leans is still seen to be there.
                let height = ((score - 50.0).abs() / 5.0).max(0.6);
                let (bars, rise) = if score >= 50.0 { (&mut up, "-") } else { (&mut down, "") };
                bars.push_str(&format!("M{x} 10h6v{rise}{height:.1}h-6z"));
            }
        }
    }
    to.open("svg", &[("viewBox", "0 0 46 20"), ("role", "img"), ("aria-label", &label), ("class", "minis")]);
    to.leaf("path", &[("d", "M0 9.75h46v.5H0z"), ("class", "track")], "");
    for (bars, class) in [(up, "fill up"), (down, "fill down"), (hollow, "hollow")] {
        if !bars.is_empty() {
            to.leaf("path", &[("d", &bars), ("class", class)], "");
        }
    }
    to.close("svg");
}

/// Where the open bar would take the score, and how far the score is to be trusted.
fn trust(to: &mut Markup, row: &SignalRow) {
    to.open("span", &[]);
    to.text("forming ");
    write_figure(to, &row.quote.forming, |score| Text::plain(format::score(*score)));
    to.close("span");
    short(to, "agr", "Agreement: how much the dimensions point the same way", |to| match row.agreement {
        Some(ratio) => Text::plain(format::share(ratio)).write(to),
        None => write_dash(to, "no score"),
    });
    short(to, "cov", "Coverage: the share of the inputs that is known", |to| {
        Text::plain(format::share(row.coverage)).write(to);
    });
}

/// A figure after its name in short.
fn short(to: &mut Markup, name: &str, about: &str, figure: impl FnOnce(&mut Markup)) {
    to.open("span", &[]);
    to.leaf("abbr", &[("title", about)], name);
    to.text(" ");
    figure(to);
    to.close("span");
}

fn funding(to: &mut Markup, row: &SignalRow) {
    match &row.funding {
        Figure::Known { value, .. } => {
            let title = per_8h(value).map(|rate| format!("{}% per 8 h", format::signed(rate * 100.0, 4)));
            match &title {
                Some(title) => to.open("span", &[("title", title)]),
                None => to.open("span", &[]),
            }
            Text::change(format!("{}%", format::signed(value.rate.get() * 100.0, 4))).write(to);
            to.close("span");
            to.leaf("span", &[("class", "soft")], &format!("per {} h", value.interval_hours));
        }
        Figure::Missing(why) => write_dash(to, &why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use schema::Dimension;

    use super::*;

    #[test]
    fn a_dimension_without_a_score_is_a_hollow_bar_and_one_that_hardly_leans_is_still_seen() {
        // In the order in which they stand.
        let scores = [Some(75.0), Some(50.0), Some(49.9), Some(0.0), None, None];
        let found: HashMap<_, Option<f64>> = Dimension::ALL.into_iter().zip(scores).collect();
        let mut to = Markup::default();
        minis(&mut to, &PerDimension::build(|dimension| found[&dimension].map(|score| Score::new(score).unwrap())));
        let html = to.into_text();
        for path in [
            r#"<path d="M0 10h6v-5.0h-6zM8 10h6v-0.6h-6z" class="fill up"></path>"#,
            r#"<path d="M16 10h6v0.6h-6zM24 10h6v10.0h-6z" class="fill down"></path>"#,
            r#"<path d="M32.5 5.5h5v9h-5zM40.5 5.5h5v9h-5z" class="hollow"></path>"#,
        ] {
            assert!(html.contains(path), "{html}");
        }
    }
}

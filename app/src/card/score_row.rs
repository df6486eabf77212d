//! One symbol on the list of scores, as markup: a page holds thirty of them, and a list that is sorted otherwise makes them anew.

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
/// `behind` is the age of a quote that stands still while the market goes on.
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
    to.open("td", &[("class", class)]);
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

/// Six bars, one per dimension: up from the middle for long, down for short, hollow where missing.
fn minis(to: &mut Markup, dimensions: &PerDimension<Option<Score>>) {
    let label = dimensions
        .iter()
        .map(|(dimension, score)| {
            let text = score.map_or_else(|| "missing".to_owned(), format::score);
            format!("{} {text}", dimension.label())
        })
        .collect::<Vec<_>>()
        .join(", ");
    to.open("svg", &[("viewBox", "0 0 46 20"), ("role", "img"), ("aria-label", &label), ("class", "minis")]);
    to.leaf("rect", &[("x", "0"), ("y", "9.75"), ("width", "46"), ("height", "0.5"), ("class", "track")], "");
    for (place, (_, score)) in dimensions.iter().enumerate() {
        bar(to, place * 8, *score);
    }
    to.close("svg");
}

fn bar(to: &mut Markup, x: usize, score: Option<Score>) {
    let Some(score) = score else {
        let x = format!("{x}.5");
        to.leaf("rect", &[("x", &x), ("y", "5.5"), ("width", "5"), ("height", "9"), ("class", "hollow")], "");
        return;
    };
    let height = (score.get() - 50.0).abs() / 50.0 * 10.0;
    let up = score.get() >= 50.0;
    let (y, class) = if up { (10.0 - height, "fill up") } else { (10.0, "fill down") };
    let [x, y, height] = [x.to_string(), format!("{y:.1}"), format!("{:.1}", height.max(0.6))];
    to.leaf("rect", &[("x", &x), ("y", &y), ("width", "6"), ("height", &height), ("class", class)], "");
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

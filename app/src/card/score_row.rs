//! One symbol on the list of scores.

use leptos::prelude::*;
use schema::{Figure, PerDimension, Score, SignalRow};

use crate::{
    format,
    part::{
        figure::{Text, dash, direction, figure},
        ring::{Size, ring},
        spark::spark,
        symbol::symbol,
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
pub(super) fn cells(row: &SignalRow, behind: Option<&str>, watched: bool) -> AnyView {
    view! {
        <td class="c-symbol">
            <a href=path::symbol(&row.symbol)>{symbol(&row.symbol)}</a>
            {pointing(row, watched)}
        </td>
        <td class="c-price">
            {Text::price(row.quote.price, row.tick).view()}
            {match behind {
                Some(age) => view! { <span class="old">{format!("{age} old")}</span> }.into_any(),
                None => figure(&row.quote.change_24h, |pct| Text::pct(*pct)),
            }}
        </td>
        <td class="c-spark">{spark(&row.spark)}</td>
        <td class="c-score">
            {ring(&row.score, row.direction, Size::Row)}
        </td>
        <td class="c-dims">{minis(&row.dimensions)}</td>
        <td class="c-trust">{trust(row)}</td>
        <td class="c-size">
            {figure(&row.quote.turnover_24h, |usd| Text::plain(format::usd(*usd)))}
            {figure(&row.oi_change_1h, |pct| Text::pct(*pct))}
        </td>
        <td class="c-funding">{funding(row)}</td>
    }
    .into_any()
}

/// Where the score points, how it moved in an hour, and the star of what is watched.
fn pointing(row: &SignalRow, watched: bool) -> AnyView {
    let word =
        row.direction.map_or_else(|| view! { <span class="direction none">"No score"</span> }.into_any(), direction);
    let star = watched.then(|| view! { <span class="star" role="img" aria-label="Watched">"★"</span> }.into_any());
    let trend = match &row.trend {
        Figure::Known { value, .. } => {
            let text = Text::change(format::signed(value.get(), 2));
            view! { <span class="trend" title="Score now minus score 1 h ago">{text.view()}</span> }.into_any()
        }
        Figure::Missing(why) => dash(&format!("trend: {why}")),
    };
    view! { <span class="sub">{word}{trend}{star}</span> }.into_any()
}

/// Six bars, one per dimension: up from the middle for long, down for short, hollow where missing.
fn minis(dimensions: &PerDimension<Option<Score>>) -> AnyView {
    let label = dimensions
        .iter()
        .map(|(dimension, score)| {
            let text = score.map_or_else(|| "missing".to_owned(), format::score);
            format!("{} {text}", dimension.label())
        })
        .collect::<Vec<_>>()
        .join(", ");
    let bars: Vec<_> = dimensions
        .iter()
        .enumerate()
        .map(|(i, (_, score))| {
            let x = i * 8;
            match score {
                Some(score) => {
                    let height = (score.get() - 50.0).abs() / 50.0 * 10.0;
                    let up = score.get() >= 50.0;
                    let y = if up { 10.0 - height } else { 10.0 };
                    let class = if up { "fill up" } else { "fill down" };
                    view! { <rect class=class x=x y=format!("{y:.1}") width="6" height=format!("{:.1}", height.max(0.6))/> }
                        .into_any()
                }
                None => view! { <rect class="hollow" x=format!("{x}.5") y="5.5" width="5" height="9"/> }.into_any(),
            }
        })
        .collect();
    view! {
        <svg class="minis" viewBox="0 0 46 20" role="img" aria-label=label>
            <rect class="track" x="0" y="9.75" width="46" height="0.5"/>
            {bars}
        </svg>
    }
    .into_any()
}

/// Where the open bar would take the score, and how far the score is to be trusted.
fn trust(row: &SignalRow) -> AnyView {
    let forming = figure(&row.quote.forming, |score| Text::plain(format::score(*score)));
    let agreement = row.agreement.map_or_else(|| dash("no score"), |ratio| Text::plain(format::share(ratio)).view());
    view! {
        <span>"forming "{forming}</span>
        <span><abbr title="Agreement: how much the dimensions point the same way">"agr"</abbr>" "{agreement}</span>
        <span>
            <abbr title="Coverage: the share of the inputs that is known">"cov"</abbr>
            " "
            {Text::plain(format::share(row.coverage)).view()}
        </span>
    }
    .into_any()
}

fn funding(row: &SignalRow) -> AnyView {
    match &row.funding {
        Figure::Known { value, .. } => {
            let rate = Text::change(format!("{}%", format::signed(value.rate.get() * 100.0, 4)));
            let title = per_8h(value).map(|rate| format!("{}% per 8 h", format::signed(rate * 100.0, 4)));
            view! {
                <span title=title>{rate.view()}</span>
                <span class="soft">{format!("per {} h", value.interval_hours)}</span>
            }
            .into_any()
        }
        Figure::Missing(why) => crate::part::figure::missing(why),
    }
}

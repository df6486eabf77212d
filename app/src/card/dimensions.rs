//! Where a score comes from: six bars that sum to it, each unfolding to its parts.

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, Points, breakdown::DimensionBreakdown, breakdown::Part, reading::Found};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::{bar, figure::Text},
    path,
};

pub(crate) fn dimensions(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "dimensions", title: "Where the score comes from" }, store, found, body)
}

fn body(held: &Held<Breakdown>) -> AnyView {
    let b = &held.value;
    let points: Vec<Option<f64>> = shown_points(b);
    // The longest bar reaches the edge, but points that hardly move the score do not look as if they did.
    let longest = points.iter().flatten().map(|points| points.abs()).fold(2.0, f64::max);
    let folds: Vec<_> = b.dimensions.iter().zip(&points).map(|(d, points)| fold(d, *points, longest)).collect();
    view! {
        {sum(b, &points)}
        <div class="folds">{folds}</div>
        <p class="note">"Points that each dimension adds to 50. What is missing adds nothing."</p>
        <p class="note">"To recompute a value: "<a href=path::candles(&b.row.symbol)>"candles as JSON"</a></p>
    }
    .into_any()
}

/// What each dimension is shown to add: rounded so that the line of the sum is exact as shown.
pub(super) fn shown_points(b: &Breakdown) -> Vec<Option<f64>> {
    let exact: Vec<f64> = b.dimensions.iter().filter_map(|d| d.contribution).map(Points::get).collect();
    let rounded = match b.row.score.value() {
        // 50 has no decimals, so the whole rounds as the score does.
        Some(score) => format::addends(&exact, score.get() - 50.0),
        None => exact,
    };
    let mut rounded = rounded.into_iter();
    b.dimensions.iter().map(|d| d.contribution.and_then(|_| rounded.next())).collect()
}

/// `50 + 4.12 − 1.30 = 52.82`.
fn sum(b: &Breakdown, points: &[Option<f64>]) -> AnyView {
    match &b.row.score {
        Figure::Known { value, .. } => {
            let mut text = "50".to_owned();
            for points in points.iter().flatten() {
                let signed = format::fixed(points.abs(), 2);
                let sign = if *points < 0.0 { format::MINUS } else { '+' };
                text.push_str(&format!(" {sign} {signed}"));
            }
            view! { <p class="sum"><span class="n">{text}</span>" = "<strong class="n">{format::score(*value)}</strong></p> }
                .into_any()
        }
        Figure::Missing(why) => view! { <p class="sum">{format!("No score: {why}")}</p> }.into_any(),
    }
}

fn fold(d: &DimensionBreakdown, points: Option<f64>, longest: f64) -> AnyView {
    let head = match (&d.lean, points) {
        (Figure::Known { .. }, Some(points)) => view! {
            {bar::diverging(points / longest)}
            <span class="points">{Text::change(format::signed(points, 2)).view()}</span>
        }
        .into_any(),
        (Figure::Missing(why), _) => missing_head(&why.to_string()),
        (Figure::Known { .. }, None) => missing_head("adds nothing to the score"),
    };
    let parts: Vec<_> = d.parts.iter().map(part).collect();
    view! {
        <details class="fold">
            <summary>
                <span class="label">{d.dimension.label()}</span>
                {head}
            </summary>
            <p class="note">
                {format!("Weight {}, {} of its inputs known.", format::share(d.weight), format::share(d.coverage))}
            </p>
            <div class="scroll" tabindex="0" role="region" aria-label=format!("Parts of {}", d.dimension.label())>
                <table class="parts">
                    <thead>
                        <tr>
                            <th scope="col">"Part"</th>
                            <th scope="col">"Bars"</th>
                            <th scope="col">"Value"</th>
                            <th scope="col">"n"</th>
                            <th scope="col">"Points"</th>
                        </tr>
                    </thead>
                    <tbody>{parts}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn missing_head(why: &str) -> AnyView {
    view! {
        <span class="hollow-bar" aria-hidden="true"></span>
        <span class="points missing" aria-hidden="true">"—"</span>
        <span class="why">{why.to_owned()}</span>
    }
    .into_any()
}

fn part(part: &Part) -> AnyView {
    let frame = part.timeframe.map_or("", |timeframe| timeframe.as_str());
    let cells = match &part.finding {
        Figure::Known { value: finding, .. } => {
            let unit = if part.unit.is_empty() { String::new() } else { format!(" {}", part.unit) };
            view! {
                <td>{Text::plain(format!("{}{unit}", format::quantity(finding.raw))).view()}</td>
                <td>{Text::plain(format::count(finding.n.into())).view()}</td>
                <td>{Text::change(format::signed(finding.contribution.get(), 2)).view()}</td>
            }
            .into_any()
        }
        Figure::Missing(why) => view! { <td colspan="3" class="why">{format!("— {why}")}</td> }.into_any(),
    };
    view! { <tr><th scope="row">{part.label.to_string()}</th><td>{frame}</td>{cells}</tr> }.into_any()
}

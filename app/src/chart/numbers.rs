//! The numbers of the picture, for those who cannot see it and for those who want them.

use leptos::prelude::*;
use schema::{Candle, Price, Timeframe};

use super::{
    Chart,
    beneath::{Placed, Points},
    spoken,
};
use crate::format;

/// The candles of the picture as a table, newest first.
pub(super) fn table(chart: &Chart, run: &[Candle], points: &Points<'_>, tick: Price) -> AnyView {
    let decimals = format::decimals(tick);
    let price = |value: f64| format::fixed(value, decimals);
    let zone = chart.zone;
    // Days apart, a minute of the day alone would stand for many.
    let start = |candle: &Candle| match chart.timeframe {
        Timeframe::M1 | Timeframe::M5 => format::minute(candle.start, zone),
        Timeframe::M30 | Timeframe::H4 => {
            format!("{} {}", format::day(candle.start, zone), format::minute(candle.start, zone))
        }
    };
    let Points { cvd: sums, scores } = points;
    let cvd = |place| cell_of(sums, place, |sum| format::signed_amount(*sum));
    let score = |place| cell_of(scores, place, |point| format::score(point.score));
    let rows: Vec<_> = run
        .iter()
        .enumerate()
        .rev()
        .map(|(place, candle)| {
            view! {
                <tr>
                    <th scope="row">{start(candle)}</th>
                    <td>{price(candle.open)}</td>
                    <td>{price(candle.high)}</td>
                    <td>{price(candle.low)}</td>
                    <td>{price(candle.close)}</td>
                    <td>{format::amount(candle.volume)}</td>
                    {cvd(place)}
                    {score(place)}
                </tr>
            }
        })
        .collect();
    view! {
        <details class="numbers" id="chart-numbers">
            <summary>"The same in numbers"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="List of candles">
                <table>
                    <caption class="vh">{format!("Candles of {}, newest first", spoken(chart.timeframe))}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{format!("Start, {zone}")}</th>
                            <th scope="col">"Open"</th>
                            <th scope="col">"High"</th>
                            <th scope="col">"Low"</th>
                            <th scope="col">"Close"</th>
                            <th scope="col">"Volume"</th>
                            {(!sums.is_empty()).then(|| view! { <th scope="col">"CVD"</th> })}
                            {(!scores.is_empty()).then(|| view! { <th scope="col">"Score"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// What belongs to a candle, an empty cell where nothing does; no cell where nothing belongs to any.
fn cell_of<T>(points: &[Placed<T>], place: usize, show: impl Fn(&T) -> String) -> AnyView {
    let found = points.iter().find(|(of, _)| *of == place).map(|(_, point)| show(point));
    (!points.is_empty()).then(|| view! { <td>{found}</td> }).into_any()
}

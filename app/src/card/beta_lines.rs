//! Lines of those that did best and worst against Bitcoin, rebased to 100. Server only.

use std::fmt::Write as _;

use leptos::prelude::*;
use schema::{
    BetaTable, Figure, Held, Symbol, Why,
    beta::{BetaRanking, BetaWindow},
    page::Frame,
    reading::Found,
};

use super::{Look, rendered_card};
use crate::{
    beta::Query,
    format,
    part::{
        figure::{Text, figure, missing},
        symbol::symbol as name,
        time,
    },
    path,
};

/// Lines on each side of the market: more could not be distinguished.
const SIDE: usize = 3;
/// The picture, in its own units: the plot at its widest, and room for names to its right.
const WIDTH: f64 = 344.0;
const PLOT: f64 = 244.0;
const HEIGHT: f64 = 190.0;
/// From the plot to the names.
const LEADER: f64 = 11.0;
/// A letter of a name, in a wide font.
const LETTER: f64 = 7.2;
/// The least distance between two names.
const NAME: f64 = 14.0;

pub(crate) fn beta_lines(frame: &Frame, found: &Found<BetaTable>, query: Query) -> AnyView {
    rendered_card(Look { name: "beta-lines", title: "Against Bitcoin" }, frame, found, |held| body(frame, held, query))
}

fn body(frame: &Frame, held: &Held<BetaTable>, query: Query) -> AnyView {
    let chips: Vec<_> = BetaWindow::ALL
        .into_iter()
        .map(|window| {
            let current = (window == query.window).then_some("true");
            view! { <a class="chip" href=query.over(window).url() aria-current=current>{window.as_str()}</a> }
        })
        .collect();
    let content = match held.value.over(query.window) {
        Some(ranking) => over(frame, held.value.market, ranking),
        None => view! { <p class="absent">"Nothing was measured over this window."</p> }.into_any(),
    };
    view! {
        <nav class="chips" aria-label="Window">{chips}</nav>
        {content}
    }
    .into_any()
}

fn over(frame: &Frame, market: Symbol, ranking: &BetaRanking) -> AnyView {
    let age = match &ranking.market_change {
        Figure::Known { as_of, .. } => {
            let candle = ranking.window.timeframe();
            view! { <p class="note">{format!("Closed candles of {candle}; the newest closed ")}{time::age(*as_of, frame.now)}" ago."</p> }.into_any()
        }
        Figure::Missing(why) => {
            return view! { <p class="absent">{format!("No line of Bitcoin: {why}.")}</p> }.into_any();
        }
    };
    view! {
        {picture(market, ranking)}
        {age}
        {listed(market, ranking)}
    }
    .into_any()
}

/// One line of the picture.
struct Line<'a> {
    /// The coin.
    name: &'a str,
    points: &'a [f64],
    /// Its stroke: its side, and its place there.
    class: String,
}

impl Line<'_> {
    fn change(&self) -> String {
        let (first, last) =
            (self.points.first().copied().unwrap_or(100.0), self.points.last().copied().unwrap_or(100.0));
        format!("{}%", format::signed((last / first - 1.0) * 100.0, 2))
    }
}

fn lines(market: Symbol, ranking: &BetaRanking) -> Vec<Line<'_>> {
    let line = |symbol: &Symbol, class: String| {
        let found = ranking.lines.iter().find(|line| line.symbol == *symbol && line.points.len() > 1)?;
        let text = found.symbol.as_str();
        Some(Line { name: text.strip_suffix("USDT").unwrap_or(text), points: &found.points, class })
    };
    let side = |list: &[Symbol], side: &str| -> Vec<_> {
        list.iter()
            .take(SIDE)
            .zip(1..)
            .filter_map(|(symbol, place)| line(symbol, format!("{side} of-{place}")))
            .collect()
    };
    let (best, worst) = (side(&ranking.outperformers, "up"), side(&ranking.underperformers, "down"));
    best.into_iter().chain(worst).chain(line(&market, "market".to_owned())).collect()
}

fn picture(market: Symbol, ranking: &BetaRanking) -> AnyView {
    let lines = lines(market, ranking);
    let all = || lines.iter().flat_map(|line| line.points).copied();
    let (low, high) = all().fold((100.0_f64, 100.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    // A market that did not move is a line in the middle.
    let reach = (high - low).max(0.01);
    let y = |value: f64| 6.0 + (high - value) / reach * (HEIGHT - 12.0);
    let labels: Vec<String> = lines.iter().map(|line| format!("{} {}", line.name, line.change())).collect();
    let plot = plot_beside(&labels);
    let ends: Vec<f64> = lines.iter().filter_map(|line| line.points.last()).map(|last| y(*last)).collect();
    let names = apart(&ends);
    let drawn: Vec<_> = lines
        .iter()
        .zip(&labels)
        .zip(ends.iter().zip(&names))
        .map(|((line, label), (end, at))| {
            view! {
                <g class=line.class.clone()>
                    <polyline points=points(line.points, plot, y)/>
                    <path class="leader" d=format!("M{plot:.1} {end:.1}L{:.1} {at:.1}", plot + LEADER - 3.0)/>
                    <text x=format!("{:.1}", plot + LEADER) y=format!("{:.1}", at + 4.0)>{label.clone()}</text>
                </g>
            }
        })
        .collect();
    let names: Vec<&str> = labels.iter().rev().map(String::as_str).collect();
    let label = format!("Closes over {}, rebased: {}", ranking.window.as_str(), names.join(", "));
    let start = y(100.0);
    view! {
        <svg class="rebased" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
            <path class="start" d=format!("M0 {start:.1}H{plot:.1}")/>
            {drawn}
        </svg>
    }
    .into_any()
}

/// How wide the plot is beside names that are to be read to their last digit.
fn plot_beside(labels: &[String]) -> f64 {
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    PLOT.min(WIDTH - LEADER - LETTER * longest as f64)
}

/// The corners of a line, from the left edge of the plot to its right edge.
fn points(values: &[f64], plot: f64, y: impl Fn(f64) -> f64) -> String {
    let step = plot / (values.len().max(2) - 1) as f64;
    let mut out = String::with_capacity(values.len() * 11);
    for (place, value) in values.iter().enumerate() {
        let space = if place == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(out, "{space}{:.1},{:.1}", step * place as f64, y(*value));
    }
    out
}

/// Where the names of lines that end at `ends` stand: as near as they can be without touching, within the picture.
fn apart(ends: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|a, b| ends[*a].total_cmp(&ends[*b]));
    let mut names = ends.to_vec();
    let mut least = NAME / 2.0;
    for place in &order {
        names[*place] = names[*place].max(least);
        least = names[*place] + NAME;
    }
    // What was pushed beyond the bottom pushes the others back up.
    let mut most = HEIGHT - NAME / 2.0;
    for place in order.iter().rev() {
        names[*place] = names[*place].min(most);
        most = names[*place] - NAME;
    }
    names
}

/// The numbers of the picture, and of all others on both lists.
fn listed(market: Symbol, ranking: &BetaRanking) -> AnyView {
    let row = |symbol: &Symbol| {
        let row = ranking.rows.iter().find(|row| row.symbol == *symbol)?;
        let cells = view! {
            <td>{figure(&row.change, |pct| Text::pct(*pct))}</td>
            <td>{figure(&row.excess, |points| Text::pct(*points))}</td>
        };
        Some(line_of(symbol, cells.into_any()))
    };
    let best: Vec<_> = ranking.outperformers.iter().filter_map(row).collect();
    let worst: Vec<_> = ranking.underperformers.iter().rev().filter_map(row).collect();
    let own = view! {
        <td>{figure(&ranking.market_change, |pct| Text::pct(*pct))}</td>
        <td>{missing(&Why::Undefined)}</td>
    };
    view! {
        <details id="beta-listed" class="numbers">
            <summary>"Ten best and ten worst, as a table"</summary>
            <table>
                <caption class="vh">"Change over the window, and beyond Bitcoin's in percent points"</caption>
                <thead><tr><th scope="col">"Contract"</th><th scope="col">"Change"</th><th scope="col">"vs BTC"</th></tr></thead>
                <tbody>{best}{line_of(&market, own.into_any())}{worst}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn line_of(symbol: &Symbol, cells: AnyView) -> AnyView {
    view! {
        <tr id=format!("listed-{}", symbol.escaped())>
            <th scope="row"><a href=path::symbol(symbol)>{name(symbol)}</a></th>
            {cells}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_gives_way_to_names_that_are_long() {
        let beside = |label: &str| plot_beside(&["SOL +1.28%".to_owned(), label.to_owned()]);
        assert_eq!(beside("BTC −0.67%"), 244.0);
        let longest = "1000000BABYDOGE +123.45%";
        assert!((100.0..200.0).contains(&beside(longest)), "there is a picture left beside {longest}");
    }

    #[test]
    fn names_stand_where_their_lines_end_unless_they_would_touch() {
        assert_eq!(apart(&[100.0, 20.0]), [100.0, 20.0]);
        assert_eq!(apart(&[50.0, 51.0, 49.0]), [63.0, 77.0, 49.0]);
        assert_eq!(apart(&[189.0, 188.0]), [183.0, 169.0]);
        assert_eq!(apart(&[0.0]), [7.0]);
        assert!(apart(&[]).is_empty());
    }
}

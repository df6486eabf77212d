//! The heat map of the universe: one cell for each symbol, as large as its turnover, drawn as SVG on the server alone.
//!
//! It is no island: the browser gets a picture of links with its numbers, and no code, and asks for another one now and then.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

mod cell;
mod legend;
mod numbers;
mod squarify;

use leptos::prelude::*;
use schema::{Held, SignalRow, Signals, UnixMs, Usd, page::Frame, reading::Found};

use crate::{
    card::{Look, rendered_card},
    format,
    part::time,
    path,
};

pub use squarify::{Rect, squarify};

/// How many symbols have a cell of their own; the others share one.
pub const CELLS: usize = 60;

/// The picture, in pixels of a phone of 390.
const FRAME: Rect = Rect { x: 0.0, y: 0.0, width: 332.0, height: 320.0 };
/// For how long it is fresh, and for how long stale, in milliseconds: it is a picture of a day, made now and then.
const LIFE_MS: [i64; 2] = [90_000, 600_000];

/// What the colours say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// The change over 24 h.
    Change,
    /// The score of closed bars.
    Score,
}

impl Shade {
    const ALL: [Self; 2] = [Self::Change, Self::Score];

    /// What an address asks for; the change where it says nothing, or in no known way.
    #[must_use]
    pub fn asked(text: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|shade| Some(shade.as_str()) == text).unwrap_or(Self::Change)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Score => "score",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Change => "24 h change",
            Self::Score => "Score",
        }
    }
}

/// The card with the map, in every state it can be in.
pub fn card(frame: &Frame, signals: &Found<Signals>, shade: Shade) -> AnyView {
    // The list itself is fresh for seconds; its picture is not made so often, and shows its age.
    let slower = signals.clone().map(|held| {
        let [fresh, stale] = LIFE_MS.map(|ms| UnixMs(held.as_of.0 + ms));
        Held { fresh_until: fresh, stale_until: stale, ..held }
    });
    rendered_card(Look { name: "heat", title: "Heat map" }, frame, &slower, |held| body(frame.now, held, shade))
}

/// The symbols with a cell of their own, most traded first, and what the others come to.
struct Shares<'a> {
    own: Vec<(&'a SignalRow, Usd)>,
    others: usize,
    others_turnover: f64,
    unknown: usize,
}

impl<'a> Shares<'a> {
    fn of(rows: &'a [SignalRow]) -> Self {
        let mut traded: Vec<_> = rows
            .iter()
            .filter_map(|row| row.quote.turnover_24h.value().map(|usd| (row, *usd)))
            .filter(|(_, usd)| usd.get() > 0.0)
            .collect();
        traded.sort_by(|(a, x), (b, y)| y.get().total_cmp(&x.get()).then_with(|| a.symbol.cmp(&b.symbol)));
        let unknown = rows.len() - traded.len();
        let rest = traded.split_off(traded.len().min(CELLS));
        let others_turnover = rest.iter().map(|(_, usd)| usd.get()).sum();
        Self { own: traded, others: rest.len(), others_turnover, unknown }
    }

    /// How large each cell is, and that of the others last, where there are any.
    fn areas(&self) -> Vec<f64> {
        let others = (self.others > 0).then_some(self.others_turnover);
        self.own.iter().map(|(_, usd)| usd.get()).chain(others).collect()
    }
}

fn body(now: UnixMs, held: &Held<Signals>, shade: Shade) -> AnyView {
    let shares = Shares::of(&held.value.rows);
    if shares.own.is_empty() {
        return view! { <p class="absent">"No symbol's turnover is known yet."</p> }.into_any();
    }
    let places = squarify(&shares.areas(), FRAME);
    let cells: Vec<_> =
        shares.own.iter().zip(&places).map(|((row, usd), place)| cell::own(row, *usd, *place, shade)).collect();
    // The others have the one place that is left.
    let others = places.get(shares.own.len()).map(|place| cell::others(shares.others, *place));
    let label = format!("The {} most traded symbols, each as large as its turnover in 24 h", shares.own.len());
    view! {
        <nav class="chips" aria-label="Colours of the map">
            {Vec::from(Shade::ALL.map(|each| chip(each, each == shade)))}
        </nav>
        <svg class="map" viewBox=format!("0 0 {} {}", FRAME.width, FRAME.height) role="group" aria-label=label>
            {cells}
            {others}
        </svg>
        {legend::legend(shade)}
        <p class="note">{summary(&shares)} " As of " {time::age(held.as_of, now)} " ago."</p>
        {numbers::table(&shares.own)}
    }
    .into_any()
}

fn chip(shade: Shade, current: bool) -> AnyView {
    let href = path::heat_map(shade.as_str());
    view! { <a class="chip" href=href aria-current=current.then_some("true")>{shade.label()}</a> }.into_any()
}

fn summary(shares: &Shares<'_>) -> String {
    let mut text = format!("Size: turnover in 24 h. {} symbols", shares.own.len());
    if shares.others > 0 {
        text += &format!(", and {} others with ${} together", shares.others, format::amount(shares.others_turnover));
    }
    if shares.unknown > 0 {
        text += &format!("; {} without a turnover are left out", shares.unknown);
    }
    text.push('.');
    text
}

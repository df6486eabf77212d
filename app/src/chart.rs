//! The candle chart of a symbol: closed candles drawn as SVG, on the server alone.
//!
//! It is no island: the browser gets a picture with its numbers, and no code, and asks for another one when the next bar has
//! closed. It shows closed bars only, says until when, and never looks live: what the price is now is in the price strip.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

mod axis;
mod band;
mod beneath;
mod drawing;
pub(crate) mod exchange;
mod label;
mod marks;
mod numbers;

pub use marks::Ideas;

use leptos::prelude::*;
use schema::{Absence, Candle, Price, Symbol, Timeframe, UnixMs, Venue, Zone, breakdown::ScorePoint, levels::KeyLevel};

use crate::{format, part::note::Note, path};
use band::Beneath;
use beneath::Points;

/// How many candles are drawn at most: as many as fit a phone, and enough for an hour of scores beneath them.
pub const CANDLES: usize = 68;

/// How long after the next close the candles behind it may take to arrive before the chart is called stale, in milliseconds.
const GRACE_MS: i64 = 30_000;
/// For how long old candles are called stale before they are called the last known, in milliseconds.
const STALE_MS: i64 = 900_000;
/// How long after a close its candle is asked for: the score comes first, in milliseconds.
const SETTLED_MS: i64 = 3_000;
/// How soon it is asked for again if it is not there, in milliseconds.
const AGAIN_MS: i64 = 10_000;

/// Closed candles, as far as the process that makes the page has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Candles {
    /// The newest closed candles, oldest first, without a gap.
    Closed {
        /// The last close of a minute that they include, which is that of the last score.
        as_of: UnixMs,
        /// The candles.
        run: Vec<Candle>,
        /// Volume delta of each: what takers bought minus what they sold, in coins; none of a candle whose trades were not all
        /// heard. Empty where CVD is not shown.
        deltas: Vec<Option<f64>>,
        /// The price increment.
        tick: Price,
    },
    /// The history is still being loaded.
    Loading,
    /// They cannot be read from the cache between the processes.
    Absent(Absence),
}

/// What a chart is drawn of.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Whose candles.
    pub symbol: Symbol,
    /// How long each is.
    pub timeframe: Timeframe,
    /// The candles.
    pub candles: Candles,
    /// The recorded scores, oldest first; empty where none is known.
    pub scores: Vec<ScorePoint>,
    /// Key levels, highest first; empty where none is known.
    pub levels: Vec<KeyLevel>,
    /// The ideas on the symbol, or why they are not known.
    pub ideas: Result<Ideas, Absence>,
    /// The exchange that the contract is traded on; none where the market is simulated or recorded.
    pub venue: Option<Venue>,
    /// The server's clock.
    pub now: UnixMs,
    /// The clock that the reader goes by.
    pub zone: Zone,
}

impl Chart {
    /// The timeframe that an address asks for; minutes where it says nothing, or in no known way.
    #[must_use]
    pub fn timeframe(asked: Option<&str>) -> Timeframe {
        let named = |text| Timeframe::ALL.into_iter().find(|timeframe| timeframe.as_str() == text);
        asked.and_then(named).unwrap_or(Timeframe::M1)
    }

    /// Whether CVD is drawn beneath candles of a timeframe: trades are summed up for hours, not for days.
    #[must_use]
    pub const fn has_cvd(timeframe: Timeframe) -> bool {
        matches!(timeframe, Timeframe::M1 | Timeframe::M5)
    }

    /// Until when the candles are fresh, and until when stale; none where there are none.
    fn life(&self) -> Option<[UnixMs; 3]> {
        match &self.candles {
            Candles::Closed { as_of, .. } => {
                let fresh = as_of.0 + Timeframe::M1.ms() + GRACE_MS;
                Some([*as_of, UnixMs(fresh), UnixMs(fresh + STALE_MS)])
            }
            Candles::Loading | Candles::Absent(_) => None,
        }
    }

    /// When to ask for the chart again.
    #[must_use]
    pub fn again_at(&self) -> Option<UnixMs> {
        let soon = UnixMs(self.now.0 + AGAIN_MS);
        match &self.candles {
            Candles::Closed { as_of, .. } => {
                let next = UnixMs(as_of.0 + Timeframe::M1.ms() + SETTLED_MS);
                // What a close decided is published some seconds after it.
                let undecided = self.ideas.as_ref().is_ok_and(|ideas| ideas.as_of < *as_of);
                Some(if next > self.now && !undecided { next } else { soon })
            }
            Candles::Loading | Candles::Absent(_) => Some(soon),
        }
    }
}

/// The card with the chart, in every state it can be in.
pub fn card(chart: &Chart) -> AnyView {
    let class = match Beneath::of(chart.timeframe) {
        Beneath::Nothing => "card chart",
        Beneath::Flow => "card chart tall",
        Beneath::FlowAndScores => "card chart taller",
    };
    let life = chart.life();
    let Note { state, text } = life.map_or_else(
        || Note { state: "absent", text: "no data".to_owned() },
        |[as_of, fresh_until, stale_until]| Note::of(as_of, fresh_until, stale_until, chart.now),
    );
    let time = |place: usize| life.map(|life| life[place].0.to_string());
    view! {
        <section
            class=class
            id="chart"
            aria-labelledby="chart-heading"
            data-state=state
            data-as-of=time(0)
            data-fresh-until=time(1)
            data-stale-until=time(2)
            data-again-at=chart.again_at().map(|at| at.0.to_string())
        >
            <div class="card-head">
                <h2 id="chart-heading">"Candles"</h2>
                <p class="age">{text}</p>
            </div>
            <nav class="chips" aria-label="Timeframe">
                {Vec::from(Timeframe::ALL.map(|each| chip(&chart.symbol, each, each == chart.timeframe)))}
            </nav>
            {content(chart)}
            {at_exchange(chart)}
        </section>
    }
    .into_any()
}

fn chip(symbol: &Symbol, timeframe: Timeframe, current: bool) -> AnyView {
    let name = timeframe.as_str();
    view! { <a class="chip" href=path::chart(symbol, timeframe) aria-current=current.then_some("true")>{name}</a> }
        .into_any()
}

fn content(chart: &Chart) -> AnyView {
    let absent = |class: &'static str, reason: String| view! { <p class=class>{reason}</p> }.into_any();
    match &chart.candles {
        Candles::Absent(absence) => absent("absent", absence.to_string()),
        Candles::Loading => absent("absent pending", "The history is being loaded.".to_owned()),
        Candles::Closed { run, .. } if run.len() < 2 => {
            absent("absent pending", format!("{} of 2 closed candles needed for a chart", run.len()))
        }
        Candles::Closed { run, deltas, tick, .. } => {
            let newest = run.len().saturating_sub(CANDLES);
            let run = &run[newest..];
            let points = Points::of(chart, run, deltas.get(newest..).unwrap_or_default());
            view! {
                {drawing::picture(chart, run, &points, *tick)}
                {caption(chart, run)}
                {marks::legend(chart, run, *tick)}
                {numbers::table(chart, run, &points, *tick)}
            }
            .into_any()
        }
    }
}

/// The way to the exchange's own chart of the contract. Nothing of it is loaded before it is followed.
fn at_exchange(chart: &Chart) -> AnyView {
    let page = chart.venue.and_then(|venue| Some((venue.label(), exchange::page(venue, &chart.symbol)?)));
    page.map(|(name, href)| {
        view! {
            <p class="note">
                <a class="abroad" href=href target="_blank" rel="noopener noreferrer">{format!("{} on {name}", chart.symbol)}</a>
            </p>
        }
    })
    .into_any()
}

/// Until when the candles go, which stays true however long the page is left open.
fn caption(chart: &Chart, run: &[Candle]) -> AnyView {
    let Some(last) = run.last() else { return ().into_any() };
    let end = UnixMs(last.start.0 + chart.timeframe.ms());
    view! {
        <p class="pair note">
            <span>
                {format!("{} closed candles of {} until ", run.len(), spoken(chart.timeframe))}
                <time datetime=format::utc(end)>{format::moment(end, chart.zone)}</time>
            </span>
            <a class="reload" href=path::chart(&chart.symbol, chart.timeframe)>"Reload"</a>
        </p>
    }
    .into_any()
}

/// A timeframe in words.
const fn spoken(timeframe: Timeframe) -> &'static str {
    match timeframe {
        Timeframe::M1 => "1 minute",
        Timeframe::M5 => "5 minutes",
        Timeframe::M30 => "30 minutes",
        Timeframe::H4 => "4 hours",
    }
}

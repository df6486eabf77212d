//! The candle chart of a symbol: closed candles drawn as SVG, on the server alone.
//!
//! It is no island: the browser gets a picture with its numbers, and no code. It shows closed bars only, says until when, and
//! never looks live: what the price is now stands in the price strip.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

mod axis;
mod drawing;
mod numbers;

use leptos::prelude::*;
use schema::{Candle, Price, Symbol, Timeframe, UnixMs, breakdown::ScorePoint};

use crate::{format, path};

/// How many candles are drawn at most: as many as fit a phone, and enough for an hour of scores beneath them.
pub const CANDLES: usize = 68;

/// How long after its close a candle may take to arrive before the chart is called stale, in milliseconds.
const GRACE_MS: i64 = 30_000;

/// Closed candles, as far as the process that makes the page has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Candles {
    /// The newest closed candles, oldest first, without a gap.
    Closed {
        /// The candles.
        run: Vec<Candle>,
        /// The price increment.
        tick: Price,
    },
    /// The history is still being loaded.
    Loading,
    /// Another process has them; where it is known, which.
    Elsewhere(Option<String>),
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
    /// The server's clock.
    pub now: UnixMs,
}

impl Chart {
    /// The timeframe that an address asks for; minutes where it says nothing, or in no known way.
    #[must_use]
    pub fn timeframe(asked: Option<&str>) -> Timeframe {
        let named = |text| Timeframe::ALL.into_iter().find(|timeframe| timeframe.as_str() == text);
        asked.and_then(named).unwrap_or(Timeframe::M1)
    }

    /// When the next candle is due, where there is one to follow.
    #[must_use]
    pub fn next_close(&self) -> Option<UnixMs> {
        match &self.candles {
            Candles::Closed { run, .. } => run.last().map(|last| UnixMs(last.start.0 + 2 * self.timeframe.ms())),
            Candles::Loading | Candles::Elsewhere(_) => None,
        }
    }
}

/// The card with the chart, in every state it can be in.
pub fn card(chart: &Chart) -> AnyView {
    let tall = if chart.timeframe == Timeframe::M1 { "card chart scored" } else { "card chart" };
    let (state, age) = judged(chart);
    view! {
        <section class=tall id="chart" aria-labelledby="chart-heading" data-state=state>
            <div class="card-head">
                <h2 id="chart-heading">"Candles"</h2>
                <p class="age">{age}</p>
            </div>
            <nav class="chips" aria-label="Timeframe">
                {Vec::from(Timeframe::ALL.map(|each| chip(&chart.symbol, each, each == chart.timeframe)))}
            </nav>
            {content(chart)}
        </section>
    }
    .into_any()
}

/// The state of the card and what it says of its age.
fn judged(chart: &Chart) -> (&'static str, String) {
    match (&chart.candles, chart.next_close()) {
        (Candles::Elsewhere(_) | Candles::Loading, _) | (_, None) => ("absent", String::new()),
        (Candles::Closed { .. }, Some(due)) if chart.now.0 <= due.0 + GRACE_MS => ("fresh", String::new()),
        (Candles::Closed { .. }, Some(due)) => {
            let late = UnixMs(due.0).age(chart.now);
            ("stale", format!("next candle late by {}", format::age(late)))
        }
    }
}

fn chip(symbol: &Symbol, timeframe: Timeframe, current: bool) -> AnyView {
    let name = timeframe.as_str();
    view! { <a class="chip" href=path::chart(symbol, timeframe) aria-current=current.then_some("true")>{name}</a> }
        .into_any()
}

fn content(chart: &Chart) -> AnyView {
    let absent = |reason: String| view! { <p class="absent">{reason}</p> }.into_any();
    match &chart.candles {
        Candles::Elsewhere(who) => {
            let who = who.as_ref().map_or_else(String::new, |who| format!(", now {who}"));
            absent(format!(
                "Candles are kept by the process that watches the market (role monitor or all{who}). This one shows what \
                 that one publishes, and candles are not part of it."
            ))
        }
        Candles::Loading => absent("The history is being loaded.".to_owned()),
        Candles::Closed { run, .. } if run.len() < 2 => {
            absent(format!("{} of 2 closed candles needed for a chart", run.len()))
        }
        Candles::Closed { run, tick } => {
            let run = &run[run.len().saturating_sub(CANDLES)..];
            view! {
                {drawing::picture(chart, run, *tick)}
                {caption(chart, run)}
                {numbers::table(chart, run, *tick)}
            }
            .into_any()
        }
    }
}

/// Until when the candles go, which stays true however long the page is left open.
fn caption(chart: &Chart, run: &[Candle]) -> AnyView {
    let Some(last) = run.last() else { return ().into_any() };
    let end = UnixMs(last.start.0 + chart.timeframe.ms());
    view! {
        <p class="pair note">
            <span>
                {format!("{} closed candles of {} until ", run.len(), spoken(chart.timeframe))}
                <time datetime=format::utc(end)>{format::moment(end)}</time>
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

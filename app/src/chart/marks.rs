//! What is marked on the candles: key levels, and the ideas that were open meanwhile.

use std::fmt::Write as _;

use leptos::prelude::*;
use schema::{
    Candle, Price, UnixMs,
    ideas::{EndedIdea, Idea, IdeaSide},
    levels::KeyLevel,
};

use super::{
    Chart,
    band::{BODY, EDGE, PRICE, Reach, left, middle},
};
use crate::{
    format,
    part::{
        figure::direction,
        idea::{multiple, pointing},
    },
    path,
};

/// How near two names of levels may stand, and one to the highest price.
const APART: f64 = 12.0;
/// The distance of a mark from its candle.
const OFF: f64 = 3.0;
/// The height of a mark.
const TALL: f64 = 6.0;

/// The ideas of one symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Ideas {
    /// The time of the newest input that decided them.
    pub as_of: UnixMs,
    /// Those that stand.
    pub open: Vec<Idea>,
    /// Those of the past, newest first.
    pub ended: Vec<EndedIdea>,
}

/// The candle in which a moment lies, counted from the first one; what happens at a close belongs to the candle that closed.
fn steps(chart: &Chart, run: &[Candle], at: UnixMs) -> Option<i64> {
    Some((at.0 - 1 - run.first()?.start.0).div_euclid(chart.timeframe.ms()))
}

/// The place of that candle, where it is on the picture.
fn place(chart: &Chart, run: &[Candle], at: UnixMs) -> Option<usize> {
    usize::try_from(steps(chart, run, at)?).ok().filter(|place| *place < run.len())
}

/// Lines at key levels, and their names where there is room.
pub(super) fn levels(levels: &[KeyLevel], reach: &Reach) -> [AnyView; 2] {
    let mut lines = String::new();
    let mut labels: Vec<(f64, String)> = Vec::new();
    for level in levels {
        let Some(y) = reach.y_within(level.price.get()) else { continue };
        // Writing to a string cannot fail.
        let _ = write!(lines, "M0 {y:.1}H{EDGE}");
        if y - labels.last().map_or(PRICE.top - OFF, |(above, _)| *above) >= APART {
            labels.push((y, level.kind.to_string()));
        }
    }
    let labels: Vec<_> = labels
        .into_iter()
        .map(|(y, name)| {
            view! { <text class="axis level-name" x="1" y=format!("{:.1}", y - 2.0)>{name}</text> }
        })
        .collect();
    [view! { <path class="level" d=lines/> }.into_any(), labels.into_any()]
}

/// Where ideas opened and ended, and the prices that decide those that stand.
pub(super) fn ideas(chart: &Chart, run: &[Candle], reach: &Reach) -> AnyView {
    let (mut long, mut short, mut ends) = (String::new(), String::new(), String::new());
    let mut mark_open = |side: IdeaSide, at: UnixMs| {
        let Some(place) = place(chart, run, at) else { return };
        let x = middle(place, run.len()) - TALL / 2.0;
        // Writing to a string cannot fail.
        let _ = match side {
            IdeaSide::Long => {
                let y = reach.y(run[place].low) + OFF + TALL;
                write!(long, "M{x} {y:.1}h{TALL}l-{} -{TALL}z", TALL / 2.0)
            }
            IdeaSide::Short => {
                let y = reach.y(run[place].high) - OFF - TALL;
                write!(short, "M{x} {y:.1}h{TALL}l-{} {TALL}z", TALL / 2.0)
            }
        };
    };
    let Ok(ideas) = &chart.ideas else { return ().into_any() };
    ideas.open.iter().for_each(|idea| mark_open(idea.side, idea.opened_at));
    ideas.ended.iter().for_each(|idea| mark_open(idea.side, idea.opened_at));
    for idea in &ideas.ended {
        let exit = idea.exit.and_then(|exit| reach.y_within(exit.price.get()));
        if let Some((place, y)) = place(chart, run, idea.ended_at).zip(exit) {
            let (x, half) = (middle(place, run.len()), TALL / 2.0);
            let _ = write!(ends, "M{} {:.1}l{TALL} {TALL}m0 -{TALL}l-{TALL} {TALL}", x - half, y - half);
        }
    }
    let standing: Vec<_> = ideas.open.iter().map(|idea| decided_by(chart, run, reach, idea)).collect();
    view! {
        {standing}
        <path class="opened up" d=long/>
        <path class="opened down" d=short/>
        <path class="ended" d=ends/>
    }
    .into_any()
}

/// Entry, stop and targets of an open idea, from where it opened on.
fn decided_by(chart: &Chart, run: &[Candle], reach: &Reach, idea: &Idea) -> AnyView {
    let from = match steps(chart, run, idea.opened_at).map(usize::try_from) {
        Some(Ok(place)) if place < run.len() => left(place, run.len()) + BODY,
        // Before the first candle.
        Some(Err(_)) => 0.0,
        // The candle in which it opened has not closed.
        Some(Ok(_)) | None => return ().into_any(),
    };
    let price = |class: &'static str, price: Price| {
        reach.y_within(price.get()).map(|y| view! { <path class=class d=format!("M{from} {y:.1}H{EDGE}")/> }.into_any())
    };
    let targets: Vec<_> = idea.targets.iter().filter_map(|target| price("decides target", target.price)).collect();
    view! {
        {price("decides entry", idea.entry)}
        {price("decides stop", idea.stop)}
        {targets}
    }
    .into_any()
}

/// The same in words: ideas that stand, and those that ended on the picture.
pub(super) fn legend(chart: &Chart, run: &[Candle], tick: Price) -> AnyView {
    let price = |price: Price| format::price(price, tick);
    let minute = |at: UnixMs| format::minute(at, chart.zone);
    let ideas = match &chart.ideas {
        Ok(ideas) => ideas,
        Err(absence) => return view! { <p class="note">{format!("No idea is marked: {absence}")}</p> }.into_any(),
    };
    let open = ideas.open.iter().map(|idea| {
        let targets: Vec<_> = idea.targets.iter().map(|target| price(target.price)).collect();
        let prices = format!(" from {}, stop {}, targets {}", price(idea.entry), price(idea.stop), targets.join(", "));
        view! {
            <li>
                {direction(pointing(idea.side))}" "
                <a href=path::idea(idea)>"idea since "{minute(idea.opened_at)}</a>{prices}
            </li>
        }
        .into_any()
    });
    let shown = ideas.ended.iter().filter(|idea| place(chart, run, idea.ended_at).is_some());
    let ended = shown.map(|idea| {
        let result = idea.exit.map(|exit| multiple(exit.r.get()).view());
        let span = format!(" idea, {} to {}: {} ", minute(idea.opened_at), minute(idea.ended_at), idea.outcome.label());
        view! { <li>{direction(pointing(idea.side))}{span}{result}</li> }.into_any()
    });
    let all: Vec<AnyView> = open.chain(ended).collect();
    (!all.is_empty()).then(|| view! { <ul class="marks" aria-label="Ideas on the chart">{all}</ul> }).into_any()
}

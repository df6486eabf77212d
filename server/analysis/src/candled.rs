//! What the candles of one symbol say: every candle measure of every timeframe, kept until its candles change.
//!
//! Candles are nine tenths of the work of a score. Between two closes nothing about closed candles changes, and between
//! two trades nothing about open ones. What is kept here is owned, so it outlives the candles it was made from.

use schema::{Candle, Timeframe, UnixMs, Why};

use crate::{
    Bars,
    frame::{Frame, Sketch, is_fresh},
    indicator::vwap::{DayVwap, day_vwap},
    input::{PerTimeframe, SymbolInput},
    measure::Measured,
    registry::{CANDLE_ROWS, Measure, REGISTRY},
};

/// What the candles of all timeframes say.
#[derive(Debug, Clone)]
pub(crate) struct Candled {
    timeframes: PerTimeframe<Told>,
    /// The day's mean price.
    pub(crate) day: Result<DayVwap, Why>,
}

/// What the candles of one timeframe say.
#[derive(Debug, Clone)]
struct Told {
    /// The candles it was told from.
    mark: Option<Mark>,
    sketch: Result<Sketch, Why>,
    /// One finding per candle row of the registry, in its order.
    found: Vec<Measured>,
}

/// By what candles are recognised: the ends of the closed ones, their number and the whole of the newest, and the open one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mark {
    first: UnixMs,
    len: usize,
    last: Candle,
    open: Option<Candle>,
}

impl Mark {
    fn of(run: &[Candle], open: Option<Candle>) -> Option<Self> {
        Some(Self { first: run.first()?.start, len: run.len(), last: *run.last()?, open })
    }
}

/// The open candle of a timeframe, where it counts.
const fn open(input: &SymbolInput<'_>, bars: Bars, timeframe: Timeframe) -> Option<Candle> {
    match bars {
        Bars::Closed => None,
        Bars::WithOpen => *input.open.get(timeframe),
    }
}

impl Candled {
    /// Measures the candles of every timeframe.
    pub(crate) fn of(input: &SymbolInput<'_>, bars: Bars) -> Self {
        Self {
            timeframes: PerTimeframe::build(|timeframe| Told::of(input, timeframe, open(input, bars, timeframe))),
            day: day_vwap(input.candles.get(Timeframe::M5), open(input, bars, Timeframe::M5), input.as_of),
        }
    }

    /// Measures those timeframes again whose candles changed or grew old, with the same bars as before.
    pub(crate) fn refresh(&mut self, input: &SymbolInput<'_>, bars: Bars) {
        for timeframe in Timeframe::ALL {
            let (closed, open) = (input.candles.get(timeframe), open(input, bars, timeframe));
            let told = self.timeframes.get_mut(timeframe);
            let holds = told.holds(Mark::of(closed, open), timeframe, input.as_of);
            if timeframe == Timeframe::M5 && (self.day.is_err() || !holds) {
                self.day = day_vwap(closed, open, input.as_of);
            }
            // A finding's absence can depend on the moment, so it is never kept.
            if holds && told.sketch.is_ok() {
                told.date(input.as_of);
            } else {
                *told = Told::of(input, timeframe, open);
            }
        }
    }

    /// What other measures need of a timeframe's candles.
    pub(crate) fn sketch(&self, timeframe: Timeframe) -> &Result<Sketch, Why> {
        &self.timeframes.get(timeframe).sketch
    }

    /// What the candle row at a place of the registry's candle rows found.
    pub(crate) fn found(&self, timeframe: Timeframe, row: usize) -> &Measured {
        &self.timeframes.get(timeframe).found[row]
    }
}

impl Told {
    fn of(input: &SymbolInput<'_>, timeframe: Timeframe, open: Option<Candle>) -> Self {
        let closed = *input.candles.get(timeframe);
        let mark = Mark::of(closed, open);
        match Frame::of(timeframe, closed, open, input.as_of) {
            Ok(frame) => {
                let mut found = Vec::with_capacity(CANDLE_ROWS);
                for row in REGISTRY {
                    if let Measure::Candles(measure) = row.measure {
                        found.push(measure(&frame));
                    }
                }
                Self { mark, sketch: Ok(frame.sketch()), found }
            }
            Err(why) => Self { mark, found: vec![Err(why.clone()); CANDLE_ROWS], sketch: Err(why) },
        }
    }

    /// Dates what an open bar says to the moment it still holds at, as a new [`Frame`] would.
    fn date(&mut self, now: UnixMs) {
        if self.mark.is_some_and(|mark| mark.open.is_some_and(|open| open.start > mark.last.start)) {
            self.sketch.iter_mut().for_each(|sketch| sketch.as_of = now);
            self.found.iter_mut().flatten().for_each(|sub| sub.as_of = now);
        }
    }

    fn holds(&self, mark: Option<Mark>, timeframe: Timeframe, now: UnixMs) -> bool {
        self.mark == mark && mark.is_some_and(|mark| is_fresh(&mark.last, timeframe, now).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_symbol_is_small_beside_its_candles() {
        let kept = size_of::<Candled>() + Timeframe::ALL.len() * CANDLE_ROWS * size_of::<Measured>();
        // 2,300 candles of 56 bytes are 128,800 bytes.
        assert!(kept < 6_000, "{kept} bytes");
    }
}

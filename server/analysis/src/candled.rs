//! What the candles of one symbol say: every candle measure of every timeframe, kept until a bar closes.
//!
//! Candles are nine tenths of the work of a score, and between two closes nothing about closed candles changes. What is
//! kept here is owned, so it outlives the candles it was made from.

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

/// By what a run of closed candles is recognised: its ends, its length and the whole of its newest bar.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mark {
    first: UnixMs,
    len: usize,
    last: Candle,
}

impl Mark {
    fn of(run: &[Candle]) -> Option<Self> {
        Some(Self { first: run.first()?.start, len: run.len(), last: *run.last()? })
    }
}

impl Candled {
    /// Measures the candles of every timeframe.
    pub(crate) fn of(input: &SymbolInput<'_>, bars: Bars) -> Self {
        let open = |timeframe: Timeframe| match bars {
            Bars::Closed => None,
            Bars::WithOpen => *input.open.get(timeframe),
        };
        Self {
            timeframes: PerTimeframe::build(|timeframe| Told::of(input, timeframe, open(timeframe))),
            day: day_vwap(input.candles.get(Timeframe::M5), open(Timeframe::M5), input.as_of),
        }
    }

    /// Measures the closed candles of those timeframes again whose candles changed or grew old.
    ///
    /// Only for what was made of closed bars.
    pub(crate) fn refresh(&mut self, input: &SymbolInput<'_>) {
        let five = Mark::of(input.candles.get(Timeframe::M5));
        if self.day.is_err() || !self.timeframes.get(Timeframe::M5).holds(five, Timeframe::M5, input.as_of) {
            self.day = day_vwap(input.candles.get(Timeframe::M5), None, input.as_of);
        }
        for timeframe in Timeframe::ALL {
            let told = self.timeframes.get_mut(timeframe);
            // A finding's absence can depend on the moment, so it is never kept.
            let holds = told.holds(Mark::of(input.candles.get(timeframe)), timeframe, input.as_of);
            if told.sketch.is_err() || !holds {
                *told = Told::of(input, timeframe, None);
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
        let mark = Mark::of(closed);
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

    fn holds(&self, mark: Option<Mark>, timeframe: Timeframe, now: UnixMs) -> bool {
        self.mark == mark && mark.is_some_and(|mark| is_fresh(&mark.last, timeframe, now).is_ok())
    }
}

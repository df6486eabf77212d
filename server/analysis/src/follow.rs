//! Takes the measures of candles again as the market moves, at the price of what changed.
//!
//! When a bar closes, its timeframe's [`History`] digests the bars; when the newest bar moves, the measures are taken
//! against that history again; where neither happened, nothing is done. Closed and open bars share the histories: a bar that
//! closes is measured against the history it was open with, and joins it when the next bar is.

use schema::{Candle, Timeframe, UnixMs, Why};

use crate::{
    Bars,
    candled::{BarFeatures, Candled},
    frame::Frame,
    input::{PerTimeframe, SymbolInput},
    registry::{CANDLE_ROWS, Measure, REGISTRY},
    series::{Day, History, Mark, Run, is_fresh},
};

/// What the closed bars of one symbol leave behind.
#[derive(Debug, Clone)]
pub(crate) struct Histories {
    timeframes: PerTimeframe<History>,
    /// The closed bars of the day.
    day: Option<Day>,
}

impl Histories {
    /// Returns histories of nothing.
    pub(crate) fn new() -> Self {
        Self { timeframes: PerTimeframe::build(|_| History::new()), day: None }
    }
}

/// Returns the open candle of a timeframe, where it counts.
const fn open(input: &SymbolInput<'_>, bars: Bars, timeframe: Timeframe) -> Option<Candle> {
    match bars {
        Bars::Closed => None,
        Bars::WithOpen => *input.open.get(timeframe),
    }
}

impl Candled {
    /// Returns features of nothing.
    pub(crate) fn new() -> Self {
        Self { timeframes: PerTimeframe::build(|_| BarFeatures::new()), day: Err(Why::NotYet) }
    }

    /// Measures the candles of every timeframe.
    pub(crate) fn of(input: &SymbolInput<'_>, bars: Bars) -> Self {
        let mut candled = Self::new();
        candled.refresh(&mut Histories::new(), input, bars);
        candled
    }

    /// Measures those timeframes again whose candles changed or grew old, with the same bars as before.
    pub(crate) fn refresh(&mut self, histories: &mut Histories, input: &SymbolInput<'_>, bars: Bars) {
        for timeframe in Timeframe::ALL {
            let (closed, open) = (*input.candles.get(timeframe), open(input, bars, timeframe));
            let features = self.timeframes.get_mut(timeframe);
            let mark = Mark::of(closed);
            let holds = features.holds(mark.as_ref(), open, timeframe, input.as_of);
            if timeframe == Timeframe::M5 && (self.day.is_err() || !holds) {
                self.day = Day::mean(&mut histories.day, closed, open.as_ref(), input.as_of);
            }
            // A finding's absence can depend on the moment, so it is never kept.
            if holds && features.sketch.is_ok() {
                features.date(input.as_of);
            } else {
                (features.closed, features.open) = (mark, open);
                features
                    .measure(histories.timeframes.get_mut(timeframe), Run::of(timeframe, closed, open, input.as_of));
            }
        }
    }
}

impl BarFeatures {
    fn new() -> Self {
        Self { closed: None, open: None, sketch: Err(Why::NotYet), found: vec![Err(Why::NotYet); CANDLE_ROWS] }
    }

    /// Takes every candle measure of a run.
    fn measure(&mut self, history: &mut History, run: Result<Run<'_>, Why>) {
        match run.and_then(|run| Frame::of(&run, history)) {
            Ok(frame) => {
                self.found.clear();
                for row in REGISTRY {
                    if let Measure::Candles(measure) = row.measure {
                        self.found.push(measure(&frame));
                    }
                }
                self.sketch = Ok(frame.sketch());
            }
            Err(why) => {
                self.found.fill(Err(why.clone()));
                self.sketch = Err(why);
            }
        }
    }

    /// Dates the findings of an open bar to the moment they still hold at, as a new measurement would.
    fn date(&mut self, now: UnixMs) {
        let last = self.closed.as_ref().map(Mark::last);
        if last.zip(self.open).is_some_and(|(last, open)| open.start > last.start) {
            self.sketch.iter_mut().for_each(|sketch| sketch.as_of = now);
            self.found.iter_mut().flatten().for_each(|sub| sub.as_of = now);
        }
    }

    fn holds(&self, closed: Option<&Mark>, open: Option<Candle>, timeframe: Timeframe, now: UnixMs) -> bool {
        let is_same = self.closed.as_ref() == closed && self.open == open;
        is_same && closed.is_some_and(|mark| is_fresh(mark.last(), timeframe, now).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{indicator::tests::walk, measure::Measured};

    #[test]
    fn what_is_kept_of_a_symbol_is_small_beside_its_candles() {
        let candles = walk(3, 400);
        let (open, closed) = candles.split_last().unwrap();
        let (mut features, mut history) = (BarFeatures::new(), History::new());
        features.measure(&mut history, Run::of(Timeframe::M1, closed, Some(*open), open.start));
        assert!(features.sketch.is_ok());
        let found = features.found.capacity() * size_of::<Measured>();
        let histories = size_of::<Histories>() + Timeframe::ALL.len() * history.heap();
        let views = size_of::<Candled>() + Timeframe::ALL.len() * found;
        println!("{histories} bytes of histories, {views} bytes of findings");
        // 1,180 candles of 56 bytes are 66,080 bytes.
        assert!(histories < 18_000 && views < 5_000, "{histories} {views}");
    }
}

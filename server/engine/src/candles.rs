//! Closed candles of one timeframe, in a bounded run without gaps.

use std::collections::BTreeMap;

use schema::{Candle, Timeframe, UnixMs};
use serde::{Deserialize, Serialize};

use crate::recent::Recent;

/// What adding a candle did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It follows the last one.
    Next,
    /// It replaced one that was already held.
    Again,
    /// Candles before it are missing: the run has to be loaded again.
    Gap,
}

/// What taking over an answer did to candles that were held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Merged {
    /// One is another now.
    pub(crate) corrected: bool,
    /// One was replaced by other numbers, be it in the last digits of a sum: what was measured of it is to be measured again.
    pub(crate) replaced: bool,
}

/// Closed candles, oldest first, each starting where the one before ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CandleRun {
    timeframe: Timeframe,
    candles: Recent<Candle>,
}

impl CandleRun {
    /// An empty run that keeps the last `capacity` candles.
    pub(crate) const fn new(timeframe: Timeframe, capacity: usize) -> Self {
        Self { timeframe, candles: Recent::new(capacity) }
    }

    /// The candles, oldest first.
    pub(crate) fn as_slice(&self) -> &[Candle] {
        self.candles.as_slice()
    }

    /// When the last candle ended.
    pub(crate) fn end(&self) -> Option<UnixMs> {
        self.candles.last().map(|last| UnixMs(last.start.0 + self.timeframe.ms()))
    }

    /// Adds a closed candle. One that leaves a gap is not added; the first leaves none.
    pub(crate) fn add(&mut self, candle: Candle) -> Added {
        match self.end() {
            Some(end) if candle.start == end => {
                self.candles.push(candle);
                Added::Next
            }
            None => {
                self.candles.push(candle);
                Added::Next
            }
            Some(end) if candle.start < end => {
                let held = self.candles.as_mut_slice();
                if let Ok(place) = held.binary_search_by_key(&candle.start, |held| held.start) {
                    held[place] = candle;
                }
                Added::Again
            }
            Some(_) => Added::Gap,
        }
    }

    /// Takes over candles of an answer, oldest first: they replace those held of the same time, and what is held beside them stays.
    ///
    /// The run ends with the newest candle and begins behind the last hole: an indicator must not step over one.
    pub(crate) fn merge(
        &mut self,
        answer: impl IntoIterator<Item = Candle>,
        is_same: impl Fn(&Candle, &Candle) -> bool,
    ) -> Merged {
        let mut all: BTreeMap<UnixMs, Candle> =
            self.candles.as_slice().iter().map(|candle| (candle.start, *candle)).collect();
        let mut merged = Merged::default();
        for candle in answer {
            if let Some(held) = all.insert(candle.start, candle) {
                merged.corrected |= !is_same(&held, &candle);
                merged.replaced |= held != candle;
            }
        }
        self.candles.clear();
        for candle in all.into_values() {
            if self.candles.last().is_some_and(|last| last.start.0 + self.timeframe.ms() != candle.start.0) {
                self.candles.clear();
            }
            self.candles.push(candle);
        }
        merged
    }
}

/// The candle of a longer timeframe that the candles of a run make up, from its start on; `None` when one is missing.
pub(crate) fn aggregate(run: &[Candle], timeframe: Timeframe, start: UnixMs) -> Option<Candle> {
    let from = run.partition_point(|candle| candle.start < start);
    let run = &run[from..];
    let first = run.first().filter(|first| first.start == start)?;
    let mut whole = *first;
    for (place, part) in (0..).zip(run) {
        if part.start.0 != start.0 + place * timeframe.ms() {
            return None;
        }
        whole.high = whole.high.max(part.high);
        whole.low = whole.low.min(part.low);
        whole.close = part.close;
        if place > 0 {
            whole.volume += part.volume;
            whole.turnover += part.turnover;
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(a: &Candle, b: &Candle) -> bool {
        a == b
    }

    fn minute(n: i64, close: f64) -> Candle {
        let price = close;
        Candle {
            start: UnixMs(n * 60_000),
            open: price,
            high: price + 1.0,
            low: price - 1.0,
            close,
            volume: 2.0,
            turnover: 2.0 * price,
        }
    }

    #[test]
    fn a_gap_is_reported_and_not_stepped_over() {
        let mut run = CandleRun::new(Timeframe::M1, 3);
        run.merge(vec![minute(1, 10.0), minute(2, 11.0)], equal);
        assert_eq!(run.add(minute(3, 12.0)), Added::Next);
        assert_eq!(run.add(minute(3, 12.5)), Added::Again);
        assert_eq!(run.add(minute(5, 13.0)), Added::Gap);
        assert_eq!(run.as_slice().iter().map(|c| c.close).collect::<Vec<_>>(), [10.0, 11.0, 12.5]);
    }

    #[test]
    fn an_answer_keeps_what_was_received_meanwhile() {
        let mut run = CandleRun::new(Timeframe::M1, 10);
        run.merge(vec![minute(6, 16.0)], equal);
        run.merge(vec![minute(3, 13.0), minute(4, 14.0), minute(5, 15.0)], equal);
        assert_eq!(run.as_slice().len(), 4);
        assert_eq!(run.end(), Some(UnixMs(7 * 60_000)));
    }

    #[test]
    fn an_answer_of_two_candles_corrects_them_and_leaves_the_rest() {
        let mut run = CandleRun::new(Timeframe::M1, 10);
        run.merge((1..6).map(|n| minute(n, 10.0)), equal);
        assert!(!run.merge([minute(3, 10.0), minute(4, 10.0)], equal).replaced);
        assert!(run.merge([minute(3, 10.0), minute(4, 11.0)], equal).corrected);
        assert_eq!(run.as_slice().iter().map(|c| c.close).collect::<Vec<_>>(), [10.0, 10.0, 10.0, 11.0, 10.0]);
    }

    #[test]
    fn a_run_begins_behind_the_last_hole() {
        let mut run = CandleRun::new(Timeframe::M1, 10);
        run.merge(vec![minute(1, 11.0), minute(3, 13.0), minute(4, 14.0)], equal);
        assert_eq!(run.as_slice().len(), 2);
    }

    #[test]
    fn minutes_make_up_a_longer_candle_or_none() {
        let minutes = [minute(4, 9.0), minute(5, 10.0), minute(6, 14.0), minute(7, 8.0)];
        let five = aggregate(&minutes, Timeframe::M1, UnixMs(300_000)).unwrap();
        assert_eq!((five.open, five.high, five.low, five.close), (10.0, 15.0, 7.0, 8.0));
        assert_eq!((five.volume, five.turnover), (6.0, 64.0));
        assert_eq!(aggregate(&minutes, Timeframe::M1, UnixMs(0)), None, "the first minutes are missing");
        assert_eq!(
            aggregate(&[minute(5, 1.0), minute(7, 1.0)], Timeframe::M1, UnixMs(300_000)),
            None,
            "one in the middle is"
        );
    }

    #[test]
    fn the_run_stays_bounded() {
        let mut run = CandleRun::new(Timeframe::M1, 5);
        run.merge(vec![minute(0, 10.0)], equal);
        for n in 1..1_000 {
            assert_eq!(run.add(minute(n, 10.0)), Added::Next);
            assert!(run.as_slice().len() <= 5);
        }
    }
}

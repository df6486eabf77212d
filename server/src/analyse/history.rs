//! What was known at a bar: closed candles of every timeframe, in runs as the live market has them.

use analysis::input::{PerTimeframe, SymbolInput};
use schema::{Candle, Timeframe, UnixMs};

use engine::{
    candles::{Added, CandleRun, aggregate},
    kept,
};

/// One contract's candles up to a bar.
#[derive(Debug)]
pub(super) struct History {
    finest: Timeframe,
    runs: PerTimeframe<CandleRun>,
    now: UnixMs,
}

impl History {
    /// Nothing yet; candles of `finest` will come.
    pub(super) fn new(finest: Timeframe) -> Self {
        Self { finest, runs: PerTimeframe::build(|tf| CandleRun::new(tf, kept(tf).into())), now: UnixMs(0) }
    }

    /// Takes in the next candle, and what it completes.
    pub(super) fn add(&mut self, candle: Candle) {
        self.append(self.finest, candle);
        self.now = UnixMs(candle.start.0 + self.finest.ms());
        for timeframe in Timeframe::ALL {
            if timeframe <= self.finest || self.now.floor(timeframe.ms()) != self.now {
                continue;
            }
            let start = UnixMs(self.now.0 - timeframe.ms());
            if let Some(whole) = aggregate(self.runs.get(self.finest).as_slice(), self.finest, start) {
                self.append(timeframe, whole);
            }
        }
    }

    /// A run begins anew behind a gap: no measure may step over it.
    fn append(&mut self, timeframe: Timeframe, candle: Candle) {
        let run = self.runs.get_mut(timeframe);
        if run.add(candle) == Added::Gap {
            run.merge([candle], |_, _| true);
        }
    }

    /// The close of the newest candle.
    pub(super) const fn now(&self) -> UnixMs {
        self.now
    }

    /// Candles alone, as an input.
    pub(super) fn input(&self) -> SymbolInput<'_> {
        SymbolInput::of_candles(self.now, PerTimeframe::build(|timeframe| self.runs.get(timeframe).as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candle(minute: i64) -> Candle {
        let price = 100.0 + f64::from(i32::try_from(minute % 7).unwrap());
        let (start, turnover) = (UnixMs(minute * 60_000), price);
        Candle { start, open: price, high: price, low: price, close: price, volume: 1.0, turnover }
    }

    #[test]
    fn a_longer_candle_is_known_once_its_last_minute_closed() {
        let mut history = History::new(Timeframe::M1);
        for minute in 2..=8 {
            history.add(candle(minute));
        }
        assert_eq!(history.input().candles.get(Timeframe::M5).len(), 0, "the first began before the record");
        history.add(candle(9));
        let input = history.input();
        let five = input.candles.get(Timeframe::M5);
        assert_eq!((five.len(), five[0].start, five[0].volume), (1, UnixMs(300_000), 5.0));
        assert_eq!(history.now(), UnixMs(600_000));
    }

    #[test]
    fn a_gap_begins_a_run_anew() {
        let mut history = History::new(Timeframe::M1);
        for minute in (0..20).chain(40..47) {
            history.add(candle(minute));
        }
        let input = history.input();
        assert_eq!(input.candles.get(Timeframe::M1).len(), 7);
        assert_eq!(input.candles.get(Timeframe::M5).len(), 1);
    }
}

//! One timeframe's bars as a measure sees them: the newest, and what the bars before it leave behind.

use schema::{Candle, Timeframe, UnixMs, Why};

use crate::series::{History, Newest, Run, Usual};

/// What measures beyond candles need of a timeframe's candles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sketch {
    /// Their length in time.
    pub(crate) timeframe: Timeframe,
    /// Average true range over 14 bars, above zero.
    pub(crate) atr: f64,
    /// The newest closing price.
    pub(crate) last_close: f64,
    /// The closing price [`Sketch::STEPS`] bars before it.
    pub(crate) earlier_close: f64,
    /// The newest bar.
    pub(crate) newest: Candle,
    /// Whether it is open.
    pub(crate) is_open: bool,
    /// The volume that is usual for it.
    pub(crate) usual: Usual,
    /// The close of the newest bar, or the moment of the analysis where that bar is open.
    pub(crate) as_of: UnixMs,
}

impl Sketch {
    /// Bars between the two closing prices.
    pub(crate) const STEPS: usize = 11;
}

/// The last [`TAIL`](crate::TAIL) bars of one timeframe.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// Their length in time.
    pub(crate) timeframe: Timeframe,
    /// Every closed bar that was given, oldest first.
    pub(crate) closed: &'a [Candle],
    /// The bars before the newest, oldest first.
    pub(crate) before: &'a [Candle],
    /// The newest bar.
    pub(crate) newest: Candle,
    /// Average true range over 14 bars, Wilder's smoothing; above zero.
    pub(crate) atr: f64,
    /// What the bars before the newest leave behind.
    pub(crate) history: Newest<'a>,
    /// The close of the newest bar, or the moment of the analysis where that bar is open.
    pub(crate) as_of: UnixMs,
}

impl<'a> Frame<'a> {
    /// Returns the bars of a run, with a history that follows it.
    ///
    /// # Errors
    ///
    /// Too few bars, a number that cannot be a candle's, or prices that do not vary.
    pub(crate) fn of(run: &Run<'a>, history: &'a mut History) -> Result<Self, Why> {
        let history = history.at(run)?;
        Ok(Self {
            timeframe: run.timeframe,
            closed: run.closed,
            before: run.before,
            newest: run.newest,
            atr: history.atr,
            history,
            as_of: run.as_of,
        })
    }

    /// Returns what measures beyond candles need of these.
    pub(crate) fn sketch(&self) -> Sketch {
        let start = self.newest.start;
        // What closed before the newest bar, which is the last closed one or the open one.
        let is_open = self.closed.last().is_some_and(|last| last.start < start);
        let before = if is_open { self.closed } else { &self.closed[..self.closed.len().saturating_sub(1)] };
        Sketch {
            timeframe: self.timeframe,
            atr: self.atr,
            last_close: self.last_close(),
            earlier_close: self.before[self.before.len() - Sketch::STEPS].close,
            newest: self.newest,
            is_open,
            usual: Usual::of(before, start, self.timeframe),
            as_of: self.as_of,
        }
    }

    /// Returns the number of bars.
    pub(crate) const fn len(&self) -> usize {
        self.before.len() + 1
    }

    /// Returns the newest closing price.
    pub(crate) const fn last_close(&self) -> f64 {
        self.newest.close
    }
}

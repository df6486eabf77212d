//! One timeframe's candles as columns, checked at the door, with what several measures need of them.

use std::{
    ops::{Deref, DerefMut},
    sync::LazyLock,
};

use schema::{Candle, Timeframe, UnixMs, Why};
use ta_lib::{Core, OutRange, RetCode};

use crate::{
    indicator::{
        levels::{Pivots, pivots},
        profile::Profile,
    },
    measure::{at_least, divisor, not_older},
};

/// Bars that a candle measure looks back on.
///
/// Values of smoothed measures (RSI, ATR, ADX, MACD) depend on where their window starts. Here it always starts this many
/// bars back, so a score needs no memory of older bars; what those would add has faded to about 1e-8 of their weight
/// ((13/14)^250 for Wilder's smoothing over 14 bars).
pub const TAIL: usize = 250;

/// The price difference, in average true ranges, below which a sign or a place within a bar counts only in proportion.
///
/// Half a range: measures that turn a whole bar's volume round with one tick would give the score a cliff.
pub(crate) const EDGE: f64 = 0.5;

/// The port of TA-Lib with its standard settings; it only reads them.
pub(crate) static TA: LazyLock<Core> = LazyLock::new(Core::new);

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
    /// The close of the newest bar, or the moment of the analysis where that bar is open.
    pub(crate) as_of: UnixMs,
}

impl Sketch {
    /// Bars between the two closing prices.
    pub(crate) const STEPS: usize = 11;
}

/// Figures of up to [`TAIL`] bars, oldest first, without a place on the heap: a scan makes some ten thousand of them.
#[derive(Debug)]
pub(crate) struct Column {
    values: [f64; TAIL],
    len: usize,
}

impl Column {
    /// Zeros for a number of bars, at most [`TAIL`].
    fn zeros(len: usize) -> Self {
        Self { values: [0.0; TAIL], len: len.min(TAIL) }
    }
}

impl FromIterator<f64> for Column {
    /// The first [`TAIL`] values.
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut column = Self::zeros(0);
        for (slot, value) in column.values.iter_mut().zip(values) {
            *slot = value;
            column.len += 1;
        }
        column
    }
}

impl Deref for Column {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values[..self.len]
    }
}

impl DerefMut for Column {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.values[..self.len]
    }
}

/// The last candles of one timeframe as columns, oldest first.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// Their length in time.
    pub(crate) timeframe: Timeframe,
    /// First prices.
    pub(crate) open: Column,
    /// Highest prices.
    pub(crate) high: Column,
    /// Lowest prices.
    pub(crate) low: Column,
    /// Last prices.
    pub(crate) close: Column,
    /// Traded, in base coin.
    pub(crate) volume: Column,
    /// Everything that was given, beyond the columns.
    pub(crate) closed: &'a [Candle],
    /// The newest bar.
    pub(crate) newest: Candle,
    /// Average true range over 14 bars, Wilder's smoothing; above zero.
    pub(crate) atr: f64,
    /// Turning points of highs and lows.
    pub(crate) pivots: Pivots,
    /// At which prices was traded, or why that is not known.
    pub(crate) profile: Result<Profile, Why>,
    /// The close of the newest bar, or the moment of the analysis where that bar is open.
    pub(crate) as_of: UnixMs,
}

impl<'a> Frame<'a> {
    /// Takes the last [`TAIL`] bars in.
    ///
    /// # Errors
    ///
    /// Too few bars, bars that are too old, a number that cannot be a candle's, or prices that do not vary.
    pub(crate) fn of(
        timeframe: Timeframe,
        closed: &'a [Candle],
        open: Option<Candle>,
        now: UnixMs,
    ) -> Result<Self, Why> {
        at_least(closed.len(), least(timeframe))?;
        let Some(last) = closed.last() else { return Err(Why::NotYet) };
        let closed_at = is_fresh(last, timeframe, now)?;
        let open = open.filter(|candle| candle.start > last.start);
        let kept = &closed[closed.len().saturating_sub(TAIL - usize::from(open.is_some()))..];
        let n = kept.len() + usize::from(open.is_some());
        let [mut opens, mut high, mut low, mut close, mut volume] = std::array::from_fn(|_| Column::zeros(n));
        let (mut top, mut bottom, mut sound) = (f64::MIN, f64::MAX, true);
        let columns = opens.iter_mut().zip(&mut *high).zip(&mut *low).zip(&mut *close).zip(&mut *volume);
        for (candle, ((((o, h), l), c), v)) in kept.iter().chain(&open).zip(columns) {
            sound &= is_candle(candle);
            top = top.max(candle.high);
            bottom = bottom.min(candle.low);
            (*o, *h, *l, *c, *v) = (candle.open, candle.high, candle.low, candle.close, candle.volume);
        }
        if !sound {
            return Err(Why::NotFinite);
        }
        if top <= bottom {
            return Err(Why::Flat);
        }
        let mut out = [0.0; TAIL];
        let atr = last_value(&out_of(&mut out, |o| TA.atr(0, close.len() - 1, &high, &low, &close, 14, o)))?;
        let atr = divisor(atr, Why::Flat)?;
        Ok(Self {
            timeframe,
            open: opens,
            pivots: Pivots { highs: pivots(&high, 1.0, atr), lows: pivots(&low, -1.0, atr) },
            profile: Profile::of(&high, &low, &volume, bottom, top),
            high,
            low,
            close,
            volume,
            closed,
            newest: open.unwrap_or(*last),
            atr,
            as_of: if open.is_some() { now } else { closed_at },
        })
    }

    /// What measures beyond candles need of these.
    pub(crate) fn sketch(&self) -> Sketch {
        let earlier_close = self.close[self.len() - 1 - Sketch::STEPS];
        Sketch {
            timeframe: self.timeframe,
            atr: self.atr,
            last_close: self.last_close(),
            earlier_close,
            newest: self.newest,
            as_of: self.as_of,
        }
    }

    /// Number of bars.
    pub(crate) fn len(&self) -> usize {
        self.close.len()
    }

    /// The newest closing price.
    pub(crate) fn last_close(&self) -> f64 {
        self.newest.close
    }

    /// A column's last `n` values, fewer where there are fewer.
    pub(crate) fn last(column: &[f64], n: usize) -> &[f64] {
        &column[column.len().saturating_sub(n)..]
    }

    /// The last value of a TA-Lib function that needs the whole tail, for smoothing.
    pub(crate) fn smoothed(
        &self,
        f: impl FnOnce(&Core, usize, &mut [f64]) -> Result<OutRange, RetCode>,
    ) -> Result<f64, Why> {
        let mut out = [0.0; TAIL];
        last_value(&out_of(&mut out, |o| f(&TA, self.len() - 1, o)))
    }

    /// The value at the newest bar of a TA-Lib function over a plain window.
    pub(crate) fn windowed(
        &self,
        f: impl FnOnce(&Core, usize, &mut [f64]) -> Result<OutRange, RetCode>,
    ) -> Result<f64, Why> {
        let mut out = [0.0; 1];
        last_value(&out_of(&mut out, |o| f(&TA, self.len() - 1, o)))
    }
}

/// Whether the numbers can be a candle's: the rule of [`Candle::check`] without its words, since this runs a thousand times
/// a score.
fn is_candle(c: &Candle) -> bool {
    let enclosed = (c.low <= c.open) & (c.low <= c.close) & (c.open <= c.high) & (c.close <= c.high);
    (c.low > 0.0) & enclosed & (c.high < f64::INFINITY) & (c.volume >= 0.0) & (c.volume < f64::INFINITY)
}

/// The close of the newest closed bar, refused where it lies more than three bars back.
pub(crate) fn is_fresh(last: &Candle, timeframe: Timeframe, now: UnixMs) -> Result<UnixMs, Why> {
    let closed_at = UnixMs(last.start.0.saturating_add(timeframe.ms()));
    not_older(closed_at, now, 3 * timeframe.ms()).map(|()| closed_at)
}

/// Bars that a timeframe needs before it says anything.
pub(crate) const fn least(timeframe: Timeframe) -> usize {
    match timeframe {
        Timeframe::M1 => 100,
        Timeframe::M5 | Timeframe::M30 | Timeframe::H4 => 50,
    }
}

/// The part of `out` that a TA-Lib function filled.
fn out_of(out: &mut [f64], f: impl FnOnce(&mut [f64]) -> Result<OutRange, RetCode>) -> &[f64] {
    // An error of the library is an argument it refuses; that leaves nothing filled and is told as missing.
    let filled = f(out).map_or(0, |range| range.count);
    &out[..filled.min(out.len())]
}

fn last_value(filled: &&[f64]) -> Result<f64, Why> {
    match filled.last() {
        Some(value) if value.is_finite() => Ok(*value),
        Some(_) => Err(Why::NotFinite),
        None => Err(Why::TooFewSamples { have: 0, need: 1 }),
    }
}

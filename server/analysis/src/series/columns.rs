//! Candles as columns on the stack, for the one pass that a close takes.

use schema::{Candle, Why};

use super::{BEFORE, is_candle};

/// Figures of up to [`BEFORE`] bars, oldest first.
type Column = [f64; BEFORE];

/// The bars before the newest as columns, oldest first.
pub(crate) struct Columns {
    len: usize,
    open: Column,
    high: Column,
    low: Column,
    close: Column,
    volume: Column,
    /// The highest price.
    pub(crate) top: f64,
    /// The lowest price.
    pub(crate) bottom: f64,
}

impl Columns {
    /// Takes in up to [`BEFORE`] bars.
    ///
    /// # Errors
    ///
    /// A number that cannot be a candle's.
    pub(crate) fn of(candles: &[Candle]) -> Result<Self, Why> {
        let zeros = [0.0; BEFORE];
        let [mut open, mut high, mut low, mut close, mut volume] = [zeros; 5];
        let (mut top, mut bottom, mut is_sound) = (f64::MIN, f64::MAX, true);
        let columns = open.iter_mut().zip(&mut high).zip(&mut low).zip(&mut close).zip(&mut volume);
        for (candle, ((((o, h), l), c), v)) in candles.iter().zip(columns) {
            is_sound &= is_candle(candle);
            top = top.max(candle.high);
            bottom = bottom.min(candle.low);
            (*o, *h, *l, *c, *v) = (candle.open, candle.high, candle.low, candle.close, candle.volume);
        }
        let len = candles.len().min(BEFORE);
        if is_sound { Ok(Self { len, open, high, low, close, volume, top, bottom }) } else { Err(Why::NotFinite) }
    }

    /// Returns the number of bars.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Returns the first prices.
    pub(crate) fn open(&self) -> &[f64] {
        &self.open[..self.len]
    }

    /// Returns the highest prices.
    pub(crate) fn high(&self) -> &[f64] {
        &self.high[..self.len]
    }

    /// Returns the lowest prices.
    pub(crate) fn low(&self) -> &[f64] {
        &self.low[..self.len]
    }

    /// Returns the last prices.
    pub(crate) fn close(&self) -> &[f64] {
        &self.close[..self.len]
    }

    /// Returns what was traded, in base coin.
    pub(crate) fn volume(&self) -> &[f64] {
        &self.volume[..self.len]
    }
}

//! The mean price of a UTC day so far, from candles of five minutes.

use schema::{Candle, UnixMs, Why};

use super::Mark;
use crate::measure::{count, divisor, not_older};

const DAY_MS: i64 = 86_400_000;
const BAR_MS: i64 = 300_000;

/// The mean price of a day so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DayMean {
    /// The mean of `(H + L + C)/3` weighted by volume.
    pub(crate) price: f64,
    /// The bars of the day.
    pub(crate) n: u32,
}

/// The closed bars of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Day {
    closed: Option<Mark>,
    start: UnixMs,
    /// The sum of three typical prices times volume.
    sum: f64,
    traded: f64,
    n: usize,
}

impl Day {
    /// Sums the closed bars since a day's start, newest first.
    fn of(closed: &[Candle], start: UnixMs) -> Self {
        let mut day = Self { closed: Mark::of(closed), start, sum: 0.0, traded: 0.0, n: 0 };
        closed.iter().rev().take_while(|candle| candle.start >= start).for_each(|candle| day.add(candle));
        day
    }

    fn add(&mut self, candle: &Candle) {
        self.sum += candle.volume * (candle.high + candle.low + candle.close);
        self.traded += candle.volume;
        self.n += 1;
    }

    /// Returns the mean of the UTC day of the newest bar, with the sums kept for as long as the closed bars and the day are the same.
    ///
    /// # Errors
    ///
    /// No bar, one that is too old, a day without volume, or a number that is not finite.
    pub(crate) fn mean(
        kept: &mut Option<Self>,
        closed: &[Candle],
        open: Option<&Candle>,
        now: UnixMs,
    ) -> Result<DayMean, Why> {
        let open = open.filter(|candle| closed.last().is_none_or(|last| candle.start > last.start));
        let Some(newest) = open.or(closed.last()) else { return Err(Why::NotYet) };
        not_older(UnixMs(newest.start.0.saturating_add(BAR_MS)), now, 3 * BAR_MS)?;
        let start = newest.start.floor(DAY_MS);
        let day = kept.filter(|day| day.start == start && day.closed == Mark::of(closed));
        let mut day = *kept.insert(day.unwrap_or_else(|| Self::of(closed, start)));
        open.iter().for_each(|candle| day.add(candle));
        let price = day.sum / (3.0 * divisor(day.traded, Why::Undefined)?);
        if price.is_finite() { Ok(DayMean { price, n: count(day.n) }) } else { Err(Why::NotFinite) }
    }
}

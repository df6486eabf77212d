//! Volume-weighted average price of the UTC day, from candles of five minutes.

use schema::{Candle, UnixMs, Why};

use crate::{
    context::Context,
    frame::Sketch,
    measure::{Measured, Sub, count, divisor, not_older},
};

const DAY_MS: i64 = 86_400_000;
const BAR_MS: i64 = 300_000;

/// The mean price of a day so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DayVwap {
    price: f64,
    n: u32,
}

/// The mean of `(H + L + C)/3` weighted by volume, over the UTC day of the newest bar.
pub(crate) fn day_vwap(closed: &[Candle], open: Option<Candle>, now: UnixMs) -> Result<DayVwap, Why> {
    let open = open.filter(|candle| closed.last().is_none_or(|last| candle.start > last.start));
    let Some(newest) = open.or(closed.last().copied()) else { return Err(Why::NotYet) };
    not_older(UnixMs(newest.start.0.saturating_add(BAR_MS)), now, 3 * BAR_MS)?;
    let day = newest.start.floor(DAY_MS);
    let (mut sum, mut traded, mut n) = (0.0, 0.0, 0);
    for candle in open.iter().chain(closed.iter().rev()).take_while(|candle| candle.start >= day) {
        sum += candle.volume * (candle.high + candle.low + candle.close);
        traded += candle.volume;
        n += 1;
    }
    let price = sum / (3.0 * divisor(traded, Why::Undefined)?);
    if price.is_finite() { Ok(DayVwap { price, n: count(n) }) } else { Err(Why::NotFinite) }
}

/// The close against the day's mean price, in average true ranges.
///
/// In a market without direction the distance from the mean of `n` bars has a standard deviation of √(n/3) changes of one
/// bar (as in a Brownian path), and a change's is an average true range ÷ 1.6. With `n` the bars of this timeframe since
/// midnight UTC, the lean is `tanh(z/2)` of the distance in such deviations: `tanh(x/(1.25·√(1 + n/3)))`, where the 1 keeps
/// the first bars of a day from counting for more than their own range.
///
/// `tanh(x)` would stand beyond ±0.9 in 87 % of recorded one-minute bars and say little more than a side: a day is many minutes.
pub(crate) fn vwap(sketch: &Sketch, context: &Context<'_>) -> Measured {
    let day = context.candled.day.clone()?;
    let raw = (sketch.last_close - day.price) / sketch.atr;
    let bars = f64::from(day.n) * (BAR_MS as f64 / sketch.timeframe.ms() as f64);
    Sub::measured(raw, (raw / (1.25 * (1.0 + bars / 3.0).sqrt())).tanh(), day.n as usize, sketch.as_of)
}

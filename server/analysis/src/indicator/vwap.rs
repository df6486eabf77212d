//! Volume-weighted average price of the UTC day, from candles of five minutes.

use crate::{
    context::Context,
    frame::Sketch,
    math::tanh,
    measure::{Measured, Sub},
};

const BAR_MS: f64 = 300_000.0;

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
    let bars = f64::from(day.n) * (BAR_MS / sketch.timeframe.ms() as f64);
    Sub::measured(raw, tanh(raw / (1.25 * (1.0 + bars / 3.0).sqrt())), day.n as usize, sketch.as_of)
}

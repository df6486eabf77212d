//! Awesome oscillator: mean of the last 5 median prices minus mean of the last 34 (B. Williams, *Trading Chaos*, 1995).

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

/// In a market without direction the oscillator's standard deviation is that of one bar's change × 2.88 (the root of the
/// summed squares of the weights that the two means give to past changes), and a change's is an average true range ÷ 1.6:
/// 1.8 ranges in all. The lean is `tanh(z/2)` of the oscillator in such deviations, which is `tanh(AO/(3.6·ATR))`.
///
/// `tanh(AO/ATR)` would stand beyond ±0.9 in 43 % of recorded one-minute bars and say little more than a side.
pub(crate) fn awesome(frame: &Frame<'_>) -> Measured {
    let ao = frame.history.windows.awesome(&frame.newest);
    Sub::measured(ao, tanh(ao / (3.6 * frame.atr)), 34, frame.as_of)
}

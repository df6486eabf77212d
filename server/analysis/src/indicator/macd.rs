//! MACD histogram: exponential means of 12 and 26 closes, signal of 9 (Appel, 1979).

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

/// `tanh(histogram/ATR)`: the histogram has the unit of a price, so it is measured in average true ranges.
pub(crate) fn macd(frame: &Frame<'_>) -> Measured {
    let histogram = frame.history.smoothed.histogram;
    Sub::measured(histogram, tanh(histogram / frame.atr), frame.len(), frame.as_of)
}

//! MACD histogram: exponential means of 12 and 26 closes, signal of 9 (Appel, 1979).

use crate::{
    frame::{Frame, TAIL},
    measure::{Measured, Sub},
};

/// `tanh(histogram/ATR)`: the histogram has the unit of a price, so it is measured in average true ranges.
pub(crate) fn macd(frame: &Frame<'_>) -> Measured {
    let (mut line, mut signal) = ([0.0; TAIL], [0.0; TAIL]);
    let histogram =
        frame.smoothed(|ta, last, out| ta.macd(0, last, &frame.close, 12, 26, 9, &mut line, &mut signal, out))?;
    Sub::measured(histogram, (histogram / frame.atr).tanh(), frame.len(), frame.as_of)
}

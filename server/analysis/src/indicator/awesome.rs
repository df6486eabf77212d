//! Awesome oscillator: mean of the last 5 median prices minus mean of the last 34 (B. Williams, *Trading Chaos*, 1995).

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

/// `tanh(AO/ATR)`: the oscillator has the unit of a price, so it is measured in average true ranges.
///
/// On recorded one-minute candles the lean stands beyond ±0.9 in 43 % of the bars: this map says little more than a side.
pub(crate) fn awesome(frame: &Frame<'_>) -> Measured {
    let ao = frame.windowed(|ta, last, out| ta.ao(last, last, &frame.high, &frame.low, 5, 34, out))?;
    Sub::measured(ao, (ao / frame.atr).tanh(), 34, frame.as_of)
}

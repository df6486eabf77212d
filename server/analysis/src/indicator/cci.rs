//! Commodity channel index over 20 bars (Lambert, 1980).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

/// `tanh(CCI/150)`, in the trend reading.
pub(crate) fn cci(frame: &Frame<'_>) -> Measured {
    let typical = |i: usize| frame.high[i] + frame.low[i] + frame.close[i];
    let last = frame.len() - 1;
    if (frame.len().saturating_sub(20)..last).all(|i| typical(i) == typical(last)) {
        return Err(Why::Flat);
    }
    let cci = frame.windowed(|ta, last, out| ta.cci(last, last, &frame.high, &frame.low, &frame.close, 20, out))?;
    Sub::measured(cci, (cci / 150.0).tanh(), 20, frame.as_of)
}

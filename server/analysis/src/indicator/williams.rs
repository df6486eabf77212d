//! Williams %R over 14 bars: where the close stands between the lowest low (−100) and the highest high (0).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

/// `(%R + 50)/50`: odd around the middle of the range, in the trend reading.
pub(crate) fn williams(frame: &Frame<'_>) -> Measured {
    let top = Frame::last(&frame.high, 14).iter().copied().fold(f64::MIN, f64::max);
    let bottom = Frame::last(&frame.low, 14).iter().copied().fold(f64::MAX, f64::min);
    if top <= bottom {
        return Err(Why::Flat);
    }
    let raw = frame.windowed(|ta, last, out| ta.willr(last, last, &frame.high, &frame.low, &frame.close, 14, out))?;
    Sub::measured(raw, (raw + 50.0) / 50.0, 14, frame.as_of)
}

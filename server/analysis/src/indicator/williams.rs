//! Williams %R over 14 bars: where the close is between the lowest low (−100) and the highest high (0).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

/// `(%R + 50)/50`: odd around the middle of the range, in the trend reading.
pub(crate) fn williams(frame: &Frame<'_>) -> Measured {
    let place = frame.history.windows.reach14(&frame.newest).place(frame.last_close()).ok_or(Why::Flat)?;
    let raw = 50.0 * (place - 1.0);
    Sub::measured(raw, (raw + 50.0) / 50.0, 14, frame.as_of)
}

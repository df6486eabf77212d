//! The place in the range of 50 bars, and sweeps beyond earlier extremes that did not hold.

use schema::Why;

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

const RANGE: usize = 50;

/// `0.6·place + 0.4·tanh(failed sweeps below − failed sweeps above)`, place from −1 (lowest low) to 1 (highest high); the
/// lean is the raw figure.
///
/// A failed sweep is a bar that goes beyond the extreme of the 20 bars before it (full from 0.5 ATR) and closes back inside
/// (full from 0.25 ATR); the last five bars count, fading by a fifth a bar.
pub(crate) fn range(frame: &Frame<'_>) -> Measured {
    let windows = frame.history.windows;
    let place = windows.reach50(&frame.newest).place(frame.last_close()).ok_or(Why::Flat)?;
    let raw = 0.6 * place + 0.4 * tanh(windows.sweeps(&frame.newest, frame.atr));
    Sub::measured(raw, raw, RANGE, frame.as_of)
}

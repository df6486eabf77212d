//! Commodity channel index over 20 bars (Lambert, 1980).

use schema::Why;

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

/// `tanh(CCI/150)`, in the trend reading.
pub(crate) fn cci(frame: &Frame<'_>) -> Measured {
    let cci = frame.history.windows.channel_index(&frame.newest).ok_or(Why::Flat)?;
    Sub::measured(cci, tanh(cci / 150.0), 20, frame.as_of)
}

//! The newest bars against the volume profile: how much was traded at which price.

use schema::Why;

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub, divisor},
};

/// The close against the point of control, in halves of the value area; `tanh(x/1.5)`.
pub(crate) fn volume_profile(frame: &Frame<'_>) -> Measured {
    let profile = frame.history.profile.as_ref().map_err(Clone::clone)?;
    let raw = (frame.last_close() - profile.control) / profile.half(0.1 * frame.atr);
    Sub::measured(raw, tanh(raw / 1.5), frame.len(), frame.as_of)
}

/// Where the market trades now against the value area: the mean price of the last 20 bars, weighted by volume, minus the
/// middle of the area, in halves of the area; `tanh(x/1.5)`. Trading above the area is acceptance of higher prices.
pub(crate) fn value_area(frame: &Frame<'_>) -> Measured {
    let profile = frame.history.profile.as_ref().map_err(Clone::clone)?;
    let windows = frame.history.windows;
    let recent = windows.traded_at(&frame.newest) / divisor(windows.traded(&frame.newest), Why::Undefined)?;
    let middle = f64::midpoint(profile.value_low, profile.value_high);
    let raw = (recent - middle) / profile.half(0.1 * frame.atr);
    Sub::measured(raw, tanh(raw / 1.5), frame.len(), frame.as_of)
}

//! Average directional index over 14 bars with its two directional indicators (Wilder, 1978).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, divisor},
};

/// The raw figure is the ADX with the sign and the share of the stronger side:
/// `(DI⁺ − DI⁻)/(DI⁺ + DI⁻) · min(ADX, 50)`; the lean is that ÷ 50.
///
/// DI is smoothed movement ÷ smoothed range; the range is the same on both sides and cancels out.
pub(crate) fn adx(frame: &Frame<'_>) -> Measured {
    let smoothed = &frame.history.smoothed;
    let (plus, minus) = (smoothed.plus, smoothed.minus);
    let raw = (plus - minus) / divisor(plus + minus, Why::Flat)? * smoothed.adx.min(50.0);
    Sub::measured(raw, raw / 50.0, frame.len(), frame.as_of)
}

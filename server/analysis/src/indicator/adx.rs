//! Average directional index over 14 bars with its two directional indicators (Wilder, 1978).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, divisor},
};

/// The raw figure is the ADX with the sign and the share of the stronger side:
/// `(DI⁺ − DI⁻)/(DI⁺ + DI⁻) · min(ADX, 50)`; the lean is that ÷ 50.
pub(crate) fn adx(frame: &Frame<'_>) -> Measured {
    let (high, low, close) = (&frame.high, &frame.low, &frame.close);
    // DI is smoothed movement ÷ smoothed range; the range is the same on both sides and cancels out.
    let plus = frame.smoothed(|ta, last, out| ta.plus_dm(0, last, high, low, 14, out))?;
    let minus = frame.smoothed(|ta, last, out| ta.minus_dm(0, last, high, low, 14, out))?;
    let adx = frame.smoothed(|ta, last, out| ta.adx(0, last, high, low, close, 14, out))?;
    let raw = (plus - minus) / divisor(plus + minus, Why::Flat)? * adx.min(50.0);
    Sub::measured(raw, raw / 50.0, frame.len(), frame.as_of)
}

//! Fair-value gaps: a bar whose neighbours on both sides do not overlap leaves prices at which almost nothing was traded.

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

const BARS: usize = 50;

/// Gaps of the last 50 bars that are still open: what is left of each in average true ranges, fading by 4 % a bar, upward
/// gaps minus downward ones; `tanh(x)`. A gap is known at the close of its third bar.
pub(crate) fn fair_value_gaps(frame: &Frame<'_>) -> Measured {
    let raw = frame.history.gaps.at(&frame.newest) / frame.atr;
    Sub::measured(raw, tanh(raw), frame.len().min(BARS), frame.as_of)
}

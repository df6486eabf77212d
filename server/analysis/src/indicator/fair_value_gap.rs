//! Fair-value gaps: a bar whose neighbours on both sides do not overlap leaves prices at which almost nothing was traded.

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

const BARS: usize = 50;
const FADE: f64 = 0.96;

/// Gaps of the last 50 bars that are still open: what is left of each in average true ranges, fading by 4 % a bar, upward
/// gaps minus downward ones; `tanh(x)`. A gap is known at the close of its third bar.
pub(crate) fn fair_value_gaps(frame: &Frame<'_>) -> Measured {
    let last = frame.len() - 1;
    let first = last.saturating_sub(BARS).max(2);
    let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
    let (mut raw, mut weight) = (0.0, 1.0);
    for third in (first..=last).rev() {
        lowest = lowest.min(frame.low[third]);
        highest = highest.max(frame.high[third]);
        let up = (lowest - frame.high[third - 2]).max(0.0);
        let down = (frame.low[third - 2] - highest).max(0.0);
        raw += weight * (up - down) / frame.atr;
        weight *= FADE;
    }
    Sub::measured(raw, raw.tanh(), frame.len().min(BARS), frame.as_of)
}

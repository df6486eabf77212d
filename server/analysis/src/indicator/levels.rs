//! Support and resistance that turning points of price make, and breaks of them.

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

const BREAK_BARS: usize = 100;

/// Support and resistance: the pull of all levels on the price.
///
/// A turning point weighs its strength times its bar's volume (in mean volumes), times how many others lie within half an
/// average true range (each in proportion to its nearness). With `x` the close's distance above the level in average true
/// ranges, a level pushes by `x·exp(1 − |x|)`: most at one range, and not at all at the level itself or far away. The raw
/// figure is the weighted mean push; `tanh(3·x)`. Where there is no turning point, nothing pushes.
pub(crate) fn support_resistance(frame: &Frame<'_>) -> Measured {
    // Half a touch of nothing: the push of a single faint level is faint.
    let (raw, levels) = frame.history.turns.push(&frame.newest, frame.atr);
    Sub::measured(raw, tanh(3.0 * raw), levels, frame.as_of)
}

/// Breaks of structure on closes, with the trend (BOS) or against it (CHoCH): closes beyond a turning point that was known
/// before.
///
/// A break counts in proportion up to one average true range beyond the level, at the bar that made it, and fades by
/// 3 % a bar. Breaks upwards minus breaks downwards; `tanh(x/2)`.
pub(crate) fn structure_breaks(frame: &Frame<'_>) -> Measured {
    let raw = frame.history.breaks.at(&frame.newest, frame.atr);
    Sub::measured(raw, tanh(raw / 2.0), frame.len().min(BREAK_BARS), frame.as_of)
}

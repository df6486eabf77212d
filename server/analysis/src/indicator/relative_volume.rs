//! Relative volume: the newest bar's volume against what is usual by now, signed by the bar's direction.

use arcstr::{ArcStr, literal};
use schema::{UnixMs, Why};

use crate::{
    context::Context,
    frame::Sketch,
    measure::{Measured, Sub, divisor, ramp, soft_sign},
};

/// Below this share of its time an open bar's volume counts in proportion: a few trades say little about a bar.
const EARLY: f64 = 0.2;

static AGAINST_DAYS: ArcStr = literal!("Relative volume (same time of day)");
static AGAINST_BARS: ArcStr = literal!("Relative volume (30 bars)");
static SO_FAR_AGAINST_DAYS: ArcStr = literal!("Relative volume (same time of day, so far)");
static SO_FAR_AGAINST_BARS: ArcStr = literal!("Relative volume (30 bars, so far)");

/// Against the mean of the same time on earlier days where five of them are known, else of the 30 bars before. The sign is
/// the bar's, in proportion for a body below one average true range; `tanh(x/3)`.
///
/// An open bar is compared with the same part of those bars. Of them only the whole is known, so their volume is taken in
/// proportion to time: a minute into a bar of five, a fifth of it is usual. In the first fifth of a bar that fifth is usual and
/// so is its weight: the direction grows with time from 0. The label says `so far`.
pub(crate) fn relative_volume(sketch: &Sketch, _: &Context<'_>) -> Measured {
    let (newest, usual, is_open) = (&sketch.newest, &sketch.usual, sketch.is_open);
    let labels =
        if usual.is_same_time { [&AGAINST_DAYS, &SO_FAR_AGAINST_DAYS] } else { [&AGAINST_BARS, &SO_FAR_AGAINST_BARS] };
    let elapsed = if is_open { elapsed(newest.start, sketch) } else { 1.0 };
    let side = soft_sign(newest.close - newest.open, sketch.atr);
    let raw = side * newest.volume / (divisor(usual.mean, Why::Undefined)? * elapsed.max(EARLY));
    let lean = (raw / 3.0).tanh() * ramp(elapsed / EARLY);
    Sub::measured(raw, lean, usual.n, sketch.as_of).map(|sub| sub.labelled(labels[usize::from(is_open)]))
}

/// The share of an open bar's time that is over, 0 to 1.
fn elapsed(start: UnixMs, sketch: &Sketch) -> f64 {
    let ms = sketch.as_of.0.saturating_sub(start.0);
    ramp(ms as f64 / sketch.timeframe.ms() as f64)
}

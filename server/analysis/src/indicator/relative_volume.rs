//! Relative volume: the newest bar's volume against what is usual, signed by the bar's direction.

use arcstr::{ArcStr, literal};
use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, divisor, soft_sign},
};

const DAY_MS: i64 = 86_400_000;
const DAYS_LEAST: usize = 5;
const BARS: usize = 30;

static AGAINST_DAYS: ArcStr = literal!("Relative volume (same time of day)");
static AGAINST_BARS: ArcStr = literal!("Relative volume (30 bars)");

/// Against the mean of the same time on earlier days where five of them are known, else of the 30 bars before; the
/// label says which. The sign is the bar's, in proportion for a body below one average true range; `tanh(x/3)`.
pub(crate) fn relative_volume(frame: &Frame<'_>) -> Measured {
    let (usual, n, label) = match same_time_of_day(frame) {
        Some((mean, days)) => (mean, days, &AGAINST_DAYS),
        None => {
            let before = &frame.before[frame.before.len().saturating_sub(BARS)..];
            (before.iter().map(|bar| bar.volume).sum::<f64>() / before.len() as f64, before.len(), &AGAINST_BARS)
        }
    };
    let newest = &frame.newest;
    let side = soft_sign(newest.close - newest.open, frame.atr);
    let raw = side * newest.volume / divisor(usual, Why::Undefined)?;
    Sub::measured(raw, (raw / 3.0).tanh(), n, frame.as_of).map(|sub| sub.labelled(label))
}

fn same_time_of_day(frame: &Frame<'_>) -> Option<(f64, usize)> {
    let start = frame.newest.start.0;
    let step = usize::try_from(DAY_MS / frame.timeframe.ms()).ok()?;
    // A run of candles has no gaps as a rule, so the bar one day back is near one day's bars back; the time decides.
    let offset = frame.closed.iter().rev().take(2).position(|candle| candle.start.0 < start)?;
    let first = frame.closed.len().checked_sub(offset + step)?;
    let (mut sum, mut days) = (0.0, 0_usize);
    for candle in frame.closed[..=first].iter().rev().step_by(step) {
        if (start - candle.start.0) % DAY_MS == 0 && candle.volume.is_finite() {
            sum += candle.volume;
            days += 1;
        }
    }
    (days >= DAYS_LEAST).then(|| (sum / days as f64, days))
}

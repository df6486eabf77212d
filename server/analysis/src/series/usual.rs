//! The volume that is usual for a bar: that of the same time on earlier days, else that of the bars before.

use schema::{Candle, Timeframe, UnixMs};

const DAY_MS: i64 = 86_400_000;
const DAYS_LEAST: usize = 5;
const BARS: usize = 30;

/// The volume that is usual for a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    /// Its mean, in base coin.
    pub(crate) mean: f64,
    /// The bars that it is the mean of.
    pub(crate) n: usize,
    /// Whether they are those of the same time on earlier days, five or more.
    pub(crate) is_same_time: bool,
}

impl Usual {
    /// Returns what is usual for a bar that starts at a moment, from the closed bars before it.
    pub(crate) fn of(before: &[Candle], start: UnixMs, timeframe: Timeframe) -> Self {
        let (mean, n, is_same_time) = match same_time_of_day(before, start, timeframe) {
            Some((mean, days)) => (mean, days, true),
            None => {
                let last = &before[before.len().saturating_sub(BARS)..];
                (last.iter().map(|candle| candle.volume).sum::<f64>() / last.len() as f64, last.len(), false)
            }
        };
        Self { mean, n, is_same_time }
    }
}

fn same_time_of_day(before: &[Candle], start: UnixMs, timeframe: Timeframe) -> Option<(f64, usize)> {
    let step = usize::try_from(DAY_MS / timeframe.ms()).ok()?;
    // A run of candles has no gaps as a rule, so the bar one day back is near one day's bars back; the time decides.
    let first = before.len().checked_sub(step)?;
    let (mut sum, mut days) = (0.0, 0_usize);
    for candle in before.get(..=first)?.iter().rev().step_by(step) {
        if (start.0 - candle.start.0) % DAY_MS == 0 && candle.volume.is_finite() {
            sum += candle.volume;
            days += 1;
        }
    }
    (days >= DAYS_LEAST).then(|| (sum / days as f64, days))
}

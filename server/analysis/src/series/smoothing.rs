//! Means that never forget: average true range, RSI, MACD and directional movement, all in one pass.
//!
//! They are TA-Lib's recurrences with TA-Lib's seeds, written so that a bar waits for one multiplication and one addition of
//! the bar before it and all of them run side by side. They agree with the library to 1e-12 (tested); the library rounds some
//! steps in another order.

use schema::Candle;

use super::Columns;

/// Bars of Wilder's means.
const WILDER: usize = 14;
/// Bars of the fast, the slow and the signal mean of MACD.
const FAST: usize = 12;
const SLOW: usize = 26;
const SIGNAL: usize = 9;
/// Bars until every mean has its first value.
pub(crate) const SEEDED: usize = SLOW + SIGNAL;

const KEPT: f64 = 13.0 / 14.0;
const ADDED: f64 = 1.0 - KEPT;
const FAST_KEPT: f64 = 11.0 / 13.0;
const FAST_ADDED: f64 = 1.0 - FAST_KEPT;
const SLOW_KEPT: f64 = 25.0 / 27.0;
const SLOW_ADDED: f64 = 1.0 - SLOW_KEPT;
const SIGNAL_KEPT: f64 = 8.0 / 10.0;
const SIGNAL_ADDED: f64 = 1.0 - SIGNAL_KEPT;

/// The means after a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Smoothing {
    high: f64,
    low: f64,
    close: f64,
    /// Whether the close ever changed.
    moved: bool,
    /// Mean true range.
    range: f64,
    /// Mean rise and mean fall of the close.
    gain: f64,
    loss: f64,
    /// Exponential means of the close, and of their difference.
    fast: f64,
    slow: f64,
    signal: f64,
    /// Sums of movement up and down, which lose a fourteenth of themselves with each bar.
    plus: f64,
    minus: f64,
    /// Mean of the directional index.
    index: f64,
}

/// Values of the means at a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Smoothed {
    /// Average true range over 14 bars.
    pub(crate) atr: f64,
    /// Relative strength index over 14 bars, 0 to 100; none where the close never changed.
    pub(crate) rsi: Option<f64>,
    /// MACD minus its signal, in the unit of a price.
    pub(crate) histogram: f64,
    /// Average directional index over 14 bars, 0 to 100.
    pub(crate) adx: f64,
    /// Smoothed movement up.
    pub(crate) plus: f64,
    /// Smoothed movement down.
    pub(crate) minus: f64,
}

/// What one bar adds.
struct Change {
    range: f64,
    gain: f64,
    loss: f64,
    plus: f64,
    minus: f64,
}

impl Change {
    fn of((high_before, low_before, close_before): (f64, f64, f64), (high, low, close): (f64, f64, f64)) -> Self {
        let (up, down) = (high - high_before, low_before - low);
        let change = close - close_before;
        let gain = larger(change, 0.0);
        Self {
            range: larger(larger(high - low, (close_before - high).abs()), (close_before - low).abs()),
            gain,
            loss: gain - change,
            plus: if up > down { larger(up, 0.0) } else { 0.0 },
            minus: if down > up { larger(down, 0.0) } else { 0.0 },
        }
    }
}

// A plain comparison: candles hold no NaN, and `f64::max` pays for it.
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Returns 100 · |plus − minus| ÷ (plus + minus); none without movement.
fn directional_index(plus: f64, minus: f64) -> Option<f64> {
    let both = plus + minus;
    (both > 0.0).then(|| 100.0 * ((plus - minus).abs() / both))
}

impl Smoothing {
    /// Returns the means after some bars, at least [`SEEDED`]; none where there are fewer.
    pub(crate) fn of(bars: &Columns) -> Option<Self> {
        let (high, low, close) = (bars.high(), bars.low(), bars.close());
        if close.len() < SEEDED {
            return None;
        }
        let bar = |i: usize| (high[i], low[i], close[i]);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let mut means = Self {
            high: high[0],
            low: low[0],
            close: close[0],
            moved: close.windows(2).any(|pair| pair[0] != pair[1]),
            range: 0.0,
            gain: 0.0,
            loss: 0.0,
            fast: mean(&close[SLOW - FAST..SLOW]),
            slow: mean(&close[..SLOW]),
            signal: 0.0,
            plus: 0.0,
            minus: 0.0,
            index: 0.0,
        };
        // The directional index begins with a mean of 14; the signal line with a mean of nine.
        let (mut indices, mut lines) = (0.0, means.fast - means.slow);
        for (i, today) in close.iter().enumerate().take(SEEDED).skip(1) {
            let change = Change::of(bar(i - 1), bar(i));
            if i <= WILDER {
                means.range += change.range;
                means.gain += change.gain;
                means.loss += change.loss;
                if i == WILDER {
                    let share = 1.0 / WILDER as f64;
                    (means.range, means.gain, means.loss) =
                        (means.range * share, means.gain * share, means.loss * share);
                }
            } else {
                means.add_range_and_changes(&change);
            }
            means.add_movement(&change, if i < WILDER { 1.0 } else { KEPT });
            let index = directional_index(means.plus, means.minus);
            match i {
                ..WILDER => {}
                WILDER..27 => indices += index.unwrap_or(0.0),
                27 => means.index = (indices + index.unwrap_or(0.0)) / WILDER as f64,
                _ => means.add_index(),
            }
            match i {
                ..SLOW => {}
                SLOW..33 => lines += means.add_closes(*today),
                33 => means.signal = (lines + means.add_closes(*today)) / SIGNAL as f64,
                _ => {
                    let line = means.add_closes(*today);
                    means.add_line(line);
                }
            }
        }
        (means.high, means.low, means.close) = bar(SEEDED - 1);
        let rest = high[SEEDED..].iter().zip(&low[SEEDED..]).zip(&close[SEEDED..]);
        for ((high, low), close) in rest {
            means.add(*high, *low, *close);
        }
        Some(means)
    }

    /// Returns the values at one bar more.
    pub(crate) fn at(&self, newest: &Candle) -> Smoothed {
        let mut after = *self;
        after.moved |= newest.close != self.close;
        after.add(newest.high, newest.low, newest.close);
        let total = after.gain + after.loss;
        // Without any change of the close there is nothing to compare; decayed to nothing, neither side is the stronger.
        let rsi = || if total > 0.0 { 100.0 * (after.gain / total) } else { 50.0 };
        Smoothed {
            atr: after.range,
            rsi: after.moved.then(rsi),
            histogram: after.fast - after.slow - after.signal,
            adx: after.index,
            plus: after.plus,
            minus: after.minus,
        }
    }

    /// Returns the least average true range that one bar more can have: that of a bar without any range.
    pub(crate) fn least_range(&self) -> f64 {
        KEPT * self.range
    }

    #[inline]
    fn add(&mut self, high: f64, low: f64, close: f64) {
        let change = Change::of((self.high, self.low, self.close), (high, low, close));
        self.add_range_and_changes(&change);
        self.add_movement(&change, KEPT);
        self.add_index();
        let line = self.add_closes(close);
        self.add_line(line);
        (self.high, self.low, self.close) = (high, low, close);
    }

    fn add_range_and_changes(&mut self, change: &Change) {
        self.range = KEPT * self.range + ADDED * change.range;
        self.gain = KEPT * self.gain + ADDED * change.gain;
        self.loss = KEPT * self.loss + ADDED * change.loss;
    }

    fn add_movement(&mut self, change: &Change, kept: f64) {
        self.plus = kept * self.plus + change.plus;
        self.minus = kept * self.minus + change.minus;
    }

    fn add_index(&mut self) {
        let index = directional_index(self.plus, self.minus);
        self.index = index.map_or(self.index, |index| KEPT * self.index + ADDED * index);
    }

    /// Adds a close to both means; their difference is the MACD line.
    fn add_closes(&mut self, close: f64) -> f64 {
        self.fast = FAST_KEPT * self.fast + FAST_ADDED * close;
        self.slow = SLOW_KEPT * self.slow + SLOW_ADDED * close;
        self.fast - self.slow
    }

    fn add_line(&mut self, line: f64) {
        self.signal = SIGNAL_KEPT * self.signal + SIGNAL_ADDED * line;
    }
}

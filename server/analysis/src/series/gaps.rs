//! Fair-value gaps that are still open: a bar whose neighbours on both sides do not overlap.

use schema::Candle;

use super::Columns;

const BARS: usize = 50;
const FADE: f64 = 0.96;

/// A gap, with what is left of it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gap {
    /// The price that it begins at.
    edge: f64,
    /// The price that has come nearest to it since.
    nearest: f64,
    /// Its weight at the newest bar.
    weight: f64,
}

/// The open gaps of the last 50 bars, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Gaps {
    up: Vec<Gap>,
    down: Vec<Gap>,
    /// High and low of the bar that is two before the newest.
    high: f64,
    low: f64,
}

impl Gaps {
    /// Finds the gaps of at least two bars.
    pub(crate) fn find(&mut self, bars: &Columns) {
        let (high, low) = (bars.high(), bars.low());
        let newest = bars.len();
        self.up.clear();
        self.down.clear();
        (self.high, self.low) = (high[newest - 2], low[newest - 2]);
        let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
        let mut weight = FADE;
        for third in (newest.saturating_sub(BARS).max(2)..newest).rev() {
            lowest = lowest.min(low[third]);
            highest = highest.max(high[third]);
            if lowest > high[third - 2] {
                self.up.push(Gap { edge: high[third - 2], nearest: lowest, weight });
            }
            if highest < low[third - 2] {
                self.down.push(Gap { edge: low[third - 2], nearest: highest, weight });
            }
            weight *= FADE;
        }
    }

    /// Returns what is left of the gaps upwards minus what is left of those downwards, in the unit of a price.
    pub(crate) fn at(&self, newest: &Candle) -> f64 {
        let mut left = (newest.low - self.high).max(0.0) - (self.low - newest.high).max(0.0);
        for gap in &self.up {
            left += gap.weight * (gap.nearest.min(newest.low) - gap.edge).max(0.0);
        }
        for gap in &self.down {
            left -= gap.weight * (gap.edge - gap.nearest.max(newest.high)).max(0.0);
        }
        left
    }

    /// Returns how many bytes it has on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        (self.up.capacity() + self.down.capacity()) * size_of::<Gap>()
    }
}

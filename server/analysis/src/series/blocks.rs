//! Order blocks: the last bar against a strong move.

use schema::Candle;

use super::{Columns, EDGE};
use crate::{math::exp, measure::ramp};

const BARS: usize = 60;
const MOVE: usize = 3;

/// A bar that may be a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Block {
    high: f64,
    low: f64,
    /// Close minus open.
    body: f64,
    /// The close three bars later.
    moved: f64,
    /// The lowest and the highest price after the move.
    lowest: f64,
    highest: f64,
}

impl Block {
    /// Returns the block's strength at a price, above zero where it is bullish: body, move, the part of its range that price has not entered
    /// since, and its nearness.
    fn strength(&self, price: f64, atr: f64) -> f64 {
        // A falling bar is bullish where price has left it upwards, a rising one bearish where it left downwards.
        let (sign, left, entered) = if self.body < 0.0 {
            (1.0, self.moved - self.high, self.high - self.lowest)
        } else {
            (-1.0, self.low - self.moved, self.highest - self.low)
        };
        let height = (self.high - self.low).max(EDGE * atr);
        // Most bars are no block, and the rest need not be known.
        if left <= atr || entered >= height {
            return 0.0;
        }
        let strength = ramp(self.body.abs() / (0.2 * atr)) * ramp(left / atr - 1.0) * (1.0 - ramp(entered / height));
        sign * strength * exp(-((price - f64::midpoint(self.high, self.low)) / atr).abs() / 2.0)
    }
}

/// The bars of the last 60 that may be blocks, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Blocks {
    /// The bar whose move ends at the newest bar.
    moving: Option<Block>,
    blocks: Vec<Block>,
}

impl Blocks {
    /// Finds the bars that a move of at least `least` range left behind.
    ///
    /// No average true range that the newest bar can make is below `least`, so none that counts is left out.
    pub(crate) fn find(&mut self, bars: &Columns, least: f64) {
        let (open, high, low, close) = (bars.open(), bars.high(), bars.low(), bars.close());
        let newest = bars.len();
        let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
        self.blocks.clear();
        let block = |bar: usize, moved: f64, lowest: f64, highest: f64| Block {
            high: high[bar],
            low: low[bar],
            body: close[bar] - open[bar],
            moved,
            lowest,
            highest,
        };
        self.moving = newest.checked_sub(MOVE).map(|bar| block(bar, 0.0, lowest, highest));
        for bar in (newest.saturating_sub(BARS)..newest.saturating_sub(MOVE)).rev() {
            // The extremes of everything after the move, without the newest bar.
            if bar + MOVE + 1 < newest {
                lowest = lowest.min(low[bar + MOVE + 1]);
                highest = highest.max(high[bar + MOVE + 1]);
            }
            let moved = close[bar + MOVE];
            let falls = close[bar] < open[bar] && moved - high[bar] > least;
            let rises = close[bar] > open[bar] && low[bar] - moved > least;
            if falls || rises {
                self.blocks.push(block(bar, moved, lowest, highest));
            }
        }
    }

    /// Returns bullish minus bearish blocks at the newest price.
    pub(crate) fn at(&self, newest: &Candle, atr: f64) -> f64 {
        // A move that ends now has nothing after it.
        let moving = self.moving.map(|block| Block { moved: newest.close, ..block }.strength(newest.close, atr));
        let with_newest = |block: &Block| Block {
            lowest: block.lowest.min(newest.low),
            highest: block.highest.max(newest.high),
            ..*block
        };
        let others: f64 = self.blocks.iter().map(|block| with_newest(block).strength(newest.close, atr)).sum();
        moving.unwrap_or(0.0) + others
    }

    /// Returns how many bytes it has on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.blocks.capacity() * size_of::<Block>()
    }
}

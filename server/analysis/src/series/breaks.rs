//! Closes beyond turning points that were known before.

use schema::Candle;

use super::{
    Columns,
    turns::{Pivot, WINGS, strength},
};

/// Bars in which a turning point can be broken.
const BARS: usize = 100;
const FADE: f64 = 0.97;
/// What a break so many bars ago counts.
const FADES: [f64; BARS + 1] = {
    let mut fades = [1.0; BARS + 1];
    let mut back = 1;
    while back <= BARS {
        fades[back] = fades[back - 1] * FADE;
        back += 1;
    }
    fades
};

/// A turning point and how far it is broken.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    /// Its bar.
    bar: usize,
    price: f64,
    prominence: f64,
    /// The furthest that a close of the history went beyond it, short of one average true range.
    held: f64,
    /// What that counts, times the average true range.
    counted: f64,
    /// What the close counts that went a whole average true range beyond; none did where this is 0.
    whole: f64,
}

/// Breaks of structure of one side.
#[derive(Debug, Clone, Default, PartialEq)]
struct Side {
    known: Vec<Known>,
}

/// Breaks of structure of both sides, for average true ranges above the first and up to the second limit.
///
/// A break counts in proportion up to one average true range beyond the level, at the bar that made it. Of a level it
/// matters which closes went further than all before, and which was the first to go a whole range beyond: that is what
/// holds between the limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Breaks {
    above: f64,
    upto: f64,
    highs: Side,
    lows: Side,
    /// The bar of the history that the newest follows.
    newest: usize,
}

impl Default for Breaks {
    fn default() -> Self {
        Self { above: f64::INFINITY, upto: 0.0, highs: Side::default(), lows: Side::default(), newest: 0 }
    }
}

impl Breaks {
    /// Takes the turning points that may be broken, and measures nothing yet.
    pub(crate) fn find(&mut self, bars: &Columns, highs: &[Pivot], lows: &[Pivot]) {
        self.newest = bars.len();
        let first = self.newest.saturating_sub(BARS);
        for (side, pivots) in [(&mut self.highs, highs), (&mut self.lows, lows)] {
            let recent = &pivots[pivots.partition_point(|pivot| pivot.bar < first)..];
            let known = |&Pivot { bar, price, prominence }: &Pivot| Known {
                bar,
                price,
                prominence,
                held: 0.0,
                counted: 0.0,
                whole: 0.0,
            };
            side.known.clear();
            side.known.reserve_exact(recent.len());
            side.known.extend(recent.iter().map(known));
        }
        (self.above, self.upto) = (f64::INFINITY, 0.0);
    }

    /// Returns whether what was measured holds for an average true range.
    pub(crate) fn hold(&self, atr: f64) -> bool {
        self.above < atr && atr <= self.upto
    }

    /// Measures how far the history's closes went beyond, in an average true range.
    pub(crate) fn measure(&mut self, close: impl Fn(usize) -> f64, atr: f64) {
        // Closes of the bars that can break a level; a turning point is known after its wings.
        let first = self.newest.saturating_sub(BARS);
        let mut closes = [0.0; BARS];
        for (out, bar) in closes.iter_mut().zip(first..self.newest) {
            *out = close(bar);
        }
        let closes = &closes[..self.newest - first];
        (self.above, self.upto) = (0.0, f64::INFINITY);
        for (side, sign) in [(&mut self.highs, 1.0), (&mut self.lows, -1.0)] {
            for known in &mut side.known {
                (known.held, known.counted, known.whole) = (0.0, 0.0, 0.0);
                let from = known.bar + WINGS + 1 - first;
                for (close, bar) in closes.get(from..).unwrap_or_default().iter().zip(first + from..) {
                    let beyond = sign * (close - known.price);
                    if beyond > known.held {
                        let fade = FADES[self.newest - bar];
                        if beyond >= atr {
                            known.whole = fade;
                            self.upto = self.upto.min(beyond);
                            break;
                        }
                        known.counted += (beyond - known.held) * fade;
                        known.held = beyond;
                    }
                }
                self.above = self.above.max(known.held);
            }
        }
    }

    /// Returns breaks upwards minus breaks downwards with the newest close, for an average true range that they hold for.
    pub(crate) fn at(&self, newest: &Candle, atr: f64) -> f64 {
        self.highs.at(newest.close, 1.0, atr) - self.lows.at(newest.close, -1.0, atr)
    }

    /// Returns how many bytes it has on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        (self.highs.known.capacity() + self.lows.known.capacity()) * size_of::<Known>()
    }
}

impl Side {
    fn at(&self, close: f64, sign: f64, atr: f64) -> f64 {
        let broken = |known: &Known| {
            // Once broken for a whole range a level is done with; else the newest close may go further.
            let rest = if known.whole > 0.0 {
                (atr - known.held) * known.whole
            } else {
                ((sign * (close - known.price)).min(atr) - known.held).max(0.0)
            };
            strength(known.prominence, atr) * (known.counted + rest)
        };
        self.known.iter().map(broken).sum::<f64>() / atr
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::{indicator::tests::walk, series::turns::Pivots};

    proptest! {
        #[test]
        fn breaks_that_still_hold_equal_those_measured_for_the_range(seed in 0..1_000_u64, atr in 0.3..1.2f64, other in 0.9..1.1f64) {
            let candles = walk(seed, 200);
            let (newest, before) = candles.split_last().unwrap();
            let measured = |atr: f64| {
                let mut breaks = Breaks::default();
                let bars = Columns::of(before).unwrap();
                breaks.find(&bars, &Pivots::of(bars.high(), 1.0), &Pivots::of(bars.low(), -1.0));
                breaks.measure(|bar| before[bar].close, atr);
                breaks
            };
            let kept = measured(atr);
            prop_assert!(kept.hold(atr));
            if kept.hold(atr * other) {
                prop_assert_eq!(kept.at(newest, atr * other), measured(atr * other).at(newest, atr * other));
            }
        }
    }
}

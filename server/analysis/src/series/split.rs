//! The change of a running total over a window, in units of the usual size of such a change, where what counts of each step
//! depends on an edge that moves.

use schema::{Candle, Why};

use super::BEFORE;
use crate::measure::divisor;

/// Steps of a change.
pub(crate) const WINDOW: usize = 20;

/// One step of a running total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// What is compared with the edge.
    pub(crate) size: f64,
    /// What the step counts at or beyond the edge.
    pub(crate) beyond: f64,
    /// What it counts below the edge, times the edge.
    pub(crate) within: f64,
}

impl Step {
    /// Returns what the step counts with an edge, above zero.
    fn counted(&self, edge: f64) -> f64 {
        if self.size >= edge { self.beyond } else { self.within / edge }
    }
}

/// The steps of the history, split into those that reach the edge and those that do not.
///
/// A step counts fully at or beyond the edge and in proportion below it, so a sum of steps is `a + b/edge` with an `a` of those
/// beyond and a `b` of those within, and the sum of the squares of all changes is three such sums. They hold for as long as no
/// step changes sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    /// The edges that the split holds for: above the first, up to the second.
    above: f64,
    upto: f64,
    /// Sums of the last `WINDOW − 1` steps.
    beyond: f64,
    within: f64,
    /// Sums over all changes: of squares of what lies beyond, of what lies within, and of both.
    squares_beyond: f64,
    squares_within: f64,
    products: f64,
    /// How many changes there are.
    changes: usize,
}

/// The newest change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Changed {
    /// The change over the window.
    pub(crate) change: f64,
    /// The mean of the squares of all changes, this one included.
    mean_square: f64,
}

impl Changed {
    /// Returns the change in units of its usual size.
    ///
    /// # Errors
    ///
    /// Steps that are all zero.
    pub(crate) fn in_spreads(&self) -> Result<f64, Why> {
        Ok(self.change / divisor(self.mean_square.sqrt(), Why::Flat)?)
    }
}

impl Split {
    /// A split that holds for no edge.
    pub(crate) const NONE: Self = Self {
        above: f64::INFINITY,
        upto: 0.0,
        beyond: 0.0,
        within: 0.0,
        squares_beyond: 0.0,
        squares_within: 0.0,
        products: 0.0,
        changes: 0,
    };

    /// Returns whether the split holds for an edge.
    pub(crate) fn holds(&self, edge: f64) -> bool {
        self.above < edge && edge <= self.upto
    }

    /// Splits up to [`BEFORE`] steps, oldest first, at an edge above zero.
    pub(crate) fn of(steps: impl Iterator<Item = Step>, edge: f64) -> Self {
        let mut split = Self { above: 0.0, upto: f64::INFINITY, ..Self::NONE };
        // A window of zeros first, so that every step has one that leaves as it enters.
        let [mut beyond, mut within] = [[0.0; BEFORE + WINDOW]; 2];
        let (mut sum_beyond, mut sum_within) = (0.0, 0.0);
        let mut n = 0;
        for (i, step) in steps.take(BEFORE).enumerate() {
            if step.size >= edge {
                split.upto = split.upto.min(step.size);
                beyond[i + WINDOW] = step.beyond;
            } else {
                split.above = split.above.max(step.size);
                within[i + WINDOW] = step.within;
            }
            sum_beyond += beyond[i + WINDOW] - beyond[i];
            sum_within += within[i + WINDOW] - within[i];
            if i + 1 >= WINDOW {
                split.squares_beyond += sum_beyond * sum_beyond;
                split.squares_within += sum_within * sum_within;
                split.products += sum_beyond * sum_within;
            }
            n = i + 1;
        }
        split.changes = n.saturating_sub(WINDOW - 1);
        // Summed afresh: a running sum carries the rounding of steps long gone.
        split.beyond = beyond[n + 1..n + WINDOW].iter().sum();
        split.within = within[n + 1..n + WINDOW].iter().sum();
        split
    }

    /// Returns the change at one step more, with an edge that the split holds for.
    pub(crate) fn at(&self, newest: &Step, edge: f64) -> Changed {
        let per_edge = 1.0 / edge;
        let change = self.beyond + self.within * per_edge + newest.counted(edge);
        let squares = self.squares_beyond
            + 2.0 * per_edge * self.products
            + per_edge * per_edge * self.squares_within
            + change * change;
        Changed { change, mean_square: squares.max(0.0) / (self.changes + 1) as f64 }
    }
}

impl Step {
    /// Returns Chaikin's money flow of a bar, `((C − L) − (H − C))/(H − L)·V`, of which a range below the edge makes less.
    pub(crate) fn money_flow(bar: &Candle) -> Self {
        let (size, within) = (bar.high - bar.low, ((bar.close - bar.low) - (bar.high - bar.close)) * bar.volume);
        Self { size, beyond: within / size, within }
    }

    /// Returns a bar's volume with the sign of the change of the close, of which a change below the edge makes less.
    pub(crate) fn balance(before: &Candle, bar: &Candle) -> Self {
        let change = bar.close - before.close;
        Self { size: change.abs(), beyond: bar.volume.copysign(change), within: change * bar.volume }
    }
}

/// Returns the money flow of every bar.
pub(crate) fn money_flows(candles: &[Candle]) -> impl Iterator<Item = Step> + '_ {
    candles.iter().map(Step::money_flow)
}

/// Returns the signed volume of every bar but the first.
pub(crate) fn balances(candles: &[Candle]) -> impl Iterator<Item = Step> + '_ {
    candles.windows(2).map(|pair| Step::balance(&pair[0], &pair[1]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::indicator::tests::walk;

    proptest! {
        #[test]
        fn a_split_that_still_holds_equals_one_made_for_its_edge(seed in 0..1_000_u64, edge in 0.05..0.6f64, other in 0.9..1.1f64) {
            let candles = walk(seed, 200);
            let (newest, before) = candles.split_last().unwrap();
            let step = Step::money_flow(newest);
            let kept = Split::of(money_flows(before), edge);
            let moved = edge * other;
            if kept.holds(moved) {
                prop_assert_eq!(kept.at(&step, moved), Split::of(money_flows(before), moved).at(&step, moved));
            }
            prop_assert!(kept.holds(edge));
        }
    }

    #[test]
    fn without_an_edge_both_totals_are_ta_libs() {
        let candles = walk(7, 250);
        let column = |f: fn(&Candle) -> f64| candles.iter().map(f).collect::<Vec<_>>();
        let (close, volume) = (column(|c| c.close), column(|c| c.volume));
        let mut out = vec![0.0; 250];
        let is_theirs = |ours: f64, out: &[f64]| assert!((ours - out[249]).abs() < 1e-9 * ours.abs().max(1.0));
        let ta = ta_lib::Core::new();
        ta.ad(0, 249, &column(|c| c.high), &column(|c| c.low), &close, &volume, &mut out).unwrap();
        is_theirs(money_flows(&candles).map(|step| step.beyond).sum(), &out);
        ta.obv(0, 249, &close, &volume, &mut out).unwrap();
        is_theirs(volume[0] + balances(&candles).map(|step| step.beyond).sum::<f64>(), &out);
    }

    #[test]
    fn a_change_is_measured_in_its_usual_size() {
        let step = |size: f64| Step { size, beyond: size, within: size };
        let changed = |size: f64| Split::of((0..119).map(|_| step(size)), 1.0).at(&step(size), 1.0);
        assert_eq!(changed(0.0).in_spreads(), Err(Why::Flat));
        assert!((changed(2.0).in_spreads().unwrap() - 1.0).abs() < 1e-12);
        assert!((changed(0.5).in_spreads().unwrap() - 1.0).abs() < 1e-12);
    }
}

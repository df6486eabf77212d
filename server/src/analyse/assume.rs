//! What the dimensions without a record may say, and the gain that follows.
//!
//! Taker flow, book and positioning are not on record. What is assumed for them is drawn from the recorded leans of other
//! bars, so that nothing is random and the same record gives the same figures.

use analysis::{
    GAIN, common,
    registry::{dimension_weight, factor_weight},
};
use schema::Factor;
use serde::Serialize;

use super::spread::{Spread, strength};
use crate::backtest::candles::DIMENSIONS;

/// Gains that are compared with the one in force.
pub(super) const GAINS: [f64; 4] = [GAIN, 1.0, 1.5, 2.0];
/// The score ranges of a histogram.
pub(super) const RANGES: usize = 10;

/// How scores would spread.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Scores {
    /// The correlation of a dimension without record with one of candles, under the third assumption.
    pub(super) correlation: f64,
    /// One for each assumption.
    pub(super) assumptions: [Assumption; 3],
    /// The share of bars with scores of 0 to 10, 10 to 20 …, at the gain in force under the third assumption.
    pub(super) histogram: [f64; RANGES],
}

/// How scores would spread under one assumption.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Assumption {
    /// What the dimensions without record are assumed to say.
    pub(super) name: &'static str,
    /// The gain at which 5 % of the scores fall outside 30..70.
    pub(super) gain: f64,
    /// The share outside 30..70 at each of the compared gains.
    pub(super) outside: [f64; 4],
}

impl Scores {
    /// How scores would spread; `None` where the bars are too few or their leans do not vary.
    pub(super) fn of(spread: &Spread) -> Option<Self> {
        let correlation = spread.mean_correlation()? / 2.0;
        let same: Vec<f64> = spread.leans.iter().map(|bar| reach(bar, None)).collect();
        let both = stand_ins(spread, correlation)?;
        let histogram = std::array::from_fn(|range| {
            let score = |reach: &f64| 50.0 + 50.0 * (GAIN * reach).tanh();
            let low = (100 / RANGES * range) as f64;
            let inside = |score: f64| score >= low && score < low + (100 / RANGES) as f64;
            share(both.iter().filter(|reach| inside(score(reach))).count(), both.len())
        });
        Some(Self {
            correlation,
            assumptions: [
                Assumption::of("the same as candles", &same)?,
                Assumption::of("independent", &stand_ins(spread, 0.0)?)?,
                Assumption::of("half as correlated as candles are", &both)?,
            ],
            histogram,
        })
    }
}

impl Assumption {
    fn of(name: &'static str, reach: &[f64]) -> Option<Self> {
        let mut reach: Vec<f64> = reach.iter().map(|reach| reach.abs()).collect();
        reach.sort_by(f64::total_cmp);
        // Outside 30..70 means tanh(gain·reach) > 0.4.
        let edge = 0.4_f64.atanh();
        let gain = edge / reach.get(reach.len() * 95 / 100)?;
        let outside = GAINS.map(|gain| share(reach.iter().filter(|reach| gain * **reach > edge).count(), reach.len()));
        Some(Self { name, gain, outside }).filter(|found| found.gain.is_finite())
    }
}

/// Signed reach of every bar with stand-ins for what is not on record: each correlates to `correlation` with the dimensions
/// of candles by way of the one factor that these share, and else follows leans from bars far away.
fn stand_ins(spread: &Spread, correlation: f64) -> Option<Vec<f64>> {
    let leans: Vec<f64> = spread.leans.iter().flatten().copied().collect();
    let strength = strength(&leans);
    // The factor's loading on each of the three known leans, and on the others.
    let own = spread.mean_correlation()?.max(0.0).sqrt();
    let other = if correlation > 0.0 { (correlation / own).min(1.0) } else { 0.0 };
    // Its mean and spread once the three are seen.
    let known = 1.0 + 2.0 * own * own;
    let left = ((1.0 - own * own) / known).sqrt();
    let bars = spread.leans.iter().enumerate().map(|(i, bar)| {
        let far = |k: usize| leans[(i * 7_919 + k * leans.len() / 5 + 1) % leans.len()] / strength;
        let sum: f64 = bar.iter().map(|lean| lean / strength).sum();
        let factor = own * sum / known + left * far(4);
        let lean = |k: usize| strength * (other * factor + (1.0 - other * other).sqrt() * far(k));
        reach(bar, Some([lean(1), lean(2), lean(3)].map(|lean| lean.clamp(-1.0, 1.0))))
    });
    Some(bars.collect())
}

/// `direction · (0.6 + 0.4·agreement)` of a bar, before the gain.
///
/// The three dimensions of candles are one factor, the price. Where the others are not given, they say what the price says.
fn reach(known: &[f64; 3], assumed: Option<[f64; 3]>) -> f64 {
    let price = common(DIMENSIONS.map(dimension_weight).into_iter().zip(*known)).map_or(0.0, |(price, _)| price);
    let [flow, book, positioning] = assumed.unwrap_or([price; 3]);
    let factors = Factor::ALL.map(factor_weight).into_iter().zip([price, flow, book, positioning]);
    common(factors).map_or(0.0, |(direction, agreement)| direction * (0.6 + 0.4 * agreement))
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_percent_fall_outside_at_the_gain_that_is_told() {
        let reach: Vec<f64> = (1..=1_000).map(|n| f64::from(n) / 1_000.0).collect();
        let found = Assumption::of("all", &reach).unwrap();
        let outside = reach.iter().filter(|reach| 50.0 + 50.0 * (found.gain * **reach).tanh() > 70.0).count();
        assert!((49..=50).contains(&outside), "{outside} of 1000");
        assert_eq!(Assumption::of("none", &[]), None);
        assert_eq!(Assumption::of("flat", &[0.0; 40]), None);
    }

    #[test]
    fn what_says_the_same_reaches_as_far_as_candles_alone() {
        let bar = [0.4; 3];
        assert!((reach(&bar, Some(bar)) - 0.4).abs() < 1e-12);
        assert!((reach(&bar, None) - 0.4).abs() < 1e-12);
        assert!(reach(&bar, Some([-0.4; 3])) < 0.0, "more than half of the weight is not on record");
    }
}

//! From the directions of all measures to one score, and back to what each of them added.

use schema::Factor;

use crate::registry::factor_weight;

/// How far the squash turns a common direction into a score.
///
/// Chosen so that about 5 % of the scores of closed bars are outside 30..70. `docs/DISTRIBUTION.md` has the measurement,
/// `virtuoso analyse --report` makes it: 29,143 bars of 75 contracts, of which only candles are on record (39 % of the weight,
/// nearly all of it in one of the four factors). If taker flow, book and positioning said what the price says, a gain of 0.94
/// would leave 5 % outside; if they were as strong as a dimension of candles and independent, 1.56; if they go with candles
/// half as closely as the dimensions of candles go with each other, 1.17. The constant follows the third; at it, 4.6 % are
/// outside, under the first assumption 11.9 %, under the second 0.5 %. All of it at full coverage: with less known, fewer
/// scores are outside. It is to be measured again once whole markets are recorded.
pub const GAIN: f64 = 1.15;

/// The part of the weight that must be known before there is a score.
pub(crate) const COVERAGE_LEAST: f64 = 0.6;

/// The heaviest dimension at ±1 adds `50·GAIN·0.3` points to a score at most: within the range of points.
const _: () = assert!(GAIN * 0.3 <= 1.0, "a contribution would leave the range of points");

/// One measure as the score weighs it. One that is missing is no voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Voice {
    /// Where its direction comes from.
    pub(crate) factor: Factor,
    /// Its share of the whole score.
    pub(crate) weight: f64,
    /// Where it points, −1 to 1.
    pub(crate) direction: f64,
}

/// What is known of one factor.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Side {
    /// The weight of its known measures, as a share of the whole score.
    pub(crate) known: f64,
    /// Their directions times their weights.
    sum: f64,
}

impl Side {
    /// The weighted mean direction of what is known.
    pub(crate) fn direction(&self) -> Option<f64> {
        (self.known > 0.0).then(|| self.sum / self.known)
    }
}

/// What all measures say together.
///
/// What is missing counts as 0, everywhere: its weight stays its own, in the common direction as well as in the factors
/// that have to agree. So a score with a measure removed equals the score with that measure at 0, and the less is known,
/// the nearer to 50 it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Confluence {
    /// 1 where all factors say the same, 0 where they say opposite things.
    pub(crate) agreement: f64,
    /// The known share of all inputs, by weight.
    pub(crate) coverage: f64,
    /// Distance of the score from 50.
    pub(crate) points: f64,
    /// The factors, in the order of [`Factor::ALL`].
    pub(crate) sides: [Side; 4],
    /// What a direction of 1 adds at a weight of 1, in points; `points = slope · Σ weight·direction`.
    slope: f64,
}

impl Confluence {
    /// Weighs what is known. With nothing, the score's distance from 50 and the coverage are 0.
    pub(crate) fn of(voices: impl Iterator<Item = Voice>) -> Self {
        let mut sides = [Side::default(); 4];
        for voice in voices {
            let side = &mut sides[voice.factor.index()];
            side.known += voice.weight;
            side.sum += voice.weight * voice.direction;
        }
        let weights = Factor::ALL.map(factor_weight);
        let directions = weights.into_iter().zip(sides).map(|(weight, side)| (weight, side.sum / weight));
        let (direction, agreement) = common(directions).unwrap_or((0.0, 1.0));
        let gain = GAIN * (0.6 + 0.4 * agreement);
        Self {
            agreement,
            coverage: sides.iter().map(|side| side.known).sum(),
            points: 50.0 * shape(direction, agreement),
            sides,
            slope: 50.0 * gain * tanh_over(gain * direction),
        }
    }

    /// What a direction adds to the score, with its share of the whole weight.
    pub(crate) fn contribution(&self, weight: f64, direction: f64) -> f64 {
        self.slope * weight * direction
    }
}

/// Returns the common direction of some directions (−1 to 1), each given with its weight, and their agreement (0 to 1): 1
/// minus their standard deviation. `None` where there is no weight.
#[must_use]
pub fn common(directions: impl Iterator<Item = (f64, f64)> + Clone) -> Option<(f64, f64)> {
    let whole: f64 = directions.clone().map(|(weight, _)| weight).sum();
    if whole <= 0.0 {
        return None;
    }
    let mean: f64 = directions.clone().map(|(weight, one)| weight / whole * one).sum();
    let variance: f64 = directions.map(|(weight, one)| weight / whole * (one - mean) * (one - mean)).sum();
    Some((mean, 1.0 - variance.sqrt().min(1.0)))
}

/// From a common direction (−1 to 1) and an agreement (0 to 1) to −1..1: `tanh(g·D·(0.6 + 0.4·agreement))`.
///
/// Continuous, odd and monotone in the direction; the score is `50 + 50·shape`.
#[must_use]
pub fn shape(direction: f64, agreement: f64) -> f64 {
    (GAIN * direction * (0.6 + 0.4 * agreement)).tanh()
}

/// `tanh(x)/x`, which is 1 at 0.
fn tanh_over(x: f64) -> f64 {
    if x.abs() < 1e-8 { 1.0 } else { x.tanh() / x }
}

#[cfg(test)]
mod tests {
    use proptest::{
        prelude::{Strategy, any, prop_assert, proptest},
        sample::Index,
    };

    use super::*;

    /// Some measures of each factor, which share its weight, each with its direction.
    fn voices() -> impl Strategy<Value = Vec<Voice>> {
        let factor = |factor: Factor| {
            proptest::collection::vec((0.05..1.0f64, -1.0..1.0f64), 1..5).prop_map(move |parts| {
                let whole: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let voice =
                    |(weight, direction)| Voice { factor, weight: factor_weight(factor) * weight / whole, direction };
                parts.into_iter().map(voice).collect::<Vec<_>>()
            })
        };
        let [price, flow, book, positioning] = Factor::ALL.map(factor);
        (price, flow, book, positioning).prop_map(|(a, b, c, d)| [a, b, c, d].concat())
    }

    fn of(voices: &[Voice]) -> Confluence {
        Confluence::of(voices.iter().copied())
    }

    /// All factors whole, with these directions.
    fn four(directions: [f64; 4]) -> [Voice; 4] {
        Factor::ALL.map(|factor| Voice { factor, weight: factor_weight(factor), direction: directions[factor.index()] })
    }

    #[test]
    fn four_factors_that_say_the_same_agree_fully() {
        let all = of(&four([0.4; 4]));
        assert!((all.agreement - 1.0).abs() < 1e-12 && (all.coverage - 1.0).abs() < 1e-12);
        assert!((all.points - 50.0 * (GAIN * 0.4).tanh()).abs() < 1e-9);
    }

    #[test]
    fn three_readings_of_one_momentum_agree_no_more_than_one() {
        let price = |weight, direction| Voice {
            factor: Factor::Price,
            weight: weight * factor_weight(Factor::Price),
            direction,
        };
        let flow = Voice { factor: Factor::TakerFlow, weight: factor_weight(Factor::TakerFlow), direction: -0.2 };
        let (three, one) = ([price(0.2, 0.7), price(0.3, 0.7), price(0.5, 0.7), flow], [price(1.0, 0.7), flow]);
        assert!((of(&three).agreement - of(&one).agreement).abs() < 1e-12);
        assert!((of(&three).points - of(&one).points).abs() < 1e-12);
        // Within a factor a contradiction is no disagreement either: only the factor's mean counts.
        let split = [price(0.5, 1.0), price(0.5, 0.4), flow];
        assert!((of(&split).agreement - of(&one).agreement).abs() < 1e-12);
    }

    #[test]
    fn opposite_factors_cancel_out_and_still_explain_themselves() {
        let (price, flow) = (factor_weight(Factor::Price), factor_weight(Factor::TakerFlow));
        let both = of(&four([flow, -price, 0.0, 0.0]));
        assert!(both.points.abs() < 1e-9 && both.agreement < 1.0);
        assert!(both.contribution(price, flow) > 1.0);
    }

    #[test]
    fn silence_is_no_coverage() {
        let none = of(&[]);
        assert_eq!((none.coverage, none.points, none.agreement), (0.0, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_distance_from_fifty(voices in voices(), kept in 0..20_usize) {
            let kept = &voices[..kept.min(voices.len())];
            let all = of(kept);
            let sum: f64 = kept.iter().map(|voice| all.contribution(voice.weight, voice.direction)).sum();
            prop_assert!((sum - all.points).abs() < 1e-9);
            prop_assert!(all.points.abs() <= 50.0 && (0.0..=1.0).contains(&all.agreement));
        }

        #[test]
        fn a_missing_voice_counts_as_one_that_says_nothing(voices in voices(), at in any::<Index>()) {
            let at = at.index(voices.len());
            let (mut without, mut silent) = (voices.clone(), voices.clone());
            let gone = without.remove(at);
            silent[at].direction = 0.0;
            let (without, silent) = (of(&without), of(&silent));
            prop_assert!((without.points - silent.points).abs() < 1e-9);
            prop_assert!((without.agreement - silent.agreement).abs() < 1e-9);
            prop_assert!((without.coverage - (1.0 - gone.weight)).abs() < 1e-9);
        }

        #[test]
        fn a_market_of_one_mind_is_scored_nearer_to_fifty_the_less_is_known(
            voices in voices(), direction in 0.0..1.0f64, down in any::<bool>(), at in any::<Index>(),
        ) {
            let direction = if down { -direction } else { direction };
            let all: Vec<Voice> = voices.iter().map(|voice| Voice { direction, ..*voice }).collect();
            let mut fewer = all.clone();
            fewer.remove(at.index(all.len()));
            prop_assert!(of(&fewer).points.abs() <= of(&all).points.abs() + 1e-9);
        }

        #[test]
        fn what_is_known_bounds_how_far_a_score_goes(voices in voices(), kept in 0..20_usize) {
            let found = of(&voices[..kept.min(voices.len())]);
            prop_assert!(found.points.abs() <= 50.0 * (GAIN * found.coverage).tanh() + 1e-9);
        }

        #[test]
        fn a_mirrored_market_mirrors_the_score(voices in voices(), kept in 0..20_usize) {
            let kept = &voices[..kept.min(voices.len())];
            let mirrored: Vec<Voice> = kept.iter().map(|v| Voice { direction: -v.direction, ..*v }).collect();
            let (here, there) = (of(kept), of(&mirrored));
            prop_assert!((here.points + there.points).abs() < 1e-12);
            prop_assert!((here.agreement - there.agreement).abs() < 1e-12);
        }

        #[test]
        fn the_squash_is_monotone_and_has_no_cliff(d in -1.0..1.0f64, step in 0.0..1e-6f64, agreement in 0.0..1.0f64) {
            let (low, high) = (shape(d, agreement), shape(d + step, agreement));
            prop_assert!(high >= low && 50.0 * (high - low) < 1e-3);
        }
    }
}

//! From six directions to one score, and back to what each of them added.

/// How far the squash turns a common direction into a score.
///
/// Chosen so that about 5 % of the scores of closed bars fall outside 30..70. `docs/DISTRIBUTION.md` holds the measurement,
/// `virtuoso analyse --report` makes it: 29,143 bars of 75 contracts, of which only candles are on record (43 % of the weight).
/// If order flow, book and sentiment said what candles say, a gain of 0.97 would leave 5 % outside; if they were as strong
/// and independent, 1.57; if they go with candles half as closely as the dimensions of candles go with each other, 1.17.
/// The constant follows the third; at it, 4.4 % fall outside, under the first assumption 11 %, under the second 0.4 %. It is
/// to be measured again once whole markets are recorded.
pub const GAIN: f64 = 1.15;

/// The part of the weight that must be known before there is a score.
pub(crate) const COVERAGE_LEAST: f64 = 0.6;

// Below this gain no contribution can leave ±50 points, even where two strong dimensions cancel out: with half of the
// known weight at +1 and half at −1 the squash's slope is 0.6·GAIN, and each half adds 50·0.6·GAIN/2 points.
const _: () = assert!(GAIN * 0.6 / 2.0 <= 1.0, "a contribution would leave the range of points");

/// One dimension as the confluence sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Voice {
    /// Its share of the score.
    pub(crate) weight: f64,
    /// The known share of its parts.
    pub(crate) coverage: f64,
    /// Where it points; none where it is missing.
    pub(crate) lean: Option<f64>,
}

/// What the six say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Confluence {
    /// 1 where all say the same, 0 where they say opposite things.
    pub(crate) agreement: f64,
    /// The known share of all inputs, by weight.
    pub(crate) coverage: f64,
    /// Distance of the score from 50.
    pub(crate) points: f64,
    /// What a lean of 1 adds at a renormalised weight of 1, in points; `points = slope · Σ weight·lean`.
    slope: f64,
    /// The weight of the dimensions that are present.
    present: f64,
}

impl Confluence {
    /// Weighs the voices that are present. With none, everything is 0 and so is the coverage.
    pub(crate) fn of(voices: &[Voice]) -> Self {
        let leaning = voices.iter().filter_map(|voice| voice.lean.map(|lean| (voice, lean)));
        let Some((direction, agreement)) = common(leaning.clone().map(|(voice, lean)| (voice.weight, lean))) else {
            return Self { agreement: 0.0, coverage: 0.0, points: 0.0, slope: 0.0, present: 0.0 };
        };
        let present = leaning.clone().map(|(voice, _)| voice.weight).sum();
        let gain = GAIN * (0.6 + 0.4 * agreement);
        Self {
            agreement,
            coverage: leaning.map(|(voice, _)| voice.weight * voice.coverage).sum(),
            points: 50.0 * shape(direction, agreement),
            slope: 50.0 * gain * tanh_over(gain * direction),
            present,
        }
    }

    /// What a lean adds to the score, with its share of the weight of all six.
    pub(crate) fn contribution(&self, weight: f64, lean: f64) -> f64 {
        if self.present > 0.0 { self.slope * weight / self.present * lean } else { 0.0 }
    }
}

/// The common direction of some leans (−1 to 1), each given with its weight, and their agreement (0 to 1): 1 minus their
/// standard deviation. `None` where there is no weight.
#[must_use]
pub fn common(leans: impl Iterator<Item = (f64, f64)> + Clone) -> Option<(f64, f64)> {
    let present: f64 = leans.clone().map(|(weight, _)| weight).sum();
    if present <= 0.0 {
        return None;
    }
    let direction: f64 = leans.clone().map(|(weight, lean)| weight / present * lean).sum();
    let variance: f64 = leans.map(|(weight, lean)| weight / present * (lean - direction) * (lean - direction)).sum();
    Some((direction, 1.0 - variance.sqrt().min(1.0)))
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
    use proptest::prelude::{Strategy, prop_assert, proptest};

    use super::*;

    fn voices() -> impl Strategy<Value = Vec<Voice>> {
        let voice = (0.05..0.4f64, 0.5..1.0f64, proptest::option::of(-1.0..1.0f64));
        proptest::collection::vec(voice.prop_map(|(weight, coverage, lean)| Voice { weight, coverage, lean }), 1..7)
    }

    #[test]
    fn one_voice_alone_agrees_with_itself() {
        let alone = Confluence::of(&[Voice { weight: 0.3, coverage: 1.0, lean: Some(0.4) }]);
        assert!((alone.agreement - 1.0).abs() < 1e-12);
        assert!((alone.points - 50.0 * (GAIN * 0.4).tanh()).abs() < 1e-12);
        assert!((alone.coverage - 0.3).abs() < 1e-12);
    }

    #[test]
    fn opposite_voices_cancel_out_and_still_explain_themselves() {
        let voice = |lean| Voice { weight: 0.3, coverage: 1.0, lean: Some(lean) };
        let both = Confluence::of(&[voice(1.0), voice(-1.0)]);
        assert_eq!((both.points, both.agreement), (0.0, 0.0));
        assert!(both.contribution(0.3, 1.0) > 10.0);
    }

    #[test]
    fn silence_is_no_coverage() {
        assert_eq!(Confluence::of(&[Voice { weight: 1.0, coverage: 1.0, lean: None }]).coverage, 0.0);
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_distance_from_fifty(voices in voices()) {
            let all = Confluence::of(&voices);
            let sum: f64 = voices.iter().filter_map(|v| v.lean.map(|lean| all.contribution(v.weight, lean))).sum();
            prop_assert!((sum - all.points).abs() < 1e-9);
            prop_assert!(all.points.abs() <= 50.0 && (0.0..=1.0).contains(&all.agreement));
        }

        #[test]
        fn a_mirrored_market_mirrors_the_score(voices in voices()) {
            let mirrored: Vec<Voice> = voices.iter().map(|v| Voice { lean: v.lean.map(|d| -d), ..*v }).collect();
            let (here, there) = (Confluence::of(&voices), Confluence::of(&mirrored));
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

//! Sums by day, and an interval of their mean by resampling days.
//!
//! Windows of one day share its news, so days are the blocks that are drawn (block bootstrap, percentile interval).

use std::collections::BTreeMap;

use super::known::{Known, NotEnough};

const DAY_MS: i64 = 86_400_000;
/// The seed of every interval. It is fixed, so that the same record gives the same bytes.
const SEED: u64 = 1;
/// The fewest days of which an interval is made. Draws of two or three days hardly vary, so their interval would be too narrow.
pub(super) const MIN_DAYS: usize = 5;

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// The sum and the number of figures of each day (UTC).
#[derive(Debug, Clone, Default)]
pub(super) struct Days(BTreeMap<i64, (f64, u32)>);

impl Days {
    /// Adds a figure of the day of `at`.
    pub(super) fn add(&mut self, at: i64, figure: f64) {
        let day = self.0.entry(at.div_euclid(DAY_MS)).or_default();
        day.0 += figure;
        day.1 += 1;
    }

    /// Returns the number of days.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the mean of all figures.
    pub(super) fn mean(&self) -> Option<f64> {
        mean(self.0.values())
    }

    /// Returns the interval of the mean over `resamples` draws of as many days as there are.
    pub(super) fn interval(&self, resamples: usize) -> Known<Interval> {
        let days: Vec<&(f64, u32)> = self.0.values().collect();
        if days.len() < MIN_DAYS {
            return Err(NotEnough::FewDays { days: days.len(), needed: MIN_DAYS });
        }
        let mut draw = SplitMix(SEED);
        let mut means: Vec<f64> =
            (0..resamples.max(1)).filter_map(|_| mean((0..days.len()).map(|_| days[draw.below(days.len())]))).collect();
        means.sort_unstable_by(f64::total_cmp);
        Ok(Interval { low: percentile(&means, 0.025), high: percentile(&means, 0.975) })
    }
}

fn mean<'a>(days: impl Iterator<Item = &'a (f64, u32)>) -> Option<f64> {
    let (sum, n) = days.fold((0.0, 0.0), |(sum, n), day| (sum + day.0, n + f64::from(day.1)));
    (n > 0.0).then(|| sum / n)
}

/// Returns a percentile of sorted values, linear between neighbours (numpy's default); 0 ≤ `p` ≤ 1, values not empty.
pub(super) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

/// `SplitMix64` (Steele, Lea, Flood 2014): a deterministic sequence from a seed.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    #[expect(clippy::cast_possible_truncation, reason = "below `n`, which is a usize")]
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_sequence_of_its_generator() {
        let mut draw = SplitMix(1_234_567);
        assert_eq!(draw.next(), 6_457_827_717_110_365_317);
        assert_eq!(draw.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn percentile_is_linear_between_neighbours() {
        assert!((percentile(&[0.0, 10.0, 20.0], 0.25) - 5.0).abs() < 1e-12);
        assert!((percentile(&[3.0], 0.975) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn has_no_interval_of_four_days() {
        let mut days = Days::default();
        (0..4).for_each(|day| days.add(day * DAY_MS, 0.1 * day as f64));
        assert_eq!(days.interval(100), Err(NotEnough::FewDays { days: 4, needed: 5 }));
        assert!((days.mean().unwrap() - 0.15).abs() < 1e-12);
    }

    #[test]
    fn interval_spans_the_means_that_five_days_allow() {
        let mut days = Days::default();
        (0..5).for_each(|day| days.add(day * DAY_MS, f64::from(u8::from(day == 0))));
        // The one is drawn 0 times in 33 % of the draws, 3 times or more in 6 %, 4 times or more in 0.7 %.
        assert_eq!(days.interval(2_000), Ok(Interval { low: 0.0, high: 0.6 }));
    }
}

//! The few statistics that measures share.

use std::cmp::Ordering;

/// The sum of what `f` makes of each item.
///
/// Four sums run side by side: one alone waits for each addition before it begins the next, and tapes are long.
pub(crate) fn sum_of<T>(items: &[T], f: impl Fn(&T) -> f64) -> f64 {
    let mut lanes = [0.0; 4];
    let mut chunks = items.chunks_exact(4);
    for chunk in &mut chunks {
        for (lane, item) in lanes.iter_mut().zip(chunk) {
            *lane += f(item);
        }
    }
    let rest: f64 = chunks.remainder().iter().map(f).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

/// Root of the mean square of what `f` makes of each item: the spread around zero.
///
/// Around zero and not around the mean, because in flow measures zero is the point that says nothing.
pub(crate) fn root_mean_square<T>(items: &[T], f: impl Fn(&T) -> f64) -> f64 {
    let squares = sum_of(items, |item| {
        let x = f(item);
        x * x
    });
    (squares / items.len() as f64).sqrt()
}

/// A number's bits in an order that is the number's own (that of `f64::total_cmp`): integers are selected faster.
fn key(value: f64) -> i64 {
    flipped(value.to_bits().cast_signed())
}

/// The number of a key.
fn number(key: i64) -> f64 {
    f64::from_bits(flipped(key).cast_unsigned())
}

/// Turns the order of negative numbers round; twice is nothing.
const fn flipped(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

/// The median, the mean of the middle two for an even number.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    median_of_keys(&mut values.map(key).collect::<Vec<_>>())
}

fn median_of_keys(keys: &mut [i64]) -> Option<f64> {
    let middle = keys.len() / 2;
    if keys.is_empty() {
        return None;
    }
    let even = keys.len().is_multiple_of(2);
    let (below, &mut upper, _) = keys.select_nth_unstable(middle);
    if !even {
        return Some(number(upper));
    }
    below.iter().max().map(|lower| f64::midpoint(number(*lower), number(upper)))
}

/// Median and 1.4826 × the median distance from it, which for normal data is the standard deviation.
pub(crate) fn median_and_spread(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut keys: Vec<i64> = values.map(key).collect();
    let middle = median_of_keys(&mut keys)?;
    for key_of_value in &mut keys {
        *key_of_value = key((number(*key_of_value) - middle).abs());
    }
    median_of_keys(&mut keys).map(|distance| (middle, 1.4826 * distance))
}

/// The largest of some signed sizes, in one pass: only what may be among them is kept.
#[derive(Debug)]
pub(crate) struct Largest {
    /// The place of the quantile among the sizes, smallest first.
    place: f64,
    /// How many sizes lie there or above.
    kept: usize,
    least: f64,
    most: Vec<f64>,
}

impl Largest {
    /// Of `n` sizes, those from the one on that a share `q` lies below; for a `q` near 1.
    pub(crate) fn of(n: usize, q: f64) -> Self {
        let place = q.clamp(0.0, 1.0) * n.saturating_sub(1) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
        let kept = n.saturating_sub(place.floor() as usize);
        Self { place, kept, least: -1.0, most: Vec::with_capacity(2 * kept) }
    }

    /// Takes in some sizes, finite ones.
    pub(crate) fn push(&mut self, signed: [f64; 4]) {
        // Nearly all are small: one branch for four.
        let above = |x: f64| x.abs() > self.least;
        if above(signed[0]) | above(signed[1]) | above(signed[2]) | above(signed[3]) {
            signed.into_iter().for_each(|x| self.push_one(x));
        }
    }

    /// Takes in one size, a finite one.
    pub(crate) fn push_one(&mut self, signed: f64) {
        if signed.abs() > self.least {
            if self.most.len() == 2 * self.kept {
                self.least = self.most.select_nth_unstable_by(self.kept - 1, larger_first).1.abs();
                self.most.truncate(self.kept);
            }
            self.most.push(signed);
        }
    }

    /// Returns the size that the share lies below, interpolated linearly, and the sizes from there on with their signs.
    /// `None` unless as many were taken in as were announced.
    pub(crate) fn finish(mut self) -> Option<(f64, Vec<f64>)> {
        if self.kept == 0 || self.most.len() < self.kept {
            return None;
        }
        let (larger, low, _) = self.most.select_nth_unstable_by(self.kept - 1, larger_first);
        let low = low.abs();
        let high = larger.iter().map(|x| x.abs()).reduce(f64::min).unwrap_or(low);
        self.most.truncate(self.kept);
        Some((low + (high - low) * (self.place - self.place.floor()), self.most))
    }
}

fn larger_first(a: &f64, b: &f64) -> Ordering {
    b.abs().total_cmp(&a.abs())
}

/// Sample standard deviation.
pub(crate) fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn largest(signed: &[f64], q: f64) -> Option<(f64, Vec<f64>)> {
        let mut largest = Largest::of(signed.len(), q);
        let mut fours = signed.chunks_exact(4);
        fours.by_ref().for_each(|four| largest.push([four[0], four[1], four[2], four[3]]));
        fours.remainder().iter().for_each(|x| largest.push_one(*x));
        largest.finish()
    }

    #[test]
    fn medians_and_quantiles_of_a_few_numbers() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([-4.0, 1.0, -2.0, 3.0].into_iter()), Some(-0.5));
        assert_eq!(median(std::iter::empty()), None);
        assert_eq!(largest(&[1.0, -5.0, 3.0, 4.0, 2.0], 0.75), Some((4.0, vec![-5.0, 4.0])));
        assert_eq!(largest(&[20.0, 10.0], 0.99), Some((19.9, vec![20.0, 10.0])));
        assert_eq!(largest(&[], 0.99), None);
        assert_eq!(median_and_spread([1.0, 2.0, 3.0, 4.0, 100.0].into_iter()), Some((3.0, 1.4826)));
    }

    proptest! {
        #[test]
        fn a_median_has_half_on_each_side(values in proptest::collection::vec(-1e3..1e3f64, 1..60)) {
            let middle = median(values.iter().copied()).unwrap();
            let below = values.iter().filter(|x| **x < middle).count();
            let above = values.iter().filter(|x| **x > middle).count();
            prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        }

        #[test]
        fn spread_ignores_place_and_follows_scale(values in proptest::collection::vec(-1e3..1e3f64, 3..60)) {
            let (_, spread) = median_and_spread(values.iter().copied()).unwrap();
            let (_, wider) = median_and_spread(values.iter().map(|x| 4.0 * x + 8.0)).unwrap();
            prop_assert!((wider - 4.0 * spread).abs() < 1e-9);
        }

        #[test]
        fn the_largest_are_those_a_full_sort_finds(
            values in proptest::collection::vec(-1e3..1e3f64, 1..700), q in 0.5..1.0f64,
        ) {
            let mut sorted: Vec<f64> = values.iter().map(|x| x.abs()).collect();
            sorted.sort_by(f64::total_cmp);
            let place = q * (sorted.len() - 1) as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
            let lower = place.floor() as usize;
            let next = sorted[(lower + 1).min(sorted.len() - 1)];
            let expected = sorted[lower] + (next - sorted[lower]) * (place - place.floor());
            let (edge, mut most) = largest(&values, q).unwrap();
            prop_assert_eq!(edge, expected);
            most.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
            prop_assert_eq!(most.iter().map(|x| x.abs()).collect::<Vec<_>>(), &sorted[lower..]);
        }

        #[test]
        fn sums_of_any_length_are_sums(values in proptest::collection::vec(-1e3..1e3f64, 0..50)) {
            let (ours, plain) = (sum_of(&values, |x| *x), values.iter().sum::<f64>());
            prop_assert!((ours - plain).abs() < 1e-9);
        }
    }
}

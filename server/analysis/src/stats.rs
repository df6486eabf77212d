//! The few statistics that measures share.

use schema::Why;

use crate::measure::{at_least, divisor};

/// Root of the mean square: the spread around zero.
///
/// Around zero and not around the mean, because in flow measures zero is the point that says nothing.
pub(crate) fn root_mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    (values.map(|x| x * x).sum::<f64>() / n).sqrt()
}

/// The median, the mean of the middle two for an even number. Reorders `values`.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return Some(upper);
    }
    below.iter().copied().max_by(f64::total_cmp).map(|lower| f64::midpoint(lower, upper))
}

/// Median and 1.4826 × the median distance from it, which for normal data is the standard deviation.
pub(crate) fn median_and_spread(values: &mut [f64]) -> Option<(f64, f64)> {
    let middle = median(values)?;
    for value in values.iter_mut() {
        *value = (*value - middle).abs();
    }
    median(values).map(|distance| (middle, 1.4826 * distance))
}

/// The value that a share `q` of some amounts lies below, straight between neighbours.
///
/// Amounts are not negative, so their bits order as they do, and integers are selected faster.
pub(crate) fn quantile(amounts: impl Iterator<Item = f64>, q: f64) -> Option<f64> {
    let mut values: Vec<u64> = amounts.map(f64::to_bits).collect();
    if values.is_empty() {
        return None;
    }
    let place = q.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let lower = place.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable(lower);
    let high = above.iter().copied().min().unwrap_or(low);
    let (low, high) = (f64::from_bits(low), f64::from_bits(high));
    Some(low + (high - low) * (place - place.floor()))
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

/// The change over the last `window` increments, in units of the usual size of such a change.
///
/// `increments` are the steps of a running total (OBV, ADL); the total itself has no meaning.
///
/// # Errors
///
/// Fewer than 100 increments, or increments that are all zero.
pub(crate) fn change_in_spreads(increments: &[f64], window: usize) -> Result<f64, Why> {
    at_least(increments.len(), 100)?;
    let (mut square_sum, mut changes, mut change) = (0.0, 0.0, 0.0);
    for (i, step) in increments.iter().enumerate() {
        change += step;
        if i >= window {
            change -= increments[i - window];
        }
        if i + 1 >= window {
            square_sum += change * change;
            changes += 1.0;
        }
    }
    // Summed afresh: the running sum carries rounding of steps long gone.
    let last: f64 = increments[increments.len() - window..].iter().sum();
    Ok(last / divisor((square_sum / changes).sqrt(), Why::Flat)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn medians_and_quantiles_of_a_few_numbers() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
        assert_eq!(quantile([1.0, 5.0, 3.0, 4.0, 2.0].into_iter(), 0.75), Some(4.0));
        assert_eq!(quantile([20.0, 10.0].into_iter(), 0.99), Some(19.9));
        assert_eq!(median_and_spread(&mut [1.0, 2.0, 3.0, 4.0, 100.0]), Some((3.0, 1.4826)));
    }

    #[test]
    fn a_change_is_measured_in_its_usual_size() {
        let quiet = vec![0.0; 120];
        assert_eq!(change_in_spreads(&quiet, 20), Err(Why::Flat));
        let steady = vec![2.0; 120];
        assert!((change_in_spreads(&steady, 20).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(change_in_spreads(&[1.0; 99], 20), Err(Why::TooFewSamples { have: 99, need: 100 }));
    }

    proptest! {
        #[test]
        fn a_median_has_half_on_each_side(mut values in proptest::collection::vec(-1e3..1e3f64, 1..60)) {
            let middle = median(&mut values).unwrap();
            let below = values.iter().filter(|x| **x < middle).count();
            let above = values.iter().filter(|x| **x > middle).count();
            prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        }

        #[test]
        fn spread_ignores_place_and_follows_scale(values in proptest::collection::vec(-1e3..1e3f64, 3..60)) {
            let (_, spread) = median_and_spread(&mut values.clone()).unwrap();
            let mut moved: Vec<f64> = values.iter().map(|x| 4.0 * x + 8.0).collect();
            let (_, wider) = median_and_spread(&mut moved).unwrap();
            prop_assert!((wider - 4.0 * spread).abs() < 1e-9);
            prop_assert_eq!(median_and_spread(&mut []), None);
        }
    }
}

//! Addends that are rounded and still sum.

/// Rounds parts of a sum to two decimals so that the rounded parts sum to the rounded whole.
///
/// Where the parts sum to the whole, each moves by at most one and a half hundredths: those whose
/// rounding lost most are the ones that give or take the hundredth that is over.
#[must_use]
pub fn addends(parts: &[f64], whole: f64) -> Vec<f64> {
    let mut cents: Vec<f64> = parts.iter().map(|part| (part * 100.0).round()).collect();
    let over = (whole * 100.0).round() - cents.iter().sum::<f64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // Largest loss in the direction of the correction first.
    order.sort_by(|&a, &b| {
        let loss = |i: usize| (parts[i] * 100.0 - cents[i]) * over.signum();
        loss(b).total_cmp(&loss(a))
    });
    let mut left = over.abs();
    for i in order {
        if left < 0.5 {
            break;
        }
        cents[i] += over.signum();
        left -= 1.0;
    }
    cents.into_iter().map(|cent| cent / 100.0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_shown_adds_up() {
        let parts = [1.004, 1.004, 1.004];
        let shown = addends(&parts, 3.012);
        assert_eq!(shown.iter().map(|v| (v * 100.0).round()).sum::<f64>(), 301.0);
    }

    proptest! {
        #[test]
        fn rounded_parts_sum_to_the_rounded_whole(parts in prop::collection::vec(-20.0..20.0f64, 1..7)) {
            let whole: f64 = parts.iter().sum();
            let shown = addends(&parts, whole);
            let sum: f64 = shown.iter().map(|v| (v * 100.0).round()).sum();
            prop_assert_eq!(sum, (whole * 100.0).round());
            for (part, shown) in parts.iter().zip(&shown) {
                prop_assert!((part - shown).abs() < 0.015, "{} became {}", part, shown);
            }
        }
    }
}

//! The return of the top fifth of a cross-section less that of the bottom fifth.

/// Returns the mean return of the fifth with the highest values less that of the fifth with the lowest.
///
/// Where the edge of a fifth falls among equal values, each of these counts by the same share, so the order of instruments
/// does not matter. `None` below five members.
pub(super) fn top_less_bottom(values: &[f64], returns: &[f64]) -> Option<f64> {
    let size = values.len() / 5;
    if size == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let bottom = fifth(order.chunk_by(|a, b| values[*a] == values[*b]), returns, size);
    let top = fifth(order.chunk_by(|a, b| values[*a] == values[*b]).rev(), returns, size);
    Some(top - bottom)
}

fn fifth<'a>(groups: impl Iterator<Item = &'a [usize]>, returns: &[f64], size: usize) -> f64 {
    let (mut left, mut sum) = (size, 0.0);
    for group in groups {
        let taken = left.min(group.len());
        let mean = group.iter().map(|place| returns[*place]).sum::<f64>() / group.len() as f64;
        sum += mean * taken as f64;
        left -= taken;
        if left == 0 {
            break;
        }
    }
    sum / size as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_top_fifth_less_the_bottom_fifth() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        let found = top_less_bottom(&values, &[0.02, -0.01, 0.0, 0.0, 0.0]).unwrap();
        assert!((found - 0.03).abs() < 1e-12, "{found}");
        assert_eq!(top_less_bottom(&values[..4], &[0.0; 4]), None, "four members have no fifth");
    }

    #[test]
    fn equal_values_at_the_edge_count_by_the_same_share() {
        let found = top_less_bottom(&[1.0, 2.0, 2.0, 2.0, 2.0], &[0.0, 0.04, 0.0, 0.0, 0.0]).unwrap();
        assert!((found - 0.01).abs() < 1e-12, "{found}");
    }
}

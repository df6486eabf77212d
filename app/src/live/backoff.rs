//! How long to wait before a lost connection is made again.

/// The longest wait, in milliseconds.
pub(crate) const LONGEST_MS: f64 = 10_000.0;

/// The wait before an attempt, in milliseconds: about 1 s, 2 s, 4 s, 8 s, then 10 s.
///
/// `random` is 0 to 1 and moves the wait by up to a quarter either way, so that a restarted server is not met by all
/// its clients at once.
#[cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code, reason = "only the browser connects"))]
pub(crate) fn wait_ms(attempt: u32, random: f64) -> f64 {
    let doubled = 1_000.0 * f64::from(1_u32 << attempt.min(4));
    (doubled.min(LONGEST_MS) * (0.75 + random / 2.0)).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_second_to_ten() {
        let middle: Vec<f64> = (0..6).map(|attempt| wait_ms(attempt, 0.5)).collect();
        assert_eq!(middle, [1_000.0, 2_000.0, 4_000.0, 8_000.0, 10_000.0, 10_000.0]);
        assert_eq!(wait_ms(u32::MAX, 1.0), LONGEST_MS);
    }

    #[test]
    fn two_clients_wait_for_different_times() {
        assert_eq!((wait_ms(0, 0.0), wait_ms(0, 1.0)), (750.0, 1_250.0));
    }
}

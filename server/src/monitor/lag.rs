//! How long an event of the exchange is on its way, from its clock to the windows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use schema::health::Lag;

/// Buckets that double in width four times each time their edge doubles: an edge is at most a fifth beyond the one before it.
const BUCKETS: usize = 80;
const PER_DOUBLING: f64 = 4.0;

/// Counts delays by their size since they were read last.
#[derive(Debug)]
pub(crate) struct LagMeter {
    buckets: [AtomicU64; BUCKETS],
}

impl LagMeter {
    /// Nothing counted.
    pub(crate) const fn new() -> Self {
        Self { buckets: [const { AtomicU64::new(0) }; BUCKETS] }
    }

    /// Counts a delay. Below zero, where the exchange's clock is ahead of ours, it counts as none.
    pub(crate) fn note(&self, lag_ms: i64) {
        self.buckets[bucket(lag_ms)].fetch_add(1, Relaxed);
    }

    /// What was counted since the last time; none where nothing was.
    pub(crate) fn take(&self) -> Option<Lag> {
        let counts = self.buckets.each_ref().map(|bucket| bucket.swap(0, Relaxed));
        let events: u64 = counts.iter().sum();
        let quantile = |share: f64| {
            let mut left = (events as f64 * share).ceil();
            let place = counts.iter().position(|count| {
                left -= *count as f64;
                left <= 0.0
            });
            edge_ms(place.unwrap_or(BUCKETS - 1))
        };
        (events > 0).then(|| Lag { events, p50_ms: quantile(0.5), p99_ms: quantile(0.99) })
    }
}

fn bucket(lag_ms: i64) -> usize {
    let place = (lag_ms.max(0) as f64 + 1.0).log2() * PER_DOUBLING;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 252")]
    let place = place as usize;
    place.min(BUCKETS - 1)
}

/// The delay below which everything in a bucket lies.
fn edge_ms(bucket: usize) -> u64 {
    let edge = ((bucket + 1) as f64 / PER_DOUBLING).exp2() - 1.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2 to the power of 20")]
    let edge = edge.ceil() as u64;
    edge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_lies_below_the_edge_that_is_told_and_not_far_below() {
        for lag_ms in [0, 1, 2, 5, 12, 40, 100, 777, 60_000] {
            let edge = edge_ms(bucket(lag_ms));
            let lag = u64::try_from(lag_ms).unwrap();
            assert!(edge >= lag && edge <= lag + lag / 4 + 2, "{lag_ms}: {edge}");
        }
        assert_eq!(bucket(i64::MAX), BUCKETS - 1);
        assert_eq!(bucket(-5), 0);
    }

    #[test]
    fn one_in_a_hundred_is_what_the_99th_percentile_leaves_out() {
        let meter = LagMeter::new();
        assert_eq!(meter.take(), None);
        for n in 0..1_000 {
            meter.note(if n < 10 { 500 } else { 3 });
        }
        assert_eq!(meter.take(), Some(Lag { events: 1_000, p50_ms: 4, p99_ms: 4 }));
        for n in 0..1_000 {
            meter.note(if n < 11 { 500 } else { 3 });
        }
        assert_eq!(meter.take().unwrap().p99_ms, edge_ms(bucket(500)));
        assert_eq!(meter.take(), None, "each delay is reported once");
    }
}

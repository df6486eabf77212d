//! When to stop asking a shared tier that fails, and when to ask again.
//!
//! Pure: it is told the time and draws nothing. Closed, it counts failures in a row; open, it lets nothing pass until a
//! probe, sent by the healer alone, has succeeded.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// The first rest.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(30);

/// Closed or open, with what it takes to change.
#[derive(Debug)]
pub(crate) enum Breaker {
    /// Everything passes.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Nothing passes until a probe succeeds.
    Open {
        /// When the probe may be sent.
        probe_at: Instant,
        /// The rest that ends then, without its jitter.
        rest: Duration,
        /// What the last failure said.
        cause: String,
    },
}

impl Breaker {
    /// A closed one.
    pub(crate) const fn new() -> Self {
        Self::Closed { failures: 0 }
    }

    /// Why nothing passes, where nothing does.
    pub(crate) fn resting(&self) -> Option<&str> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { cause, .. } => Some(cause),
        }
    }

    /// Takes note of a success of an ordinary call.
    pub(crate) fn succeeded(&mut self) {
        if let Self::Closed { failures } = self {
            *failures = 0;
        }
    }

    /// Takes note of a failure of an ordinary call; `true` when this opened it.
    pub(crate) fn failed(&mut self, cause: &str, now: Instant, jitter: f64) -> bool {
        match self {
            Self::Closed { failures } => {
                *failures += 1;
                let opens = *failures >= FAILURES;
                if opens {
                    self.open(cause, now, jitter);
                }
                opens
            }
            // A call that had left before it opened.
            Self::Open { .. } => false,
        }
    }

    /// Opens it at once, or rests longer after a probe that failed. `jitter` in 0..1 adds up to a quarter of the rest.
    pub(crate) fn open(&mut self, cause: &str, now: Instant, jitter: f64) {
        let rest = match self {
            Self::Closed { .. } => SHORTEST,
            Self::Open { rest, .. } => (*rest * 2).min(LONGEST),
        };
        *self = Self::Open { probe_at: now + rest.mul_f64(1.0 + jitter / 4.0), rest, cause: cause.to_owned() };
    }

    /// Closes it after a probe that succeeded.
    pub(crate) fn close(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(breaker: &Breaker, now: Instant) -> Duration {
        match breaker {
            Breaker::Open { probe_at, .. } => *probe_at - now,
            Breaker::Closed { .. } => panic!("closed"),
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_starts_the_count_again() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..4 {
            assert!(!breaker.failed("down", now, 0.0));
        }
        breaker.succeeded();
        for _ in 0..4 {
            assert!(!breaker.failed("down", now, 0.0));
        }
        assert_eq!(breaker.resting(), None);
        assert!(breaker.failed("down", now, 0.0));
        assert_eq!(breaker.resting(), Some("down"));
    }

    #[test]
    fn it_rests_longer_after_each_failed_probe_up_to_half_a_minute() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        let mut rests = Vec::new();
        for _ in 0..7 {
            breaker.open("down", now, 0.0);
            rests.push(rest(&breaker, now).as_secs());
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 30, 30]);
        breaker.close();
        breaker.open("down", now, 1.0);
        assert_eq!(rest(&breaker, now), Duration::from_millis(1_250));
    }

    #[test]
    fn a_late_answer_does_not_close_it() {
        let mut breaker = Breaker::new();
        breaker.open("down", Instant::now(), 0.0);
        breaker.succeeded();
        assert_eq!(breaker.resting(), Some("down"));
    }
}

//! When to stop asking a server that fails, and when to ask again.
//!
//! Pure: time is an argument and nothing is random. Closed, it remembers how the last calls ended; open, it lets nothing
//! pass until a probe, sent by the healer alone, has succeeded.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
const IN_A_ROW: u32 = 5;
/// Failures in a row that are said to be trouble before it opens.
const TROUBLE: u32 = 2;
/// It also opens when half of this many calls failed.
const REMEMBERED: u32 = 20;
/// The rest between two probes. It does not grow: a probe is one small exchange per process, and a screen owes its
/// reader the news that the server is back within two seconds.
const REST: Duration = Duration::from_millis(500);

/// Closed or open, with what it takes to change.
#[derive(Debug)]
pub(crate) enum Breaker {
    /// Everything passes.
    Closed(Recent),
    /// Nothing passes until a probe succeeds.
    Open {
        /// When the probe may be sent.
        probe_at: Instant,
        /// What the last failure said.
        cause: String,
    },
}

/// How the last calls ended.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// One bit per call, the newest lowest; set where it failed.
    failed: u32,
    calls: u32,
    in_a_row: u32,
    cause: String,
}

impl Recent {
    fn note(&mut self, failed: bool) {
        self.failed = (self.failed << 1 | u32::from(failed)) & ((1 << REMEMBERED) - 1);
        self.calls = (self.calls + 1).min(REMEMBERED);
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
    }

    const fn is_too_much(&self) -> bool {
        self.in_a_row >= IN_A_ROW || self.calls == REMEMBERED && self.failed.count_ones() * 2 >= REMEMBERED
    }
}

impl Breaker {
    /// A closed one.
    pub(crate) fn new() -> Self {
        Self::Closed(Recent::default())
    }

    /// Why nothing passes, where nothing does.
    pub(crate) fn resting(&self) -> Option<&str> {
        match self {
            Self::Closed(_) => None,
            Self::Open { cause, .. } => Some(cause),
        }
    }

    /// What is wrong, open or about to open.
    pub(crate) fn trouble(&self) -> Option<&str> {
        match self {
            Self::Closed(recent) => (recent.in_a_row >= TROUBLE).then_some(&recent.cause),
            Self::Open { cause, .. } => Some(cause),
        }
    }

    /// Takes note of a success of an ordinary call.
    pub(crate) fn succeeded(&mut self) {
        if let Self::Closed(recent) = self {
            recent.note(false);
        }
    }

    /// Takes note of a failure of an ordinary call; `true` when this opened it.
    pub(crate) fn failed(&mut self, cause: &str, now: Instant, jitter: f64) -> bool {
        match self {
            Self::Closed(recent) => {
                recent.note(true);
                cause.clone_into(&mut recent.cause);
                let opens = recent.is_too_much();
                if opens {
                    self.open(cause, now, jitter);
                }
                opens
            }
            // A call that had left before it opened.
            Self::Open { .. } => false,
        }
    }

    /// Opens it, or rests again after a probe that failed. `jitter` in 0..1 adds up to a quarter of the rest.
    pub(crate) fn open(&mut self, cause: &str, now: Instant, jitter: f64) {
        *self = Self::Open { probe_at: now + REST.mul_f64(1.0 + jitter / 4.0), cause: cause.to_owned() };
    }

    /// Closes it after a probe that succeeded.
    pub(crate) fn close(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn half_of_the_last_twenty_open_it_even_if_never_five_fail_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for call in 1..20 {
            if call % 2 == 0 {
                assert!(!breaker.failed("slow", now, 0.0), "call {call}");
            } else {
                breaker.succeeded();
            }
        }
        assert!(breaker.failed("slow", now, 0.0));
        assert_eq!(breaker.resting(), Some("slow"));
    }

    #[test]
    fn two_failures_in_a_row_are_said_to_be_trouble_and_one_is_not() {
        let mut breaker = Breaker::new();
        breaker.failed("down", Instant::now(), 0.0);
        assert_eq!(breaker.trouble(), None);
        breaker.failed("down", Instant::now(), 0.0);
        assert_eq!((breaker.trouble(), breaker.resting()), (Some("down"), None));
        breaker.succeeded();
        assert_eq!(breaker.trouble(), None);
    }

    #[test]
    fn the_rest_between_two_probes_stays_short() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for jitter in [0.0, 0.5, 1.0] {
            breaker.open("down", now, jitter);
            let Breaker::Open { probe_at, .. } = &breaker else { panic!("closed") };
            assert_eq!(*probe_at - now, Duration::from_millis(500).mul_f64(1.0 + jitter / 4.0));
        }
    }

    #[test]
    fn a_late_answer_does_not_close_it() {
        let mut breaker = Breaker::new();
        breaker.open("down", Instant::now(), 0.0);
        breaker.succeeded();
        assert_eq!(breaker.resting(), Some("down"));
        breaker.close();
        assert_eq!(breaker.trouble(), None);
    }
}

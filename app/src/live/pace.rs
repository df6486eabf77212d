//! When a page asks for itself again.
#![cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code, reason = "only the browser asks"))]

use super::backoff;

/// A page is asked for at most this often, in milliseconds.
const PERIOD_MS: f64 = 1_000.0;

/// Whether a page is to be asked for now: one request at a time, at most one in a second, and fewer after failures.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    wanted: bool,
    asked: bool,
    not_before_ms: f64,
    failures: u32,
}

impl Pace {
    /// Something changed.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// Whether to ask now; if so, that is taken to be done.
    pub(crate) fn start(&mut self, now_ms: f64) -> bool {
        let start = self.wanted && !self.asked && now_ms >= self.not_before_ms;
        if start {
            (self.wanted, self.asked, self.not_before_ms) = (false, true, now_ms + PERIOD_MS);
        }
        start
    }

    /// The request ended. After a failure it is asked again by itself, later each time; `random` is 0 to 1.
    pub(crate) fn ended(&mut self, succeeded: bool, now_ms: f64, random: f64) {
        self.asked = false;
        if succeeded {
            self.failures = 0;
        } else {
            self.wanted = true;
            self.not_before_ms = now_ms + backoff::wait_ms(self.failures, random);
            self.failures = self.failures.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_at_a_time_and_one_in_a_second() {
        let mut pace = Pace::default();
        assert!(!pace.start(0.0), "nothing changed");
        pace.want();
        assert!(pace.start(5_000.0));
        pace.want();
        assert!(!pace.start(7_000.0), "the first one is under way");
        pace.ended(true, 7_000.0, 0.5);
        assert!(pace.start(7_000.0), "what changed meanwhile is asked for");
        pace.ended(true, 7_100.0, 0.5);
        pace.want();
        assert!(!pace.start(7_999.0));
        assert!(pace.start(8_000.0));
    }

    #[test]
    fn a_failure_is_tried_again_by_itself_and_later_each_time() {
        let mut pace = Pace::default();
        pace.want();
        assert!(pace.start(0.0));
        pace.ended(false, 100.0, 0.5);
        assert!(!pace.start(1_099.0));
        assert!(pace.start(1_100.0));
        pace.ended(false, 1_200.0, 0.5);
        assert!(!pace.start(3_199.0));
        assert!(pace.start(3_200.0));
        pace.ended(true, 3_300.0, 0.5);
        assert!(!pace.start(9_000.0), "all is known");
    }
}

//! Log lines that a stranger can cause: each of them once a minute, so that nobody fills a disk with them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// For how long the same line is not logged again.
const PAUSE: Duration = Duration::from_secs(60);
/// Lines that are remembered at a time; further ones are not logged.
const LINES: usize = 64;

/// Which lines were logged lately.
#[derive(Default)]
pub(super) struct LogOnce(Mutex<HashMap<String, Instant>>);

impl LogOnce {
    /// Whether a line is to be logged now.
    pub(super) fn is_due(&self, line: &str, now: Instant) -> bool {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.get(line).is_some_and(|logged| now.duration_since(*logged) < PAUSE) {
            return false;
        }
        lines.retain(|_, logged| now.duration_since(*logged) < PAUSE);
        if lines.len() >= LINES {
            return false;
        }
        lines.insert(line.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_is_logged_once_a_minute_and_few_are_remembered() {
        let (log, start) = (LogOnce::default(), Instant::now());
        assert!(log.is_due("a", start) && !log.is_due("a", start + PAUSE / 2) && log.is_due("b", start));
        assert!(log.is_due("a", start + PAUSE));
        let logged = (0..10_000).filter(|n| log.is_due(&n.to_string(), start + PAUSE)).count();
        assert!(logged < LINES, "{logged}");
        assert!(log.is_due("c", start + 3 * PAUSE));
    }
}

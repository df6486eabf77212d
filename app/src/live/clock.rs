//! The server's time in a browser whose own clock may be wrong.

use schema::UnixMs;

/// Computes the server's time from the browser's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerClock {
    /// The server's clock when the page was made.
    page: UnixMs,
    /// The browser's clock when the page came alive.
    woke: UnixMs,
    /// Server minus browser in milliseconds, once it is known.
    offset_ms: Option<i64>,
}

impl ServerClock {
    /// A clock for a page made at `page` that comes alive at `woke` of the browser's clock.
    ///
    /// `answered` is the browser's time at which the page began to arrive, where it came over the network just now:
    /// then the server's time is known from the start.
    #[must_use]
    pub const fn new(page: UnixMs, woke: UnixMs, answered: Option<UnixMs>) -> Self {
        let offset_ms = match answered {
            Some(answered) => Some(page.0.saturating_sub(answered.0)),
            None => None,
        };
        Self { page, woke, offset_ms }
    }

    /// The server sent its time.
    pub const fn set(&mut self, server: UnixMs, browser: UnixMs) {
        self.offset_ms = Some(server.0.saturating_sub(browser.0));
    }

    /// The server's time.
    ///
    /// Until it is known, the later of two guesses: the browser's clock, and the time the page was made plus the
    /// time since. A page that comes out of the browser's store after an hour looks an hour old, and never fresher than
    /// it is.
    #[must_use]
    pub fn now(&self, browser: UnixMs) -> UnixMs {
        match self.offset_ms {
            Some(offset) => UnixMs(browser.0.saturating_add(offset)),
            None => {
                let since = browser.0.saturating_sub(self.woke.0).max(0);
                browser.max(UnixMs(self.page.0.saturating_add(since)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_with_a_slow_clock_shows_true_ages() {
        let mut clock = ServerClock::new(UnixMs(1_000_000), UnixMs(400_000), None);
        assert_eq!(clock.now(UnixMs(403_000)), UnixMs(1_003_000));
        clock.set(UnixMs(1_003_500), UnixMs(403_000));
        assert_eq!(clock.now(UnixMs(404_000)), UnixMs(1_004_500));
    }

    #[test]
    fn a_phone_with_a_fast_clock_is_corrected_once_the_server_tells_its_time() {
        let mut clock = ServerClock::new(UnixMs(1_000_000), UnixMs(9_000_000), None);
        assert_eq!(clock.now(UnixMs(9_000_000)), UnixMs(9_000_000), "older than it is, never younger");
        clock.set(UnixMs(1_000_200), UnixMs(9_000_100));
        assert_eq!(clock.now(UnixMs(9_000_100)), UnixMs(1_000_200));
    }

    #[test]
    fn a_page_that_just_arrived_tells_the_servers_time_itself() {
        let clock = ServerClock::new(UnixMs(1_000_000), UnixMs(9_000_700), Some(UnixMs(9_000_000)));
        assert_eq!(clock.now(UnixMs(9_000_700)), UnixMs(1_000_700));
    }

    #[test]
    fn a_stored_page_is_as_old_as_it_is() {
        let clock = ServerClock::new(UnixMs(1_000_000), UnixMs(4_600_000), None);
        assert_eq!(clock.now(UnixMs(4_600_000)), UnixMs(4_600_000));
    }
}

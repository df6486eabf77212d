//! Points in time on the wire.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// How long ago this was at `now`; zero for a time in the future.
    #[must_use]
    pub fn age(self, now: Self) -> Duration {
        Duration::from_millis(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The time `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The start of the interval of `ms` milliseconds that this time lies in, counted from the epoch.
    #[must_use]
    pub const fn floor(self, ms: i64) -> Self {
        Self(self.0.div_euclid(ms) * ms)
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_the_future_has_no_age() {
        assert_eq!(UnixMs(2_000).age(UnixMs(1_000)), Duration::ZERO);
        assert_eq!(UnixMs(1_000).age(UnixMs(2_500)), Duration::from_millis(1_500));
    }

    #[test]
    fn an_interval_starts_at_or_before_the_time() {
        assert_eq!(UnixMs(119_999).floor(60_000), UnixMs(60_000));
        assert_eq!(UnixMs(-1).floor(60_000), UnixMs(-60_000));
    }
}

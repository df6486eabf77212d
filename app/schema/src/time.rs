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

/// How far the clock that a reader goes by is ahead of UTC. Every time on screen names it, so that none can be mistaken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub struct Zone {
    ahead_min: i16,
}

/// A number of minutes by which no clock on Earth is ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no clock is {0} minutes ahead of UTC")]
pub struct NoZone(i16);

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self { ahead_min: 0 };

    /// Every clock there is, in minutes ahead of UTC, winter and summer times included (tz database, 2026).
    const AHEAD_MIN: [i16; 40] = [
        -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -150, -120, -60, 0, 60, 120, 180, 210,
        240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765, 780, 825, 840,
    ];

    /// Every clock there is, from west to east.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::AHEAD_MIN.into_iter().map(|ahead_min| Self { ahead_min })
    }

    /// The clock that is so many minutes ahead of UTC.
    ///
    /// # Errors
    ///
    /// [`NoZone`] where none is.
    pub fn ahead(minutes: i16) -> Result<Self, NoZone> {
        Self::all().find(|zone| zone.ahead_min == minutes).ok_or(NoZone(minutes))
    }

    /// How far it is ahead of UTC, in minutes.
    #[must_use]
    pub const fn ahead_min(self) -> i16 {
        self.ahead_min
    }

    /// How far it is ahead of UTC, in milliseconds.
    #[must_use]
    pub const fn ahead_ms(self) -> i64 {
        self.ahead_min as i64 * 60_000
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UTC")?;
        let (hours, minutes) = (self.ahead_min.abs() / 60, self.ahead_min.abs() % 60);
        match self.ahead_min {
            0 => return Ok(()),
            1.. => write!(f, "+{hours}")?,
            _ => write!(f, "−{hours}")?,
        }
        if minutes > 0 { write!(f, ":{minutes:02}") } else { Ok(()) }
    }
}

impl TryFrom<i16> for Zone {
    type Error = NoZone;

    fn try_from(minutes: i16) -> Result<Self, NoZone> {
        Self::ahead(minutes)
    }
}

impl From<Zone> for i16 {
    fn from(zone: Zone) -> Self {
        zone.ahead_min
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
    fn a_clock_names_how_far_it_is_ahead() {
        for (minutes, text) in [(0, "UTC"), (120, "UTC+2"), (345, "UTC+5:45"), (-210, "UTC−3:30"), (-300, "UTC−5")]
        {
            assert_eq!(Zone::ahead(minutes).unwrap().to_string(), text);
        }
        assert_eq!(Zone::ahead(7), Err(NoZone(7)));
        assert!(Zone::all().map(Zone::ahead_min).is_sorted() && Zone::all().any(|zone| zone == Zone::UTC));
    }

    #[test]
    fn an_interval_starts_at_or_before_the_time() {
        assert_eq!(UnixMs(119_999).floor(60_000), UnixMs(60_000));
        assert_eq!(UnixMs(-1).floor(60_000), UnixMs(-60_000));
    }
}

//! Where the cache learns the time: from the system, from a recording that is played, or from a test.
//!
//! Ages are judged by this clock alone. Waiting (deadlines, polls) is tokio's business.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use schema::{Policy, UnixMs};

/// Where the cache learns the time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The clock of the machine.
    System,
    /// The clock of a recording that is played.
    Paced(PacedClock),
    /// A clock that a test moves.
    Manual(ManualClock),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                // Every hit looks at the clock: this way needs no division of 128 bits.
                let ms = since.as_secs().saturating_mul(1_000).saturating_add(since.subsec_millis().into());
                UnixMs(i64::try_from(ms).unwrap_or(i64::MAX))
            }
            Self::Paced(clock) => clock.now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    /// A policy as this clock counts: where so many seconds pass in one, a value may be as many times as old.
    #[must_use]
    pub(crate) fn scaled(&self, policy: &Policy) -> Policy {
        match self {
            Self::Paced(PacedClock { speed, .. }) => {
                Policy { fresh_for: policy.fresh_for * *speed, stale_for: policy.stale_for * *speed, ..*policy }
            }
            Self::System | Self::Manual(_) => *policy,
        }
    }
}

/// A clock that begins at a time of its own and runs a whole number of times as fast as the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacedClock {
    from: UnixMs,
    begun: Instant,
    speed: u32,
}

impl PacedClock {
    /// A clock that shows `from` now and runs `speed` times as fast; one that would stand runs as fast as the machine's.
    #[must_use]
    pub fn starting(from: UnixMs, speed: u32) -> Self {
        Self { from, begun: Instant::now(), speed: speed.max(1) }
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.from.plus(self.begun.elapsed() * self.speed)
    }

    /// How many of its seconds pass in one.
    #[must_use]
    pub const fn speed(&self) -> u32 {
        self.speed
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}

/// A clock that stops until it is moved; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: UnixMs) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    /// Moves it to `now`, backwards too.
    pub fn set(&self, now: UnixMs) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_faster_lets_values_live_as_much_longer() {
        let clock = Clock::Paced(PacedClock::starting(UnixMs(1_000_000), 10));
        assert!(clock.now() >= UnixMs(1_000_000));
        let policy = Policy::secs(1, 5, 60);
        let scaled = clock.scaled(&policy);
        assert_eq!((scaled.fresh_for, scaled.stale_for), (Duration::from_secs(50), Duration::from_secs(600)));
        assert_eq!(scaled.keep_for, policy.keep_for, "what the shared tier keeps is counted in seconds of the machine");
        assert_eq!(Clock::System.scaled(&policy), policy);
    }
}

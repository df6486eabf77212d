//! Where the cache learns the time: from the system, or from a test.
//!
//! Ages are judged by this clock alone. Waiting (deadlines, polls) is tokio's business.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use schema::UnixMs;

/// Where the cache learns the time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The clock of the machine.
    System,
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
            Self::Manual(clock) => clock.now(),
        }
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}

/// A clock that stands until it is moved; clones show the same time.
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

//! The wall clock of an adapter: the machine's, or that of a recording while it is played back.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use schema::UnixMs;

/// Returns the time that an exchange's answers are compared with.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<dyn Fn() -> UnixMs + Send + Sync>>);

impl Clock {
    /// The clock of this machine.
    pub const SYSTEM: Self = Self(None);

    /// A clock that shows what a function returns.
    pub fn of(now: impl Fn() -> UnixMs + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    /// Milliseconds since 1970; 0 for a clock of the machine that is before that.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        match &self.0 {
            Some(now) => now(),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(given)" } else { "Clock(system)" })
    }
}

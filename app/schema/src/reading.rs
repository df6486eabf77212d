//! What a reader of the cache gets for a whole schema: a value with its age, or the reason there is none.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Origin, Policy, Stamp, UnixMs};

/// A value of a schema with what is known of its writing.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Held<T> {
    /// The order of the write.
    pub stamp: Stamp,
    /// Whether it was measured live or restored.
    pub origin: Origin,
    /// Who wrote it, for example `monitor@host/812`.
    pub by: Arc<str>,
    /// When it was written.
    pub written_at: UnixMs,
    /// The time of the newest input: ages count from here.
    pub as_of: UnixMs,
    /// Until when it counts as live.
    pub fresh_until: UnixMs,
    /// Until when it may be shown, dimmed.
    pub stale_until: UnixMs,
    /// The value.
    pub value: Arc<T>,
}

// Derived, this would ask for `T: Clone`; the value is shared, not copied.
impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self { by: Arc::clone(&self.by), value: Arc::clone(&self.value), ..*self }
    }
}

impl<T> Held<T> {
    /// The header without its value.
    #[must_use]
    pub fn header(&self) -> Held<()> {
        self.with(())
    }

    /// The same header with another value.
    #[must_use]
    pub fn with<U>(&self, value: U) -> Held<U> {
        Held {
            stamp: self.stamp,
            origin: self.origin,
            by: Arc::clone(&self.by),
            written_at: self.written_at,
            as_of: self.as_of,
            fresh_until: self.fresh_until,
            stale_until: self.stale_until,
            value: Arc::new(value),
        }
    }

    /// The end of life of a value under a policy: `(fresh_until, stale_until)`.
    #[must_use]
    pub fn life(as_of: UnixMs, policy: &Policy) -> (UnixMs, UnixMs) {
        (as_of.plus(policy.fresh_for), as_of.plus(policy.stale_for))
    }
}

/// What reading a schema gave, judged at one moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading<T> {
    /// Live.
    Fresh(Held<T>),
    /// Older than it should be; to be shown with its age.
    Stale {
        /// The value.
        held: Held<T>,
        /// Its age.
        age: Duration,
    },
    /// Too old to be believed; the last value may be shown greyed, with its age.
    Expired {
        /// The last value.
        last: Held<T>,
        /// Its age.
        age: Duration,
    },
    /// Nothing to show, and why.
    Absent(Absence),
}

/// What a read finds before it is judged: this is what travels to the browser, for a state is never stored.
pub type Found<T> = Result<Held<T>, Absence>;

impl<T> Reading<T> {
    /// Judges what was found by its age at `now`.
    #[must_use]
    pub fn judge(found: Found<T>, now: UnixMs) -> Self {
        match found {
            Ok(held) if now <= held.fresh_until => Self::Fresh(held),
            Ok(held) if now <= held.stale_until => Self::Stale { age: held.as_of.age(now), held },
            Ok(held) => Self::Expired { age: held.as_of.age(now), last: held },
            Err(absence) => Self::Absent(absence),
        }
    }

    /// The value with its header, of whatever age.
    #[must_use]
    pub const fn held(&self) -> Option<&Held<T>> {
        match self {
            Self::Fresh(held) | Self::Stale { held, .. } | Self::Expired { last: held, .. } => Some(held),
            Self::Absent(_) => None,
        }
    }

    /// The state in one word, as the API spells it.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Fresh(_) => "fresh",
            Self::Stale { .. } => "stale",
            Self::Expired { .. } => "expired",
            Self::Absent(_) => "absent",
        }
    }
}

/// Why there is no value of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Nobody has written it yet.
    NeverWritten,
    /// There is something, but it cannot be read; the text names the reason.
    Unreadable(String),
    /// The shared cache does not answer, and this process holds nothing.
    Unreachable(String),
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverWritten => f.write_str("waiting for the first scan"),
            Self::Unreadable(reason) => write!(f, "unreadable: {reason}"),
            Self::Unreachable(cause) => write!(f, "cache unreachable: {cause}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(as_of: i64) -> Held<u8> {
        let as_of = UnixMs(as_of);
        let (fresh_until, stale_until) = Held::<u8>::life(as_of, &Policy::secs(1, 5, 60));
        Held {
            stamp: Stamp { epoch: 1, seq: 1 },
            origin: Origin::Live,
            by: "test".into(),
            written_at: UnixMs(99_000),
            as_of,
            fresh_until,
            stale_until,
            value: Arc::new(7),
        }
    }

    #[test]
    fn age_counts_from_the_newest_input_and_not_from_the_write() {
        let now = UnixMs(100_000);
        assert_eq!(Reading::judge(Ok(held(95_000)), now).state(), "fresh");
        assert_eq!(Reading::judge(Ok(held(94_999)), now).state(), "stale");
        let Reading::Expired { last, age } = Reading::judge(Ok(held(39_999)), now) else { panic!("not expired") };
        assert_eq!((*last.value, age), (7, Duration::from_millis(60_001)));
    }

    #[test]
    fn an_absence_has_a_reason_and_no_value() {
        let reading: Reading<u8> = Reading::judge(Err(Absence::NeverWritten), UnixMs(0));
        assert_eq!((reading.state(), reading.held()), ("absent", None));
    }
}

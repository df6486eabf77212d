//! What a cache says of itself: its shared tier, its mirror, and every schema with its state.
//!
//! It is about one process and is never cached; the API, the System page and the command line show it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Origin, SCHEMAS, Stamp, UnixMs};

/// How the shared tier is, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", try_from = "FlatState")]
pub enum L2State {
    /// There is none: this process serves alone.
    Off,
    /// It answers.
    Up {
        /// The version of its servers.
        version: String,
    },
    /// At least one of its servers does not answer.
    Degraded {
        /// What happened, in plain words.
        cause: String,
        /// Since when.
        since: UnixMs,
    },
}

/// A state as it is written: its name beside what belongs to it.
///
/// Read like this, nothing is copied into a form that can be anything before the name is known.
#[derive(Deserialize)]
struct FlatState {
    state: StateName,
    version: Option<String>,
    cause: Option<String>,
    since: Option<UnixMs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateName {
    Off,
    Up,
    Degraded,
}

impl TryFrom<FlatState> for L2State {
    type Error = &'static str;

    fn try_from(flat: FlatState) -> Result<Self, &'static str> {
        match (flat.state, flat.version, flat.cause, flat.since) {
            (StateName::Off, ..) => Ok(Self::Off),
            (StateName::Up, Some(version), ..) => Ok(Self::Up { version }),
            (StateName::Degraded, _, Some(cause), Some(since)) => Ok(Self::Degraded { cause, since }),
            _ => Err("a state of the shared tier without what belongs to it"),
        }
    }
}

/// One server of the shared tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerReport {
    /// Its address, as it was configured.
    pub name: String,
    /// How it is.
    pub state: L2State,
    /// The largest item it takes, in bytes.
    pub item_limit_bytes: Option<u64>,
    /// The memory it may use for items, in bytes.
    pub memory_limit_bytes: Option<u64>,
    /// By how much its clock is ahead of this process's, in milliseconds; it counts in whole seconds.
    pub clock_ahead_ms: Option<i64>,
    /// Items it had dropped for want of memory when it was last asked.
    pub evictions: Option<u64>,
    /// Writes of this process that wait for it.
    pub waiting: u64,
    /// Calls of this process that failed, since its start.
    pub failures: u64,
}

/// How often the mirror polled, and what it found, since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorCounts {
    /// Polls.
    pub polls: u64,
    /// Newer values found.
    pub changes: u64,
    /// Newer values that should have been known already; more than 0 is a defect.
    pub missed: u64,
    /// Polls and reads that failed.
    pub failures: u64,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When.
    pub at: UnixMs,
    /// What, in plain words.
    pub text: String,
}

/// One schema in one process; of a scoped schema, the value with the newest input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaReport {
    /// Its name.
    pub name: String,
    /// The version of its shape.
    pub version: u16,
    /// Whether the process is not ready without it.
    pub vital: bool,
    /// Whether there is one value per scope.
    pub scoped: bool,
    /// Values in this process.
    pub entries: u64,
    /// `fresh`, `stale`, `expired` or `absent`.
    pub state: String,
    /// The stamp of the value.
    pub stamp: Option<Stamp>,
    /// Who wrote it.
    pub writer: Option<String>,
    /// Whether it was measured live or restored.
    pub origin: Option<Origin>,
    /// The time of its newest input.
    pub as_of: Option<UnixMs>,
    /// How long ago that was, in milliseconds.
    pub age_ms: Option<u64>,
    /// The length of its encoded body, in bytes.
    pub bytes: Option<u64>,
    /// What all its values in this process take, encoded, in bytes.
    pub total_bytes: u64,
    /// When the shared tier drops the value, where this process read it there.
    pub expires_at: Option<UnixMs>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
}

impl SchemaReport {
    /// The period of the schema's writer, where the value is older than twice that: it should have been written again. None for a
    /// schema with scopes, whose values are of contracts that come and go, and for one that this version does not know.
    #[must_use]
    pub fn overdue(&self) -> Option<Duration> {
        let info = SCHEMAS.iter().find(|info| info.name.as_str() == self.name && !info.scoped)?;
        let period = info.policy.period;
        (Duration::from_millis(self.age_ms?) > 2 * period).then_some(period)
    }
}

/// The whole cache of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheReport {
    /// The name under which this process writes: `monitor@host/812`.
    pub process: String,
    /// When this was said.
    pub now: UnixMs,
    /// How the shared tier is.
    pub l2: L2State,
    /// Its servers.
    pub servers: Vec<ServerReport>,
    /// What the mirror did.
    pub mirror: MirrorCounts,
    /// Every schema that was published, followed, warmed or read in this process, by name.
    pub schemas: Vec<SchemaReport>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, scoped: bool, age_ms: Option<u64>) -> SchemaReport {
        SchemaReport {
            name: name.to_owned(),
            version: 1,
            vital: false,
            scoped,
            entries: 1,
            state: "fresh".to_owned(),
            stamp: None,
            writer: None,
            origin: None,
            as_of: None,
            age_ms,
            bytes: None,
            total_bytes: 0,
            expires_at: None,
            last_error: None,
        }
    }

    #[test]
    fn each_schema_is_overdue_beyond_twice_its_own_period() {
        for info in SCHEMAS {
            let twice_ms = u64::try_from(2 * info.policy.period.as_millis()).unwrap();
            let overdue = |age_ms| report(info.name.as_str(), info.scoped, age_ms).overdue();
            assert_eq!((overdue(Some(twice_ms)), overdue(None)), (None, None), "{}", info.name.as_str());
            let expected = (!info.scoped).then_some(info.policy.period);
            assert_eq!(overdue(Some(twice_ms + 1)), expected, "{}", info.name.as_str());
        }
        assert_eq!(report("of:another-version", false, Some(u64::MAX)).overdue(), None);
    }
}

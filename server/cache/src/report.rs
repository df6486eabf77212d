//! What the cache says of itself, schema by schema.

use std::sync::Arc;

use schema::{Held, Origin, Reading, Schema, Stamp, UnixMs};
use serde::Serialize;

use crate::l1::Entry;

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// When.
    pub at: UnixMs,
    /// What, in plain words.
    pub text: String,
    /// When the log said so last.
    #[serde(skip)]
    pub(crate) said: UnixMs,
}

/// One schema in this process; of a scoped schema, the value with the newest input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchemaReport {
    /// Its name.
    pub name: &'static str,
    /// The version of its shape.
    pub version: u16,
    /// Whether the process is not ready without it.
    pub vital: bool,
    /// Whether there is one value per scope.
    pub scoped: bool,
    /// Values in this process.
    pub entries: u64,
    /// `fresh`, `stale`, `expired` or `absent`.
    pub state: &'static str,
    /// The stamp of the value.
    pub stamp: Option<Stamp>,
    /// Who wrote it.
    pub writer: Option<Arc<str>>,
    /// Whether it was measured live or restored.
    pub origin: Option<Origin>,
    /// The time of its newest input.
    pub as_of: Option<UnixMs>,
    /// How long ago that was, in milliseconds.
    pub age_ms: Option<u64>,
    /// The length of its encoded body, in bytes.
    pub bytes: Option<usize>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
}

impl SchemaReport {
    /// Says what there is to say of one value.
    pub(crate) fn of<T: Schema>(
        newest: Option<&Entry<T>>,
        entries: usize,
        last_error: Option<LastError>,
        now: UnixMs,
    ) -> Self {
        let held: Option<Held<T>> = newest.map(|entry| entry.held.clone());
        let age = held.as_ref().map(|held| held.as_of.age(now).as_millis());
        Self {
            name: T::NAME.as_str(),
            version: T::VERSION,
            vital: T::POLICY.vital,
            scoped: <T::Scope as schema::Scope>::MAX_LEN > 0,
            entries: u64::try_from(entries).unwrap_or(u64::MAX),
            stamp: held.as_ref().map(|held| held.stamp),
            writer: held.as_ref().map(|held| Arc::clone(&held.by)),
            origin: held.as_ref().map(|held| held.origin),
            as_of: held.as_ref().map(|held| held.as_of),
            age_ms: age.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            bytes: newest.map(|entry| entry.body_bytes),
            state: held.map_or("absent", |held| Reading::judge(Ok(held), now).state()),
            last_error,
        }
    }
}

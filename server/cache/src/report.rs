//! What the cache says of one schema.

use std::collections::HashMap;

use schema::{
    Held, Reading, Schema, Scope as _, UnixMs,
    report::{LastError, SchemaReport},
};

/// What went wrong last, and when each kind of trouble was logged.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) last: Option<LastError>,
    pub(crate) logged: HashMap<&'static str, UnixMs>,
}

/// What is known of the values of one schema in this process beside the newest header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    /// How many there are.
    pub(crate) entries: usize,
    /// What all of them take, encoded.
    pub(crate) total_bytes: usize,
    /// What the newest takes, encoded.
    pub(crate) bytes: Option<usize>,
    /// When the shared tier drops the newest, where it came from there.
    pub(crate) expires_at: Option<UnixMs>,
}

/// Says what there is to say of the newest of some values.
pub(crate) fn report<T: Schema>(
    held: Option<&Held<T>>,
    counts: Counts,
    last_error: Option<LastError>,
    now: UnixMs,
) -> SchemaReport {
    let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    SchemaReport {
        name: T::NAME.as_str().to_owned(),
        version: T::VERSION,
        vital: T::POLICY.vital,
        scoped: T::Scope::MAX_LEN > 0,
        entries: whole(counts.entries),
        state: held.map_or("absent", |held| Reading::judge(Ok(held.clone()), now).state()).to_owned(),
        stamp: held.map(|held| held.stamp),
        writer: held.map(|held| held.by.as_ref().to_owned()),
        origin: held.map(|held| held.origin),
        as_of: held.map(|held| held.as_of),
        age_ms: held.map(|held| u64::try_from(held.as_of.age(now).as_millis()).unwrap_or(u64::MAX)),
        bytes: counts.bytes.map(whole),
        total_bytes: whole(counts.total_bytes),
        expires_at: counts.expires_at,
        last_error,
    }
}

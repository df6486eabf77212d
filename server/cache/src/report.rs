//! What the cache says of one schema.

use std::collections::HashMap;

use schema::{
    Reading, Schema, Scope as _, UnixMs,
    report::{LastError, SchemaReport},
};

use crate::l1::Entry;

/// What went wrong last, and when each kind of trouble was logged.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) last: Option<LastError>,
    pub(crate) logged: HashMap<&'static str, UnixMs>,
}

/// Says what there is to say of the newest of some entries.
pub(crate) fn report<T: Schema>(
    newest: Option<&Entry<T>>,
    entries: usize,
    total_bytes: usize,
    last_error: Option<LastError>,
    now: UnixMs,
) -> SchemaReport {
    let held = newest.map(|entry| &entry.held);
    let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    SchemaReport {
        name: T::NAME.as_str().to_owned(),
        version: T::VERSION,
        vital: T::POLICY.vital,
        scoped: T::Scope::MAX_LEN > 0,
        entries: whole(entries),
        state: held.map_or("absent", |held| Reading::judge(Ok(held.clone()), now).state()).to_owned(),
        stamp: held.map(|held| held.stamp),
        writer: held.map(|held| held.by.as_ref().to_owned()),
        origin: held.map(|held| held.origin),
        as_of: held.map(|held| held.as_of),
        age_ms: held.map(|held| u64::try_from(held.as_of.age(now).as_millis()).unwrap_or(u64::MAX)),
        bytes: newest.map(|entry| whole(entry.body_bytes)),
        total_bytes: whole(total_bytes),
        last_error,
    }
}

//! What the mirror of a process did.

use std::sync::atomic::{AtomicU64, Ordering};

use schema::report::MirrorCounts;

/// What the mirror did, while it is being counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) polls: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) missed: AtomicU64,
    pub(crate) failures: AtomicU64,
}

impl Tally {
    pub(crate) fn counts(&self) -> MirrorCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        MirrorCounts {
            polls: read(&self.polls),
            changes: read(&self.changes),
            missed: read(&self.missed),
            failures: read(&self.failures),
        }
    }
}

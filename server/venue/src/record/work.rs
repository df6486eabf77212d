//! What a recorder and the thread that writes share.

use std::{
    io::{self, ErrorKind},
    sync::atomic::AtomicU64,
    time::Duration,
};

use super::line::Line;

/// How much is kept, and in what pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLimits {
    /// Bytes of all segments together, at most; the oldest segment is deleted.
    pub max_bytes: u64,
    /// How long a segment is written to before the next one begins.
    pub segment_age: Duration,
}

impl RecordLimits {
    /// A segment is an eighth of the whole: so much is lost at once when the oldest is deleted.
    pub(super) const fn segment_bytes(&self) -> u64 {
        self.max_bytes / 8
    }

    /// What closed segments may take when a new one begins, so that it never grows past the bound before it ends.
    pub(super) const fn room_before(&self) -> u64 {
        self.max_bytes - 2 * self.segment_bytes()
    }
}

/// What a recorder went through, as its threads share it.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) received: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) segments: AtomicU64,
    pub(super) bytes: AtomicU64,
}

/// What waits for the thread that writes.
pub(super) enum Work {
    Keep(Line),
    End,
}

/// The fault of the disk, in plain words.
pub(super) fn plain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "the quota of this user is used up".to_owned(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "this user may not write there".to_owned(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "something that is not a folder is there".to_owned(),
        _ => error.to_string(),
    }
}

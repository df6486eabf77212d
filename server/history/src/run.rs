//! Runs of the program: which version with which configuration wrote what.

use schema::UnixMs;

/// The number of a run in one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// A run of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number; that of the store.
    pub id: RunId,
    /// The version of the program.
    pub version: String,
    /// The hash of everything that changes a score.
    pub config_hash: String,
    /// What made it: `live`, or the kind of a backtest.
    pub kind: String,
    /// When it began.
    pub began: UnixMs,
    /// When it last wrote something; the end, where it ended.
    pub last_written: UnixMs,
    /// Whether it ended by itself. One that did not was killed after `last_written`.
    pub is_ended: bool,
}

/// A run that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The version of the program.
    pub version: String,
    /// The hash of everything that changes a score.
    pub config_hash: String,
    /// The configuration itself, JSON.
    pub config: String,
    /// What makes it.
    pub kind: String,
    /// When it begins.
    pub began: UnixMs,
}

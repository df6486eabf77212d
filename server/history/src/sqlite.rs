//! The store in one SQLite file.

mod open;
mod pack;
mod read;
mod write;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use schema::{Symbol, UnixMs};

use crate::{
    Maintained, NewRun, Outcome, Record, RecordQuery, Retention, Row, Run, RunId, State, Stats, Store, StoreError,
    Write,
};

/// A store in one SQLite file, written ahead (WAL): a batch that was written outlives the process, and power loss costs at most the
/// last few seconds.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    connection: Connection,
}

impl SqliteStore {
    /// The file it is in.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Store for SqliteStore {
    fn begin_run(&mut self, run: &NewRun) -> Result<RunId, StoreError> {
        write::begin_run(&mut self.connection, run)
    }

    fn write(&mut self, batch: &[Write]) -> Result<(), StoreError> {
        write::batch(&mut self.connection, batch)
    }

    fn runs(&mut self, limit: u32) -> Result<Vec<Run>, StoreError> {
        read::runs(&self.connection, limit)
    }

    fn minute(&mut self, venue: &str, at: UnixMs) -> Result<Option<Vec<(Symbol, Row)>>, StoreError> {
        read::minute(&self.connection, venue, at)
    }

    fn series(&mut self, venue: &str, symbol: Symbol, range: Range<UnixMs>) -> Result<Vec<(UnixMs, Row)>, StoreError> {
        read::series(&self.connection, venue, symbol, range)
    }

    fn records(&mut self, query: &RecordQuery) -> Result<Vec<Record>, StoreError> {
        read::records(&self.connection, query)
    }

    fn outcomes(&mut self, venue: &str, horizon_ms: i64, range: Range<UnixMs>) -> Result<Vec<Outcome>, StoreError> {
        read::outcomes(&self.connection, venue, horizon_ms, range)
    }

    fn state(&mut self, name: &str) -> Result<Option<State>, StoreError> {
        read::state(&self.connection, name)
    }

    fn maintain(&mut self, now: UnixMs, retention: Retention) -> Result<Maintained, StoreError> {
        pack::maintain(&mut self.connection, now, retention)
    }

    fn stats(&mut self) -> Result<Stats, StoreError> {
        read::stats(&self.connection)
    }
}

/// Turns what SQLite said into what happened, for a `map_err`.
fn failed(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full,
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            StoreError::Damaged(source.to_string())
        }
        _ => StoreError::Sqlite { doing, source },
    }
}

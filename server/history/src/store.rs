//! What a store does, whatever keeps it.

use std::ops::Range;

use schema::{Symbol, UnixMs};

use crate::{CodecError, Kind, NewRun, Outcome, Record, RecordQuery, Row, Run, RunId};

/// A store that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, or broke.
    #[error("{doing}")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: rusqlite::Error,
    },
    /// There is no room left on the disk.
    #[error("the disk is full")]
    Full,
    /// A later version of the program wrote it.
    #[error(
        "it has version {found}, this program knows versions up to {known}: install the later program again, or restore a backup"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// The latest one that is known.
        known: i64,
    },
    /// The file is no store, or damaged.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A minute or a day in it is damaged.
    #[error("a minute or a day in it is damaged")]
    Codec(#[from] CodecError),
    /// A file beside it cannot be handled.
    #[error("{doing}")]
    File {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// One minute of a venue.
#[derive(Debug, Clone, PartialEq)]
pub struct Minute {
    /// Which venue.
    pub venue: String,
    /// The end of the minute: that of the bars that closed with it.
    pub at: UnixMs,
    /// The run that measured it.
    pub run: RunId,
    /// Each instrument with its price increment and what is known of it.
    pub rows: Vec<(Symbol, f64, Row)>,
}

/// What is written. A batch is written as a whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A minute; one that is there already is replaced.
    Minute(Minute),
    /// A record; one with the same key is replaced.
    Record {
        /// Of which kind.
        kind: Kind,
        /// The record.
        record: Record,
    },
    /// An outcome; the same case is replaced.
    Outcome(Outcome),
    /// What a restart restores, by name.
    State {
        /// Its name.
        name: String,
        /// When it was so.
        at: UnixMs,
        /// What its owner makes of it.
        body: Vec<u8>,
    },
    /// A run goes on.
    Alive {
        /// Which one.
        run: RunId,
        /// Until when.
        at: UnixMs,
        /// Whether this is its end.
        is_end: bool,
    },
}

/// A kept state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// When it was so.
    pub at: UnixMs,
    /// What its owner makes of it.
    pub body: Vec<u8>,
}

/// How long minutes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days of single minutes; then every fifth is left.
    pub minutes_days: u32,
    /// Days after which nothing is left of a minute.
    pub five_minutes_days: u32,
    /// The most bytes that the whole may have; the oldest days go first.
    pub max_bytes: u64,
}

/// What maintenance did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Maintained {
    /// Hours that were packed instrument by instrument.
    pub packed_hours: u32,
    /// Days of which five minutes at a time were left.
    pub thinned_days: u32,
    /// Days that were deleted.
    pub deleted_days: u32,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// Its size in bytes.
    pub bytes: u64,
    /// Instruments that it knows.
    pub instruments: u64,
    /// Minutes that are not packed by day yet.
    pub minutes: u64,
    /// Days of an instrument.
    pub days: u64,
    /// The first and the last minute.
    pub span: Option<(UnixMs, UnixMs)>,
    /// Records by kind.
    pub records: Vec<(Kind, u64)>,
    /// Outcomes, and how many of them are known.
    pub outcomes: (u64, u64),
    /// Runs.
    pub runs: u64,
}

/// The store of what was measured. One writer at a time; readers beside it see whole batches.
pub trait Store: Send {
    /// Begins a run.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where it cannot be written.
    fn begin_run(&mut self, run: &NewRun) -> Result<RunId, StoreError>;

    /// Writes a batch, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where it cannot be written.
    fn write(&mut self, batch: &[Write]) -> Result<(), StoreError>;

    /// Runs, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] where it cannot be read; so for all that follow.
    fn runs(&mut self, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// All instruments of a venue in the minute that ended at a moment; none where it was not written.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn minute(&mut self, venue: &str, at: UnixMs) -> Result<Option<Vec<(Symbol, Row)>>, StoreError>;

    /// The minutes of one instrument that ended in a range, oldest first; what was not written is not among them.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn series(&mut self, venue: &str, symbol: Symbol, range: Range<UnixMs>) -> Result<Vec<(UnixMs, Row)>, StoreError>;

    /// Records, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn records(&mut self, query: &RecordQuery) -> Result<Vec<Record>, StoreError>;

    /// Outcomes of bars that closed in a range, oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn outcomes(&mut self, venue: &str, horizon_ms: i64, range: Range<UnixMs>) -> Result<Vec<Outcome>, StoreError>;

    /// A kept state.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn state(&mut self, name: &str) -> Result<Option<State>, StoreError>;

    /// Packs hours that ended, thins and deletes what is older than it is kept.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn maintain(&mut self, now: UnixMs, retention: Retention) -> Result<Maintained, StoreError>;

    /// What it holds.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn stats(&mut self) -> Result<Stats, StoreError>;
}

//! Opening a file: it is made, brought up to date, refused or moved aside.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction};
use schema::UnixMs;

use super::{SqliteStore, failed};
use crate::{Kind, StoreError};

/// The version of the layout, in `user_version`; 0 is an empty file.
const VERSION: i64 = 1;
/// Marks a file as one of ours: "Virt".
const APPLICATION: i64 = 0x5669_7274;
const LAYOUT: &str = include_str!("schema.sql");
/// How long a lock of another process is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl SqliteStore {
    /// Opens a file to write, and makes it where it is missing. An older layout is brought up to date, after a copy was put beside it.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it is of a later version, damaged, no store, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| StoreError::File { doing: "making its folder", source })?;
        }
        let mut connection = Connection::open(path).map_err(failed("opening it"))?;
        prepare(&connection)?;
        let version = version(&connection)?;
        if version > VERSION {
            return Err(StoreError::Newer { found: version, known: VERSION });
        }
        if version > 0 && version < VERSION {
            connection
                .backup("main", beside(path, &format!("version-{version}")), None::<fn(rusqlite::backup::Progress)>)
                .map_err(failed("copying it"))?;
        }
        if version < VERSION {
            let transaction = connection.transaction().map_err(failed("bringing it up to date"))?;
            migrate(&transaction, version)?;
            transaction.commit().map_err(failed("bringing it up to date"))?;
        }
        Ok(Self { path: path.to_owned(), connection })
    }

    /// Opens a file to read; others may write it meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: it is missing, damaged, no store, or of another version.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed("opening it"))?;
        connection.busy_timeout(PATIENCE).map_err(failed("opening it"))?;
        match version(&connection)? {
            VERSION => Ok(Self { path: path.to_owned(), connection }),
            found if found > VERSION => Err(StoreError::Newer { found, known: VERSION }),
            _ => Err(StoreError::Damaged("it is older than this program: let the writer open it first".to_owned())),
        }
    }

    /// Opens a file to write; one that is damaged is moved aside first, with what belongs to it, and a new one is made. Returns where it
    /// was moved to.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as by [`open`](Self::open), but for damage.
    pub fn open_or_replace(path: &Path, now: UnixMs) -> Result<(Self, Option<PathBuf>), StoreError> {
        match Self::open(path).and_then(Self::checked) {
            Err(StoreError::Damaged(problem)) => {
                let aside = beside(path, &format!("damaged-{}", now.0));
                tracing::error!(problem, moved_to = %aside.display(), "the history is damaged: it is moved aside, and a new one begins");
                let moved = |source| StoreError::File { doing: "moving it aside", source };
                fs::rename(path, &aside).map_err(moved)?;
                for of in ["-wal", "-shm"] {
                    let (from, to) = (suffixed(path, of), suffixed(&aside, of));
                    if from.exists() {
                        fs::rename(from, to).map_err(moved)?;
                    }
                }
                Ok((Self::open(path)?, Some(aside)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// Holds the file against itself, page by page; says what is wrong with it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`]
    pub fn checked(self) -> Result<Self, StoreError> {
        let found: String =
            self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed("checking it"))?;
        if found == "ok" { Ok(self) } else { Err(StoreError::Damaged(found)) }
    }

    /// Writes a copy as of now, checks it, and gives it its name; the store may be written meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; a copy that is not whole is removed.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let unfinished = suffixed(to, ".unfinished");
        let outcome = self.copy(&unfinished).and_then(|()| {
            fs::rename(&unfinished, to).map_err(|source| StoreError::File { doing: "naming the copy", source })
        });
        if outcome.is_err() && unfinished.exists() {
            fs::remove_file(&unfinished).map_err(|source| StoreError::File { doing: "removing the copy", source })?;
        }
        outcome
    }

    fn copy(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            fs::remove_file(to).map_err(|source| StoreError::File { doing: "removing an unfinished copy", source })?;
        }
        let target = to.to_string_lossy();
        self.connection.execute("VACUUM INTO ?1", [&*target]).map_err(failed("copying it"))?;
        let copy =
            Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed("checking the copy"))?;
        let found: String =
            copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed("checking the copy"))?;
        if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    let doing = "setting it up";
    connection.busy_timeout(PATIENCE).map_err(failed(doing))?;
    let empty: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed(doing))?;
    let application: i64 =
        connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed(doing))?;
    if empty > 0 && application != APPLICATION {
        return Err(StoreError::Damaged("it is a database of another program".to_owned()));
    }
    // What was committed outlives this process in any case; the disk is waited for at checkpoints alone.
    let settings = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -4096;";
    connection.execute_batch(settings).map_err(failed(doing))
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed("reading its version"))
}

/// Brings the layout from a version to the next, until it is the latest.
fn migrate(transaction: &Transaction<'_>, from: i64) -> Result<(), StoreError> {
    if from < 1 {
        transaction.execute_batch(LAYOUT).map_err(failed("making its tables"))?;
        for kind in Kind::ALL {
            let table = kind.table();
            let layout = format!(
                "CREATE TABLE {table} (
                    id INTEGER PRIMARY KEY,
                    venue TEXT NOT NULL,
                    key TEXT NOT NULL,
                    symbol TEXT,
                    begins INTEGER NOT NULL,
                    ends INTEGER,
                    run INTEGER NOT NULL REFERENCES run (id),
                    body BLOB NOT NULL,
                    UNIQUE (venue, key)
                );
                CREATE INDEX {table}_begins ON {table} (begins);"
            );
            transaction.execute_batch(&layout).map_err(failed("making its tables"))?;
        }
    }
    let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
    transaction.execute_batch(&marks).map_err(failed("marking its version"))
}

/// A file beside another, named after it.
fn beside(path: &Path, what: &str) -> PathBuf {
    suffixed(path, &format!(".{what}"))
}

fn suffixed(path: &Path, with: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(with);
    PathBuf::from(name)
}

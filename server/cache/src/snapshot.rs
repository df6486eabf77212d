//! The last readings on disk, so that a restart shows what was known, with its true age.
//!
//! A snapshot is a text file: one envelope per line, the very bytes that the shared tier would hold, under a key
//! without a namespace. It is written whole beside the old one and then put in its place, so a process that is killed
//! while it writes leaves the old file. It is read back through a [`Warmer`](crate::Warmer): it fills holes, says
//! `restored`, and makes nothing younger.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::future::{BoxFuture, FutureExt as _};
use schema::{Schema, UnixMs};

use crate::{
    cache::Cache,
    envelope::{self, Unreadable},
    key::Namespace,
    l1::Entry,
    replace::replace,
    warm::Filled,
};

/// What a snapshot could not do.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be written: the disk is full or read-only, or the folder belongs to somebody else.
    #[error("writing {}, which is left as it was", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("reading {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What became of one line of a snapshot.
#[derive(Debug)]
pub enum Restored {
    /// It was offered to the cache.
    Offered {
        /// The key it was stored under.
        key: String,
        /// The time of its newest input.
        as_of: UnixMs,
        /// What the cache did with it.
        filled: Filled,
    },
    /// It cannot be read, or is of a schema that is not restored here.
    Skipped {
        /// Its line in the file, from 1.
        line: usize,
        /// Why.
        why: Unreadable,
    },
}

/// Which schemas are kept and restored.
pub struct Snapshot {
    cache: Cache,
    kept: Vec<Box<dyn Kept>>,
}

trait Kept: Send + Sync {
    /// The values that this process holds, as lines.
    fn lines<'a>(&'a self, cache: &'a Cache) -> BoxFuture<'a, io::Result<Vec<Vec<u8>>>>;

    /// Offers a line to the cache; `None` where it is of another schema.
    fn restore<'a>(&'a self, cache: &'a Cache, line: &'a [u8]) -> BoxFuture<'a, Option<Result<Restored, Unreadable>>>;
}

struct Typed<T>(std::marker::PhantomData<fn() -> T>);

impl Snapshot {
    /// A snapshot of nothing yet.
    #[must_use]
    pub fn of(cache: &Cache) -> Self {
        Self { cache: cache.clone(), kept: Vec::new() }
    }

    /// Adds a schema, with all its values.
    #[must_use]
    pub fn with<T: Schema>(mut self) -> Self {
        self.kept.push(Box::new(Typed::<T>(std::marker::PhantomData)));
        self
    }

    /// Writes what this process holds, in place of the file that is there; gives the number of values.
    ///
    /// It writes to the disk on the calling thread.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Write`]; the old file is left as it was.
    pub async fn write(&self, path: &Path) -> Result<usize, SnapshotError> {
        let failed = |source| SnapshotError::Write { path: path.to_owned(), source };
        let mut lines = Vec::new();
        for kept in &self.kept {
            lines.extend(kept.lines(&self.cache).await.map_err(failed)?);
        }
        replace(path, &lines).map_err(failed)?;
        Ok(lines.len())
    }

    /// Offers what a file holds to the cache, line by line; a file that is not there holds nothing.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Read`]. A line that cannot be read is none: it is skipped and named.
    pub async fn restore(&self, path: &Path) -> Result<Vec<Restored>, SnapshotError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(SnapshotError::Read { path: path.to_owned(), source }),
        };
        let mut restored = Vec::new();
        for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
            restored.push(self.offer(place + 1, line).await);
        }
        Ok(restored)
    }

    async fn offer(&self, number: usize, line: &[u8]) -> Restored {
        for kept in &self.kept {
            match kept.restore(&self.cache, line).await {
                Some(Ok(restored)) => return restored,
                Some(Err(why)) => return Restored::Skipped { line: number, why },
                None => {}
            }
        }
        let why = match envelope::key(line) {
            Ok(found) => Unreadable::WrongKey { found },
            Err(why) => why,
        };
        Restored::Skipped { line: number, why }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("schemas", &self.kept.len()).finish_non_exhaustive()
    }
}

impl<T: Schema> Kept for Typed<T> {
    fn lines<'a>(&'a self, cache: &'a Cache) -> BoxFuture<'a, io::Result<Vec<Vec<u8>>>> {
        async move { cache.inner.store::<T>().all().iter().map(|(scope, entry)| line(scope, entry)).collect() }.boxed()
    }

    fn restore<'a>(&'a self, cache: &'a Cache, line: &'a [u8]) -> BoxFuture<'a, Option<Result<Restored, Unreadable>>> {
        async move {
            let key = envelope::key(line).ok()?;
            let scope = Namespace::default().scope::<T>(&key)?;
            let opened = match envelope::open_json::<T>(line, &key, false) {
                Ok(opened) => opened,
                Err(why) => return Some(Err(why)),
            };
            let as_of = opened.held.as_of;
            let Some(value) = std::sync::Arc::into_inner(opened.held.value) else { unreachable!("it was just made") };
            let filled = cache.warmer::<T>().fill(&scope, value, as_of).await;
            Some(Ok(Restored::Offered { key, as_of, filled }))
        }
        .boxed()
    }
}

fn line<T: Schema>(scope: &T::Scope, entry: &Entry<T>) -> io::Result<Vec<u8>> {
    let key = Namespace::default().key::<T>(scope);
    Ok(envelope::json(T::NAME, T::VERSION, &entry.held.header(), &key, &entry.encoded()?)?)
}

//! Everything an engine knows, as bytes: written after any input, read back into an engine that goes on as if nothing had been between.
//!
//! A head and a part for each contract follow on one another, so that neither writing nor reading needs room for more than one contract.
//! A checksum of everything up to there ends each part: no damaged byte is decoded. Scores of open bars and what a scorer keeps are left
//! out, for a new one gives the same.

use std::{
    io::{self, Read, Write},
    sync::{Arc, PoisonError},
};

use analysis::{idea::Book, signal::Thresholds};
use schema::{UnixMs, Venue};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use xxhash_rust::xxh3::Xxh3;

use super::{Engine, IdeaBook};
use crate::{Market, Window, lock};

/// The first bytes of a saved state.
const MAGIC: &[u8; 12] = b"vrt-engine-s";
/// The version of the format: raised whenever a type of what is saved changes, or what one of its values means.
const FORMAT: u32 = 1;
/// A part longer than this is none: one of a contract is some hundred kilobytes.
const LONGEST_PART: u32 = 64 * 1024 * 1024;

/// A saved state that an engine cannot go on from.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It cannot be read.
    #[error("reading the saved state")]
    Read(#[source] io::Error),
    /// It is something else.
    #[error("this is no saved state of an engine")]
    Foreign,
    /// Another version of the program saved it.
    #[error("the saved state has format {found}, this version of the program reads format {FORMAT}: start without it")]
    Version {
        /// Its format.
        found: u32,
    },
    /// It ends in its middle, or its bytes are not those that were written.
    #[error("the saved state is damaged: {what}")]
    Damaged {
        /// What is wrong, in plain words.
        what: String,
    },
    /// It is of another exchange.
    #[error("the saved state is of {found}, not of {expected}")]
    OtherVenue {
        /// Of which exchange it is.
        found: Venue,
        /// Of which it has to be.
        expected: Venue,
    },
}

/// What comes before the contracts.
#[derive(Serialize, Deserialize)]
struct Head<B> {
    venue: Venue,
    linear_symbols: u32,
    market_time: Option<UnixMs>,
    contracts: usize,
    ideas: B,
}

impl Engine {
    /// Writes everything that is known, between two inputs.
    ///
    /// # Errors
    ///
    /// What writing gives.
    pub fn save(&self, to: &mut impl Write) -> io::Result<()> {
        let mut to = Parts { to, sum: Xxh3::new(), part: Vec::new() };
        to.put(MAGIC)?;
        to.put(&FORMAT.to_le_bytes())?;
        let windows = self.market.windows();
        to.part(&Head {
            venue: self.market.venue(),
            linear_symbols: self.market.linear_symbols(),
            market_time: self.market_time,
            contracts: windows.len(),
            ideas: &*self.ideas.lock().unwrap_or_else(PoisonError::into_inner),
        })?;
        for window in windows.iter() {
            to.part(&*lock(window))?;
        }
        Ok(())
    }

    /// Reads what [`Engine::save`] wrote into an engine over a market and a book of ideas, whose contents it replaces. Directions follow
    /// the given thresholds, and ideas the rules and costs of the given book, from the next bar on.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] where the bytes cannot be used; then the market and the book are as they were.
    pub fn restore(
        from: &mut impl Read,
        market: Arc<Market>,
        thresholds: Thresholds,
        ideas: IdeaBook,
    ) -> Result<Self, RestoreError> {
        let mut from = Source { from, sum: Xxh3::new(), part: Vec::new() };
        let mut magic = [0; MAGIC.len()];
        from.take(&mut magic)?;
        if magic != *MAGIC {
            return Err(RestoreError::Foreign);
        }
        let found = from.number()?;
        if found != FORMAT {
            return Err(RestoreError::Version { found });
        }
        let head: Head<Book> = from.part("its head")?;
        if head.venue != market.venue() {
            return Err(RestoreError::OtherVenue { found: head.venue, expected: market.venue() });
        }
        let mut windows: Vec<Window> = Vec::new();
        for _ in 0..head.contracts {
            windows.push(from.part("a contract")?);
        }
        market.replace(head.linear_symbols, windows);
        {
            let mut given = ideas.lock().unwrap_or_else(PoisonError::into_inner);
            let mut book = head.ideas;
            book.adopt_rules(&given);
            *given = book;
        }
        Ok(Self { market_time: head.market_time, ..Self::new(market, thresholds, ideas) })
    }
}

/// Where parts are written to.
struct Parts<'w, W> {
    to: &'w mut W,
    sum: Xxh3,
    /// The part that is being written: room that is used again.
    part: Vec<u8>,
}

impl<W: Write> Parts<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.to.write_all(bytes)
    }

    fn part(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut part = std::mem::take(&mut self.part);
        part.clear();
        let part = postcard::to_extend(value, part).map_err(io::Error::other)?;
        let length = u32::try_from(part.len()).map_err(io::Error::other)?;
        self.put(&length.to_le_bytes())?;
        self.put(&part)?;
        self.part = part;
        let sum = self.sum.digest();
        self.put(&sum.to_le_bytes())
    }
}

/// Where parts are read from.
struct Source<'r, R> {
    from: &'r mut R,
    sum: Xxh3,
    part: Vec<u8>,
}

impl<R: Read> Source<'_, R> {
    fn take(&mut self, bytes: &mut [u8]) -> Result<(), RestoreError> {
        self.from.read_exact(bytes).map_err(cut)?;
        self.sum.update(bytes);
        Ok(())
    }

    fn number(&mut self) -> Result<u32, RestoreError> {
        let mut bytes = [0; size_of::<u32>()];
        self.take(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn part<T: DeserializeOwned>(&mut self, of: &str) -> Result<T, RestoreError> {
        let damaged = |why: &dyn std::fmt::Display| RestoreError::Damaged { what: format!("{of}: {why}") };
        let length = self.number()?;
        if length > LONGEST_PART {
            return Err(damaged(&"longer than any"));
        }
        self.part.clear();
        let read = self.from.take(length.into()).read_to_end(&mut self.part).map_err(cut)?;
        if read < length as usize {
            return Err(cut(io::ErrorKind::UnexpectedEof.into()));
        }
        self.sum.update(&self.part);
        let expected = self.sum.digest().to_le_bytes();
        let mut sum = [0; size_of::<u64>()];
        self.take(&mut sum)?;
        if sum != expected {
            return Err(damaged(&"its checksum is another"));
        }
        let (value, left) = postcard::take_from_bytes(&self.part).map_err(|error| damaged(&error))?;
        if left.is_empty() { Ok(value) } else { Err(damaged(&"more bytes than belong to it")) }
    }
}

fn cut(error: io::Error) -> RestoreError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => RestoreError::Damaged { what: "it ends in its middle".to_owned() },
        _ => RestoreError::Read(error),
    }
}

//! Files of recorded candles: comma-separated values, plain or packed with gzip.
//!
//! `docs/candle-files.md` lists what a file may look like. Whatever is not on that list is refused with the file, the
//! line and what is expected there: a candle that was guessed would be scored like a measured one.

mod columns;
mod error;
mod field;
mod length;
mod lines;
mod number;
mod reader;
mod time;

pub use error::CandleFileError;
#[cfg(test)]
pub(crate) use reader::read_text;
pub(crate) use reader::{CandleFile, read};
pub use time::moment;

/// A minute in milliseconds.
const MINUTE: i64 = 60_000;
/// A day in milliseconds.
const DAY: i64 = 1_440 * MINUTE;

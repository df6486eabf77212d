//! Reads documents of this program's ancestor and reports what became of each field.
//!
//! The ancestor wrote the market overview under several names for one figure, JSON inside of JSON, and placeholders for
//! what it did not know. [`read`] accepts old and new names alike. It never fills a gap: a field that the document lacks is
//! missing in the result and has a line in the report; a wrong type, or two names with different values, is an error that
//! names the fields.

mod document;
mod fields;
mod found;
mod overview;

use schema::{MarketOverview, UnixMs};
use serde::Serialize;

pub use self::overview::Needs;

/// A document that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not JSON.
    #[error("line {line}, column {column}: no JSON: {problem}")]
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It has none of the ancestor's fields.
    #[error(
        "no document of the ancestor: an object with fields such as total_symbols_monitored, btc_dom or recent_signals is expected, found {found}"
    )]
    Unknown {
        /// What is there instead.
        found: String,
    },
    /// A field has another type than expected.
    #[error("{field}: {expected} is expected, found {found}")]
    Type {
        /// Where it is, as a path.
        field: String,
        /// What is expected.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Two names of one figure have different values.
    #[error("{first} is {first_value} and {second} is {second_value}: both are {field}, one value is expected")]
    Conflict {
        /// The new name.
        field: &'static str,
        /// One name, with its path.
        first: String,
        /// Its value.
        first_value: String,
        /// The other name.
        second: String,
        /// Its value.
        second_value: String,
    },
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// Taken under the same name.
    Kept,
    /// Taken under its new name.
    Renamed,
    /// Another name of a figure that was taken already, with the same value.
    Repeated,
    /// Computed from other fields.
    Derived,
    /// The document does not have it.
    Missing,
    /// Nothing corresponds to it.
    Ignored,
    /// It was JSON inside of a JSON text, and was decoded again.
    EncodedTwice,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The name in the document, with its path; none where the document does not have it.
    pub old: Option<String>,
    /// The name in the new value; none where nothing corresponds.
    pub new: Option<&'static str>,
    /// What became of it.
    pub made: Made,
    /// The value, or a remark.
    pub value: String,
}

/// The score of a symbol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoredSymbol {
    /// The symbol as it is written there.
    pub symbol: String,
    /// Its score, 0 to 100; none where it is missing.
    pub score: Option<f64>,
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// The time of the document; none where it states none.
    pub as_of: Option<UnixMs>,
    /// The overview, or what it lacks: counts have no way to be missing.
    #[serde(skip)]
    pub overview: Result<MarketOverview, Needs>,
    /// The rows of the list. They are not written: the ancestor kept neither the price step nor the coverage of a row.
    pub signals: Vec<ScoredSymbol>,
    /// What became of each field.
    pub report: Vec<Line>,
}

/// Reads a document of the ancestor.
///
/// # Errors
///
/// [`ImportError`] names the line or the field.
pub fn read(text: &str) -> Result<Imported, ImportError> {
    let mut report = Vec::new();
    let found = document::find(text, &mut report)?;
    let taken = fields::take(&found, &mut report)?;
    let overview = overview::build(&taken, &mut report)?;
    Ok(Imported { as_of: taken.as_of, overview, signals: taken.signals, report })
}

#[cfg(test)]
mod tests;

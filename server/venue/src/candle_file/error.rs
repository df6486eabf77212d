//! Why a file of candles cannot be used.

use std::path::{Path, PathBuf};

/// A file of candles that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CandleFileError {
    /// The file cannot be opened.
    #[error("opening {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system reported.
        #[source]
        source: std::io::Error,
    },
    /// The disk failed, or a packed file is damaged or incomplete.
    #[error("reading {} after line {line}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The last complete line, 0 before the first.
        line: u64,
        /// What the system or the unpacking reported.
        #[source]
        source: std::io::Error,
    },
    /// A line is not what is expected there.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
}

impl CandleFileError {
    /// The error of a line.
    pub(super) fn line(path: &Path, line: u64, problem: impl Into<String>) -> Self {
        Self::Line { path: path.to_owned(), line, problem: problem.into() }
    }
}

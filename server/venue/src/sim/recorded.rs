//! Reads a folder of recorded candles; what a file may look like is in `table`.
//!
//! Files are `SYMBOL.csv`, `SYMBOL_5m.csv` or `SYMBOL-5m.csv`, each also with `.gz`; of several files of a contract the
//! one with the shortest candles is played.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schema::{Candle, Symbol};

use super::{
    candle::MINUTE,
    fixed::Step,
    replay::{Recording, Window},
    table::{Table, read_file},
};

/// A folder of recorded candles that cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The folder cannot be listed.
    #[error("listing {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing to play.
    #[error("{} holds no candles of USDT contracts (SYMBOL.csv or SYMBOL_5m.csv, also .gz)", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be opened.
    #[error("opening {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file breaks off or is not a table.
    #[error("reading {}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: csv::Error,
    },
    /// A line is not a candle.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no time that all recordings cover.
    #[error("the recordings in {} have no time in common", path.display())]
    NoOverlap {
        /// The folder.
        path: PathBuf,
    },
}

/// A recorded contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// The price step its prices need.
    pub(crate) tick: Step,
    /// The last price.
    pub(crate) price: f64,
    /// Turnover of an ordinary day.
    pub(crate) turnover: f64,
    /// Its candles.
    pub(crate) recording: Recording,
}

/// A contract's candles as they were recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCandles {
    /// Its symbol.
    pub symbol: Symbol,
    /// The length of a candle in ms.
    pub span_ms: i64,
    /// Oldest first; where the record has a gap, some are missing.
    pub candles: Vec<Candle>,
}

/// Reads the recordings in a folder as they are, by symbol. Times without a zone count as UTC.
///
/// # Errors
///
/// [`RecordingError`] when the folder or a file in it cannot be read, or holds nothing to read.
pub fn recorded_candles(folder: &Path) -> Result<Vec<RecordedCandles>, RecordingError> {
    let all = finest(folder)?;
    Ok(all
        .iter()
        .map(|table| RecordedCandles { symbol: table.symbol(), span_ms: table.span(), candles: table.candles() })
        .collect())
}

/// Reads the recordings in a folder to be played, the most traded contract first, BTCUSDT and ETHUSDT before all others.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<Recorded>, RecordingError> {
    let mut all: Vec<Recorded> = finest(folder)?.iter().filter_map(Table::recorded).collect();
    let leads = |recorded: &Recorded| match recorded.symbol.as_str() {
        "BTCUSDT" => 0,
        "ETHUSDT" => 1,
        _ => 2,
    };
    all.sort_by(|a, b| leads(a).cmp(&leads(b)).then(b.turnover.total_cmp(&a.turnover)));
    Ok(all)
}

/// The recording of each contract in a folder that has the shortest candles, by symbol; at least one.
fn finest(folder: &Path) -> Result<Vec<Table>, RecordingError> {
    let failed = |source| RecordingError::Folder { path: folder.to_owned(), source };
    let mut files: Vec<(Symbol, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(symbol) = path.file_name().and_then(|name| symbol_of(name.to_str()?)) {
            files.push((symbol, path));
        }
    }
    // The order of a folder is the system's; the market must not depend on it.
    files.sort();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(workers).max(1);
    let read: Vec<Result<Vec<Table>, RecordingError>> = std::thread::scope(|scope| {
        let running: Vec<_> = files
            .chunks(share)
            .map(|chunk| {
                scope.spawn(|| chunk.iter().filter_map(|(symbol, path)| read_file(*symbol, path).transpose()).collect())
            })
            .collect();
        running
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut finest: BTreeMap<Symbol, Table> = BTreeMap::new();
    for table in read.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        if finest.get(&table.symbol()).is_none_or(|held| table.span() < held.span()) {
            finest.insert(table.symbol(), table);
        }
    }
    let all: Vec<Table> = finest.into_values().collect();
    if all.is_empty() { Err(RecordingError::Empty { path: folder.to_owned() }) } else { Ok(all) }
}

/// Where the market stands in the recordings at `start`: after two thirds of what they have in common, so that most
/// of it is history and the rest is played.
pub(crate) fn place(folder: &Path, recorded: &[Recorded], start: i64) -> Result<Window, RecordingError> {
    let rows = || recorded.iter().map(|one| &one.recording);
    let begin = rows().filter_map(|one| one.rows.first()).map(|row| row.start).max();
    let end = rows().filter_map(|one| Some(one.rows.last()?.start + one.span)).min();
    let unit = rows().map(|one| one.span).max().unwrap_or(MINUTE).max(5 * MINUTE);
    match (begin, end) {
        (Some(begin), Some(end)) if end - begin >= 3 * unit => {
            let target = begin + (end - begin) * 2 / 3;
            Ok(Window { start: begin, end, shift: (start - target).div_euclid(unit) * unit })
        }
        _ => Err(RecordingError::NoOverlap { path: folder.to_owned() }),
    }
}

/// The USDT contract that a file is named after.
fn symbol_of(name: &str) -> Option<Symbol> {
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".csv")?;
    let symbol = Symbol::unescape(stem.split(['_', '-']).next()?).ok()?;
    let base = symbol.as_str().strip_suffix("USDT")?;
    (!base.is_empty()).then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_the_part_of_the_name_before_the_timeframe() {
        let name = |text| symbol_of(text).map(|symbol| symbol.as_str().to_owned());
        assert_eq!(name("AVAXUSDT_5m.csv.gz").as_deref(), Some("AVAXUSDT"));
        assert_eq!(name("AAVEUSDT-5m.csv").as_deref(), Some("AAVEUSDT"));
        assert_eq!(name("1000000BOBUSDT.csv.gz").as_deref(), Some("1000000BOBUSDT"));
        assert_eq!(name("币安人生USDT.csv").as_deref(), Some("币安人生USDT"));
        assert_eq!(name("A%20B%2DUSDT_5m.csv").as_deref(), Some("A B-USDT"));
        for text in ["PROVENANCE.md", "BTCUSD.csv", "USDT.csv", "x.feather"] {
            assert_eq!(symbol_of(text), None, "{text}");
        }
    }
}

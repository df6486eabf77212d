//! Reads a folder of recorded candles, or a single file; what a file may look like is in `candle_file`.
//!
//! Files are `SYMBOL.csv`, `SYMBOL_5m.csv` or `SYMBOL-5m.csv`, each also with `.gz`; of several files of a contract the
//! one with the shortest candles is played.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schema::Symbol;

use super::{
    candle::{DAY, MINUTE},
    replay::Window,
    table::{Recorded, playable},
};
use crate::{
    Kline,
    candle_file::{self, CandleFile, CandleFileError},
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
    #[error("{} holds no candles of USDT contracts (SYMBOL.csv or SYMBOL_5m.csv, also .gz){ignored}", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// Which files were left out and why, in words that follow; may be empty.
        ignored: String,
    },
    /// A file of candles cannot be read.
    #[error(transparent)]
    File(#[from] CandleFileError),
    /// A file can be read and cannot be played.
    #[error("{}, line {line}: {problem}", path.display())]
    Unplayable {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// Why not.
        problem: String,
    },
    /// There is no time that all recordings cover.
    #[error("the recordings in {} have no time in common", path.display())]
    NoOverlap {
        /// The folder.
        path: PathBuf,
    },
}

/// A contract's candles as they were recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCandles {
    /// Its symbol.
    pub symbol: Symbol,
    /// The length of a candle in ms.
    pub span_ms: i64,
    /// With what takers bought, where the file says so. Oldest first; where the record has a gap, some are missing.
    pub candles: Vec<Kline>,
    /// How many lines repeated an earlier one and were left out.
    pub repeated: usize,
    /// How many candles are missing between the first and the last.
    pub missing: i64,
}

/// Reads the recordings in a folder, or of one file, as they are, by symbol. Times without a zone count as UTC.
///
/// # Errors
///
/// [`RecordingError`] when the folder or a file in it cannot be read, or holds nothing to read.
pub fn recorded_candles(folder: &Path) -> Result<Vec<RecordedCandles>, RecordingError> {
    let all = finest(folder)?;
    Ok(all
        .into_iter()
        .map(|Table { symbol, file, .. }| RecordedCandles {
            symbol,
            span_ms: file.span,
            candles: file.klines().copied().collect(),
            repeated: file.repeated,
            missing: file.missing,
        })
        .collect())
}

/// Reads the recordings in a folder to be played, the most traded contract first, BTCUSDT and ETHUSDT before all others.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<Recorded>, RecordingError> {
    let mut all = Vec::new();
    for Table { symbol, path, file } in finest(folder)? {
        if file.repeated > 0 || file.missing > 0 {
            let (path, repeated, missing) = (path.display(), file.repeated, file.missing);
            tracing::warn!(%path, repeated, missing, "recorded candles repeat or are missing");
        }
        let recorded = playable(symbol, &file);
        all.push(recorded.map_err(|(line, problem)| RecordingError::Unplayable { path, line, problem })?);
    }
    let leads = |recorded: &Recorded| match recorded.symbol.as_str() {
        "BTCUSDT" => 0,
        "ETHUSDT" => 1,
        _ => 2,
    };
    all.sort_by(|a, b| leads(a).cmp(&leads(b)).then(b.turnover.total_cmp(&a.turnover)));
    Ok(all)
}

/// The file of a contract.
struct Table {
    symbol: Symbol,
    path: PathBuf,
    file: CandleFile,
}

/// The recording of each contract in a folder that has the shortest candles, by symbol; at least one. Candles of more than a
/// day are left out.
fn finest(folder: &Path) -> Result<Vec<Table>, RecordingError> {
    let (files, mut ignored) = files(folder)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(workers).max(1);
    let read_all = |chunk: &[(Symbol, PathBuf)]| -> Result<Vec<Table>, CandleFileError> {
        let read = |(symbol, path): &(Symbol, PathBuf)| {
            Ok(Table { symbol: *symbol, path: path.clone(), file: candle_file::read(path)? })
        };
        chunk.iter().map(read).collect()
    };
    let read: Vec<Result<Vec<Table>, CandleFileError>> = std::thread::scope(|scope| {
        let running: Vec<_> = files.chunks(share).map(|chunk| scope.spawn(|| read_all(chunk))).collect();
        running
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut finest: BTreeMap<Symbol, Table> = BTreeMap::new();
    for table in read.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        if table.file.span > DAY {
            ignored.push(format!("{} has candles of more than a day", table.path.display()));
        } else if finest.get(&table.symbol).is_none_or(|held| table.file.span < held.file.span) {
            finest.insert(table.symbol, table);
        }
    }
    if finest.is_empty() {
        const MOST: usize = 3;
        let more = if ignored.len() > MOST { " and more" } else { "" };
        let some: Vec<String> = ignored.into_iter().take(MOST).collect();
        let ignored = if some.is_empty() { String::new() } else { format!("; left out: {}{more}", some.join(", ")) };
        return Err(RecordingError::Empty { path: folder.to_owned(), ignored });
    }
    Ok(finest.into_values().collect())
}

/// The files of contracts, and the names of other files.
type Files = (Vec<(Symbol, PathBuf)>, Vec<String>);

/// The files of contracts in a folder, and the names of the others; a file is taken for a folder with that file alone.
fn files(folder: &Path) -> Result<Files, RecordingError> {
    let failed = |source| RecordingError::Folder { path: folder.to_owned(), source };
    let (mut files, mut others) = (Vec::new(), Vec::new());
    let mut add = |path: PathBuf| match path.file_name().and_then(|name| symbol_of(name.to_str()?)) {
        Some(symbol) => files.push((symbol, path)),
        None => others.extend(path.file_name().map(|name| name.to_string_lossy().escape_debug().to_string())),
    };
    if folder.is_file() {
        add(folder.to_owned());
    } else {
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            add(entry.map_err(failed)?.path());
        }
    }
    // The order of a folder is the system's; the market must not depend on it.
    files.sort();
    others.sort();
    Ok((files, others))
}

/// The place of the market in the recordings at `start`: after two thirds of what they have in common, so that most
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

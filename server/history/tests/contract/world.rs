//! A store and what is written into it.

use history::{Column, Minute, NewRun, Retention, Row, RunId, SqliteStore, Store, Write};
use schema::{Symbol, UnixMs};
use tempfile::TempDir;

pub(crate) const VENUE: &str = "bybit";
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
/// Midnight UTC.
pub(crate) const BEGIN: i64 = 20_700 * DAY_MS;
pub(crate) const KEEP: Retention = Retention { minutes_days: 90, five_minutes_days: 400, max_bytes: u64::MAX };

/// A store of its own, with a run.
pub(crate) struct World {
    pub(crate) store: SqliteStore,
    pub(crate) run: RunId,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&folder.path().join("history.sqlite")).unwrap();
        let run = store.begin_run(&new_run()).unwrap();
        Self { store, run, folder }
    }

    /// Writes minutes of some symbols, each with figures of its own.
    pub(crate) fn minutes(&mut self, symbols: &[&str], minutes: std::ops::Range<i64>) {
        for n in minutes {
            let minute = minute(self.run, symbols, n);
            self.store.write(&[Write::Minute(minute)]).unwrap();
        }
    }
}

pub(crate) fn new_run() -> NewRun {
    NewRun {
        version: "1.0.0".to_owned(),
        config_hash: "abc".to_owned(),
        config: "{}".to_owned(),
        kind: "live".to_owned(),
        began: UnixMs(BEGIN),
    }
}

pub(crate) fn symbol(name: &str) -> Symbol {
    Symbol::new(name).unwrap()
}

/// The end of the nth minute.
pub(crate) const fn end(n: i64) -> UnixMs {
    UnixMs(BEGIN + (n + 1) * MINUTE_MS)
}

/// What is known of a symbol in the nth minute; every seventh has no score.
pub(crate) fn row(name: &str, n: i64) -> Row {
    let own = name.len() as f64;
    let wave = (n as f64 / 30.0).sin();
    Row::EMPTY
        .with(Column::Score, (n % 7 != 3).then_some(50.0 + 20.0 * wave))
        .with(Column::Price, Some(100.0 * own + (n % 50) as f64 * 0.5))
        .with(Column::TakerDelta, Some(wave * 1e5))
        .with(Column::OpenInterest, Some(1e8 + n as f64 * 1e4))
        .with(Column::MinuteCoverage, Some(1.0))
}

pub(crate) fn minute(run: RunId, symbols: &[&str], n: i64) -> Minute {
    let rows = symbols.iter().map(|name| (symbol(name), 0.5, row(name, n))).collect();
    Minute { venue: VENUE.to_owned(), at: end(n), run, rows }
}

/// Whether two rows are the same within the steps of their columns.
pub(crate) fn close(a: &Row, b: &Row) -> bool {
    Column::ALL.into_iter().all(|column| {
        let units = |row: &Row| row.get(column).and_then(|figure| column.scale().units(figure, 0.5));
        units(a) == units(b)
    })
}

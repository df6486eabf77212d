//! Writing.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use schema::Symbol;

use super::failed;
use crate::{InstrumentId, Minute, NewRun, Outcome, RunId, StoreError, Write, encode_minute};

pub(super) fn begin_run(connection: &mut Connection, run: &NewRun) -> Result<RunId, StoreError> {
    let doing = "beginning a run";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed(doing))?;
    transaction
        .execute("INSERT OR IGNORE INTO config (hash, body) VALUES (?1, ?2)", params![run.config_hash, run.config])
        .map_err(failed(doing))?;
    let insert = "INSERT INTO run (version, config_hash, kind, began, last_written) VALUES (?1, ?2, ?3, ?4, ?4)";
    transaction.execute(insert, params![run.version, run.config_hash, run.kind, run.began.0]).map_err(failed(doing))?;
    let id = RunId(transaction.last_insert_rowid());
    transaction.commit().map_err(failed(doing))?;
    Ok(id)
}

pub(super) fn batch(connection: &mut Connection, batch: &[Write]) -> Result<(), StoreError> {
    let doing = "writing";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed(doing))?;
    for write in batch {
        one(&transaction, write)?;
    }
    transaction.commit().map_err(failed(doing))
}

fn one(transaction: &Transaction<'_>, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Minute(minute) => self::minute(transaction, minute),
        Write::Outcome(outcome) => self::outcome(transaction, outcome),
        Write::Record { kind, record } => {
            let sql = format!(
                "INSERT OR REPLACE INTO {} (venue, key, symbol, begins, ends, run, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                kind.table()
            );
            let symbol = record.symbol.as_ref().map(Symbol::as_str);
            let ends = record.ends.map(|ends| ends.0);
            let mut insert = transaction.prepare_cached(&sql).map_err(failed("writing a record"))?;
            let values = params![record.venue, record.key, symbol, record.begins.0, ends, record.run.0, record.body];
            insert.execute(values).map(drop).map_err(failed("writing a record"))
        }
        Write::State { name, at, body } => transaction
            .execute("INSERT OR REPLACE INTO state (name, at, body) VALUES (?1, ?2, ?3)", params![name, at.0, body])
            .map(drop)
            .map_err(failed("writing the state")),
        Write::Alive { run, at, is_end } => transaction
            .execute(
                "UPDATE run SET last_written = max(last_written, ?2), is_ended = ?3 WHERE id = ?1",
                params![run.0, at.0, is_end],
            )
            .map(drop)
            .map_err(failed("writing how far a run is")),
    }
}

fn minute(transaction: &Transaction<'_>, minute: &Minute) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(minute.rows.len());
    for (symbol, tick, row) in &minute.rows {
        rows.push((instrument(transaction, &minute.venue, symbol, *tick)?, *tick, *row));
    }
    rows.sort_by_key(|(id, ..)| *id);
    rows.dedup_by_key(|(id, ..)| *id);
    let insert = "INSERT OR REPLACE INTO minute (venue, at, run, body) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = transaction.prepare_cached(insert).map_err(failed("writing a minute"))?;
    insert
        .execute(params![minute.venue, minute.at.0, minute.run.0, encode_minute(&rows)])
        .map(drop)
        .map_err(failed("writing a minute"))
}

/// The number of an instrument; one that is new gets the next.
fn instrument(
    transaction: &Transaction<'_>,
    venue: &str,
    symbol: &Symbol,
    tick: f64,
) -> Result<InstrumentId, StoreError> {
    let doing = "numbering an instrument";
    let find = "SELECT id FROM instrument WHERE venue = ?1 AND symbol = ?2 AND tick = ?3";
    let mut find = transaction.prepare_cached(find).map_err(failed(doing))?;
    let found = find.query_row(params![venue, symbol.as_str(), tick], |row| row.get(0)).optional();
    if let Some(id) = found.map_err(failed(doing))? {
        return Ok(InstrumentId(id));
    }
    let insert = "INSERT INTO instrument (venue, symbol, tick) VALUES (?1, ?2, ?3) RETURNING id";
    let mut insert = transaction.prepare_cached(insert).map_err(failed(doing))?;
    let id = insert.query_row(params![venue, symbol.as_str(), tick], |row| row.get(0));
    id.map(InstrumentId).map_err(failed(doing))
}

fn outcome(transaction: &Transaction<'_>, outcome: &Outcome) -> Result<(), StoreError> {
    let insert = "INSERT OR REPLACE INTO outcome
        (venue, horizon_ms, bar_closed_at, symbol, score, excess, gross, highest, lowest, why, run)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let mut insert = transaction.prepare_cached(insert).map_err(failed("writing an outcome"))?;
    let (highest, lowest) = outcome.extremes.unzip();
    let values = params![
        outcome.venue,
        outcome.horizon_ms,
        outcome.bar_closed_at.0,
        outcome.symbol.as_str(),
        outcome.score,
        outcome.excess,
        outcome.gross,
        highest,
        lowest,
        outcome.why,
        outcome.run.0
    ];
    insert.execute(values).map(drop).map_err(failed("writing an outcome"))
}

//! Reading.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use rusqlite::{Connection, OptionalExtension as _, params};
use schema::{Symbol, UnixMs};

use super::failed;
use crate::{
    Day, InstrumentId, Kind, Outcome, Record, RecordQuery, Row, Run, RunId, State, Stats, StoreError, decode_minute,
};

/// A minute in milliseconds.
pub(super) const MINUTE_MS: i64 = 60_000;
/// A UTC day in milliseconds.
pub(super) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The day in which a minute begins that ends at a moment, and the place of the minute in it.
pub(super) fn place(at: UnixMs) -> (i64, usize) {
    let start = at.0 - MINUTE_MS;
    (start.div_euclid(DAY_MS), usize::try_from(start.rem_euclid(DAY_MS) / MINUTE_MS).unwrap_or_default())
}

pub(super) fn runs(connection: &Connection, limit: u32) -> Result<Vec<Run>, StoreError> {
    let sql = "SELECT id, version, config_hash, kind, began, last_written, is_ended FROM run ORDER BY id DESC LIMIT ?1";
    let run = |row: &rusqlite::Row<'_>| {
        Ok(Run {
            id: RunId(row.get(0)?),
            version: row.get(1)?,
            config_hash: row.get(2)?,
            kind: row.get(3)?,
            began: UnixMs(row.get(4)?),
            last_written: UnixMs(row.get(5)?),
            is_ended: row.get(6)?,
        })
    };
    all(connection, sql, [limit], "reading runs", run)
}

/// The instruments of a venue by their numbers.
pub(super) fn instruments(
    connection: &Connection,
    venue: &str,
) -> Result<HashMap<InstrumentId, (String, f64)>, StoreError> {
    let sql = "SELECT id, symbol, tick FROM instrument WHERE venue = ?1";
    let instrument = |row: &rusqlite::Row<'_>| Ok((InstrumentId(row.get(0)?), (row.get(1)?, row.get(2)?)));
    Ok(all(connection, sql, [venue], "reading instruments", instrument)?.into_iter().collect())
}

fn symbol(text: &str) -> Result<Symbol, StoreError> {
    Symbol::new(text).map_err(|_| StoreError::Damaged(format!("{text:?} is no symbol")))
}

pub(super) fn minute(
    connection: &Connection,
    venue: &str,
    at: UnixMs,
) -> Result<Option<Vec<(Symbol, Row)>>, StoreError> {
    let instruments = instruments(connection, venue)?;
    let named = |(id, row): (InstrumentId, Row)| {
        let (name, _) = instruments.get(&id).ok_or_else(|| StoreError::Damaged("an unknown instrument".to_owned()))?;
        Ok((symbol(name)?, row))
    };
    let find = "SELECT body FROM minute WHERE venue = ?1 AND at = ?2";
    let body: Option<Vec<u8>> = connection
        .query_row(find, params![venue, at.0], |row| row.get(0))
        .optional()
        .map_err(failed("reading a minute"))?;
    if let Some(body) = body {
        let rows = decode_minute(&body, |id| instruments.get(&id).map(|(_, tick)| *tick))?;
        return rows.into_iter().map(named).collect::<Result<_, _>>().map(Some);
    }
    let (day, place) = place(at);
    let find = "SELECT instrument, body FROM day WHERE venue = ?1 AND day = ?2 ORDER BY instrument";
    let body = |row: &rusqlite::Row<'_>| Ok((InstrumentId(row.get(0)?), row.get::<_, Vec<u8>>(1)?));
    let mut found = Vec::new();
    for (id, body) in all(connection, find, params![venue, day], "reading a day", body)? {
        let Some((_, tick)) = instruments.get(&id) else { continue };
        let day = Day::read(&body, *tick)?;
        let begins = place - place % day.step().minutes();
        found.extend(day.rows(begins..begins + 1)?.into_iter().map(|(_, row)| (id, row)));
    }
    if found.is_empty() {
        return Ok(None);
    }
    found.into_iter().map(named).collect::<Result<_, _>>().map(Some)
}

pub(super) fn series(
    connection: &Connection,
    venue: &str,
    symbol: Symbol,
    range: Range<UnixMs>,
) -> Result<Vec<(UnixMs, Row)>, StoreError> {
    let instruments = instruments(connection, venue)?;
    let ours: HashMap<InstrumentId, f64> = instruments
        .into_iter()
        .filter(|(_, (name, _))| name == symbol.as_str())
        .map(|(id, (_, tick))| (id, tick))
        .collect();
    let (first, _) = place(range.start);
    let (last, _) = place(range.end);
    let mut found = BTreeMap::new();
    for (id, tick) in &ours {
        let find = "SELECT day, body FROM day WHERE instrument = ?1 AND day BETWEEN ?2 AND ?3";
        let body = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?));
        for (day, body) in all(connection, find, params![id.0, first, last], "reading days", body)? {
            let packed = Day::read(&body, *tick)?;
            let step = packed.step().minutes() as i64;
            let end = |minute: usize| UnixMs(day * DAY_MS + (minute as i64 + step) * MINUTE_MS);
            found.extend(packed.rows(minutes_of(day, &range))?.into_iter().map(|(minute, row)| (end(minute), row)));
        }
    }
    let find = "SELECT at, body FROM minute WHERE venue = ?1 AND at >= ?2 AND at < ?3";
    let body = |row: &rusqlite::Row<'_>| Ok((UnixMs(row.get(0)?), row.get::<_, Vec<u8>>(1)?));
    // After the days: a minute that is not packed yet is newer than what a packed hour has of it.
    for (at, body) in all(connection, find, params![venue, range.start.0, range.end.0], "reading minutes", body)? {
        let rows = decode_minute(&body, |id| ours.get(&id).copied())?;
        found.extend(rows.into_iter().map(|(_, row)| (at, row)));
    }
    Ok(found.into_iter().filter(|(at, _)| range.contains(at)).collect())
}

/// The minutes of a day that may end in a range.
fn minutes_of(day: i64, range: &Range<UnixMs>) -> Range<usize> {
    let minute = |at: UnixMs| usize::try_from((at.0 - MINUTE_MS - day * DAY_MS).div_euclid(MINUTE_MS).clamp(0, 1_440));
    // A step of five minutes ends up to four minutes after it began to count.
    minute(range.start).unwrap_or_default().saturating_sub(4)..minute(range.end).unwrap_or_default() + 1
}

pub(super) fn records(connection: &Connection, query: &RecordQuery) -> Result<Vec<Record>, StoreError> {
    let sql = format!(
        "SELECT venue, key, symbol, begins, ends, run, body FROM {}
         WHERE begins >= ?1 AND begins < ?2
           AND (?3 IS NULL OR venue = ?3) AND (?4 IS NULL OR symbol = ?4) AND (?5 IS NULL OR (ends IS NULL) = ?5)
         ORDER BY begins DESC, id DESC LIMIT ?6",
        query.kind.table()
    );
    let symbol_text = query.symbol.as_ref().map(Symbol::as_str);
    let values = params![query.from.0, query.before.0, query.venue, symbol_text, query.is_open, query.limit];
    let record = |row: &rusqlite::Row<'_>| {
        let name: Option<String> = row.get(2)?;
        let record = Record {
            venue: row.get(0)?,
            key: row.get(1)?,
            symbol: None,
            begins: UnixMs(row.get(3)?),
            ends: row.get::<_, Option<i64>>(4)?.map(UnixMs),
            run: RunId(row.get(5)?),
            body: row.get(6)?,
        };
        Ok((record, name))
    };
    let found = all(connection, &sql, values, "reading records", record)?;
    let named = |(record, name): (Record, Option<String>)| {
        Ok(Record { symbol: name.as_deref().map(symbol).transpose()?, ..record })
    };
    found.into_iter().map(named).collect()
}

pub(super) fn outcomes(
    connection: &Connection,
    venue: &str,
    horizon_ms: i64,
    range: Range<UnixMs>,
) -> Result<Vec<Outcome>, StoreError> {
    let sql = "SELECT bar_closed_at, symbol, score, excess, gross, highest, lowest, why, run FROM outcome
        WHERE venue = ?1 AND horizon_ms = ?2 AND bar_closed_at >= ?3 AND bar_closed_at < ?4 ORDER BY bar_closed_at, symbol";
    let outcome = |row: &rusqlite::Row<'_>| {
        Ok((
            UnixMs(row.get(0)?),
            row.get::<_, String>(1)?,
            row.get::<_, f64>(2)?,
            [row.get::<_, Option<f64>>(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
            row.get::<_, Option<String>>(7)?,
            RunId(row.get(8)?),
        ))
    };
    let found =
        all(connection, sql, params![venue, horizon_ms, range.start.0, range.end.0], "reading outcomes", outcome)?;
    let made =
        |(bar_closed_at, name, score, [excess, gross, highest, lowest], why, run): (_, String, _, [_; 4], _, _)| {
            let (venue, symbol) = (venue.to_owned(), symbol(&name)?);
            let extremes = Option::zip(highest, lowest);
            Ok(Outcome { venue, symbol, bar_closed_at, horizon_ms, score, excess, gross, extremes, why, run })
        };
    found.into_iter().map(made).collect()
}

pub(super) fn state(connection: &Connection, name: &str) -> Result<Option<State>, StoreError> {
    let state = |row: &rusqlite::Row<'_>| Ok(State { at: UnixMs(row.get(0)?), body: row.get(1)? });
    let find = "SELECT at, body FROM state WHERE name = ?1";
    connection.query_row(find, [name], state).optional().map_err(failed("reading the state"))
}

pub(super) fn stats(connection: &Connection) -> Result<Stats, StoreError> {
    let doing = "counting";
    let count = |sql: &str| -> Result<u64, StoreError> {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(failed(doing))?;
        Ok(count.unsigned_abs())
    };
    let mut records = Vec::new();
    for kind in Kind::ALL {
        records.push((kind, count(&format!("SELECT count(*) FROM {}", kind.table()))?));
    }
    let ends = "SELECT min(at), max(at) FROM minute";
    let minutes: (Option<i64>, Option<i64>) =
        connection.query_row(ends, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed(doing))?;
    let days: (Option<i64>, Option<i64>) = connection
        .query_row("SELECT min(day), max(day) FROM day", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed(doing))?;
    // Of packed days the hours are known to the day.
    let first = [minutes.0, days.0.map(|day| day * DAY_MS)].into_iter().flatten().min();
    let last = [minutes.1, days.1.map(|day| (day + 1) * DAY_MS)].into_iter().flatten().max();
    Ok(Stats {
        bytes: bytes(connection)?,
        instruments: count("SELECT count(*) FROM instrument")?,
        minutes: count("SELECT count(*) FROM minute")?,
        days: count("SELECT count(*) FROM day")?,
        span: first.zip(last).map(|(first, last)| (UnixMs(first), UnixMs(last))),
        records,
        outcomes: (
            count("SELECT count(*) FROM outcome")?,
            count("SELECT count(*) FROM outcome WHERE excess IS NOT NULL")?,
        ),
        runs: count("SELECT count(*) FROM run")?,
    })
}

/// What the file holds, without the room that was freed in it.
pub(super) fn bytes(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT (page_count - freelist_count) * page_size
        FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()";
    let bytes: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(failed("measuring it"))?;
    Ok(bytes.unsigned_abs())
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    doing: &'static str,
    make: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut query = connection.prepare_cached(sql).map_err(failed(doing))?;
    let rows = query.query_map(values, make).map_err(failed(doing))?;
    rows.collect::<rusqlite::Result<_>>().map_err(failed(doing))
}

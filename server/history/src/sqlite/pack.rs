//! Keeping it small: hours are packed by instrument, old days thinned and deleted.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use schema::UnixMs;

use super::{
    failed,
    read::{self, DAY_MS, MINUTE_MS, place},
};
use crate::{Day, InstrumentId, MINUTES_OF_HOUR, Maintained, Retention, Row, Step, StoreError, decode_minute};

const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long after its end an hour is packed: its last minute is written by then.
const PACKED_AFTER_MS: i64 = 5 * MINUTE_MS;

pub(super) fn maintain(
    connection: &mut Connection,
    now: UnixMs,
    retention: Retention,
) -> Result<Maintained, StoreError> {
    let mut done = Maintained::default();
    while let Some((venue, hour)) = next_hour(connection, now)? {
        within(connection, "packing an hour", |transaction| pack(transaction, &venue, hour))?;
        done.packed_hours += 1;
    }
    let today = now.0.div_euclid(DAY_MS);
    while let Some((venue, day)) = next_fine_day(connection, today - i64::from(retention.minutes_days))? {
        within(connection, "thinning a day", |transaction| thin(transaction, &venue, day))?;
        done.thinned_days += 1;
    }
    let oldest = today - i64::from(retention.five_minutes_days);
    while let Some(day) = first_day(connection)? {
        let is_too_much = read::bytes(connection)? > retention.max_bytes && day < today;
        if day >= oldest && !is_too_much {
            break;
        }
        within(connection, "deleting a day", |transaction| {
            transaction.execute("DELETE FROM day WHERE day = ?1", [day]).map(drop).map_err(failed("deleting a day"))
        })?;
        done.deleted_days += 1;
    }
    if done != Maintained::default() {
        // A run of this statement frees a page a row.
        let mut free = connection.prepare("PRAGMA incremental_vacuum").map_err(failed("freeing room"))?;
        let mut pages = free.query([]).map_err(failed("freeing room"))?;
        while pages.next().map_err(failed("freeing room"))?.is_some() {}
    }
    Ok(done)
}

fn within(
    connection: &mut Connection,
    doing: &'static str,
    work: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed(doing))?;
    work(&transaction)?;
    transaction.commit().map_err(failed(doing))
}

/// The first hour that has minutes of their own and has ended.
fn next_hour(connection: &Connection, now: UnixMs) -> Result<Option<(String, i64)>, StoreError> {
    let sql = "SELECT venue, (at - ?2) / ?1 FROM minute WHERE at <= ?3 ORDER BY at LIMIT 1";
    let ended = (now.0 - PACKED_AFTER_MS).div_euclid(HOUR_MS) * HOUR_MS;
    connection
        .query_row(sql, params![HOUR_MS, MINUTE_MS, ended], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed("looking for an hour to pack"))
}

fn pack(transaction: &Transaction<'_>, venue: &str, hour: i64) -> Result<(), StoreError> {
    let doing = "packing an hour";
    let (first, last) = (hour * HOUR_MS + MINUTE_MS, (hour + 1) * HOUR_MS);
    let instruments = read::instruments(transaction, venue)?;
    let mut rows: BTreeMap<InstrumentId, Vec<(usize, Row)>> = BTreeMap::new();
    {
        let find = "SELECT at, body FROM minute WHERE venue = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at";
        let mut find = transaction.prepare_cached(find).map_err(failed(doing))?;
        let mut found = find.query(params![venue, first, last]).map_err(failed(doing))?;
        while let Some(row) = found.next().map_err(failed(doing))? {
            let (at, body): (i64, Vec<u8>) = row.get(0).and_then(|at| Ok((at, row.get(1)?))).map_err(failed(doing))?;
            let (_, minute) = place(UnixMs(at));
            for (id, row) in decode_minute(&body, |id| instruments.get(&id).map(|(_, tick)| *tick))? {
                rows.entry(id).or_default().push((minute % MINUTES_OF_HOUR, row));
            }
        }
    }
    let (day, place) = place(UnixMs(first));
    for (id, rows) in rows {
        let Some((_, tick)) = instruments.get(&id) else { continue };
        let find = "SELECT body FROM day WHERE venue = ?1 AND day = ?2 AND instrument = ?3";
        let mut find = transaction.prepare_cached(find).map_err(failed(doing))?;
        let body: Option<Vec<u8>> =
            find.query_row(params![venue, day, id.0], |row| row.get(0)).optional().map_err(failed(doing))?;
        let mut whole = match body {
            Some(body) => Day::read(&body, *tick)?,
            None => Day::new(Step::Minute, *tick),
        };
        whole.add(place / MINUTES_OF_HOUR, &rows)?;
        put(transaction, venue, day, id, &whole)?;
    }
    transaction
        .execute("DELETE FROM minute WHERE venue = ?1 AND at BETWEEN ?2 AND ?3", params![venue, first, last])
        .map(drop)
        .map_err(failed(doing))
}

fn put(transaction: &Transaction<'_>, venue: &str, day: i64, id: InstrumentId, whole: &Day) -> Result<(), StoreError> {
    let insert = "INSERT OR REPLACE INTO day (venue, day, instrument, step, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = transaction.prepare_cached(insert).map_err(failed("writing a day"))?;
    let step = whole.step().minutes() as i64;
    insert.execute(params![venue, day, id.0, step, whole.bytes()]).map(drop).map_err(failed("writing a day"))
}

/// The first day before another that has single minutes.
fn next_fine_day(connection: &Connection, before: i64) -> Result<Option<(String, i64)>, StoreError> {
    let sql = "SELECT venue, day FROM day WHERE day < ?1 AND step = 1 ORDER BY day LIMIT 1";
    connection
        .query_row(sql, [before], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed("looking for a day to thin"))
}

fn thin(transaction: &Transaction<'_>, venue: &str, day: i64) -> Result<(), StoreError> {
    let doing = "thinning a day";
    let instruments = read::instruments(transaction, venue)?;
    let ids: Vec<u32> = {
        let find = "SELECT instrument FROM day WHERE venue = ?1 AND day = ?2 AND step = 1";
        let mut find = transaction.prepare_cached(find).map_err(failed(doing))?;
        let ids = find.query_map(params![venue, day], |row| row.get(0)).map_err(failed(doing))?;
        ids.collect::<rusqlite::Result<_>>().map_err(failed(doing))?
    };
    for id in ids.into_iter().map(InstrumentId) {
        let find = "SELECT body FROM day WHERE venue = ?1 AND day = ?2 AND instrument = ?3";
        let body: Vec<u8> =
            transaction.query_row(find, params![venue, day, id.0], |row| row.get(0)).map_err(failed(doing))?;
        let tick = instruments.get(&id).map_or(f64::NAN, |(_, tick)| *tick);
        put(transaction, venue, day, id, &Day::read(&body, tick)?.thinned()?)?;
    }
    Ok(())
}

fn first_day(connection: &Connection) -> Result<Option<i64>, StoreError> {
    connection.query_row("SELECT min(day) FROM day", [], |row| row.get(0)).map_err(failed("looking for the first day"))
}

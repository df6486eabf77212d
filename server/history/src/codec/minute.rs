//! One minute of all instruments.

use super::{
    CodecError, FORMAT, body, packed,
    series::{Reader, write_number, write_series},
    unpacked,
};
use crate::{Column, InstrumentId, Row};

/// A minute is packed while the next one is waited for.
const LEVEL: i32 = 6;
/// Instruments of a minute, at most.
const INSTRUMENTS: usize = 100_000;
/// The most bytes of a minute before it is packed.
const UNPACKED: usize = 64 * 1_024 * 1_024;

/// Writes the rows of one minute. Rows are in the order of instruments, each once; `tick` is the instrument's price increment.
#[must_use]
pub fn encode_minute(rows: &[(InstrumentId, f64, Row)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 * rows.len());
    write_number(rows.len() as u64, &mut out);
    let ids: Vec<Option<i64>> = rows.iter().map(|(id, ..)| Some(i64::from(id.0))).collect();
    write_series(&ids, &mut out);
    for column in Column::ALL {
        let units: Vec<Option<i64>> =
            rows.iter().map(|(_, tick, row)| column.scale().units(row.get(column)?, *tick)).collect();
        write_series(&units, &mut out);
    }
    let mut bytes = vec![FORMAT];
    bytes.extend(packed(&out, LEVEL));
    bytes
}

/// Reads the rows of one minute; `tick` is the price increment of an instrument, of which a row is left out where it is not known.
///
/// # Errors
///
/// [`CodecError`] where the bytes are not those of a minute.
pub fn decode_minute(
    bytes: &[u8],
    tick: impl Fn(InstrumentId) -> Option<f64>,
) -> Result<Vec<(InstrumentId, Row)>, CodecError> {
    let text = unpacked(body(bytes)?, UNPACKED)?;
    let mut reader = Reader(&text);
    let n = usize::try_from(reader.number()?).ok().filter(|n| *n <= INSTRUMENTS);
    let n = n.ok_or(CodecError::Damaged("too many instruments"))?;
    let mut values = Vec::with_capacity(n);
    reader.series(n, &mut values)?;
    let mut rows = Vec::with_capacity(n);
    for id in &values {
        let id =
            id.and_then(|id| u32::try_from(id).ok()).ok_or(CodecError::Damaged("an instrument without a number"))?;
        let id = InstrumentId(id);
        rows.push((id, tick(id), Row::EMPTY));
    }
    for column in Column::ALL {
        reader.series(n, &mut values)?;
        for ((_, tick, row), units) in rows.iter_mut().zip(&values) {
            let figure = |units: i64| Some(column.scale().figure(units, (*tick)?));
            row.set(column, units.and_then(figure));
        }
    }
    Ok(rows.into_iter().filter_map(|(id, tick, row)| tick.map(|_| (id, row))).collect())
}

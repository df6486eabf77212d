//! Reads a file of candles.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use schema::{Candle, UnixMs};

use super::{
    CandleFileError,
    columns::Columns,
    field, length,
    lines::{BadLine, Lines},
    number, time,
};
use crate::Kline;

/// The most candles of a file: eleven years of minutes.
const MOST: usize = 6_000_000;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    kline: Kline,
    line: u64,
}

/// The candles of a file: of one length, each later than the one before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CandleFile {
    rows: Vec<Row>,
    /// The length of a candle in ms.
    pub(crate) span: i64,
    /// How many decimals the prices have.
    pub(crate) places: u8,
    /// Lines that repeat an earlier one and were left out.
    pub(crate) repeated: usize,
    /// Candles that are missing between the first and the last.
    pub(crate) missing: i64,
}

impl CandleFile {
    /// The candles, oldest first.
    pub(crate) fn candles(&self) -> impl ExactSizeIterator<Item = &Candle> + Clone {
        self.rows.iter().map(|row| &row.kline.candle)
    }

    /// The candles with what takers bought, where the file says so; oldest first.
    pub(crate) fn klines(&self) -> impl ExactSizeIterator<Item = &Kline> + Clone {
        self.rows.iter().map(|row| &row.kline)
    }

    /// The line of a candle.
    pub(crate) fn line(&self, place: usize) -> u64 {
        self.rows.get(place).map_or(0, |row| row.line)
    }
}

/// Reads a file, packed with gzip or not.
pub(crate) fn read(path: &Path) -> Result<CandleFile, CandleFileError> {
    let open = |source| CandleFileError::Open { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(open)?);
    let packed = file.fill_buf().map_err(open)?.starts_with(b"\x1F\x8B");
    if packed { read_text(path, MultiGzDecoder::new(file)) } else { read_text(path, file) }
}

/// Reads the text of a file.
pub(crate) fn read_text(path: &Path, bytes: impl Read) -> Result<CandleFile, CandleFileError> {
    let mut lines = Lines::new(bytes);
    let Some(columns) = header(path, &mut lines)? else {
        return Err(CandleFileError::line(path, 1, "the file is empty: a header and candles are expected"));
    };
    let mut rows: Vec<Row> = Vec::new();
    let (mut places, mut repeated) = (0, 0);
    let mut form: Option<(time::Form, u64)> = None;
    while let Some((line, text)) = next(path, &mut lines)? {
        let wrong = |problem: String| CandleFileError::line(path, line, problem);
        let fields = field::split(text, columns.separator).map_err(|problem| wrong(problem.to_owned()))?;
        if fields.iter().all(|field| field.is_empty()) {
            continue;
        }
        let (kline, decimals, found) = kline(&fields, &columns).map_err(wrong)?;
        let (first, since) = *form.get_or_insert((found, line));
        if found != first {
            return Err(wrong(format!("{found}, but line {since} has {first}: one form is expected in a file")));
        }
        match rows.last() {
            Some(last) if kline.candle.start <= last.kline.candle.start => {
                again(&rows, &kline).map_err(wrong)?;
                repeated += 1;
            }
            _ if rows.len() == MOST => {
                return Err(wrong(format!("more than {MOST} candles: fewer are expected in a file")));
            }
            _ => rows.push(Row { kline, line }),
        }
        places = places.max(decimals);
    }
    if rows.is_empty() {
        return Err(CandleFileError::line(path, lines.number(), "a header without candles"));
    }
    let found = length::of(rows.iter().map(|row| row.kline.candle.start.0));
    let length = found
        .map_err(|(place, problem)| CandleFileError::line(path, rows.get(place).map_or(0, |row| row.line), problem))?;
    Ok(CandleFile { rows, span: length.span, places, repeated, missing: length.missing })
}

/// The columns by the first line that is not blank.
fn header<R: Read>(path: &Path, lines: &mut Lines<R>) -> Result<Option<Columns>, CandleFileError> {
    while let Some((line, text)) = next(path, lines)? {
        if !text.trim().is_empty() {
            return Columns::find(text).map(Some).map_err(|problem| CandleFileError::line(path, line, problem));
        }
    }
    Ok(None)
}

fn next<'a, R: Read>(path: &Path, lines: &'a mut Lines<R>) -> Result<Option<(u64, &'a str)>, CandleFileError> {
    // The number is taken before the text is borrowed: it is that of the next line.
    let line = lines.number() + 1;
    match lines.next() {
        Ok(text) => Ok(text.map(|text| (line, text))),
        Err(BadLine::Text(problem)) => Err(CandleFileError::line(path, line, problem)),
        Err(BadLine::Io(source)) => Err(CandleFileError::Read { path: path.to_owned(), line: line - 1, source }),
    }
}

/// Checks that a candle that is not later than the last one repeats an earlier one exactly.
fn again(rows: &[Row], kline: &Kline) -> Result<(), String> {
    match rows.binary_search_by_key(&kline.candle.start, |row| row.kline.candle.start) {
        Ok(place) if rows[place].kline == *kline => Ok(()),
        Ok(place) => Err(format!("it has the time of line {} and other values", rows[place].line)),
        Err(place) => {
            let line = rows.get(place).map_or(0, |row| row.line);
            Err(format!("its time is before that of line {line}: the oldest candle is expected first"))
        }
    }
}

fn kline(fields: &[&str], columns: &Columns) -> Result<(Kline, u8, time::Form), String> {
    let spare = fields.iter().skip(columns.count).filter(|field| !field.is_empty()).count();
    if fields.len() < columns.count || spare > 0 {
        return Err(format!(
            "{} fields, but the header has {}: one field for each column is expected, numbers with a decimal point",
            fields.len(),
            columns.count
        ));
    }
    // The columns were found in the header, which has no more fields than this line.
    let field = |place: usize| fields.get(place).copied().unwrap_or("");
    let (start, form) = time::parse(field(columns.time))?;
    let (mut prices, mut places) = ([0.0; 4], 0);
    for (price, &column) in prices.iter_mut().zip(&columns.prices) {
        let (value, decimals) = number::price(field(column))?;
        *price = value;
        places = places.max(decimals);
    }
    let [open, high, low, close] = prices;
    if high < low {
        return Err(format!("the high {high} is below the low {low}"));
    }
    if high < open.max(close) || low > open.min(close) {
        return Err("open and close are not between low and high".to_owned());
    }
    let middle = open / 4.0 + high / 4.0 + low / 4.0 + close / 4.0;
    let volume = number::amount(field(columns.volume))?;
    // An empty field says nothing, as that of a candle from another source may.
    let taker_buy = columns.taker_buy.map(field).filter(|text| !text.is_empty()).map(number::amount).transpose()?;
    if let Some(bought) = taker_buy.filter(|bought| *bought > volume) {
        return Err(format!("takers bought {bought}, more than the volume {volume}"));
    }
    let taker_buy = taker_buy.map(|bought| if columns.volume_is_quote { bought / middle } else { bought });
    let (volume, turnover) = if columns.volume_is_quote {
        (volume / middle, volume)
    } else {
        (volume, columns.turnover.map_or(Ok(volume * middle), |place| number::amount(field(place)))?)
    };
    let candle = Candle { start: UnixMs(start), open, high, low, close, volume, turnover };
    Ok((Kline { candle, taker_buy }, places, form))
}

#[cfg(test)]
mod tests;

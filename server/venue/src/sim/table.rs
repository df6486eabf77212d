//! Reads a file of recorded candles.
//!
//! The header decides the meaning of the columns:
//!
//! | header | time | volume |
//! |---|---|---|
//! | `open_time,open,high,low,close,volume` | date and time | quote currency |
//! | `timestamp` or `ts_ms`, `open,high,low,close,volume`, optionally `turnover` or `quote_volume`, others | date, date and time, or ms | base coin |

use std::{fs::File, io::Read, path::Path};

use flate2::read::MultiGzDecoder;
use schema::{Candle, Symbol, UnixMs};

use super::{
    candle::{Bar, DAY, HOUR, MINUTE},
    catalogue::lot_for,
    fixed::{Step, decimals, parse_fixed},
    noise::whole,
    recorded::{Recorded, RecordingError},
    replay::Recording,
};

/// Where the columns are.
struct Columns {
    time: usize,
    prices: [usize; 4],
    volume: usize,
    turnover: Option<usize>,
    volume_is_quote: bool,
}

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Self, String> {
        let place = |name: &str| header.iter().position(|column| column.trim() == name);
        let need = |name: &str| place(name).ok_or_else(|| format!("the header has no column `{name}`"));
        let time = ["timestamp", "open_time", "ts_ms"].into_iter().find_map(place);
        let turnover = place("turnover").or_else(|| place("quote_volume"));
        Ok(Self {
            time: time.ok_or("the header has no column `timestamp`, `open_time` or `ts_ms`")?,
            prices: [need("open")?, need("high")?, need("low")?, need("close")?],
            volume: need("volume")?,
            turnover,
            volume_is_quote: place("open_time").is_some() && turnover.is_none(),
        })
    }
}

/// Prices are read with this many decimals before it is known how many they need.
const WIDE: u8 = 10;

struct Row {
    at: i64,
    prices: [i64; 4],
    base: f64,
    quote: f64,
}

/// The candles of a file: of one length, each later than the one before.
pub(crate) struct Table {
    symbol: Symbol,
    rows: Vec<Row>,
    span: i64,
    places: u8,
}

/// Reads a file; `None` when its candles are longer than a day, or too few to tell how long they are.
pub(crate) fn read_file(symbol: Symbol, path: &Path) -> Result<Option<Table>, RecordingError> {
    let file = File::open(path).map_err(|source| RecordingError::File { path: path.to_owned(), source })?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let bytes: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    read_table(symbol, path, bytes)
}

fn read_table(symbol: Symbol, path: &Path, bytes: impl Read) -> Result<Option<Table>, RecordingError> {
    let broken = |source| RecordingError::Table { path: path.to_owned(), source };
    let wrong = |line, problem| RecordingError::Line { path: path.to_owned(), line, problem };
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let columns = Columns::find(table.headers().map_err(broken)?).map_err(|problem| wrong(1, problem))?;
    let mut record = csv::StringRecord::new();
    let (mut rows, mut lines, mut places) = (Vec::new(), Vec::new(), 0);
    while table.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = row(&record, &columns, &mut places).map_err(|problem| wrong(line, problem))?;
        rows.push(row);
        lines.push(line);
    }
    let Some(span) = rows.windows(2).map(|pair| pair[1].at - pair[0].at).min() else { return Ok(None) };
    for (index, pair) in rows.windows(2).enumerate() {
        let step = pair[1].at - pair[0].at;
        if step <= 0 || step % span != 0 {
            return Err(wrong(lines[index + 1], "its time does not follow that of the line before".to_owned()));
        }
    }
    if span > DAY {
        return Ok(None);
    }
    if span % MINUTE != 0 {
        return Err(wrong(lines[1], "candles are not of whole minutes".to_owned()));
    }
    Ok(Some(Table { symbol, rows, span, places }))
}

fn row(record: &csv::StringRecord, columns: &Columns, places: &mut u8) -> Result<Row, String> {
    let field = |index: usize| record.get(index).map(str::trim).ok_or_else(|| "the line is too short".to_owned());
    let number = |index: usize| {
        let text = field(index)?;
        text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0).ok_or_else(|| format!("`{text}` is no amount"))
    };
    let text = field(columns.time)?;
    let at = time(text).ok_or_else(|| format!("`{text}` is no time"))?;
    let mut prices = [0; 4];
    for (price, &column) in prices.iter_mut().zip(&columns.prices) {
        let text = field(column)?;
        *price = parse_fixed(text, WIDE).filter(|&n| n > 0).ok_or_else(|| format!("`{text}` is no price"))?;
        *places = (*places).max(decimals(text));
    }
    let [open, high, low, close] = prices;
    if high < open.max(close) || low > open.min(close) {
        return Err("open and close are not between low and high".to_owned());
    }
    let middle = (open as f64 + high as f64 + low as f64 + close as f64) / 4.0 / 10_f64.powi(i32::from(WIDE));
    let volume: f64 = number(columns.volume)?;
    let (base, quote) = if columns.volume_is_quote {
        (volume / middle, volume)
    } else {
        (volume, columns.turnover.map_or(Ok(volume * middle), number)?)
    };
    Ok(Row { at, prices, base, quote })
}

impl Table {
    /// The contract.
    pub(crate) const fn symbol(&self) -> Symbol {
        self.symbol
    }

    /// The length of a candle in ms.
    pub(crate) const fn span(&self) -> i64 {
        self.span
    }

    /// The candles as numbers.
    pub(crate) fn candles(&self) -> Vec<Candle> {
        let of = |row: &Row| {
            let [open, high, low, close] = row.prices.map(number);
            Candle { start: UnixMs(row.at), open, high, low, close, volume: row.base, turnover: row.quote }
        };
        self.rows.iter().map(of).collect()
    }

    /// The candles in whole ticks and lots, to be played.
    pub(crate) fn recorded(&self) -> Option<Recorded> {
        let (rows, span) = (&self.rows, self.span);
        let places = self.places.min(WIDE);
        let unit = 10_i64.pow(u32::from(WIDE - places));
        let price = number(rows.last()?.prices[3]);
        let lot = lot_for(price).value();
        let bars = rows.iter().map(|row| {
            let [open, high, low, close] = row.prices.map(|price| price / unit);
            // Turnover is estimated while it is played, from where the price is then.
            Bar { start: row.at, open, high, low, close, lots: whole(row.base / lot), value: 0 }
        });
        let recording = Recording { rows: bars.collect(), span };
        let days = rows.len() as f64 * span as f64 / DAY as f64;
        let turnover = rows.iter().map(|row| row.quote).sum::<f64>() / days;
        Some(Recorded {
            symbol: self.symbol,
            tick: Step::new(1, places),
            price,
            turnover: turnover.max(1.0),
            recording,
        })
    }
}

/// A price as it was read: a whole number of its last decimals divided by a power of ten is the nearest number to the text.
fn number(price: i64) -> f64 {
    price as f64 / 10_f64.powi(i32::from(WIDE))
}

/// `2025-10-19 11:55:00`, `2025-10-19` or milliseconds; the zone does not matter, since all is shifted to the present.
fn time(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let [year, month, day] = parts(date, '-')?;
    let [hour, minute, second] = parts(clock.trim_end_matches('Z'), ':')?;
    let plausible = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    plausible.then(|| days_from_civil(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * 1_000)
}

fn parts(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut fields = text.split(separator).map(|field| field.parse().ok().filter(|&n: &i64| n >= 0));
    let all = [fields.next()??, fields.next()??, fields.next()??];
    if fields.next().is_some() { None } else { Some(all) }
}

/// Days from 1970-01-01 of a date of the Gregorian calendar, with the year taken to begin in March so that the leap
/// day is its last one.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Option<Table>, RecordingError> {
        read_table(Symbol::new("AVAXUSDT").unwrap(), Path::new("AVAXUSDT.csv"), text.as_bytes())
    }

    fn read(text: &str) -> Result<Option<Recorded>, RecordingError> {
        Ok(table(text)?.and_then(|table| table.recorded()))
    }

    #[test]
    fn candles_hold_the_very_numbers_of_the_file() {
        let text = "ts_ms,open,high,low,close,volume\n\
            1760874900000,91234.1,91240.55,0.0000001234,91238.07,12.345\n\
            1760874960000,20.377,20.412,20.374,20.383,9481.9\n";
        let candles = table(text).unwrap().unwrap().candles();
        let first = &candles[0];
        assert_eq!((first.start, first.open, first.high), (UnixMs(1_760_874_900_000), 91_234.1, 91_240.55));
        assert_eq!((first.low, first.close, first.volume), (0.000_000_123_4, 91_238.07, 12.345));
    }

    #[test]
    fn times_are_read_in_three_shapes() {
        assert_eq!(time("1970-01-01"), Some(0));
        assert_eq!(time("2025-10-19 11:55:00"), Some(1_760_874_900_000));
        assert_eq!(time("2024-02-29T00:00:01Z"), Some(1_709_164_801_000));
        assert_eq!(time("1760874900000"), Some(1_760_874_900_000));
        for text in ["", "yesterday", "2025-13-01", "2025-10-19 25:00:00", "2025-10"] {
            assert_eq!(time(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_header_decides_what_volume_means() {
        let base = "timestamp,open,high,low,close,volume,turnover\n\
            2025-10-19 11:55:00,20.377,20.412,20.374,20.383,9481.9,193368.3201\n\
            2025-10-19 12:00:00,20.383,20.436,20.383,20.404,10662.6,217577.9276\n";
        let recorded = read(base).unwrap().unwrap();
        assert_eq!(recorded.recording.span, 5 * MINUTE);
        assert_eq!(recorded.tick, Step::new(1, 3));
        assert_eq!(lot_for(recorded.price), Step::power(-2));
        let row = recorded.recording.rows[0];
        assert_eq!((row.open, row.high, row.low, row.close, row.lots), (20_377, 20_412, 20_374, 20_383, 948_190));

        let quote = "open_time,open,high,low,close,volume\n\
            2025-06-17 00:00:00,10.00,10.00,10.00,10.00,250.0\n\
            2025-06-17 00:01:00,10.00,10.10,10.00,10.10,0\n";
        let recorded = read(quote).unwrap().unwrap();
        assert_eq!((recorded.recording.span, recorded.tick), (MINUTE, Step::new(1, 1)));
        assert_eq!(recorded.recording.rows[0].lots, 2_500);
        assert_eq!(recorded.recording.rows[1].lots, 0);
    }

    #[test]
    fn an_error_names_the_file_and_the_line() {
        let head = "timestamp,open,high,low,close,volume\n2025-10-19 11:55:00,1,1,1,1,1\n";
        for (line, problem) in [
            ("2025-10-19 12:00:00,1,1,x,1,1", "AVAXUSDT.csv, line 3: `x` is no price"),
            ("2025-10-19 12:00:00,1,1,1,1", "AVAXUSDT.csv, line 3: the line is too short"),
            ("2025-10-19 12:00:00,1,1,1,1,-4", "AVAXUSDT.csv, line 3: `-4` is no amount"),
            ("2025-10-19 12:00:00,3,2,1,1,1", "AVAXUSDT.csv, line 3: open and close are not between low and high"),
            ("soon,1,1,1,1,1", "AVAXUSDT.csv, line 3: `soon` is no time"),
            ("2025-10-19 11:50:00,1,1,1,1,1", "AVAXUSDT.csv, line 3: its time does not follow that of the line before"),
        ] {
            assert_eq!(read(&format!("{head}{line}\n")).unwrap_err().to_string(), problem);
        }
        let error = read("time,open\n").unwrap_err().to_string();
        assert_eq!(error, "AVAXUSDT.csv, line 1: the header has no column `timestamp`, `open_time` or `ts_ms`");
    }

    #[test]
    fn candles_longer_than_a_day_are_left_aside() {
        let weeks = "timestamp,open,high,low,close,volume\n2025-09-08,1,1,1,1,1\n2025-09-15,1,1,1,1,1\n";
        assert_eq!(read(weeks).unwrap(), None);
    }
}

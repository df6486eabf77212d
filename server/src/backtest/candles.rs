//! Recorded candles as the events that an exchange would have sent of them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    path::Path,
};

use analysis::{Analysis, common, shape};
use engine::{History, Input, Loaded, Seconds};
use indicatif::ProgressBar;
use schema::{Dimension, Symbol, Timeframe, UnixMs};
use venue::{
    Instrument, MarketEvent,
    sim::{RecordedCandles, recorded_candles},
};

use super::BacktestError;

/// How long after its end an exchange sends a candle; so its bar is decided in the second after.
const SENT_AFTER_MS: i64 = 1_000;

/// The dimensions that candles speak for.
pub(crate) const DIMENSIONS: [Dimension; 3] = [Dimension::Technical, Dimension::Volume, Dimension::PriceStructure];

/// What these dimensions say, as far as they are known, on the scale of a score: one factor, the price, scored as if all others
/// agreed with it. None where none of them is known.
pub(crate) fn composite(analysis: &Analysis) -> Option<f64> {
    let of_candles = analysis.dimensions.iter().filter(|found| DIMENSIONS.contains(&found.dimension));
    let directions = of_candles.filter_map(|found| Some((found.weight.get(), found.lean.value()?.get())));
    common(directions).map(|(direction, _)| 50.0 + 50.0 * shape(direction, 1.0))
}

/// A contract's candles with the timeframe they are of.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) timeframe: Timeframe,
    pub(crate) market: RecordedCandles,
}

/// The recorded contracts, or those that are asked for.
pub(crate) fn read(folder: &Path, symbols: &[Symbol]) -> Result<Vec<Record>, BacktestError> {
    let all = recorded_candles(folder)?;
    let known = || all.iter().map(|one| one.symbol.to_string()).collect::<Vec<_>>().join(", ");
    for symbol in symbols {
        if !all.iter().any(|one| one.symbol == *symbol) {
            return Err(BacktestError::UnknownSymbol { symbol: *symbol, folder: folder.to_owned(), known: known() });
        }
    }
    let asked = |one: &RecordedCandles| symbols.is_empty() || symbols.contains(&one.symbol);
    all.into_iter()
        .filter(asked)
        .map(|one| match Timeframe::ALL.into_iter().find(|timeframe| timeframe.ms() == one.span_ms) {
            Some(timeframe) => Ok(Record { timeframe, market: one }),
            None => Err(BacktestError::Length {
                folder: folder.to_owned(),
                symbol: one.symbol,
                minutes: one.span_ms / 60_000,
            }),
        })
        .collect()
}

/// The inputs of some records, each candle of which moves a bar of progress on.
pub(crate) fn counted(records: &[Record], progress: &ProgressBar) -> impl Iterator<Item = Input> {
    progress.set_length(records.iter().map(|record| record.market.candles.len() as u64).sum());
    inputs(records).inspect(|input| progress.inc(u64::from(matches!(input, Input::Event { .. }))))
}

/// Every candle in the order of its end, of the same moment in the order of symbols, and the seconds in which bars are decided.
fn inputs(records: &[Record]) -> impl Iterator<Item = Input> {
    let mut next: BinaryHeap<Reverse<(i64, Symbol, usize, usize)>> = BinaryHeap::new();
    for (of, record) in records.iter().enumerate() {
        if let Some(candle) = record.market.candles.first() {
            next.push(Reverse((candle.start.0 + record.timeframe.ms(), record.market.symbol, of, 0)));
        }
    }
    let begin = UnixMs(next.peek().map_or(0, |Reverse((end, ..))| *end));
    let mut seconds = Seconds::from(begin);
    let mut last = UnixMs(begin.0 + SENT_AFTER_MS);
    let events = std::iter::from_fn(move || {
        let Reverse((end, symbol, of, place)) = next.pop()?;
        let record = &records[of];
        if let Some(candle) = record.market.candles.get(place + 1) {
            next.push(Reverse((candle.start.0 + record.timeframe.ms(), symbol, of, place + 1)));
        }
        Some((UnixMs(end + SENT_AFTER_MS), symbol, record.timeframe, record.market.candles[place]))
    });
    let closing = events.map(Some).chain(std::iter::once(None)).flat_map(move |event| {
        let Some((at, symbol, timeframe, candle)) = event else {
            return vec![Input::Second(UnixMs(last.0 + SENT_AFTER_MS))];
        };
        let mut inputs = Vec::new();
        // Of the seconds between two candles only the first can decide a bar.
        if at != last {
            inputs.extend(seconds.up_to(UnixMs(last.0 + SENT_AFTER_MS)).last().map(Input::Second));
            last = at;
        }
        let event = MarketEvent::Candle { symbol, timeframe, candle, taker_buy: None, closed: true, at };
        inputs.push(Input::Event { received: at, event });
        inputs
    });
    universes(records, begin).into_iter().chain(closing)
}

/// The contracts, those of the same length of candles together: each step adds some and keeps the others.
fn universes(records: &[Record], received: UnixMs) -> Vec<Input> {
    let mut by_length: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
    for record in records {
        by_length.entry(record.timeframe.index()).or_default().push(record);
    }
    let (mut instruments, mut inputs) = (Vec::new(), Vec::new());
    for records in by_length.into_values() {
        instruments.extend(records.iter().map(|record| instrument(record)));
        let Some(history) = records.first().map(|record| History::Grown(record.timeframe)) else { continue };
        let linear_symbols = u32::try_from(instruments.len()).unwrap_or(u32::MAX);
        let loaded = Loaded::Universe { instruments: instruments.clone(), linear_symbols, history };
        inputs.push(Input::Loaded { received, loaded });
    }
    inputs
}

/// What a record says of its contract.
fn instrument(record: &Record) -> Instrument {
    let decimals = record.market.candles.iter().map(|candle| decimals(candle.close)).max().unwrap_or(0);
    let launched_at = record.market.candles.first().map_or(UnixMs(0), |candle| candle.start);
    Instrument::usdt_perpetual(record.market.symbol, 0.1_f64.powi(decimals), launched_at)
}

/// The digits behind the point of a price as it was written.
fn decimals(price: f64) -> i32 {
    let text = price.to_string();
    text.split_once('.').and_then(|(_, digits)| i32::try_from(digits.len()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use schema::Candle;

    use super::*;

    fn record(name: &str, timeframe: Timeframe, starts: &[i64]) -> Record {
        let candle = |start: &i64| Candle {
            start: UnixMs(*start * 60_000),
            open: 1.0,
            high: 1.0,
            low: 1.0,
            close: 1.25,
            volume: 1.0,
            turnover: 1.0,
        };
        let symbol = Symbol::new(name).unwrap();
        let candles = starts.iter().map(candle).collect();
        Record {
            timeframe,
            market: RecordedCandles { symbol, span_ms: timeframe.ms(), candles, repeated: 0, missing: 0 },
        }
    }

    #[test]
    fn candles_come_in_the_order_of_their_ends_and_each_end_is_followed_by_a_second() {
        let records = [
            record("BUSDT", Timeframe::M1, &[4, 5, 9]),
            record("AUSDT", Timeframe::M1, &[4]),
            record("CUSDT", Timeframe::M5, &[0]),
        ];
        let told: Vec<String> = inputs(&records)
            .map(|input| match input {
                Input::Loaded { loaded: Loaded::Universe { instruments, history, .. }, .. } => {
                    format!("{} of {history:?}", instruments.len())
                }
                Input::Event { event: MarketEvent::Candle { symbol, candle, .. }, .. } => {
                    format!("{symbol} {}", candle.start.0 / 60_000)
                }
                Input::Second(at) => format!("{}:{:02}", at.0 / 60_000, at.0 % 60_000 / 1_000),
                other => format!("{other:?}"),
            })
            .collect();
        let expected = [
            "2 of Grown(M1)",
            "3 of Grown(M5)",
            "AUSDT 4",
            "BUSDT 4",
            "CUSDT 0",
            "5:02",
            "BUSDT 5",
            "6:02",
            "BUSDT 9",
            "10:02",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_price_increment_is_that_of_the_finest_price() {
        assert_eq!([1.25, 3.0, 0.000_012].map(decimals), [2, 0, 6]);
    }
}

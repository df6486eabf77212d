//! Recorded candles, and what was known of them at a bar.

use std::{fs::File, path::Path};

use analysis::input::PerTimeframe;
use schema::{Candle, Timeframe, UnixMs};
use serde::de::DeserializeOwned;

/// One contract in all timeframes, the shortest may be missing.
pub(crate) struct Runs([Vec<Candle>; 4]);

/// As many candles as the server keeps.
const KEPT: [usize; 4] = [1_000, 500, 500, 300];

impl Runs {
    fn of(finest: Vec<Candle>, timeframe: Timeframe) -> Self {
        Self(Timeframe::ALL.map(|tf| match tf.ms().cmp(&timeframe.ms()) {
            std::cmp::Ordering::Less => Vec::new(),
            std::cmp::Ordering::Equal => finest.clone(),
            std::cmp::Ordering::Greater => aggregated(&finest, tf),
        }))
    }

    /// The shortest candles there are.
    pub(crate) fn finest(&self) -> &[Candle] {
        self.0.iter().find(|run| !run.is_empty()).unwrap()
    }

    /// The moment when that many of the shortest candles were closed, and what was closed then.
    pub(crate) fn known_at(&self, end: usize) -> (UnixMs, PerTimeframe<&[Candle]>) {
        let step = self.finest()[1].start.0 - self.finest()[0].start.0;
        let now = UnixMs(self.finest()[end - 1].start.0 + step);
        let candles = PerTimeframe::build(|tf| {
            let run = &self.0[tf.index()];
            let known = run.partition_point(|candle| candle.start.0 + tf.ms() <= now.0);
            &run[known.saturating_sub(KEPT[tf.index()])..known]
        });
        (now, candles)
    }
}

/// 75 contracts in minutes, from 2025-06-16 21:00 UTC on (the record writes UTC+3); its volume is in quote currency.
pub(crate) fn minutes() -> Option<Vec<Runs>> {
    const FIRST: i64 = 1_750_107_600_000;
    type Row = (String, f64, f64, f64, f64, f64);
    let of = |path: &Path| {
        let candles =
            rows::<Row>(path).into_iter().zip(0..).map(|((_, open, high, low, close, turnover), minute)| Candle {
                start: UnixMs(FIRST + 60_000 * minute),
                open,
                high,
                low,
                close,
                volume: turnover / close,
                turnover,
            });
        Runs::of(candles.collect(), Timeframe::M1)
    };
    Some(files("klines-1m-2025-06")?.iter().map(|path| of(path)).collect())
}

/// 21 contracts in candles of five minutes.
pub(crate) fn fives() -> Option<Vec<Runs>> {
    type Row = (i64, f64, f64, f64, f64, f64);
    let of = |path: &Path| {
        let candles = rows::<Row>(path).into_iter().map(|(start, open, high, low, close, volume)| Candle {
            start: UnixMs(start),
            open,
            high,
            low,
            close,
            volume,
            turnover: volume * close,
        });
        Runs::of(candles.collect(), Timeframe::M5)
    };
    Some(files("klines-5m-2023-07/csv")?.iter().map(|path| of(path)).collect())
}

fn files(folder: &str) -> Option<Vec<std::path::PathBuf>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/binance-usdm/");
    let entries = std::fs::read_dir(format!("{root}{folder}")).ok()?;
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "gz")).collect();
    paths.sort();
    Some(paths)
}

fn rows<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Longer candles; the first is left out, since its beginning may not be on record, and so is an open last one.
fn aggregated(finest: &[Candle], timeframe: Timeframe) -> Vec<Candle> {
    let mut run: Vec<Candle> = Vec::new();
    for candle in finest {
        let start = candle.start.floor(timeframe.ms());
        match run.last_mut().filter(|last| last.start == start) {
            Some(last) => {
                last.high = last.high.max(candle.high);
                last.low = last.low.min(candle.low);
                last.close = candle.close;
                last.volume += candle.volume;
                last.turnover += candle.turnover;
            }
            None => run.push(Candle { start, ..*candle }),
        }
    }
    run.remove(0);
    run
}

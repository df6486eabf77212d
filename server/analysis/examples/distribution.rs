//! How scores would spread on recorded markets: the measurement behind `analysis::GAIN`.
//!
//! Replays recorded candles bar by bar, each bar with what was known then, and prints how often each measure is saturated
//! and which gain would leave 5 % of the scores outside 30..70. The record holds candles alone, so it speaks for the
//! candle measures of three dimensions (43 % of the weight) and not for flow, book and positions. For those it tries
//! two assumptions between which the truth should lie: that they say what the candles say, and that they are as strong
//! but independent (leans of other bars, drawn from the same record, stand in for them).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::{borrow::Cow, collections::BTreeMap, fs::File, path::Path};

use analysis::{
    Analysis, Bars, GAIN, analyse,
    input::{Derivatives, PerTimeframe, SymbolInput},
};
use schema::{Candle, Timeframe, UnixMs};

const STRIDE: usize = 23;

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/binance-usdm/klines-1m-2025-06");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: {folder} absent");
        return;
    };
    let mut paths: Vec<_> =
        files.map(|file| file.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "gz")).collect();
    paths.sort();
    let stride = std::env::args().nth(1).map_or(STRIDE, |text| text.parse().expect("a stride"));
    let mut seen = Seen::default();
    for path in &paths {
        let minutes = candles(path);
        let [five, thirty, four] = [Timeframe::M5, Timeframe::M30, Timeframe::H4].map(|tf| aggregated(&minutes, tf));
        for end in (2_000..minutes.len()).step_by(stride) {
            let now = UnixMs(minutes[end - 1].start.0 + 60_000);
            let known = |run: &'_ [Candle], tf: Timeframe| run.partition_point(|c| c.start.0 + tf.ms() <= now.0);
            let kept = |n: usize, most: usize| n.saturating_sub(most)..n;
            let candles = PerTimeframe([
                &minutes[kept(end, 1_000)],
                &five[kept(known(&five, Timeframe::M5), 500)],
                &thirty[kept(known(&thirty, Timeframe::M30), 500)],
                &four[kept(known(&four, Timeframe::H4), 300)],
            ]);
            seen.take(&analyse(&input(now, candles), Bars::Closed));
        }
    }
    seen.tell(paths.len());
}

#[derive(Default)]
struct Seen {
    /// The leans of each bar with their weights.
    bars: Vec<Vec<(f64, f64)>>,
    /// Observations, how many beyond ±0.9, and the sum of squares, per measure and timeframe.
    parts: BTreeMap<(Cow<'static, str>, &'static str), (u32, u32, f64)>,
    /// Sum of squares and count per dimension.
    leans: BTreeMap<&'static str, (u32, f64)>,
}

impl Seen {
    fn take(&mut self, analysis: &Analysis) {
        let leans: Vec<(f64, f64)> = analysis
            .dimensions
            .iter()
            .filter_map(|dimension| Some((dimension.weight.get(), dimension.lean.value()?.get())))
            .collect();
        if leans.is_empty() {
            return;
        }
        self.bars.push(leans);
        for dimension in &analysis.dimensions {
            if let Some(lean) = dimension.lean.value() {
                let slot = self.leans.entry(dimension.dimension.as_str()).or_default();
                slot.0 += 1;
                slot.1 += lean.get().powi(2);
            }
            for part in &dimension.parts {
                let Some(finding) = part.finding.value() else { continue };
                let key = (part.id.clone(), part.timeframe.map_or("-", Timeframe::as_str));
                let slot = self.parts.entry(key).or_default();
                slot.0 += 1;
                slot.1 += u32::from(finding.lean.get().abs() > 0.9);
                slot.2 += finding.lean.get().powi(2);
            }
        }
    }

    fn tell(self, symbols: usize) {
        println!("{} bars of {symbols} contracts", self.bars.len());
        println!("measure, timeframe: root mean square of the lean, share beyond ±0.9");
        for ((id, timeframe), (n, beyond, squares)) in &self.parts {
            let (n, beyond) = (f64::from(*n), f64::from(*beyond));
            println!("  {id:<20} {timeframe:<4} {:.3}  {:5.1} %", (squares / n).sqrt(), 100.0 * beyond / n);
        }
        for (name, (n, squares)) in &self.leans {
            println!("dimension {name}: root mean square {:.3}", (squares / f64::from(*n)).sqrt());
        }
        outside("all dimensions say what candles say", self.bars.iter().map(|bar| reach(bar)).collect());
        // Weights of order flow, book and sentiment; each takes a lean from a bar far away.
        let leans: Vec<f64> = self.bars.iter().flatten().map(|(_, lean)| *lean).collect();
        let mixed = self.bars.iter().enumerate().map(|(i, bar)| {
            let far = |k: usize| leans[(i * 7_919 + k * leans.len() / 4 + 1) % leans.len()];
            let others = [(0.30, far(1)), (0.20, far(2)), (0.07, far(3))];
            reach(&bar.iter().copied().chain(others).collect::<Vec<_>>())
        });
        outside("the other dimensions are as strong and independent", mixed.collect());
    }
}

/// `|direction · (0.6 + 0.4·agreement)|` of some leans, before the gain.
fn reach(leans: &[(f64, f64)]) -> f64 {
    let present: f64 = leans.iter().map(|(weight, _)| weight).sum();
    let direction: f64 = leans.iter().map(|(weight, lean)| weight / present * lean).sum();
    let variance: f64 = leans.iter().map(|(weight, lean)| weight / present * (lean - direction).powi(2)).sum();
    (direction * (0.6 + 0.4 * (1.0 - variance.sqrt().min(1.0)))).abs()
}

fn outside(assumption: &str, mut reach: Vec<f64>) {
    reach.sort_by(f64::total_cmp);
    let quantile = reach[(reach.len() as f64 * 0.95) as usize];
    // Outside 30..70 means tanh(gain·reach) > 0.4.
    let edge = 0.4_f64.atanh();
    println!("{assumption}: 95 % reach less than {quantile:.4}, so the gain would be {:.3}", edge / quantile);
    for gain in [GAIN, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0] {
        let beyond = reach.iter().filter(|reach| gain * **reach > edge).count();
        println!("  gain {gain:.2}: {:.2} % outside 30..70", 100.0 * beyond as f64 / reach.len() as f64);
    }
}

fn input(now: UnixMs, candles: PerTimeframe<&[Candle]>) -> SymbolInput<'_> {
    SymbolInput {
        as_of: now,
        candles,
        open: PerTimeframe([None; 4]),
        trades: &[],
        flow: &[],
        book: None,
        derivatives: Derivatives {
            open_interest: &[],
            funding: None,
            funding_history: &[],
            accounts: &[],
            liquidations: None,
        },
    }
}

/// The record counts minutes from its first line on; its volume is in quote currency.
fn candles(path: &Path) -> Vec<Candle> {
    const FIRST: i64 = 1_750_107_600_000;
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    let rows = reader.deserialize().map(|row| row.unwrap());
    rows.zip(0..)
        .map(|((_, open, high, low, close, turnover), minute): ((String, f64, f64, f64, f64, f64), i64)| Candle {
            start: UnixMs(FIRST + 60_000 * minute),
            open,
            high,
            low,
            close,
            volume: turnover / close,
            turnover,
        })
        .collect()
}

fn aggregated(minutes: &[Candle], timeframe: Timeframe) -> Vec<Candle> {
    let mut run: Vec<Candle> = Vec::new();
    for minute in minutes {
        let start = minute.start.floor(timeframe.ms());
        match run.last_mut().filter(|candle| candle.start == start) {
            Some(candle) => {
                candle.high = candle.high.max(minute.high);
                candle.low = candle.low.min(minute.low);
                candle.close = minute.close;
                candle.volume += minute.volume;
                candle.turnover += minute.turnover;
            }
            None => run.push(Candle { start, ..*minute }),
        }
    }
    run
}

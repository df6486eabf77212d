//! Every candle measure that TA-Lib has functions for against TA-Lib's C library, to 1e-9.
//!
//! Twice: over made-up candles whose reference values are checked in (`vectors/ta_lib.json`), and over recorded candles, for
//! which the script that made them (`vectors/ta_vectors.py`) computes them when the test runs. The second needs the recorded
//! candles beside the repository and Python with TA-Lib (`VIRTUOSO_PYTHON`, else `python3`); without either it says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use analysis::{
    Analysis, Bars, analyse,
    input::{PerTimeframe, SymbolInput},
    registry::REGISTRY,
};
use schema::{Candle, Timeframe, UnixMs};
use serde::{Deserialize, Serialize};

const TOLERANCE: f64 = 1e-9;
/// Bars that the analysis looks back on.
const BARS: usize = 250;

/// Candle measures that TA-Lib has nothing for, with where else they are held.
const WITHOUT_REFERENCE: &[(&str, &str)] = &[
    ("volume_profile", "unit tests in series/volumes.rs, src/oracle.rs"),
    ("value_area", "unit tests in series/volumes.rs, src/oracle.rs"),
    ("vwap", "tests/measures.rs"),
    ("support_resistance", "unit tests in series/turns.rs, src/oracle.rs"),
    ("structure_breaks", "unit tests in series/breaks.rs, src/oracle.rs"),
    ("order_blocks", "tests/measures.rs, src/oracle.rs"),
    ("fair_value_gaps", "tests/measures.rs, src/oracle.rs"),
];

#[derive(Deserialize)]
struct Vectors {
    sets: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    #[serde(flatten)]
    set: Set,
    expected: BTreeMap<String, f64>,
}

#[derive(Serialize, Deserialize)]
struct Set {
    name: String,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    expected: BTreeMap<String, f64>,
}

impl Set {
    fn of(name: String, candles: &[Candle]) -> Self {
        let column = |f: fn(&Candle) -> f64| candles.iter().map(f).collect();
        Self {
            name,
            open: column(|c| c.open),
            high: column(|c| c.high),
            low: column(|c| c.low),
            close: column(|c| c.close),
            volume: column(|c| c.volume),
        }
    }

    fn candles(&self, timeframe: Timeframe) -> Vec<Candle> {
        (0..self.close.len())
            .map(|i| Candle {
                start: UnixMs(1_760_000_400_000 + timeframe.ms() * i64::try_from(i).unwrap()),
                open: self.open[i],
                high: self.high[i],
                low: self.low[i],
                close: self.close[i],
                volume: self.volume[i],
                turnover: self.volume[i] * self.close[i],
            })
            .collect()
    }
}

fn analysed(candles: &[Candle], timeframe: Timeframe) -> Analysis {
    let mut runs: PerTimeframe<&[Candle]> = PerTimeframe([&[]; 4]);
    *runs.get_mut(timeframe) = candles;
    let now = UnixMs(candles.last().unwrap().start.0 + timeframe.ms());
    analyse(&SymbolInput::of_candles(now, runs), Bars::Closed)
}

/// The figure that a person reads; the ATR is a condition, of candles of five minutes.
fn figure(analysis: &Analysis, id: &str, timeframe: Timeframe) -> Option<f64> {
    if id == "atr_pct" {
        return analysis.conditions.iter().find(|condition| condition.id == id)?.value.value().copied();
    }
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let part = parts.find(|part| part.id == id && part.timeframe == Some(timeframe))?;
    part.finding.value().map(|finding| finding.raw)
}

/// The distance from TA-Lib's figure, relative where that is above 1.
fn compare(name: &str, id: &str, ours: f64, theirs: f64) -> f64 {
    let error = (ours - theirs).abs() / theirs.abs().max(1.0);
    assert!(error < TOLERANCE, "{id} over {name}: {ours}, TA-Lib says {theirs}");
    error
}

fn agrees_over_made_up_candles(id: &str) {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/ta_lib.json")).unwrap();
    assert_eq!(vectors.sets.len(), 4);
    for known in &vectors.sets {
        let analysis = analysed(&known.set.candles(Timeframe::M5), Timeframe::M5);
        let ours = figure(&analysis, id, Timeframe::M5).expect(id);
        compare(&known.set.name, id, ours, known.expected[id]);
    }
}

macro_rules! indicators {
    ($($id:ident)+) => {
        /// The measures that have a reference.
        const WITH_REFERENCE: &[&str] = &[$(stringify!($id)),+];

        mod over_made_up_candles_ta_lib_agrees_on {
            $(
                #[test]
                fn $id() {
                    super::agrees_over_made_up_candles(stringify!($id));
                }
            )+
        }
    };
}

indicators! {
    rsi_14 ao macd_hist cci_20 adx_14 williams_r_14 cmf_20 adl_slope obv_slope rvol trend_position range_50 atr_pct
}

#[test]
fn every_candle_measure_has_a_reference_or_a_reason() {
    let world = analysed(
        &serde_json::from_str::<Vectors>(include_str!("vectors/ta_lib.json")).unwrap().sets[0]
            .set
            .candles(Timeframe::M5),
        Timeframe::M5,
    );
    let parts = world.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let mut of_candles: Vec<&str> =
        parts.filter(|part| part.timeframe == Some(Timeframe::M5)).map(|part| part.id.as_ref()).collect();
    of_candles.sort_unstable();
    let mut covered: Vec<&str> = WITHOUT_REFERENCE.iter().map(|(id, _)| *id).collect();
    covered.extend(WITH_REFERENCE.iter().filter(|id| **id != "atr_pct"));
    covered.sort_unstable();
    assert_eq!(of_candles, covered);
    assert!(covered.iter().all(|id| REGISTRY.iter().any(|row| row.id == *id)));
}

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/bybit/klines-linear-2025-10");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/ta_vectors.py");

/// The last 250 closed candles of every recorded contract.
fn recorded(timeframe: Timeframe) -> Vec<Set> {
    let mut paths: Vec<_> = std::fs::read_dir(RECORDED).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let ending = format!("_{}.csv.gz", timeframe.as_str());
    let files = paths.iter().filter(|path| path.to_string_lossy().ends_with(&ending));
    files.map(|path| Set::of(path.file_name().unwrap().to_string_lossy().into_owned(), &candles(path))).collect()
}

fn candles(path: &Path) -> Vec<Candle> {
    type Row = (String, f64, f64, f64, f64, f64, f64);
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(path).unwrap()));
    let mut candles: Vec<Candle> = reader
        .deserialize()
        .map(|row| {
            let (_, open, high, low, close, volume, turnover): Row = row.unwrap();
            Candle { start: UnixMs(0), open, high, low, close, volume, turnover }
        })
        .collect();
    candles.pop(); // It was still open when it was recorded.
    candles.split_off(candles.len().saturating_sub(BARS))
}

/// What TA-Lib says; `None` where it is not installed, unless `VIRTUOSO_PYTHON` names the Python that has it.
fn reference(sets: &[Set]) -> Option<Vec<Answer>> {
    let named = std::env::var("VIRTUOSO_PYTHON");
    let skipped = |why: String| {
        assert!(named.is_err(), "{why}");
        println!("skipped: {why}");
    };
    let python = named.clone().unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .args([SCRIPT, "expect"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| skipped(format!("{python} cannot be run: {error}")))
        .ok()?;
    let input = serde_json::to_vec(sets).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Where TA-Lib is absent nobody reads what is written; the exit code reports it.
    let written = stdin.write_all(&input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        skipped(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    written.unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn over_recorded_candles_ta_lib_agrees_on_every_indicator() {
    if !Path::new(RECORDED).exists() {
        println!("skipped: {RECORDED} absent");
        return;
    }
    for timeframe in [Timeframe::M5, Timeframe::M30] {
        let sets = recorded(timeframe);
        let Some(answers) = reference(&sets) else { return };
        assert!(sets.len() >= 20 && sets.len() == answers.len(), "{} {}", sets.len(), answers.len());
        let mut furthest = BTreeMap::new();
        for (set, answer) in sets.iter().zip(&answers) {
            assert_eq!(set.name, answer.name);
            let analysis = analysed(&set.candles(timeframe), timeframe);
            // The ATR is reported at five minutes alone; relative volume compares half hours with the same time of earlier days.
            let other = if timeframe == Timeframe::M5 { "" } else { "atr_pct rvol" };
            for id in WITH_REFERENCE.iter().filter(|id| !other.contains(**id)) {
                let ours = figure(&analysis, id, timeframe).expect(id);
                let error = compare(&set.name, id, ours, answer.expected[*id]);
                let most: &mut f64 = furthest.entry(*id).or_default();
                *most = most.max(error);
            }
        }
        let furthest: Vec<String> = furthest.into_iter().map(|(id, error)| format!("{id} {error:.1e}")).collect();
        println!("{} contracts of {}, furthest from TA-Lib: {}", sets.len(), timeframe.as_str(), furthest.join(", "));
    }
}

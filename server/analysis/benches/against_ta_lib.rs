//! The analysis against TA-Lib's C library through Python, over the same candles in the same run.
//!
//! `make bench-ta-lib` installs TA-Lib for Python and runs this; where it is absent (`VIRTUOSO_PYTHON`, else `python3`) this
//! says so and measures nothing. Every time is the shortest of many rounds, so that a busy machine disturbs little.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/support/world.rs"]
mod world;

use std::{
    hint::black_box,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use analysis::{Bars, TAIL, analyse, input::SymbolInput};
use schema::Candle;
use serde_json::{Value, json};
use ta_lib::Core;
use world::World;

const SYMBOLS: u32 = 60;
const ROUNDS: u32 = 200;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/ta_time.py");

/// The candles that a measure reads, as columns.
struct Columns {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Columns {
    fn of(candles: &[Candle]) -> Self {
        let tail = &candles[candles.len().saturating_sub(TAIL)..];
        let column = |f: fn(&Candle) -> f64| tail.iter().map(f).collect();
        Self {
            high: column(|c| c.high),
            low: column(|c| c.low),
            close: column(|c| c.close),
            volume: column(|c| c.volume),
        }
    }
}

/// The functions of `ta_time.py` through TA-Lib's own port to Rust.
fn functions(ta: &Core, columns: &Columns, out: &mut [Vec<f64>; 3]) {
    let Columns { high: h, low: l, close: c, volume: v } = columns;
    let (end, [out, line, signal]) = (c.len() - 1, out);
    black_box(ta.atr(0, end, h, l, c, 14, out).unwrap());
    black_box(ta.rsi(0, end, c, 14, out).unwrap());
    black_box(ta.ao(0, end, h, l, 5, 34, out).unwrap());
    black_box(ta.macd(0, end, c, 12, 26, 9, line, signal, out).unwrap());
    black_box(ta.cci(0, end, h, l, c, 20, out).unwrap());
    black_box(ta.adx(0, end, h, l, c, 14, out).unwrap());
    black_box(ta.plus_di(0, end, h, l, c, 14, out).unwrap());
    black_box(ta.minus_di(0, end, h, l, c, 14, out).unwrap());
    black_box(ta.willr(0, end, h, l, c, 14, out).unwrap());
    black_box(ta.cmf(0, end, h, l, c, v, 20, out).unwrap());
    black_box(ta.ad(0, end, h, l, c, v, out).unwrap());
    black_box(ta.obv(0, end, c, v, out).unwrap());
    black_box(ta.sma(0, end, c, 20, out).unwrap());
    black_box(ta.sma(0, end, c, 50, out).unwrap());
    black_box(ta.sma(0, end, v, 30, out).unwrap());
    black_box(ta.max(0, end, h, 50, out).unwrap());
    black_box(ta.min(0, end, l, 50, out).unwrap());
}

/// The shortest of the rounds, for one symbol.
fn shortest(mut round: impl FnMut()) -> Duration {
    let timed = |_| {
        let begun = Instant::now();
        round();
        begun.elapsed()
    };
    (0..ROUNDS).map(timed).min().unwrap() / SYMBOLS
}

/// What Python says of the same columns; none where it or TA-Lib is absent.
fn through_python(sets: &[Columns]) -> Option<Value> {
    let python = std::env::var("VIRTUOSO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| println!("skipped: {python} cannot be run: {error}"))
        .ok()?;
    let columns = |one: &Columns| json!({"high": one.high, "low": one.low, "close": one.close, "volume": one.volume});
    let asked = json!({ "rounds": ROUNDS, "sets": sets.iter().map(columns).collect::<Vec<_>>() });
    // Where TA-Lib is absent nobody reads what is written; the exit code reports it.
    let written = child.stdin.take().unwrap().write_all(asked.to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        println!("skipped: TA-Lib for Python is not installed");
        return None;
    }
    assert!(output.status.success(), "{python} failed");
    written.unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// An input of candles alone.
fn candles_alone<'a>(input: &SymbolInput<'a>) -> SymbolInput<'a> {
    let mut alone = SymbolInput { trades: &[], flow: &[], book: None, ..input.clone() };
    alone.derivatives.open_interest = &[];
    alone.derivatives.funding = None;
    alone.derivatives.accounts = &[];
    alone.derivatives.liquidations = None;
    alone
}

fn main() {
    let worlds: Vec<World> = (0..u64::from(SYMBOLS)).map(World::full).collect();
    let inputs: Vec<SymbolInput<'_>> = worlds.iter().map(World::input).collect();
    let alone: Vec<SymbolInput<'_>> = inputs.iter().map(candles_alone).collect();
    let sets: Vec<Columns> = worlds.iter().flat_map(|world| &world.candles).map(|run| Columns::of(run)).collect();
    let Some(answer) = through_python(&sets) else { return };
    let python = Duration::from_secs_f64(answer["seconds"].as_f64().unwrap()) / SYMBOLS;
    let (ta, mut out) = (Core::new(), std::array::from_fn(|_| vec![0.0; TAIL]));
    let port = shortest(|| sets.iter().for_each(|columns| functions(&ta, columns, &mut out)));
    let analysed = |inputs: &[SymbolInput<'_>]| {
        shortest(|| inputs.iter().for_each(|input| drop(black_box(analyse(black_box(input), Bars::Closed)))))
    };
    let (candles, whole) = (analysed(&alone), analysed(&inputs));
    println!(
        "One symbol, {TAIL} candles of each of four timeframes; the shortest of {ROUNDS} rounds over {SYMBOLS} symbols.\n\
         {}.\n\n| What | Time | Against Python |\n|---|---:|---:|",
        answer["version"].as_str().unwrap()
    );
    let row = |what: &str, time: Duration| {
        let (us, ratio) = (time.as_secs_f64() * 1e6, time.as_secs_f64() / python.as_secs_f64());
        println!("| {what} | {us:.1} µs | {ratio:.2} |");
    };
    row(&format!("{} functions of TA-Lib's C library through Python", answer["functions"]), python);
    row("the same functions through the Rust port", port);
    row("every measure of candles, with what TA-Lib has not, to dimensions", candles);
    row("the whole analysis: candles, trades, book, positions, score, explanation", whole);
}

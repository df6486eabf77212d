//! Recorded candles through the whole command.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{fmt::Write as _, path::Path, process::Output};

use analysis::{
    Bars, analyse,
    input::{PerTimeframe, SymbolInput},
};
use program::command;
use schema::{Candle, Dimension, UnixMs};
use serde_json::Value;

const FIRST: i64 = 1_750_118_400_000;
/// Enough for all measures of five minutes, and too few for longer candles.
const MINUTES: usize = 660;
/// From so many minutes on there are fifty candles of five, and with them half of the weight of a dimension.
const KNOWN: usize = 250;

/// A walk of one-minute candles from a seed; prices have two decimals.
fn walk(mut seed: u64, n: usize) -> Vec<Candle> {
    let mut dice = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(seed >> 33).unwrap()
    };
    let price = |cents: i64| f64::from(i32::try_from(cents).unwrap()) / 100.0;
    let mut cents = 10_000;
    (0..n)
        .map(|place| {
            let open = cents;
            cents += dice() % 41 - 20;
            let (high, low) = (open.max(cents) + dice() % 10, open.min(cents) - dice() % 10);
            let start = UnixMs(FIRST + 60_000 * i64::try_from(place).unwrap());
            let volume = price(100 + dice() % 900);
            let turnover = volume * price(open);
            Candle {
                start,
                open: price(open),
                high: price(high),
                low: price(low),
                close: price(cents),
                volume,
                turnover,
            }
        })
        .collect()
}

/// Writes candles as a file of a folder.
fn record(folder: &Path, name: &str, candles: &[Candle]) {
    let mut text = "ts_ms,open,high,low,close,volume,turnover\n".to_owned();
    for Candle { start, open, high, low, close, volume, turnover } in candles {
        writeln!(text, "{start},{open},{high},{low},{close},{volume},{turnover}").unwrap();
    }
    std::fs::write(folder.join(name), text).unwrap();
}

fn analysed(folder: &Path, args: &[&str]) -> Output {
    let folder = folder.to_str().unwrap();
    command(&[&["analyse", "--candles", folder], args].concat()).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "no progress where there is no terminal");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Candles of five minutes, made of whole ones.
fn fives(minutes: &[Candle]) -> Vec<Candle> {
    let of = |five: &[Candle]| Candle {
        high: five.iter().map(|minute| minute.high).fold(f64::MIN, f64::max),
        low: five.iter().map(|minute| minute.low).fold(f64::MAX, f64::min),
        close: five[4].close,
        volume: five.iter().map(|minute| minute.volume).sum(),
        turnover: five.iter().map(|minute| minute.turnover).sum(),
        ..five[0]
    };
    minutes.chunks_exact(5).map(of).collect()
}

/// What the analysis says of some minutes: technical, volume and price structure.
fn expected(minutes: &[Candle]) -> [Option<f64>; 3] {
    let fives = fives(minutes);
    let now = UnixMs(minutes[minutes.len() - 1].start.0 + 60_000);
    let input = SymbolInput::of_candles(now, PerTimeframe([minutes, &fives, &[], &[]]));
    let scores = analyse(&input, Bars::Closed).dimension_scores();
    [Dimension::Technical, Dimension::Volume, Dimension::PriceStructure]
        .map(|dimension| scores.get(dimension).map(schema::Score::get))
}

#[test]
fn a_bar_says_what_the_analysis_says_of_the_candles_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let candles = walk(7, MINUTES);
    record(folder.path(), "BTCUSDT.csv", &candles);
    let output = text(&analysed(folder.path(), &["--json"]));
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (report, bars) = lines.split_last().unwrap();
    assert_eq!(bars.len(), MINUTES - KNOWN + 1);
    for (bar, end) in bars.iter().zip(KNOWN..) {
        assert_eq!((&bar["symbol"], bar["close"].as_f64()), (&"BTCUSDT".into(), Some(candles[end - 1].close)));
        for (name, theirs) in ["technical", "volume", "price_structure"].into_iter().zip(expected(&candles[..end])) {
            match (bar[name].as_f64(), theirs) {
                (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-9, "{name} {end}: {ours} {theirs}"),
                (ours, theirs) => assert_eq!(ours, theirs, "{name} of bar {end}"),
            }
        }
        assert!(bar["technical"].is_f64() && bar["candles"].is_f64());
        assert!(bar["score"].is_null(), "candles alone make no score");
        assert!(bar["missing"].as_str().unwrap().ends_with("60% needed"), "{bar}");
    }
    assert_eq!(bars[0]["closed_at"], "2025-06-17T04:10:00Z");
    let report = &report["report"];
    assert_eq!((report["bars"].as_u64(), report["contracts"].as_u64()), (Some(bars.len() as u64), Some(1)));
    let histogram = report["scores"]["histogram"].as_array().unwrap();
    let sum: f64 = histogram.iter().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    let rsi = report["measures"].as_array().unwrap().iter().filter(|measure| measure["id"] == "rsi_14");
    let seen: Vec<_> = rsi.map(|measure| (measure["timeframe"].as_str(), measure["n"].as_u64())).collect();
    assert_eq!(seen, [(Some("1m"), Some(bars.len() as u64)), (Some("5m"), Some(bars.len() as u64))]);
}

#[test]
fn bars_come_as_lines_for_people_or_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), "BTCUSDT.csv", &walk(7, MINUTES));
    record(folder.path(), "ETHUSDT_1m.csv", &walk(8, MINUTES));
    let both = text(&analysed(folder.path(), &[]));
    assert!(both.starts_with("CLOSED AT") && both.contains("## Candles of 1m of 2 contracts"), "{both}");
    let csv = text(&analysed(folder.path(), &["--symbol", "ETHUSDT", "--csv", "--skip", "600", "--every", "10"]));
    let mut lines = csv.lines();
    let head = lines.next().unwrap();
    assert_eq!(head, "closed_at,symbol,close,score,candles,technical,volume,price_structure,coverage,missing");
    let rest: Vec<&str> = lines.collect();
    assert_eq!(rest.len(), 6);
    assert!(rest.iter().all(|line| line.contains(",ETHUSDT,")), "{csv}");
    let report = text(&analysed(folder.path(), &["--report"]));
    assert!(report.starts_with("## Candles of 1m of 2 contracts"), "{report}");
    assert!(both.ends_with(&report), "the same report stands below the lines");
}

/// Each contract drifts at its own pace for ever, so what rises most goes on to rise most.
#[test]
fn a_trend_that_goes_on_shows_as_a_rank_correlation_and_costs_are_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    for (drift, name) in ('A'..='U').enumerate() {
        let rise = 1.0 + (f64::from(u32::try_from(drift).unwrap()) - 10.0) * 1e-4;
        let mut candles = walk(u64::from(u32::from(name)), 330);
        let mut factor = 1.0;
        for candle in &mut candles {
            let next = factor * rise;
            (candle.open, candle.close) = (candle.open * factor, candle.close * next);
            candle.high = (candle.high * factor.max(next)).max(candle.open).max(candle.close);
            candle.low = (candle.low * factor.min(next)).min(candle.open).min(candle.close);
            factor = next;
        }
        record(folder.path(), &format!("{name}USDT.csv"), &candles);
    }
    let json = text(&analysed(folder.path(), &["--json"]));
    let report: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    let followed = &report["report"]["followed"];
    assert_eq!((&followed["not_entered"], &followed["bars"]), (&0.into(), &(21 * 65).into()), "the last is still open");
    let readings = followed["readings"].as_array().unwrap();
    let technical = readings.iter().find(|reading| reading["name"] == "Technical").unwrap();
    let after = &technical["followed"][0]["known"];
    assert!(after["rank_ic"].as_f64().unwrap() > 0.3, "{after:#}");
    assert!(after["interval"]["missing"].as_str().unwrap().contains("days"), "one day has no interval: {after:#}");
    let spread: Vec<f64> =
        after["spread_bps"]["known"].as_array().unwrap().iter().map(|bps| bps.as_f64().unwrap()).collect();
    assert!((spread[0] - spread[2] - 22.0).abs() < 1e-9, "{spread:?}");
    let text = text(&analysed(folder.path(), &["--report"]));
    assert!(text.contains("### What followed each measure") && text.contains("| `rsi_14` | 1m |"), "{text}");
}

#[test]
fn a_record_of_nothing_but_a_beginning_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), "BTCUSDT.csv", &walk(7, 20));
    let report = text(&analysed(folder.path(), &["--report"]));
    assert!(report.contains("0 bars") && report.contains("Too few bars"), "{report}");
    assert!(report.contains("not enough data: no complete window of this horizon"), "{report}");
}

#[test]
fn what_cannot_be_analysed_ends_with_2_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let hours = tempfile::tempdir().unwrap();
    let broken = tempfile::tempdir().unwrap();
    record(folder.path(), "BTCUSDT.csv", &walk(7, 20));
    let hourly = |candle: Candle| Candle { start: UnixMs(FIRST + (candle.start.0 - FIRST) * 60), ..candle };
    record(hours.path(), "BTCUSDT.csv", &walk(7, 20).into_iter().map(hourly).collect::<Vec<_>>());
    std::fs::write(broken.path().join("BTCUSDT.csv"), "").unwrap();
    for (folder, args, expected) in [
        (folder.path().join("nowhere"), &[][..], "listing"),
        (empty.path().to_owned(), &[], "holds no candles of USDT contracts"),
        (broken.path().to_owned(), &[], "BTCUSDT.csv, line 1: the file is empty"),
        (hours.path().to_owned(), &[], "of 60 min: candles of 1, 5, 30 or 240 min are scored"),
        (folder.path().to_owned(), &["--symbol", "ETHUSDT"], "has nothing of ETHUSDT; it has BTCUSDT"),
        (folder.path().to_owned(), &["--symbol", "btc\tusdt"], "not a symbol"),
        (folder.path().to_owned(), &["--csv", "--json"], "cannot be used with"),
        (folder.path().to_owned(), &["--every", "0"], "at least 1"),
    ] {
        let output = analysed(&folder, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{expected:?} is not in {said:?}");
    }
}

//! A session and its recording: what was shown live is what is computed from it again, and each time the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

mod program;

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use program::{Program, command};
use serde_json::Value;

fn backtest(args: &[&str]) -> Output {
    command(&[&["backtest"], args].concat()).output().unwrap()
}

/// The lines of a backtest of a recording.
fn events(folder: &Path) -> (Vec<u8>, Vec<Value>) {
    let output = backtest(&["--json", "--recording", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    (output.stdout, events)
}

/// A session of six contracts that recorded itself until each had a score, and the scores that it showed.
async fn recorded_session(folder: &Path) -> BTreeMap<String, f64> {
    let program = recording_session(folder).await;
    let shown = scores(&program).await.into_iter().map(|(symbol, score, _)| (symbol, score)).collect();
    assert!(program.terminate().success());
    shown
}

/// Six contracts, each with a score, of a session that records itself.
async fn recording_session(folder: &Path) -> Program {
    let record = folder.to_str().unwrap();
    let args = ["--source", "sim", "--symbols", "6", "--seed", "7", "--record", record];
    let program = Program::serve(&args, &[("VIRTUOSO_CACHE_SNAPSHOT_DIR", "off".to_owned())]).await;
    program.scored(6).await;
    program
}

/// The scores that a session shows, and of which bar they are.
async fn scores(program: &Program) -> Vec<(String, f64, i64)> {
    let signals = program.json("/api/v1/signals").await;
    let rows = signals["data"]["rows"].as_array().or(signals["value"]["rows"].as_array()).unwrap().clone();
    let score = |row: &Value| {
        let known = &row["score"]["known"];
        Some((row["symbol"].as_str()?.to_owned(), known["value"].as_f64()?, known["as_of"].as_i64()?))
    };
    rows.iter().filter_map(score).collect()
}

#[tokio::test]
async fn a_backtest_of_a_sessions_own_recording_gives_the_scores_that_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    let shown = recorded_session(folder.path()).await;
    assert_eq!(shown.len(), 6);
    let (first, events) = events(folder.path());
    let (second, _) = self::events(folder.path());
    assert_eq!(first, second, "the same recording gives the same bytes");
    let bars: Vec<&Value> = events.iter().filter(|event| event["kind"] == "bar").collect();
    for (symbol, score) in &shown {
        let found = bars.iter().any(|bar| bar["symbol"] == symbol.as_str() && bar["score"].as_f64() == Some(*score));
        assert!(found, "{symbol} was shown with {score}: {bars:#?}");
    }
    let summary = &events.last().unwrap()["summary"];
    assert_eq!((&summary["contracts"], &summary["lost"], &summary["cut"]), (&6.into(), &0.into(), &0.into()));
}

/// The lines of a backtest without its summary, and the moments that its bars were decided in.
fn lines(args: &[&str]) -> Vec<Value> {
    let output = backtest(&[&["--json"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let all: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    all.into_iter().filter(|event| event["kind"] != "summary").collect()
}

#[tokio::test]
async fn a_backtest_that_goes_on_from_a_saved_state_gives_the_rest_of_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("recording");
    let program = recording_session(&recording).await;
    let first = scores(&program).await;
    let closed = async || scores(&program).await.iter().zip(&first).all(|(now, before)| now.2 > before.2);
    program.until("a bar of each contract closes", closed).await;
    assert!(program.terminate().success());
    let recording = recording.to_str().unwrap();
    let [half, whole, end] = ["half", "whole", "end"].map(|name| folder.path().join(name));
    let [half, whole, end] = [&half, &whole, &end].map(|path| path.to_str().unwrap());
    let expected = lines(&["--recording", recording, "--save-state", whole]);
    let decided: std::collections::BTreeSet<&str> =
        expected.iter().filter_map(|event| event["decided_at"].as_str()).collect();
    let mut parts = 0;
    for until in &decided {
        let mut found = lines(&["--recording", recording, "--until", until, "--save-state", half]);
        parts += usize::from(!found.is_empty() && found.len() < expected.len());
        found.extend(lines(&["--recording", recording, "--resume", half, "--save-state", end]));
        assert_eq!(found, expected, "cut at {until}");
        assert_eq!(fs::read(end).unwrap(), fs::read(whole).unwrap(), "the same is known in the end");
    }
    assert!(parts > 0, "each cut is before the first or after the last of {decided:?}");
    let refused = |path: &str| {
        let output = backtest(&["--recording", recording, "--resume", path]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let bytes = fs::read(half).unwrap();
    fs::write(half, &bytes[..bytes.len() / 2]).unwrap();
    let (code, words) = refused(half);
    assert_eq!(code, Some(2));
    assert!(words.contains("going on from") && words.contains("saved state"), "{words}");
    let (code, words) = refused(recording);
    assert_eq!(code, Some(2), "{words}");
}

#[tokio::test]
async fn a_recording_that_was_cut_off_gives_the_beginning_of_the_same_lines() {
    let folder = tempfile::tempdir().unwrap();
    recorded_session(folder.path()).await;
    let (_, whole) = events(folder.path());
    let segment = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let (_, cut) = events(folder.path());
    assert_eq!(cut.last().unwrap()["summary"]["cut"], 1);
    let (whole, cut) = (&whole[..whole.len() - 1], &cut[..cut.len() - 1]);
    assert_eq!(cut, &whole[..cut.len()]);
}

#[test]
fn what_cannot_be_run_is_named_and_the_exit_code_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let said = |args: &[&str]| {
        let output = backtest(args);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = said(&["--recording", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(words.contains("holds no recording"), "{words}");
    let (code, words) = said(&["--candles", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(words.contains("holds no candles"), "{words}");
    let (code, words) = said(&[]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("--recording"), "{words}");
}

/// Both had a column `candles`, and each a rule of its own for it.
#[test]
fn a_backtest_of_candles_says_of_each_bar_what_analyse_says() {
    let folder = tempfile::tempdir().unwrap();
    let candles = folder.path().join("AUSDT.csv");
    let row = |n: i64| {
        let price = 100.0 + 5.0 * (n as f64 / 17.0).sin() + (n % 7) as f64 / 10.0;
        let (at, high, low) = (1_750_118_400_000_i64 + n * 60_000, price + 0.3, price - 0.4);
        format!("{at},{price},{high},{low},{},{},{}\n", price + 0.1, 10 + n % 13, 1_000 + n)
    };
    let rows: String = (0..700).map(row).collect();
    fs::write(&candles, format!("ts_ms,open,high,low,close,volume,turnover\n{rows}")).unwrap();
    let column = |command_name: &str| -> BTreeMap<String, String> {
        let output = command(&[command_name, "--csv", "--candles", candles.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
        let rows = reader.deserialize::<BTreeMap<String, String>>();
        let cells = rows.map(|row| row.unwrap()).map(|row| (row["closed_at"].clone(), row["candles"].clone()));
        cells.filter(|(_, candles)| !candles.is_empty()).collect()
    };
    let (analysed, run) = (column("analyse"), column("backtest"));
    assert!(analysed.len() > 300, "{}", analysed.len());
    assert_eq!(analysed, run);
}

#[test]
fn the_past_of_a_market_is_fetched_and_run() {
    let run = |args: &[&str]| {
        let mut command = command(&[&["backtest", "--venue", "sim"], args].concat());
        command.env("VIRTUOSO_SIM_SYMBOLS", "4").output().unwrap()
    };
    let output = run(&["--days", "1", "--json", "--symbols", "BTCUSDT,ETHUSDT"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let bars = || events.iter().filter(|event| event["kind"] == "bar");
    let of = |symbol: &str| bars().filter(|bar| bar["symbol"] == symbol).count();
    assert!(of("BTCUSDT") > 900 && of("BTCUSDT") == of("ETHUSDT"), "{} and {}", of("BTCUSDT"), of("ETHUSDT"));
    assert!(bars().next_back().unwrap()["candles"].as_f64().is_some(), "{:#}", bars().next_back().unwrap());
    let summary = &events.last().unwrap()["summary"];
    assert_eq!((&summary["contracts"], summary["reduced"].as_str()), (&2.into(), Some("no book, no tape")));
    assert!(summary["asked_from"].as_str() < summary["from"].as_str(), "{summary:#}");
    let output = run(&["--symbols", "NOSUCHUSDT"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.contains("does not list NOSUCHUSDT")), (Some(2), true), "{said}");
}

#[test]
fn lines_and_summary_go_into_a_folder_that_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let candles = folder.path().join("AUSDT.csv");
    let rows: String =
        (0..300).map(|n| format!("{},1.5,1.6,1.4,1.5,10,15\n", 1_750_118_400_000_i64 + n * 60_000)).collect();
    fs::write(&candles, format!("ts_ms,open,high,low,close,volume,turnover\n{rows}")).unwrap();
    let out = folder.path().join("made/here");
    let output = backtest(&["--candles", candles.to_str().unwrap(), "--csv", "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
    let bars = fs::read_to_string(out.join("bars.csv")).unwrap();
    assert_eq!(bars.lines().count(), 1 + 299, "a head, and each bar but the one that began before the record");
    assert!(out.join("ideas.csv").exists(), "ideas have a file of their own");
    let summary: Value = serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["bars"], &summary["scored"]), (&299.into(), &0.into()));
}

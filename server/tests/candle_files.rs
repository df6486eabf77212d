//! Candle files as other programs write them, through the commands that read them.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    fmt::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use program::command;
use serde_json::Value;

const FIRST: i64 = 1_764_547_200;
const HEAD: &str = "timestamp,open,high,low,close,volume\n";

/// A file of minutes with times and prices written by `line`.
fn minutes(n: i64, line: impl Fn(i64) -> String) -> String {
    let mut text = HEAD.to_owned();
    for minute in 0..n {
        writeln!(text, "{}", line(minute)).unwrap();
    }
    text
}

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("AAAUSDT.csv"), text).unwrap();
    folder
}

fn analyse(folder: &Path, args: &[&str]) -> Output {
    command(&[&["analyse", "--candles", folder.to_str().unwrap()], args].concat()).output().unwrap()
}

/// The time, open and close of every bar that `analyse` prints, and its report.
fn bars(folder: &Path) -> (Vec<(String, f64)>, Value) {
    let output = analyse(folder, &["--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report = lines.pop().unwrap()["report"].clone();
    let bar = |line: &Value| (line["closed_at"].as_str().unwrap().to_owned(), line["close"].as_f64().unwrap());
    (lines.iter().map(bar).collect(), report)
}

/// What a command that has to refuse its input writes on standard error.
fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn reads_times_with_offsets_and_every_unit_of_unix_time_alike() {
    let price = |minute: i64| format!("2.0,2.1,1.9,2.0{},{}", minute % 10, 100 + minute);
    let seconds = |minute: i64| FIRST + 60 * minute;
    let clock = |minute: i64| format!("2025-12-01 {:02}:{:02}:00", minute / 60, minute % 60);
    let expected = bars(folder(&minutes(300, |minute| format!("{},{}", seconds(minute), price(minute)))).path());
    assert_eq!(expected.0.last().unwrap().0, "2025-12-01T05:00:00Z");
    assert_eq!(expected.1["timeframes"], serde_json::json!(["1m"]));
    let forms: [&dyn Fn(i64) -> String; 5] = [
        &|minute| format!("{}000", seconds(minute)),
        &|minute| format!("{}000000", seconds(minute)),
        &|minute| format!("{}000000000", seconds(minute)),
        &|minute| format!("{}+00:00", clock(minute)),
        &|minute| format!("{}Z", clock(minute).replace(' ', "T")),
    ];
    for form in forms {
        let found = bars(folder(&minutes(300, |minute| format!("{},{}", form(minute), price(minute)))).path());
        assert_eq!(found, expected, "{}", form(0));
    }
}

#[test]
fn reads_very_small_and_very_large_prices() {
    for (low, high) in [("7.1e-06", "7.3e-06"), ("1234567890.5", "1234567899.25")] {
        let text = minutes(300, |minute| {
            let (open, close) = if minute % 3 == 0 { (low, high) } else { (high, low) };
            format!("{},{open},{high},{low},{close},{}", FIRST + 60 * minute, 10 + minute % 7)
        });
        let (found, _) = bars(folder(&text).path());
        assert!(!found.is_empty());
        let numbers = [low, high].map(|price| price.parse::<f64>().unwrap());
        assert!(found.iter().all(|(_, close)| numbers.contains(close)), "{found:?}");
    }
}

#[test]
fn counts_repeated_lines_and_missing_candles() {
    let line = |minute: i64| format!("{},2,2,2,2,1", FIRST + 60 * minute);
    let text = minutes(60, line) + &line(59) + "\n" + &line(62) + "\n";
    let (_, report) = bars(folder(&text).path());
    assert_eq!((&report["repeated"], &report["missing"]), (&1.into(), &2.into()));
    let output = analyse(folder(&text).path(), &["--report"]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("Repeated lines left out: 1.") && report.contains("Missing candles: 2;"), "{report}");
}

#[test]
fn irregular_files_end_every_command_with_2_and_the_line() {
    let good = |minute: i64| format!("{},2,2,2,2,1", FIRST + 60 * minute);
    let with = |line: &str| minutes(30, good) + line + "\n";
    for (text, problem) in [
        (with("1764547200,2,2,2,2,9"), "line 32: it has the time of line 2 and other values"),
        (with("1764547199,2,2,2,2,9"), "line 32: `1764547199` is no whole minute"),
        (with("1764547140,2,2,2,2,9"), "line 32: its time is before that of line 2"),
        (with("1764549000,2,1,3,2,9"), "line 32: the high 1 is below the low 3"),
        (with("1764549000000,2,2,2,2,1"), "line 32: Unix time in milliseconds, but line 2 has Unix time in seconds"),
        (with("1764549000,\"2,0\",2,2,2,1"), "line 32: `2,0` has a comma: a decimal point"),
        (with("1764549000,nan,2,2,2,1"), "line 32: `nan` is no price"),
        (with("1764549240,2,2,2,2,1\n1764549540,2,2,2,2,1\n1764549840,2,2,2,2,1"), "line 32: candles of two lengths"),
        (String::new(), "line 1: the file is empty"),
        (HEAD.to_owned(), "line 1: a header without candles"),
        (minutes(1, good), "line 2: it is the only candle"),
        ("\0\0\0\0".to_owned(), "line 1: the header has no column of times"),
    ] {
        let folder = folder(&text);
        let said = refused(&analyse(folder.path(), &[]));
        assert!(said.contains("AAAUSDT.csv, ") && said.contains(problem), "{problem}: {said}");
        let path = folder.path().to_str().unwrap();
        let sim = command(&["sim", "--addr", "127.0.0.1:0", "--candles", path]).output().unwrap();
        assert!(refused(&sim).contains(problem), "{problem}");
    }
    let folder = folder("");
    let args = ["serve", "--addr", "127.0.0.1:0", "--source", "sim", "--candles", folder.path().to_str().unwrap()];
    let serve = command(&args).stdout(Stdio::null()).output().unwrap();
    assert!(refused(&serve).contains("line 1: the file is empty"));
}

//! What holds for a market that plays recorded candles.

use std::collections::HashMap;

use schema::UnixMs;

use super::{
    candle::{Bar, DAY, MINUTE, Span},
    laws::{START, frames_until, later},
    market::Market,
    recorded,
};

/// Writes a recording of `count` candles of `minutes` that wander, each opening at the close before it.
fn write_recording(folder: &std::path::Path, name: &str, count: i64, minutes: i64, first: i64) -> Vec<Bar> {
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    let mut rows = Vec::new();
    let mut open = first;
    for index in 0..count {
        let close = open + (index * 37) % 23 - 11;
        let (high, low) = (open.max(close) + index % 5, open.min(close) - index % 3);
        let start = 1_700_006_400_000 + index * minutes * MINUTE;
        let lots = 1_000 + (index * 77) % 900;
        let row = Bar { start, open, high, low, close, lots, value: 0 };
        let price = |ticks: i64| format!("{}.{:02}", ticks / 100, ticks % 100);
        let (o, h, l, c) = (price(open), price(high), price(low), price(close));
        // At prices of tens of dollars a lot is 0.01.
        text += &format!("{start},{o},{h},{l},{c},{}.{:02}\n", lots / 100, lots % 100);
        rows.push(row);
        open = close;
    }
    std::fs::write(folder.join(name), text).unwrap();
    rows
}

#[test]
fn recorded_candles_are_played_as_they_were_and_start_over() {
    let folder = tempfile::tempdir().unwrap();
    let bitcoin = write_recording(folder.path(), "BTCUSDT_1m.csv", 330, 1, 3_000);
    write_recording(folder.path(), "BTCUSDT_5m.csv", 66, 5, 9_000);
    let ether = write_recording(folder.path(), "ETHUSDT.csv", 330, 1, 5_000);
    let recorded = recorded::read_folder(folder.path()).unwrap();
    assert_eq!(recorded.iter().map(|one| one.symbol.as_str()).collect::<Vec<_>>(), ["BTCUSDT", "ETHUSDT"]);
    let window = recorded::place(folder.path(), &recorded, START.0).unwrap();
    let mut market = Market::recorded(1, recorded, window, START);
    let mut again = market.clone();
    assert_eq!(
        frames_until(&mut market, later(30_000)),
        frames_until(&mut again, later(30_000)),
        "it is deterministic as well"
    );

    let left = window.end + window.shift - market.now().0;
    assert!((80 * MINUTE..=110 * MINUTE).contains(&left), "a third is left to be played, not {left} ms");
    while market.now().0 < window.end + window.shift {
        assert_eq!(market.restarts(), 0);
        market.step(UnixMs(market.now().0 + MINUTE), |_, _, contract, _| {
            assert!(contract.book().bid().price < contract.book().ask().price);
        });
    }
    assert_eq!(market.restarts(), 1);
    for (contract, rows) in market.contracts().iter().zip([bitcoin, ether]) {
        let minutes = contract.candles().of(Span::M1).closed();
        let played: HashMap<i64, Bar> = minutes.iter().map(|bar| (bar.start - window.shift, *bar)).collect();
        let mut compared = 0;
        for row in &rows {
            if let Some(bar) = played.get(&row.start) {
                assert_eq!(Bar { start: row.start, value: 0, ..*bar }, *row, "{}", contract.listing().symbol);
                compared += 1;
            }
        }
        assert_eq!(compared, 330, "history and live alike");
        assert_eq!(contract.candles().of(Span::H4).closed().len(), 300, "a walk leads up to the recording");
        let first = minutes.iter().find(|bar| bar.start - window.shift == window.end);
        let close = first.unwrap_or(contract.candles().of(Span::M1).running());
        assert!(close.low <= rows[0].high && rows[0].low <= close.high, "it has started over");
    }
}

#[test]
fn a_folder_without_candles_and_recordings_without_common_time_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = recorded::read_folder(folder.path()).unwrap_err();
    assert!(matches!(empty, recorded::RecordingError::Empty { .. }), "{empty}");
    write_recording(folder.path(), "BTCUSDT.csv", 20, 1, 3_000);
    let mut both = recorded::read_folder(folder.path()).unwrap();
    let mut late = both[0].clone();
    late.recording.rows.iter_mut().for_each(|row| row.start += DAY);
    both.push(late);
    let apart = recorded::place(folder.path(), &both, START.0).unwrap_err();
    assert!(matches!(apart, recorded::RecordingError::NoOverlap { .. }), "{apart}");
    assert!(recorded::read_folder(&folder.path().join("nowhere")).is_err());
}

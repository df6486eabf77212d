//! What is read, and that nothing else is.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;

const HEAD: &str = "timestamp,open,high,low,close,volume\n";

fn file(text: &str) -> Result<CandleFile, CandleFileError> {
    read_text(Path::new("AVAXUSDT.csv"), text.as_bytes())
}

fn refused(text: &str) -> String {
    file(text).unwrap_err().to_string()
}

fn starts(file: &CandleFile) -> Vec<i64> {
    file.candles().map(|candle| candle.start.0).collect()
}

#[test]
fn candles_have_exactly_the_numbers_of_the_file() {
    let text = "ts_ms,open,high,low,close,volume\n\
        1760874900000,91234.1,91240.55,7.1e-06,91238.07,12.345\n\
        1760874960000,1234567890.5,+1234567891,1234567890.25,1234567890.5,9481.9\n";
    let read = file(text).unwrap();
    let candles: Vec<&Candle> = read.candles().collect();
    assert_eq!((candles[0].start, candles[0].open, candles[0].high), (UnixMs(1_760_874_900_000), 91_234.1, 91_240.55));
    assert_eq!((candles[0].low, candles[0].close, candles[0].volume), (7.1e-6, 91_238.07, 12.345));
    assert_eq!((candles[1].open, candles[1].high), (1_234_567_890.5, 1_234_567_891.0));
    assert_eq!((read.span, read.places, read.repeated, read.missing), (60_000, 7, 0, 0));
}

#[test]
fn what_takers_bought_is_read_in_the_unit_of_the_volume_and_never_more_than_that() {
    let bought = |text: &str| file(text).unwrap().klines().map(|kline| kline.taker_buy).collect::<Vec<_>>();
    let coins = "timestamp,open,high,low,close,volume,taker_buy_volume\n\
        1796083200,4,4,4,4,10,2.5\n1796083260,4,4,4,4,10,\n1796083320,4,4,4,4,0,0\n";
    assert_eq!(bought(coins), [Some(2.5), None, Some(0.0)]);
    let quote = "open_time,open,high,low,close,volume,taker_buy_volume\n\
        1796083200,4,4,4,4,10,2.5\n1796083260,4,4,4,4,10,10\n";
    assert_eq!(bought(quote), [Some(0.625), Some(2.5)]);
    assert_eq!(bought(&format!("{HEAD}1796083200,1,1,1,1,1\n1796083260,1,1,1,1,1\n")), [None, None]);
    let said = refused("timestamp,open,high,low,close,volume,taker_buy_volume\n1796083200,4,4,4,4,10,10.5\n");
    assert_eq!(said, "AVAXUSDT.csv, line 2: takers bought 10.5, more than the volume 10");
}

#[test]
fn every_form_of_time_gives_the_same_candles() {
    let forms = [
        ["2026-12-01 00:00:00+00:00", "2026-12-01 00:01:00+00:00"],
        ["2026-12-01T01:00:00+01:00", "2026-12-01T00:01:00Z"],
        ["2026-12-01T00:00:00.000", "2026-12-01T00:01:00"],
        ["1796083200", "1796083260"],
        ["1796083200000", "1796083260000"],
        ["1796083200000000", "1796083260000000"],
        ["1796083200000000000", "1796083260000000000"],
    ];
    for [one, two] in forms {
        let read = file(&format!("{HEAD}{one},1,1,1,1,1\n{two},1,1,1,1,1\n")).unwrap();
        assert_eq!(starts(&read), [1_796_083_200_000, 1_796_083_260_000], "{one}");
    }
}

#[test]
fn refuses_a_mix_of_units_and_names_both() {
    let said = refused(&format!("{HEAD}1796083200,1,1,1,1,1\n1796083260000,1,1,1,1,1\n"));
    assert_eq!(
        said,
        "AVAXUSDT.csv, line 3: Unix time in milliseconds, but line 2 has Unix time in seconds: one form is expected in a file"
    );
    let said = refused(&format!("{HEAD}2026-12-01 00:00,1,1,1,1,1\n2026-12-01 00:01Z,1,1,1,1,1\n"));
    assert!(
        said.contains("line 3: a date and time with a zone, but line 2 has a date and time without a zone"),
        "{said}"
    );
}

#[test]
fn drops_and_counts_repeated_lines() {
    let read = file(&format!(
        "{HEAD}2026-12-01 00:00,1,1,1,1,1\n2026-12-01 00:01,1,2,1,1,1\n2026-12-01 00:01,1,2,1,1,1\n\
         2026-12-01 00:02,1,1,1,1,1\n2026-12-01 00:01,1,2.0,1,1,1\n2026-12-01 00:02,1,1,1,1,1\n2026-12-01 00:05,1,1,1,1,1\n"
    ))
    .unwrap();
    assert_eq!((read.candles().len(), read.repeated, read.missing), (4, 3, 2));
}

#[test]
fn ignores_blank_lines_quotes_and_line_ends_and_numbers_lines_nevertheless() {
    let text = "\u{feff}\r\n\"timestamp\",\"open\",high,low,close,volume\r\n\r\n\"2026-12-01 00:00\",\"1\",1,1,1,1\r\n   \r\n,,,,,\r\n\
        2026-12-01 00:01 , 1 ,1,1,1,1,\r\n";
    assert_eq!(file(text).unwrap().candles().len(), 2);
    assert!(refused(&format!("{text}\r\nsoon,1,1,1,1,1\r\n")).starts_with("AVAXUSDT.csv, line 9: `soon` is no time"));
}

#[test]
fn an_error_names_the_file_the_line_and_what_is_expected() {
    let head = format!("{HEAD}2025-10-19 11:55:00,1,1,1,1,1\n");
    for (line, problem) in [
        ("2025-10-19 12:00:00,1,1,x,1,1", "line 3: `x` is no price: a positive number"),
        ("2025-10-19 12:00:00,1,1,1,1", "line 3: 5 fields, but the header has 6"),
        ("2025-10-19 12:00:00,1,5,1,1,1,1,1", "line 3: 8 fields, but the header has 6"),
        ("2025-10-19 12:00:00,\"1,5\",1,1,1,1", "line 3: `1,5` has a comma: a decimal point"),
        ("2025-10-19 12:00:00,1,1,1,1,-4", "line 3: `-4` is no amount"),
        ("2025-10-19 12:00:00,3,2,1,1,1", "line 3: open and close are not between low and high"),
        ("2025-10-19 12:00:00,1,1,2,1,1", "line 3: the high 1 is below the low 2"),
        ("soon,1,1,1,1,1", "line 3: `soon` is no time: a date and time such as"),
        (
            "2025-10-19 11:50:00,1,1,1,1,1",
            "line 3: its time is before that of line 2: the oldest candle is expected first",
        ),
        ("2025-10-19 11:55:00,1,1,1,1,2", "line 3: it has the time of line 2 and other values"),
        ("2025-10-19 11:55:00,1,1,1,1,1", "line 2: it is the only candle"),
        ("\"2025-10-19 12:00:00,1,1,1,1,1", "line 3: a quoted field does not end"),
    ] {
        let said = refused(&format!("{head}{line}\n"));
        assert!(said.starts_with("AVAXUSDT.csv, ") && said.contains(problem), "{line}: {said}");
    }
    for (text, problem) in [
        ("", "line 1: the file is empty"),
        ("\n\n", "line 1: the file is empty"),
        (HEAD, "line 1: a header without candles"),
        ("time,open\n", "line 1: the header has no column `high`"),
        ("2025-10-19 12:00:00,1,1,1,1,1\n", "line 1: `2025-10-19 12:00:00` is no column"),
    ] {
        let said = refused(text);
        assert!(said.contains(problem), "{text:?}: {said}");
    }
}

#[test]
fn the_header_decides_what_volume_means() {
    let quote = "open_time,open,high,low,close,volume\n\
        2025-06-17 00:00:00,10.00,10.00,10.00,10.00,250.0\n2025-06-17 00:01:00,10.00,10.10,10.00,10.10,0\n";
    let read = file(quote).unwrap();
    let first = read.candles().next().unwrap();
    assert_eq!((first.volume, first.turnover), (25.0, 250.0));
    let both = quote.replace("volume", "volume,turnover").replace(",250.0", ",25,251").replace(",0\n", ",0,0\n");
    let read = file(&both).unwrap();
    let first = read.candles().next().unwrap();
    assert_eq!((first.volume, first.turnover), (25.0, 251.0));
}

#[test]
fn reads_packed_files_whatever_their_name_and_reports_damaged_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    write!(packed, "{HEAD}").unwrap();
    (0..500).for_each(|minute| writeln!(packed, "{},1,1,1,1,1", 1_796_083_200 + 60 * minute).unwrap());
    let packed = packed.finish().unwrap();
    for (name, bytes) in [("a.csv.gz", &packed[..]), ("b.csv", &packed[..])] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        assert_eq!(read(&folder.path().join(name)).unwrap().candles().len(), 500);
    }
    let cut = folder.path().join("c.csv.gz");
    std::fs::write(&cut, &packed[..packed.len() / 2]).unwrap();
    let error = read(&cut).unwrap_err();
    assert!(
        matches!(error, CandleFileError::Read { .. }) && error.to_string().contains("c.csv.gz after line"),
        "{error}"
    );
}

prop_compose! {
    /// A field as people and programs write it, right or wrong.
    fn any_field()(field in prop_oneof![
        4 => (0_i64..40).prop_map(|minute| (1_796_083_200 + 60 * minute).to_string()),
        2 => (0_i64..40).prop_map(|minute| format!("2026-12-01T00:{minute:02}:00Z")),
        6 => (1_u32..30).prop_map(|n| format!("{}", f64::from(n) / 4.0)),
        1 => any::<f64>().prop_map(|n| n.to_string()),
        1 => any::<f64>().prop_map(|n| format!("{n:e}")),
        1 => "[-+]?[0-9]{0,20}[.,]?[0-9]{0,4}(e[-+]?[0-9]{0,4})?",
        1 => "[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T _]?[0-9:]{0,8}[.,]?[0-9]{0,12}[-+−ZU]?[0-9:]{0,6}",
        1 => "\\PC{0,12}",
        1 => Just("\"".to_owned()),
        1 => Just(String::new()),
    ]) -> String { field }
}

proptest! {
    #[test]
    fn arbitrary_rows_are_read_or_refused_with_their_line(
        rows in proptest::collection::vec(proptest::collection::vec(any_field(), 0..9), 0..12),
        separator in prop_oneof![9 => Just(","), 1 => Just(";"), 1 => Just("\t")],
    ) {
        let head = HEAD.replace(',', separator);
        let body: Vec<String> = rows.iter().map(|row| row.join(separator)).collect();
        match file(&(head + &body.join("\n"))) {
            Ok(read) => {
                let candles: Vec<&Candle> = read.candles().collect();
                prop_assert!(candles.len() >= 2 && read.span >= 60_000);
                for pair in candles.windows(2) {
                    let step = pair[1].start.0 - pair[0].start.0;
                    prop_assert!(step > 0 && step % read.span == 0);
                }
                for candle in candles {
                    prop_assert!(candle.low > 0.0 && candle.low <= candle.open.min(candle.close));
                    prop_assert!(candle.high.is_finite() && candle.high >= candle.open.max(candle.close));
                    prop_assert!(candle.volume >= 0.0 && candle.volume.is_finite() && candle.turnover.is_finite());
                }
            }
            Err(error) => prop_assert!(error.to_string().starts_with("AVAXUSDT.csv, line "), "{error}"),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), headed in any::<bool>(), gz in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("AVAXUSDT.csv");
        let mut all = if gz { b"\x1F\x8B\x08\0".to_vec() } else if headed { HEAD.as_bytes().to_vec() } else { Vec::new() };
        all.extend(bytes);
        std::fs::write(&path, all).unwrap();
        if let Err(error) = read(&path) {
            prop_assert!(error.to_string().contains("AVAXUSDT.csv"), "{error}");
        }
    }
}

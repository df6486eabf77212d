//! Minutes and days come back as they were, within the steps of their columns.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

use history::{CodecError, Column, Day, InstrumentId, Row, Scale, Step, decode_minute, encode_minute};
use proptest::prelude::*;

const TICK: f64 = 0.01;

/// A figure that a column may have, from a share of its range; none for some.
fn figure(column: Column, share: f64) -> Option<f64> {
    (share > -0.9).then_some(match column.scale() {
        Scale::Linear { step } => (share * 1e4).round() * step,
        Scale::Ticks => (share.abs() * 1e6).round() * TICK,
        Scale::Relative { .. } => share.powi(5) * 1e9,
    })
}

fn row(shares: &[f64]) -> Row {
    let mut row = Row::EMPTY;
    for (column, share) in Column::ALL.into_iter().zip(shares) {
        row.set(column, figure(column, *share));
    }
    row
}

/// Whether two rows are the same within the steps of their columns.
fn close(a: &Row, b: &Row) -> bool {
    Column::ALL.into_iter().all(|column| match (a.get(column), b.get(column)) {
        (Some(a), Some(b)) => column.scale().units(a, TICK) == column.scale().units(b, TICK),
        (a, b) => a == b,
    })
}

fn shares() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0_f64, Column::ALL.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_minute_comes_back(rows in prop::collection::vec(shares(), 0..40)) {
        let rows: Vec<_> = (0..).map(InstrumentId).zip(rows).map(|(id, shares)| (id, TICK, row(&shares))).collect();
        let back = decode_minute(&encode_minute(&rows), |_| Some(TICK)).unwrap();
        prop_assert_eq!(back.len(), rows.len());
        for ((id, _, row), (found, back)) in rows.iter().zip(&back) {
            prop_assert!(id == found && close(row, back), "{:?} {:?}", row, back);
        }
    }

    #[test]
    fn a_day_comes_back_whole_and_in_part(
        seed in shares(), missing in prop::collection::vec(any::<bool>(), 1_440), from in 0..1_440_usize, n in 1..300_usize,
    ) {
        let at = |minute: usize| row(&seed.iter().map(|share| (share + minute as f64 * 0.001) % 1.0).collect::<Vec<_>>());
        let rows: Vec<(usize, Row)> = (0..1_440).filter(|minute| !missing[*minute]).map(|minute| (minute, at(minute))).collect();
        let mut day = Day::new(Step::Minute, TICK);
        for hour in 0..24 {
            let of_hour = rows.iter().filter(|(minute, _)| minute / 60 == hour).map(|(minute, row)| (minute % 60, *row));
            // In two steps, as an hour comes that was packed before its last minutes were written.
            let of_hour: Vec<_> = of_hour.collect();
            let (early, late) = of_hour.split_at(of_hour.len() / 2);
            day.add(hour, early).unwrap();
            day.add(hour, late).unwrap();
        }
        let day = Day::read(&day.bytes(), TICK).unwrap();
        let all = day.rows(0..1_440).unwrap();
        prop_assert_eq!(all.len(), rows.len());
        for ((minute, row), (found, back)) in rows.iter().zip(&all) {
            prop_assert!(minute == found && close(row, back));
        }
        let part = day.rows(from..from + n).unwrap();
        let expected: Vec<_> = all.into_iter().filter(|(minute, _)| (from..from + n).contains(minute)).collect();
        prop_assert_eq!(part, expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_minute(&bytes, |_| Some(TICK));
        if let Ok(day) = Day::read(&bytes, TICK) {
            let _ = day.rows(0..1_440);
        }
    }
}

#[test]
fn a_later_format_and_damage_are_told_apart() {
    let row = (InstrumentId(1), TICK, Row::EMPTY.with(Column::Score, Some(50.0)));
    let mut bytes = encode_minute(&[row]);
    assert_eq!(decode_minute(&[], |_| None), Err(CodecError::Damaged("nothing")));
    assert!(matches!(decode_minute(&bytes[..bytes.len() - 3], |_| None), Err(CodecError::Damaged(_))));
    bytes[0] += 1;
    assert_eq!(decode_minute(&bytes, |_| None), Err(CodecError::Newer { found: 2 }));
    let mut day = Day::new(Step::Minute, TICK);
    assert!(matches!(day.add(24, &[(0, Row::EMPTY)]), Err(CodecError::Damaged(_))));
}

#[test]
fn zero_and_missing_are_different() {
    let row = Row::EMPTY.with(Column::TakerDelta, Some(0.0));
    let back = decode_minute(&encode_minute(&[(InstrumentId(7), TICK, row)]), |_| Some(TICK)).unwrap();
    assert_eq!(back, [(InstrumentId(7), row)]);
    assert_eq!((back[0].1.get(Column::TakerDelta), back[0].1.get(Column::Score)), (Some(0.0), None));
}

#[test]
fn five_minutes_are_left_as_how_they_ended_and_what_flowed_in_them() {
    let minute = |price: f64, delta: Option<f64>| {
        let row = Row::EMPTY.with(Column::Price, Some(price)).with(Column::MinuteCoverage, Some(1.0));
        row.with(Column::TakerDelta, delta)
    };
    let mut day = Day::new(Step::Minute, TICK);
    day.add(3, &[(10, minute(5.0, Some(100.0))), (11, minute(6.0, None)), (13, minute(7.0, Some(50.0)))]).unwrap();
    let thinned = Day::read(&day.thinned().unwrap().bytes(), TICK).unwrap();
    let rows = thinned.rows(0..1_440).unwrap();
    assert_eq!((thinned.step(), rows.len(), rows[0].0), (Step::FiveMinutes, 1, 190));
    let (_, five) = rows[0];
    assert_eq!((five.get(Column::Price), five.get(Column::Score)), (Some(7.0), None));
    assert!((five.get(Column::TakerDelta).unwrap() - 150.0).abs() < 1.0, "{five:?}");
    assert!(
        (five.get(Column::MinuteCoverage).unwrap() - 0.6).abs() < 1e-9,
        "two of five minutes are missing: {five:?}"
    );
    assert_eq!(thinned.thinned().unwrap(), thinned, "it is thinned once");
}

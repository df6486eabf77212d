//! Minutes: written, packed, thinned, deleted.

use history::{Column, Maintained, Retention, Store, StoreError, Write};
use schema::UnixMs;

use crate::world::{BEGIN, DAY_MS, HOUR_MS, KEEP, VENUE, World, close, end, minute, row, symbol};

const BOTH: [&str; 2] = ["BTCUSDT", "1000PEPEUSDT"];

#[test]
fn a_minute_is_the_same_before_and_after_its_hour_was_packed() {
    let mut world = World::new();
    world.minutes(&BOTH, 0..130);
    let read = |world: &mut World| -> Vec<_> {
        (0..130)
            .map(|n| {
                world.store.minute(VENUE, end(n)).unwrap().map(|mut rows| {
                    rows.sort_by_key(|(symbol, _)| *symbol);
                    rows
                })
            })
            .collect()
    };
    let before = read(&mut world);
    let done = world.store.maintain(UnixMs(BEGIN + 2 * HOUR_MS + 10 * 60_000), KEEP).unwrap();
    assert_eq!(done, Maintained { packed_hours: 2, ..Maintained::default() });
    assert_eq!(world.store.stats().unwrap().minutes, 10, "the third hour goes on");
    let after = read(&mut world);
    assert_eq!(before, after);
    let [_, (name, found)] = &after[5].as_ref().unwrap()[..] else { panic!("two symbols") };
    assert!(*name == symbol("BTCUSDT") && close(found, &row("BTCUSDT", 5)), "{name} {found:?}");
    assert_eq!(world.store.minute(VENUE, end(130)).unwrap(), None, "nothing was written");
    assert_eq!(world.store.minute("binance", end(5)).unwrap(), None);
}

#[test]
fn a_series_runs_over_packed_and_unpacked_hours_and_has_no_made_up_minutes() {
    let mut world = World::new();
    world.minutes(&BOTH, 0..70);
    world.minutes(&BOTH, 100..200);
    world.store.maintain(UnixMs(BEGIN + 2 * HOUR_MS + 10 * 60_000), KEEP).unwrap();
    let series = world.store.series(VENUE, symbol("BTCUSDT"), UnixMs(BEGIN)..UnixMs(BEGIN + DAY_MS)).unwrap();
    let expected: Vec<i64> = (0..70).chain(100..200).collect();
    assert_eq!(
        series.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
        expected.iter().map(|n| end(*n)).collect::<Vec<_>>()
    );
    for ((_, found), n) in series.iter().zip(&expected) {
        assert!(close(found, &row("BTCUSDT", *n)), "{n}: {found:?}");
    }
    let part = world.store.series(VENUE, symbol("BTCUSDT"), end(10)..end(13)).unwrap();
    assert_eq!(part.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [end(10), end(11), end(12)]);
    assert_eq!(world.store.series(VENUE, symbol("ETHUSDT"), end(0)..end(500)).unwrap(), []);
}

#[test]
fn a_minute_that_comes_after_its_hour_was_packed_is_taken_in() {
    let mut world = World::new();
    world.minutes(&["BTCUSDT"], 0..59);
    let later = UnixMs(BEGIN + 3 * HOUR_MS);
    world.store.maintain(later, KEEP).unwrap();
    world.minutes(&["BTCUSDT"], 59..60);
    assert!(world.store.minute(VENUE, end(59)).unwrap().is_some());
    world.store.maintain(later, KEEP).unwrap();
    let series = world.store.series(VENUE, symbol("BTCUSDT"), end(0)..end(60)).unwrap();
    assert_eq!(series.len(), 60);
}

#[test]
fn a_price_increment_that_changes_keeps_the_prices_of_before() {
    let mut world = World::new();
    let mut finer = minute(world.run, &["BTCUSDT"], 1);
    finer.rows[0].1 = 0.01;
    finer.rows[0].2.set(Column::Price, Some(700.37));
    world.minutes(&["BTCUSDT"], 0..1);
    world.store.write(&[Write::Minute(finer)]).unwrap();
    for _ in 0..2 {
        let series = world.store.series(VENUE, symbol("BTCUSDT"), end(0)..end(2)).unwrap();
        let prices: Vec<f64> = series.iter().map(|(_, row)| row.get(Column::Price).unwrap()).collect();
        assert!((prices[0] - 700.0).abs() < 1e-9 && (prices[1] - 700.37).abs() < 1e-9, "{prices:?}");
        world.store.maintain(UnixMs(BEGIN + 2 * HOUR_MS), KEEP).unwrap();
    }
}

#[test]
fn old_days_are_thinned_and_then_deleted() {
    let mut world = World::new();
    for day in 0..4 {
        world.minutes(&BOTH, day * 1_440..day * 1_440 + 20);
    }
    let keep = Retention { minutes_days: 2, five_minutes_days: 3, max_bytes: u64::MAX };
    let now = UnixMs(BEGIN + 3 * DAY_MS + 2 * HOUR_MS);
    let done = world.store.maintain(now, keep).unwrap();
    assert_eq!(done, Maintained { packed_hours: 4, thinned_days: 1, deleted_days: 0 });
    let first = world.store.series(VENUE, symbol("BTCUSDT"), UnixMs(BEGIN)..UnixMs(BEGIN + DAY_MS)).unwrap();
    assert_eq!(
        first.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
        [end(4), end(9), end(14), end(19)],
        "how each five ended"
    );
    assert!(world.store.minute(VENUE, end(7)).unwrap().is_some(), "a minute within is answered by its five");
    let done = world.store.maintain(UnixMs(now.0 + DAY_MS), keep).unwrap();
    assert_eq!(done, Maintained { packed_hours: 0, thinned_days: 1, deleted_days: 1 });
    assert_eq!(world.store.minute(VENUE, end(4)).unwrap(), None);
}

#[test]
fn the_oldest_days_go_first_where_it_is_too_large_and_today_never() {
    let mut world = World::new();
    for day in 0..3 {
        world.minutes(&BOTH, day * 1_440..day * 1_440 + 60);
    }
    let now = UnixMs(BEGIN + 2 * DAY_MS + 2 * HOUR_MS);
    let done = world.store.maintain(now, Retention { max_bytes: 1, ..KEEP }).unwrap();
    assert_eq!(done.deleted_days, 2);
    assert!(world.store.minute(VENUE, end(2 * 1_440)).unwrap().is_some());
}

#[test]
fn a_batch_is_written_as_a_whole_or_not_at_all() {
    let mut world = World::new();
    let good = Write::Minute(minute(world.run, &BOTH, 0));
    let no_such_run = Write::Minute(minute(history::RunId(99), &BOTH, 1));
    assert!(matches!(world.store.write(&[good, no_such_run]), Err(StoreError::Sqlite { .. })));
    assert_eq!(world.store.minute(VENUE, end(0)).unwrap(), None);
    assert_eq!(world.store.stats().unwrap().instruments, 0);
}

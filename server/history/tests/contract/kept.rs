//! Records, outcomes, states and runs.

use history::{Kind, Outcome, Record, RecordQuery, Store, Write};
use schema::UnixMs;

use crate::world::{VENUE, World, end, new_run, symbol};

fn idea(world: &World, key: &str, begins: i64, ends: Option<i64>) -> Write {
    let record = Record {
        key: key.to_owned(),
        venue: VENUE.to_owned(),
        symbol: Some(symbol("BTCUSDT")),
        begins: end(begins),
        ends: ends.map(end),
        run: world.run,
        body: format!("{key} {ends:?}").into_bytes(),
    };
    Write::Record { kind: Kind::Idea, record }
}

#[test]
fn records_are_found_by_what_they_are_the_newest_first() {
    let mut world = World::new();
    let batch = [idea(&world, "a", 1, Some(5)), idea(&world, "b", 2, None), idea(&world, "c", 3, None)];
    world.store.write(&batch).unwrap();
    let keys = |world: &mut World, query: &RecordQuery| -> Vec<String> {
        world.store.records(query).unwrap().into_iter().map(|record| record.key).collect()
    };
    let all = RecordQuery::newest(Kind::Idea, 10);
    assert_eq!(keys(&mut world, &all), ["c", "b", "a"]);
    assert_eq!(keys(&mut world, &RecordQuery { is_open: Some(true), ..all.clone() }), ["c", "b"]);
    assert_eq!(keys(&mut world, &RecordQuery { is_open: Some(false), ..all.clone() }), ["a"]);
    assert_eq!(keys(&mut world, &RecordQuery { before: end(3), limit: 1, ..all.clone() }), ["b"]);
    assert_eq!(keys(&mut world, &RecordQuery { symbol: Some(symbol("ETHUSDT")), ..all.clone() }), [""; 0]);
    assert_eq!(keys(&mut world, &RecordQuery { venue: Some("binance".to_owned()), ..all.clone() }), [""; 0]);
    let ended = [idea(&world, "b", 2, Some(9))];
    world.store.write(&ended).unwrap();
    let found = world.store.records(&RecordQuery { is_open: Some(false), ..all }).unwrap();
    assert_eq!(
        found.iter().map(|record| (&*record.key, record.ends)).collect::<Vec<_>>(),
        [("b", Some(end(9))), ("a", Some(end(5)))]
    );
    assert_eq!((found[0].symbol, &found[0].body), (Some(symbol("BTCUSDT")), &b"b Some(9)".to_vec()));
    let counted = world.store.stats().unwrap().records;
    assert_eq!(counted.into_iter().find(|(kind, _)| *kind == Kind::Idea), Some((Kind::Idea, 3)));
}

#[test]
fn an_outcome_that_is_not_known_is_kept_with_its_reason() {
    let mut world = World::new();
    let known = Outcome {
        venue: VENUE.to_owned(),
        symbol: symbol("BTCUSDT"),
        bar_closed_at: end(1),
        horizon_ms: 900_000,
        score: 72.5,
        excess: Some(-0.001),
        gross: Some(0.002),
        extremes: Some((0.004, -0.003)),
        why: None,
        run: world.run,
    };
    let unknown = Outcome {
        symbol: symbol("ETHUSDT"),
        excess: None,
        gross: None,
        extremes: None,
        why: Some("no price at its end".to_owned()),
        ..known.clone()
    };
    world.store.write(&[Write::Outcome(unknown.clone()), Write::Outcome(known.clone())]).unwrap();
    let found = world.store.outcomes(VENUE, 900_000, end(0)..end(5)).unwrap();
    assert_eq!(found, [known, unknown]);
    assert_eq!(world.store.outcomes(VENUE, 3_600_000, end(0)..end(5)).unwrap(), []);
    assert_eq!(world.store.stats().unwrap().outcomes, (2, 1));
}

#[test]
fn a_state_is_the_last_one_that_was_written() {
    let mut world = World::new();
    assert_eq!(world.store.state("engine").unwrap(), None);
    for n in [1, 2] {
        let write = Write::State { name: "engine".to_owned(), at: end(n), body: vec![0, u8::try_from(n).unwrap()] };
        world.store.write(&[write]).unwrap();
    }
    let state = world.store.state("engine").unwrap().unwrap();
    assert_eq!((state.at, state.body), (end(2), vec![0, 2]));
}

#[test]
fn a_run_that_did_not_end_by_itself_shows_when_it_wrote_last() {
    let mut world = World::new();
    let first = world.run;
    world.store.write(&[Write::Alive { run: first, at: end(10), is_end: false }]).unwrap();
    let second = world.store.begin_run(&new_run()).unwrap();
    world.store.write(&[Write::Alive { run: second, at: end(20), is_end: true }]).unwrap();
    // A clock that was set back does not make it older.
    world.store.write(&[Write::Alive { run: first, at: UnixMs(0), is_end: false }]).unwrap();
    let runs = world.store.runs(10).unwrap();
    let seen: Vec<_> = runs.iter().map(|run| (run.id, run.last_written, run.is_ended)).collect();
    assert_eq!(seen, [(second, end(20), true), (first, end(10), false)]);
    assert_eq!((&*runs[0].version, &*runs[0].config_hash, &*runs[0].kind), ("1.0.0", "abc", "live"));
}

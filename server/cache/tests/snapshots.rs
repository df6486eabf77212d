//! The last readings on disk: they come back with their true age, fill holes only, and survive bad endings.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{fs, time::Duration};

use cache::{FillOutcome, Filled, Outcome, Restored, Snapshot, Unreadable};
use kit::{Memcached, Note, START, breadth, number, place, process};
use schema::{MarketBreadth, MarketMovers, Origin, Reading};

mod kit;

#[tokio::test]
async fn a_restart_shows_the_last_readings_with_their_true_age_and_says_that_they_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("last.ndjson");
    let (before, _) = process("all@a/1", None);
    let (breadths, notes) = (before.publisher::<MarketBreadth>().unwrap(), before.publisher::<Note>().unwrap());
    assert_eq!(breadths.publish(&(), breadth(7), START).await.outcome().await, Outcome::Off);
    for n in 0..3 {
        assert_eq!(notes.publish(&place(n), Note { text: n.to_string() }, START).await.outcome().await, Outcome::Off);
    }
    let snapshot = Snapshot::of(&before).with::<MarketBreadth>().with::<Note>().with::<MarketMovers>();
    assert_eq!(snapshot.write(&path).await.unwrap(), 4);

    let (after, clock) = process("all@a/2", None);
    clock.advance(Duration::from_secs(30));
    let snapshot = Snapshot::of(&after).with::<MarketBreadth>().with::<Note>();
    let restored = snapshot.restore(&path).await.unwrap();
    assert_eq!(restored.len(), 4);
    let expected = Filled { l1: true, l2: FillOutcome::Off };
    assert!(restored.iter().all(|one| matches!(one, Restored::Offered { filled, .. } if *filled == expected)));
    let Reading::Stale { held, age } = after.read::<MarketBreadth>(&()).await else { panic!("not stale") };
    assert_eq!((number(&held.value), held.origin, age), (7, Origin::Restored, Duration::from_secs(30)));
    assert_eq!(after.peek::<Note>(&place(2)).await.unwrap().value.text, "2");

    let live = after.publisher::<MarketBreadth>().unwrap();
    assert!(live.publish(&(), breadth(8), after.now()).await.l1);
    let held = after.peek::<MarketBreadth>(&()).await.unwrap();
    assert_eq!((number(&held.value), held.origin), (8, Origin::Live));
}

#[tokio::test]
async fn what_is_live_is_left_alone_here_and_in_memcached() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("last.ndjson");
    let (before, _) = process("all@a/1", None);
    let publisher = before.publisher::<MarketBreadth>().unwrap();
    assert!(publisher.publish(&(), breadth(1), START).await.l1);
    Snapshot::of(&before).with::<MarketBreadth>().write(&path).await.unwrap();

    let memcached = Memcached::start().await;
    let (monitor, _) = process("monitor@b/2", Some(memcached.l2()));
    let live = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(live.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    let (other, _) = process("import@c/3", Some(memcached.l2()));
    let restored = Snapshot::of(&other).with::<MarketBreadth>().restore(&path).await.unwrap();
    let expected = Filled { l1: false, l2: FillOutcome::Occupied };
    assert!(matches!(&restored[..], [Restored::Offered { filled, .. }] if *filled == expected), "{restored:?}");
    assert_eq!(number(&other.get::<MarketBreadth>(&()).await.unwrap().value), 2);
}

#[tokio::test]
async fn a_damaged_line_is_named_and_the_others_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("last.ndjson");
    let (before, _) = process("all@a/1", None);
    let notes = before.publisher::<Note>().unwrap();
    for n in 0..2 {
        assert!(notes.publish(&place(n), Note { text: format!("note {n}") }, START).await.l1);
    }
    Snapshot::of(&before).with::<Note>().write(&path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap().replace("note 1", "note 9");
    fs::write(&path, format!("half a line\n{text}")).unwrap();

    let (after, _) = process("all@a/2", None);
    let restored = Snapshot::of(&after).with::<Note>().restore(&path).await.unwrap();
    let skipped: Vec<(usize, &str)> = restored
        .iter()
        .filter_map(|one| match one {
            Restored::Skipped { line, why } => Some((*line, why.kind())),
            Restored::Offered { .. } => None,
        })
        .collect();
    assert_eq!((restored.len(), skipped.len()), (3, 2), "{restored:?}");
    assert!(
        skipped.contains(&(1, "undecodable")) && skipped.iter().any(|(_, kind)| *kind == "bad_hash"),
        "{skipped:?}"
    );
    assert_eq!(after.peek::<Note>(&place(0)).await.unwrap().value.text, "note 0");
    assert!(after.peek::<Note>(&place(1)).await.is_none());
    let foreign = Snapshot::of(&after).with::<MarketBreadth>().restore(&path).await.unwrap();
    assert!(foreign.iter().any(|one| matches!(one, Restored::Skipped { why: Unreadable::WrongKey { .. }, .. })));
}

#[tokio::test]
async fn a_file_that_is_not_there_holds_nothing_and_one_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, _) = process("all@a/1", None);
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    assert!(publisher.publish(&(), breadth(1), START).await.l1);
    let snapshot = Snapshot::of(&cache).with::<MarketBreadth>();
    assert!(snapshot.restore(&folder.path().join("none")).await.unwrap().is_empty());
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let error = snapshot.write(&file.join("last.ndjson")).await.unwrap_err();
    assert!(error.to_string().contains("last.ndjson"), "{error}");
    assert!(snapshot.restore(folder.path()).await.is_err(), "a folder is no file");
}

#[tokio::test]
async fn a_writer_that_is_killed_while_it_writes_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("last.ndjson");
    let (cache, _) = process("all@a/1", None);
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    assert!(publisher.publish(&(), breadth(1), START).await.l1);
    let snapshot = Snapshot::of(&cache).with::<MarketBreadth>();
    snapshot.write(&path).await.unwrap();
    // What a process that was killed half-way leaves beside it.
    fs::write(folder.path().join("last.ndjson.99999"), "half of an enve").unwrap();
    let (after, _) = process("all@a/2", None);
    let restored = Snapshot::of(&after).with::<MarketBreadth>().restore(&path).await.unwrap();
    assert_eq!(restored.len(), 1);
    assert_eq!(number(&after.peek::<MarketBreadth>(&()).await.unwrap().value), 1);
}

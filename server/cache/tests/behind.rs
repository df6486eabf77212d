//! Writing behind: what a publish owes the readers of its own process, and what the queue owes the others.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{FillOutcome, Outcome, Refusal, Shared, l2::MemoryL2};
use futures_util::future::FutureExt as _;
use kit::{Chaos, Log, Memcached, Note, START, Weather, breadth, eventually, free_port, number, place, process};
use schema::{MarketBreadth, Schema};
use tokio::time::{Instant, sleep};

mod kit;

/// A scan's slow publishes chained one behind the other: a memcached that took 120 ms made a scan take 12 s.
#[tokio::test(start_paused = true)]
async fn publishes_a_scan_at_once_however_slow_memcached_is() {
    let l2 = Chaos::new(1);
    l2.set(Weather { slow: 1.0, ..Weather::CALM });
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<Note>().unwrap();
    let began = Instant::now();
    let mut queued = Vec::new();
    for n in 0..103 {
        let text = n.to_string();
        queued.push(publisher.publish(&place(n), Note { text: text.clone() }, START).await);
        assert_eq!(cache.get::<Note>(&place(n)).await.unwrap().value.text, text);
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "nothing was waited for");
    for published in queued {
        assert_eq!(published.outcome().await, Outcome::Applied);
    }
    // The first contact, the token twice, a look at what is there, the writes.
    assert!(began.elapsed() < Duration::from_millis(10 * 120), "all in a few round trips: {:?}", began.elapsed());
}

/// An item that was too large ended the chain of publishes, and blanked the dashboard of the process that wrote it.
#[tokio::test]
async fn a_small_memcached_changes_nothing_for_local_readers_and_nothing_for_other_schemas() {
    let memcached = Memcached::with(free_port(), &["-m", "64", "-I", "16k", "-o", "slab_chunk_max=8192"]).await;
    let (cache, _) = process("all@a/1", Some(memcached.l2()));
    let (notes, breadths) = (cache.publisher::<Note>().unwrap(), cache.publisher::<MarketBreadth>().unwrap());
    let (log, _guard) = Log::read_along();
    let mut watcher = cache.watch::<Note>(place(0));
    for n in 1..=20 {
        // Each a little larger than the one before, so that no two refusals read the same.
        let large = Note::of(30_000 + n);
        let published = notes.publish(&place(0), large.clone(), START).await;
        assert!(published.l1 && watcher.has_changed().unwrap(), "{published:?}");
        watcher.mark_unchanged();
        let outcome = published.outcome().await;
        assert!(matches!(outcome, Outcome::Refused(Refusal::TooLarge { .. })), "{outcome:?}");
        assert_eq!(*cache.get::<Note>(&place(0)).await.unwrap().value, large);
        let small = breadths.publish(&(), breadth(u32::try_from(n).unwrap()), START).await;
        assert_eq!(small.outcome().await, Outcome::Applied);
        let other = notes.publish(&place(1), Note::of(100), START).await;
        assert_eq!(other.outcome().await, Outcome::Applied, "of the same schema as well");
    }
    assert_eq!(log.count("are allowed"), 1, "{}", log.text());
    let report = cache.report();
    let note = report.schemas.iter().find(|schema| schema.name == Note::NAME.as_str()).unwrap();
    assert!(note.last_error.as_ref().is_some_and(|error| error.text.contains("are allowed")), "{note:?}");
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 20);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_the_server_costs_no_other_key_of_its_batch() {
    let l2 = Chaos::new(1);
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<Note>().unwrap();
    l2.refuse("test:note@1:sim:S3USDT");
    let mut queued = Vec::new();
    for n in 0..8 {
        queued.push(publisher.publish(&place(n), Note { text: n.to_string() }, START).await);
    }
    for (n, published) in queued.into_iter().enumerate() {
        let outcome = published.outcome().await;
        match n {
            3 => assert!(matches!(outcome, Outcome::Refused(Refusal::ByServer(_))), "{outcome:?}"),
            _ => assert_eq!(outcome, Outcome::Applied, "place {n}"),
        }
    }
    assert!(cache.peek::<Note>(&place(3)).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_invalid_value_is_withheld_here_and_there_and_holds_nothing_else_up() {
    let (cache, _) = process("all@a/1", Some(Arc::new(MemoryL2::new())));
    let (breadths, notes) = (cache.publisher::<MarketBreadth>().unwrap(), cache.publisher::<Note>().unwrap());
    assert!(breadths.publish(&(), breadth(1), START).await.l1);
    let mut invalid = breadth(2);
    invalid.universe = 0;
    let refused = breadths.publish(&(), invalid, START).await;
    assert!(!refused.l1 && matches!(refused.l2, Shared::Refused(Refusal::Invalid(_))), "{refused:?}");
    assert_eq!(number(&cache.get::<MarketBreadth>(&()).await.unwrap().value), 1);
    let other = notes.publish(&place(1), Note::of(10), START).await;
    assert_eq!(other.outcome().await, Outcome::Applied);
    let next = breadths.publish(&(), breadth(3), START).await;
    assert_eq!(next.outcome().await, Outcome::Applied);
}

#[tokio::test(start_paused = true)]
async fn keeps_the_latest_value_of_each_key_and_says_when_there_is_no_room_for_another() {
    const ROOM: usize = 4_096;
    let l2 = Chaos::new(1);
    l2.set(Weather::DOWN);
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    cache.contacted().await;
    let publisher = cache.publisher::<Note>().unwrap();
    for n in 0..ROOM {
        assert!(matches!(publisher.publish(&place(n), Note::of(8), START).await.l2, Shared::Queued(_)));
    }
    let one_too_many = publisher.publish(&place(ROOM), Note { text: "here".into() }, START).await;
    assert!(one_too_many.l1, "readers of this process have it");
    assert!(matches!(one_too_many.l2, Shared::Refused(Refusal::QueueFull { keys: ROOM })), "{one_too_many:?}");
    assert_eq!(cache.peek::<Note>(&place(ROOM)).await.unwrap().value.text, "here");
    let error = cache.report().schemas[0].last_error.clone().unwrap();
    assert!(error.text.contains("no room"), "{error:?}");
    let newer = publisher.publish(&place(7), Note { text: "newer".into() }, START).await;
    assert!(matches!(newer.l2, Shared::Queued(_)), "its key has its place");

    l2.set(Weather::CALM);
    eventually("all is written", async || cache.report().servers[0].waiting == 0).await;
    let (web, _) = process("web@b/2", Some(l2.clone()));
    assert_eq!(web.get::<Note>(&place(7)).await.unwrap().value.text, "newer");
    assert!(web.get::<Note>(&place(ROOM - 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_replaced_before_it_was_sent_is_not_sent() {
    let l2 = Chaos::new(1);
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let first = publisher.publish(&(), breadth(1), START).await;
    let second = publisher.publish(&(), breadth(2), START).await;
    assert_eq!((first.outcome().await, second.outcome().await), (Outcome::Replaced, Outcome::Applied));
}

/// With memcached beside it, a process of the role `all` fetched and decoded each of its own writes again.
#[tokio::test(start_paused = true)]
async fn the_mirror_does_not_fetch_what_its_own_process_wrote() {
    let l2 = Chaos::new(1);
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    cache.follow::<MarketBreadth>();
    assert_eq!(publisher.publish(&(), breadth(0), START).await.outcome().await, Outcome::Applied);
    let before = l2.reads();
    let writes = async {
        for n in 1..500 {
            assert_eq!(publisher.publish(&(), breadth(n), START).await.outcome().await, Outcome::Applied);
            sleep(Duration::from_millis(330)).await;
        }
    };
    // Past the turn of a minute as well, when everything is read again.
    let mirror = cache.mirror(Duration::from_millis(250), sleep(Duration::from_secs(166)));
    futures_util::future::join(mirror, writes).await;
    let counts = cache.report().mirror;
    assert!(counts.polls > 600 && counts.missed == 0, "{counts:?}");
    assert_eq!(l2.reads() - before, 0, "items were fetched");
}

#[tokio::test(start_paused = true)]
async fn a_newer_value_of_another_writer_is_fetched_and_counted_as_missed() {
    let memory = Arc::new(MemoryL2::new());
    let (cache, _) = process("all@a/1", Some(memory.clone()));
    let (other, clock) = process("monitor@b/2", Some(memory.clone()));
    clock.advance(Duration::from_secs(60));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    cache.follow::<MarketBreadth>();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    let mut mirror = cache.poller();
    mirror.poll().await;
    assert_eq!(cache.report().mirror.changes, 0);
    let newer = other.publisher::<MarketBreadth>().unwrap();
    assert_eq!(newer.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    mirror.poll().await;
    assert_eq!(number(&cache.peek::<MarketBreadth>(&()).await.unwrap().value), 2);
    let counts = cache.report().mirror;
    assert_eq!((counts.changes, counts.missed), (1, 1), "{counts:?}");
}

#[tokio::test]
async fn the_older_of_two_writers_is_superseded_and_the_newer_is_not() {
    let memcached = Memcached::start().await;
    let (older, _) = process("monitor@a/1", Some(memcached.l2()));
    let (newer, _) = process("monitor@b/2", Some(memcached.l2()));
    let first = older.publisher::<MarketBreadth>().unwrap();
    assert_eq!(first.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    // Started at the same millisecond: the token decides.
    let second = newer.publisher::<MarketBreadth>().unwrap();
    assert_eq!(second.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    assert!(older.superseded().now_or_never().is_none(), "it has not noticed yet");
    let published = first.publish(&(), breadth(3), START).await;
    assert!(matches!(published.outcome().await, Outcome::Superseded { .. }));
    let superseded = older.superseded().now_or_never().expect("it is known at once");
    assert_eq!((superseded.schema, superseded.writer.as_str()), (MarketBreadth::NAME, "monitor@b/2"));
    let next = second.publish(&(), breadth(4), START).await;
    assert_eq!(next.outcome().await, Outcome::Applied);
    assert!(newer.superseded().now_or_never().is_none());
}

/// The token may be evicted, and the writer that took it gone: what it left with a clock ahead must not end a new one.
#[tokio::test(start_paused = true)]
async fn a_dead_writers_value_with_a_higher_number_does_not_supersede_a_living_one() {
    let memory = Arc::new(MemoryL2::new());
    let (dead, ahead) = process("monitor@a/1", Some(memory.clone()));
    ahead.advance(Duration::from_secs(3_600));
    let before = dead.publisher::<MarketBreadth>().unwrap();
    let stamp = before.publish(&(), breadth(1), START).await.stamp;
    dead.drain().await;
    memory.evict("market:breadth@1!writer");

    let (living, _) = process("monitor@a/2", Some(memory.clone()));
    let (web, _) = process("web@b/3", Some(memory.clone()));
    let publisher = living.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    assert!(living.superseded().now_or_never().is_none());
    let held = web.get::<MarketBreadth>(&()).await.unwrap();
    assert!(number(&held.value) == 2 && Some(held.stamp) > stamp, "{held:?}");
    // The dead one, had it lived, is the one to stop.
    assert!(matches!(before.publish(&(), breadth(3), START).await.outcome().await, Outcome::Superseded { .. }));
}

/// Local readers had the last run's value, of a clock that was ahead, before the new writer had taken its number.
#[tokio::test(start_paused = true)]
async fn a_writer_that_has_no_number_yet_still_shows_its_values_here_and_no_stamp_goes_back() {
    let l2 = Chaos::new(1);
    let (before, ahead) = process("all@a/1", Some(l2.clone()));
    ahead.advance(Duration::from_secs(3_600));
    let last_run = before.publisher::<MarketBreadth>().unwrap();
    assert_eq!(last_run.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);

    let (after, _) = process("all@a/2", Some(l2.clone()));
    let mut watcher = after.watch::<MarketBreadth>(());
    let mut seen = after.get::<MarketBreadth>(&()).await.unwrap().stamp;
    l2.set(Weather::FROZEN);
    let publisher = after.publisher::<MarketBreadth>().unwrap();
    for n in 2..10 {
        if n == 6 {
            l2.set(Weather::CALM);
        }
        let published = publisher.publish(&(), breadth(n), START).await;
        assert!(published.l1, "{published:?}");
        let held = after.get::<MarketBreadth>(&()).await.unwrap();
        assert!(number(&held.value) == n && held.stamp > seen, "{} after {seen}", held.stamp);
        seen = held.stamp;
        assert_eq!(watcher.borrow_and_update().as_ref().unwrap().stamp, seen);
        sleep(Duration::from_secs(1)).await;
    }
    eventually("it is written", async || after.report().servers[0].waiting == 0).await;
    let (web, _) = process("web@b/3", Some(l2.clone()));
    let there = web.get::<MarketBreadth>(&()).await.unwrap();
    assert!(number(&there.value) == 9 && there.stamp >= seen, "{there:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_and_too_large_for_memcached_is_restored_here() {
    let (cache, _) = process("all@a/1", Some(Arc::new(MemoryL2::new())));
    let filled = cache.warmer::<Note>().fill(&place(0), Note::of(1_500_000), START).await;
    assert!(filled.l1 && matches!(filled.l2, FillOutcome::Refused(Refusal::TooLarge { .. })), "{filled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deferred_value_is_written_later_and_said_so_only_then() {
    let l2 = Chaos::new(1);
    let (cache, _) = process("all@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let (log, _guard) = Log::read_along();
    l2.set(Weather::DOWN);
    let published = publisher.publish(&(), breadth(1), START).await;
    assert!(matches!(published.outcome().await, Outcome::Deferred(_)));
    let error = cache.report().schemas[0].last_error.clone().unwrap();
    assert!(error.text.contains("reaches this process only"), "{error:?}");
    assert_eq!((log.count("wrote"), cache.report().servers[0].waiting), (0, 1), "{}", log.text());
    l2.set(Weather::CALM);
    eventually("it is written", async || cache.report().servers[0].waiting == 0).await;
    assert_eq!(log.count("wrote"), 1, "{}", log.text());
}

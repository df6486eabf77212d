//! How values travel: within a process, between two of them, past an outage.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{
    Outcome, Refusal, Shared,
    l2::{L2 as _, MemoryL2},
};
use futures_util::future::{join, join_all};
use kit::{Chaos, Memcached, START, Weather, breadth, eventually, number, process};
use schema::{Absence, Breakdown, MarketBreadth, Origin, Stamp, Symbol, Venue, report::L2State};
use tokio::{sync::oneshot, time::sleep};

#[path = "../../../app/schema/tests/fixture/mod.rs"]
mod fixture;
mod kit;

const POLL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_process_without_a_shared_tier_serves_alone() {
    let (cache, _) = process("all@a/1", None);
    assert_eq!(cache.get::<MarketBreadth>(&()).await, Err(Absence::NeverWritten));
    let mut watcher = cache.watch::<MarketBreadth>(());
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let published = publisher.publish(&(), breadth(1), START).await;
    assert!(published.l1 && matches!(published.l2, Shared::Off), "{published:?}");
    watcher.changed().await.unwrap();
    let held = watcher.borrow_and_update().clone().unwrap();
    assert_eq!((number(&held.value), Some(held.stamp), held.origin), (1, published.stamp, Origin::Live));
    assert_eq!(cache.l2_state(), L2State::Off);
}

#[tokio::test]
async fn a_watcher_that_comes_late_starts_with_what_is_there() {
    let (cache, _) = process("all@a/1", None);
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    assert!(publisher.publish(&(), breadth(8), START).await.l1);
    let watcher = cache.watch::<MarketBreadth>(());
    assert_eq!(number(&watcher.borrow().clone().unwrap().value), 8);
}

#[tokio::test]
async fn the_report_tells_state_writer_age_and_size() {
    let (cache, clock) = process("all@a/1", None);
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let published = publisher.publish(&(), breadth(8), START).await;
    clock.advance(Duration::from_secs(6));
    cache.follow::<schema::SystemHealth>();
    let report = cache.report();
    let [breadth, health] = &report.schemas[..] else { panic!("{report:?}") };
    assert_eq!(
        (breadth.name.as_str(), breadth.state.as_str(), breadth.age_ms),
        ("market:breadth", "stale", Some(6_000))
    );
    assert_eq!((breadth.stamp, breadth.writer.as_deref()), (published.stamp, Some("all@a/1")));
    assert!(breadth.bytes.is_some_and(|bytes| bytes > 100));
    assert_eq!((health.name.as_str(), health.state.as_str(), health.stamp), ("system:health", "absent", None));
}

#[tokio::test]
async fn another_process_learns_of_changes_by_polling_and_misses_none() {
    let memcached = Memcached::start().await;
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    web.follow::<MarketBreadth>();
    let mut watcher = web.watch::<MarketBreadth>(());
    let (stop, stopped) = oneshot::channel::<()>();
    let story = async {
        for n in 1..=20 {
            assert_eq!(publisher.publish(&(), breadth(n), START).await.outcome().await, Outcome::Applied);
            watcher.wait_for(|found| found.as_ref().is_ok_and(|held| number(&held.value) == n)).await.unwrap();
        }
        stop.send(()).unwrap();
    };
    let mirror = web.mirror(POLL, async { stopped.await.unwrap() });
    tokio::time::timeout(Duration::from_secs(10), join(mirror, story)).await.unwrap();
    let counts = web.report().mirror;
    assert_eq!((counts.changes, counts.missed, counts.failures), (20, 0, 0), "{counts:?}");
    assert!(counts.polls >= 20, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn the_mirror_of_the_writing_process_finds_nothing_that_it_missed() {
    let (cache, _) = process("all@a/1", Some(Arc::new(MemoryL2::new())));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    cache.follow::<MarketBreadth>();
    let writes = async {
        for n in 0..1_000 {
            assert_eq!(publisher.publish(&(), breadth(n), START).await.outcome().await, Outcome::Applied);
            sleep(Duration::from_millis(130)).await;
        }
    };
    let mirror = cache.mirror(Duration::from_millis(250), sleep(Duration::from_secs(131)));
    join(mirror, writes).await;
    let counts = cache.report().mirror;
    assert_eq!((counts.changes, counts.missed, counts.failures), (0, 0, 0), "{counts:?}");
    assert!(counts.polls > 500, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_scoped_value_is_polled_only_while_somebody_follows_it() {
    let l2 = Chaos::new(1);
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (web, _) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<Breakdown>().unwrap();
    let scope = (Venue::Bybit, Symbol::new("BTCUSDT").unwrap());
    let (first, second) = (web.follow_scope::<Breakdown>(scope), web.follow_scope::<Breakdown>(scope));
    let story = async {
        assert_eq!(publisher.publish(&scope, fixture::breakdown(), START).await.outcome().await, Outcome::Applied);
        eventually("it arrives", async || web.peek::<Breakdown>(&scope).await.is_some()).await;
        drop(first);
        let before = l2.calls();
        sleep(POLL * 5).await;
        assert!(l2.calls() > before, "one follower is left");
        drop(second);
        sleep(POLL).await;
        let before = l2.calls();
        sleep(POLL * 50).await;
        assert_eq!(l2.calls(), before, "nobody follows");
    };
    let mirror = web.mirror(POLL, std::future::pending());
    tokio::select! {
        () = mirror => panic!("the mirror ended by itself"),
        () = story => {}
    }
}

#[tokio::test]
async fn many_readers_share_one_read_of_the_shared_tier() {
    let l2 = Chaos::new(1);
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (web, _) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(3), START).await.outcome().await, Outcome::Applied);
    eventually("both have made contact", async || {
        [&monitor, &web].iter().all(|cache| matches!(cache.l2_state(), L2State::Up { .. }))
    })
    .await;
    let before = l2.calls();
    let found = join_all((0..100).map(|_| web.get::<MarketBreadth>(&()))).await;
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|held| number(&held.value) == 3)));
    assert_eq!(l2.calls() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_does_not_cancel_the_read_of_the_others() {
    let l2 = Chaos::new(1);
    let (web, _) = process("web@b/2", Some(l2.clone()));
    sleep(POLL).await;
    l2.set(Weather::FROZEN);
    let leaves = tokio::time::timeout(Duration::from_millis(10), web.get::<MarketBreadth>(&()));
    let stays = web.get::<MarketBreadth>(&());
    let (left, stayed) = join(leaves, stays).await;
    assert!(left.is_err());
    assert!(matches!(stayed, Err(Absence::Unreachable(cause)) if cause.contains("300 ms")));
}

#[tokio::test]
async fn a_value_past_its_freshness_is_looked_up_again_where_nobody_polls() {
    let l2: Arc<MemoryL2> = Arc::new(MemoryL2::new());
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (web, clock) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1);
    assert_eq!(publisher.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1, "still fresh");
    clock.advance(Duration::from_secs(6));
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1, "shown at once, looked up behind it");
    eventually("the newer one is here", async || number(&web.get::<MarketBreadth>(&()).await.unwrap().value) == 2)
        .await;
    l2.clear();
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 2, "evicted there, kept here");
}

#[tokio::test(start_paused = true)]
async fn an_outage_defers_the_latest_value_of_each_key_and_then_writes_it() {
    let l2 = Chaos::new(1);
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    l2.set(Weather::DOWN);
    for n in 2..=20 {
        assert!(matches!(publisher.publish(&(), breadth(n), START).await.outcome().await, Outcome::Deferred(_)));
    }
    let sent = l2.calls();
    assert!(matches!(publisher.publish(&(), breadth(21), START).await.outcome().await, Outcome::Deferred(_)));
    assert_eq!(l2.calls(), sent, "nothing is sent while it rests");
    assert!(matches!(monitor.l2_state(), L2State::Degraded { since: START, .. }));
    sleep(Duration::from_secs(20)).await;
    let probes = l2.calls() - sent;
    assert!((30..=40).contains(&probes), "{probes} probes in 20 s");

    l2.set(Weather::CALM);
    let (web, _) = process("web@b/2", Some(l2.clone()));
    sleep(Duration::from_secs(2)).await;
    assert!(matches!(monitor.l2_state(), L2State::Up { .. }));
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 21);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_found_out_and_not_repeated() {
    let l2 = Chaos::new(1);
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (web, _) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(0), START).await.outcome().await, Outcome::Applied);
    l2.set(Weather::LOSES_ANSWERS);
    let published = publisher.publish(&(), breadth(1), START).await;
    let stamp = published.stamp;
    assert!(matches!(published.outcome().await, Outcome::Deferred(_)));
    let stamp_there = web.get::<MarketBreadth>(&()).await.unwrap().stamp;
    assert_eq!(Some(stamp_there), stamp, "it had been applied");
    let sent = l2.calls();
    l2.set(Weather::CALM);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(l2.calls() - sent, 1, "one look at the header settles it");
}

#[tokio::test]
async fn a_foreign_item_gives_way_to_the_writer_and_a_newer_programs_item_does_not() {
    let l2: Arc<MemoryL2> = Arc::new(MemoryL2::new());
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    let put = async |flags: u32| {
        l2.clear();
        l2.add("market:breadth@1", b"?", flags, Duration::from_secs(60)).await.unwrap();
    };
    put(1).await;
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    // The mark of this cache with a format that is not known yet.
    put(0x5643_0003).await;
    let outcome = publisher.publish(&(), breadth(2), START).await.outcome().await;
    assert!(matches!(outcome, Outcome::Refused(Refusal::ByServer(_))), "{outcome:?}");
    assert_eq!(l2.get("market:breadth@1").await.unwrap().unwrap().value, b"?");
}

#[tokio::test]
async fn a_restarted_memcached_is_filled_again_and_no_reader_steps_back() {
    let memcached = Memcached::start().await;
    let port = memcached.port();
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    web.follow::<MarketBreadth>();
    let mut watcher = web.watch::<MarketBreadth>(());
    let story = async {
        assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
        watcher.wait_for(Result::is_ok).await.unwrap();
        drop(memcached);
        assert!(matches!(publisher.publish(&(), breadth(2), START).await.outcome().await, Outcome::Deferred(_)));
        assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1, "the last value is still there");
        let memcached = Memcached::on(port).await;
        let mut last = Stamp { epoch: 0, seq: 0 };
        watcher
            .wait_for(|found| {
                let held = found.as_ref().expect("a value never becomes an absence");
                assert!(held.stamp >= last);
                last = held.stamp;
                number(&held.value) == 2
            })
            .await
            .unwrap();
        memcached
    };
    let mirror = web.mirror(POLL, std::future::pending());
    tokio::time::timeout(Duration::from_secs(15), async {
        tokio::select! {
            () = mirror => panic!("the mirror ended by itself"),
            _memcached = story => {}
        }
    })
    .await
    .unwrap();
    assert_eq!(web.report().mirror.missed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_by_mistake_end_with_the_newest_value_and_no_reader_steps_back() {
    let memcached = Memcached::start().await;
    let (older, _) = process("monitor@a/1", Some(memcached.l2()));
    let (newer, clock) = process("monitor@b/2", Some(memcached.l2()));
    clock.advance(Duration::from_secs(1));
    let (reader, reader_clock) = process("web@c/3", Some(memcached.l2()));
    reader_clock.advance(Duration::from_secs(3_600)); // Everything is past its freshness, so every read looks again.
    let (a, b) = (older.publisher::<MarketBreadth>().unwrap(), newer.publisher::<MarketBreadth>().unwrap());
    assert_eq!(a.publish(&(), breadth(0), START).await.outcome().await, Outcome::Applied, "it is the older one");
    let old_writer = async {
        for n in 1..300 {
            let outcome = a.publish(&(), breadth(n), START).await.outcome().await;
            assert!(matches!(outcome, Outcome::Applied | Outcome::Superseded { .. }), "{outcome:?}");
        }
    };
    let new_writer = async {
        let mut landed = false;
        for n in 1_000..1_300 {
            match b.publish(&(), breadth(n), START).await.outcome().await {
                Outcome::Applied => landed = true,
                // The older one writes without a pause, so it can win five swaps in a row; once it is superseded, none.
                outcome => assert!(!landed && matches!(outcome, Outcome::Deferred(_)), "{outcome:?}"),
            }
        }
    };
    let poll = async {
        let mut last = Stamp { epoch: 0, seq: 0 };
        for _ in 0..300 {
            if let Ok(held) = reader.get::<MarketBreadth>(&()).await {
                assert!(held.stamp >= last, "{} after {last}", held.stamp);
                last = held.stamp;
            }
        }
    };
    futures_util::future::join3(old_writer, new_writer, poll).await;
    eventually("the newest is read", async || {
        reader.get::<MarketBreadth>(&()).await.is_ok_and(|held| number(&held.value) == 1_299)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_absence_is_not_asked_for_again_within_half_a_second_and_ends_when_a_value_arrives() {
    let l2 = Chaos::new(1);
    let (web, _) = process("web@b/2", Some(l2.clone()));
    assert_eq!(web.get::<MarketBreadth>(&()).await, Err(Absence::NeverWritten));
    let asked = l2.calls();
    for _ in 0..100 {
        assert_eq!(web.get::<MarketBreadth>(&()).await, Err(Absence::NeverWritten));
    }
    assert_eq!(l2.calls(), asked, "a hundred requests cost no round trip");
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    sleep(Duration::from_millis(501)).await;
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_renews_is_looked_up_twice_a_second_and_not_with_each_request() {
    let l2 = Chaos::new(1);
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (web, clock) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    web.get::<MarketBreadth>(&()).await.unwrap();
    clock.advance(Duration::from_secs(3_600));
    let asked = l2.calls();
    for _ in 0..100 {
        assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1);
        sleep(Duration::from_millis(10)).await;
    }
    assert!((2..=3).contains(&(l2.calls() - asked)), "{} calls in a second", l2.calls() - asked);
}

#[tokio::test]
async fn a_write_that_says_the_same_of_the_same_time_wakes_nobody_here_or_elsewhere() {
    let memcached = Memcached::start().await;
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    web.follow::<MarketBreadth>();
    let mut mirror = web.poller();
    let (mut here, mut there) = (monitor.watch::<MarketBreadth>(()), web.watch::<MarketBreadth>(()));
    let mut write = async |n, as_of| {
        assert_eq!(publisher.publish(&(), breadth(n), as_of).await.outcome().await, Outcome::Applied);
        mirror.poll().await;
        let woken = [&mut here, &mut there].map(|watcher| {
            let woken = watcher.has_changed().unwrap();
            watcher.mark_unchanged();
            woken
        });
        assert_eq!(woken[0], woken[1], "both processes agree on what is news");
        woken[0]
    };
    assert!(write(1, START).await);
    assert!(!write(1, START).await, "the same, of the same time");
    assert!(write(1, START.plus(Duration::from_secs(1))).await, "still so a second later is news: it is younger");
    assert!(write(2, START.plus(Duration::from_secs(1))).await);
    // The stamp goes on all the same.
    assert_eq!(web.peek::<MarketBreadth>(&()).await.unwrap().stamp.seq, 4);
}

//! Every command against a server that is dead, frozen, slow, or mad: each ends within its limit, and says why.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{Cache, FillOutcome, Outcome, Snapshot, l2::MemoryL2};
use kit::{Chaos, START, Weather, breadth, number, process};
use schema::{Absence, MarketBreadth, MarketMovers, Reading, report::L2State};
use tokio::time::{Instant, sleep};

#[path = "../../../app/schema/tests/fixture/mod.rs"]
mod fixture;
mod kit;

/// How long anything may take that asks a server.
const LONGEST: Duration = Duration::from_millis(500);

/// Does everything that a caller can do, and checks that nothing takes longer than it may.
async fn every_command(cache: &Cache) {
    let timed = async |what: &str, began: Instant| {
        let took = began.elapsed();
        assert!(took <= LONGEST, "{what} took {took:?}");
    };
    let began = Instant::now();
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    timed("publisher", began).await;
    let began = Instant::now();
    let published = publisher.publish(&(), breadth(1), START).await;
    timed("publish", began).await;
    assert!(published.l1, "readers of this process have it, whatever the server does");
    let outcome = published.outcome().await;
    assert!(matches!(&outcome, Outcome::Deferred(cause) if !cause.is_empty()), "{outcome:?}");
    let began = Instant::now();
    assert_eq!(number(&cache.get::<MarketBreadth>(&()).await.unwrap().value), 1);
    timed("get of what is here", began).await;
    let began = Instant::now();
    let found = cache.get::<MarketMovers>(&()).await;
    timed("get of what is not here", began).await;
    assert!(matches!(&found, Err(Absence::Unreachable(cause)) if !cause.is_empty()), "{found:?}");
    let began = Instant::now();
    let filled = cache.warmer::<MarketMovers>().fill(&(), fixture::movers(), START).await;
    timed("fill", began).await;
    assert!(matches!(&filled.l2, FillOutcome::Failed(cause) if !cause.is_empty()) && filled.l1, "{filled:?}");
    let began = Instant::now();
    assert!(matches!(cache.read::<MarketMovers>(&()).await, Reading::Fresh(_)));
    timed("read of what was restored", began).await;
    let watcher = cache.watch::<MarketBreadth>(());
    assert!(watcher.borrow().is_ok());
    cache.follow::<MarketBreadth>();
    let began = Instant::now();
    cache.mirror(Duration::from_millis(50), sleep(Duration::from_millis(200))).await;
    timed("mirror that is stopped", began).await;
    let folder = tempfile::tempdir().unwrap();
    let snapshot = Snapshot::of(cache).with::<MarketBreadth>();
    assert_eq!(snapshot.write(&folder.path().join("last")).await.unwrap(), 1);
    let report = cache.report();
    assert!(matches!(&report.l2, L2State::Degraded { cause, .. } if !cause.is_empty()), "{:?}", report.l2);
    assert_eq!(report.servers[0].waiting, 1);
    let began = Instant::now();
    cache.drain().await;
    assert!(began.elapsed() <= Duration::from_secs(1));
    assert!(format!("{cache:?} {publisher:?}").contains("Degraded"));
}

#[tokio::test(start_paused = true)]
async fn every_command_against_a_dead_server_ends_in_time_and_says_why() {
    let way = Chaos::new(1);
    way.set(Weather::DOWN);
    every_command(&process("all@a/1", Some(way)).0).await;
}

#[tokio::test(start_paused = true)]
async fn every_command_against_a_frozen_server_ends_in_time_and_says_why() {
    let way = Chaos::new(1);
    way.set(Weather::FROZEN);
    every_command(&process("all@a/1", Some(way)).0).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_waited_for_by_its_readers_and_by_no_publish() {
    let memory = Arc::new(MemoryL2::new());
    let way = Chaos::over(Arc::clone(&memory), 1);
    let (monitor, _) = process("monitor@a/1", Some(Arc::clone(&way) as _));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    way.set(Weather { slow: 1.0, ..Weather::CALM });
    let began = Instant::now();
    let published = publisher.publish(&(), breadth(1), START).await;
    assert_eq!(began.elapsed(), Duration::ZERO, "a publish waits for nothing");
    assert_eq!(published.outcome().await, Outcome::Applied);
    let (web, _) = process("web@b/2", Some(way));
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 1);
}

#[tokio::test(start_paused = true)]
async fn damaged_items_are_named_counted_and_never_shown() {
    let memory = Arc::new(MemoryL2::new());
    let (monitor, _) = process("monitor@a/1", Some(Arc::clone(&memory) as _));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    for seed in 0..200 {
        let way = Chaos::over(Arc::clone(&memory), seed);
        way.set(Weather { flips: 1.0, ..Weather::CALM });
        let (web, _) = process("web@b/2", Some(way));
        let found = web.get::<MarketBreadth>(&()).await;
        assert!(matches!(&found, Err(Absence::Unreadable(_))), "seed {seed}: {found:?}");
        assert!(web.report().schemas[0].last_error.is_some());
    }
}

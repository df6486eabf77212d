//! The misfortunes of this program's ancestor, each with a test that tells it and cannot come true again.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{Cache, FillOutcome, Outcome, Refusal, Shared, l2::MemoryL2};
use fixture::AS_OF;
use futures_util::future::FutureExt as _;
use kit::{Chaos, Log, Memcached, Note, START, Weather, breadth, eventually, free_port, l2_on, number, place, process};
use schema::{
    Absence, ActiveIdeas, AlertLog, BetaTable, Breakdown, CandleSeries, MarketBreadth, MarketMovers, MarketOverview,
    MarketUniverse, Origin, PerpsPulse, Reading, Schema, Signals, SystemHealth, report::L2State,
};
use tokio::time::Instant;

#[path = "../../../app/schema/tests/fixture/mod.rs"]
mod fixture;
mod kit;

/// Two writers took turns and the screen jumped between their values.
#[tokio::test]
async fn a_second_writer_in_one_process_is_refused() {
    let (cache, _) = process("monitor@a/1", None);
    let first = cache.publisher::<MarketBreadth>().unwrap();
    let refused = cache.publisher::<MarketBreadth>().unwrap_err();
    assert_eq!(refused.schema, MarketBreadth::NAME);
    drop(first);
    assert!(cache.publisher::<MarketBreadth>().is_ok());
}

/// A forgotten process of last week went on writing: the newer one wins, and the older one receives an error.
#[tokio::test]
async fn an_older_writer_of_another_process_cannot_overwrite_a_newer_one() {
    let l2: Arc<MemoryL2> = Arc::new(MemoryL2::new());
    let (forgotten, _) = process("monitor@a/1", Some(l2.clone()));
    let old = forgotten.publisher::<MarketBreadth>().unwrap();
    assert_eq!(old.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    let (started_later, clock) = process("monitor@b/2", Some(l2.clone()));
    clock.advance(Duration::from_secs(60));
    let new = started_later.publisher::<MarketBreadth>().unwrap();
    let stamp = new.publish(&(), breadth(2), START).await.stamp.unwrap();

    let (log, _guard) = Log::read_along();
    let outcome = old.publish(&(), breadth(3), START).await.outcome().await;

    assert_eq!(outcome, Outcome::Superseded { by: stamp });
    assert_eq!(log.count("ERROR"), 1, "{}", log.text());
    // The readers of the older process have the newer value too.
    for cache in [&forgotten, &started_later] {
        assert_eq!(number(&cache.get::<MarketBreadth>(&()).await.unwrap().value), 2);
    }
}

/// A string of JSON was encoded as JSON once more, and no reader found its fields.
#[tokio::test]
async fn every_body_on_the_wire_is_an_object_and_never_a_string() {
    async fn body_of<T: Schema>(l2: &Arc<MemoryL2>, scope: T::Scope, key: &str, value: T) -> String {
        let (cache, _) = process("monitor@a/1", Some(l2.clone()));
        let published = cache.publisher::<T>().unwrap().publish(&scope, value, AS_OF).await;
        assert_eq!(published.outcome().await, Outcome::Applied, "{key}");
        let item = cache::l2::L2::get(l2.as_ref(), key).await.unwrap().unwrap();
        let text = String::from_utf8(item.value).unwrap();
        text.split_once(",\"body\":").unwrap().1.to_owned()
    }
    let l2 = Arc::new(MemoryL2::new());
    let breakdown = fixture::breakdown();
    let scope = (breakdown.source, breakdown.row.symbol);
    let series = (breakdown.source, breakdown.row.symbol, schema::Timeframe::M1);
    let bodies = [
        body_of::<MarketOverview>(&l2, (), "market:overview@1", fixture::overview()).await,
        body_of::<Signals>(&l2, (), "analysis:signals@1", fixture::signals()).await,
        body_of::<MarketBreadth>(&l2, (), "market:breadth@1", fixture::breadth()).await,
        body_of::<MarketMovers>(&l2, (), "market:movers@1", fixture::movers()).await,
        body_of::<PerpsPulse>(&l2, (), "market:perps@1", fixture::perps()).await,
        body_of::<BetaTable>(&l2, (), "analysis:beta@1", fixture::beta()).await,
        body_of::<MarketUniverse>(&l2, (), "market:universe@2", fixture::universe()).await,
        body_of::<Breakdown>(&l2, scope, "confluence:breakdown@3:bybit:BTCUSDT", breakdown).await,
        body_of::<CandleSeries>(&l2, series, "market:candles@1:bybit:BTCUSDT:1m", fixture::candles()).await,
        body_of::<ActiveIdeas>(&l2, (), "signals:active@2", fixture::ideas()).await,
        body_of::<AlertLog>(&l2, (), "alerts:log@2", fixture::alerts()).await,
        body_of::<SystemHealth>(&l2, (), "system:health@4", fixture::health()).await,
        body_of::<schema::WantedSymbols>(&l2, schema::WebSlot::of(3), "web:wanted@1:3", fixture::wanted()).await,
    ];
    assert_eq!(bodies.len(), schema::SCHEMAS.len());
    for body in bodies {
        assert!(body.starts_with("{\"") && body.ends_with("}}"), "{body}");
    }
}

/// A warmer that ran once a minute replaced the live market by placeholders.
#[tokio::test]
async fn a_warmer_cannot_overwrite_data() {
    let l2: Arc<MemoryL2> = Arc::new(MemoryL2::new());
    let (monitor, _) = process("monitor@a/1", Some(l2.clone()));
    let (warmed, clock) = process("web@b/2", Some(l2.clone()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(7), START).await.outcome().await, Outcome::Applied);

    // However new the restored value claims to be, here and in the process that has the live one.
    clock.advance(Duration::from_secs(3_600));
    for cache in [&warmed, &monitor] {
        let filled = cache.warmer::<MarketBreadth>().fill(&(), breadth(0), clock.now()).await;
        assert_eq!((filled.l1, filled.l2), (false, FillOutcome::Occupied));
        let held = cache.get::<MarketBreadth>(&()).await.unwrap();
        assert_eq!((number(&held.value), held.origin), (7, Origin::Live));
    }
}

/// The same without a shared tier, where the only copy is the one in this process.
#[tokio::test]
async fn a_warmer_fills_a_hole_with_the_original_age_and_gives_way_to_the_first_live_value() {
    let (cache, _) = process("all@a/1", None);
    let an_hour_ago = START.minus(Duration::from_secs(3_600));
    let warmer = cache.warmer::<MarketBreadth>();
    let filled = warmer.fill(&(), breadth(5), an_hour_ago).await;
    assert_eq!((filled.l1, filled.l2), (true, FillOutcome::Off));
    let Reading::Expired { last, age } = cache.read::<MarketBreadth>(&()).await else { panic!("not expired") };
    assert_eq!((last.origin, age), (Origin::Restored, Duration::from_secs(3_600)));

    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    assert!(publisher.publish(&(), breadth(6), START).await.l1);
    assert!(!warmer.fill(&(), breadth(5), START).await.l1);
    assert_eq!(number(&cache.get::<MarketBreadth>(&()).await.unwrap().value), 6);
}

/// The log said "Wrote" for weeks while nothing arrived.
#[tokio::test(start_paused = true)]
async fn a_failed_write_is_never_logged_as_written() {
    let l2 = Chaos::new(1);
    let (cache, _) = process("monitor@a/1", Some(l2.clone()));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let (log, _guard) = Log::read_along();

    for fault in [Weather::DOWN, Weather::LOSES_ANSWERS, Weather::FROZEN] {
        l2.set(fault);
        for n in 0..3 {
            let outcome = publisher.publish(&(), breadth(n), START).await.outcome().await;
            assert!(matches!(outcome, Outcome::Deferred(_)), "{fault:?}: {outcome:?}");
        }
        assert_eq!(log.count("wrote"), 0, "{fault:?}: {}", log.text());
    }
    assert!(log.count("WARN") >= 1, "a failure is not silent either");

    let mut invalid = breadth(1);
    invalid.universe = 0;
    let refused = publisher.publish(&(), invalid, START).await;
    assert!(matches!(refused.l2, Shared::Refused(Refusal::Invalid(_))) && !refused.l1);
    assert_eq!(log.count("wrote"), 0, "{}", log.text());

    // And the word is there once it is true.
    l2.set(Weather::CALM);
    eventually("it is written", async || {
        publisher.publish(&(), breadth(9), START).await.outcome().await == Outcome::Applied
    })
    .await;
    let text = log.text();
    let wrote = text.lines().find(|line| line.contains("wrote")).unwrap();
    for field in [" key=\"market:breadth@1\"", " stamp=", " as_of_ms=", " bytes=", " hash="] {
        assert!(wrote.contains(field), "{field} in {wrote}");
    }
}

/// A feed died, its last value was rewritten every few seconds, and the screen called it live.
#[tokio::test]
async fn a_dead_source_leaves_its_last_value_marked_with_its_true_age() {
    let (cache, clock) = process("all@a/1", Some(Arc::new(MemoryL2::new())));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let died_at = clock.now();
    let mut states = Vec::new();
    for _ in 0..=70 {
        // The writer goes on, its input does not.
        assert_eq!(publisher.publish(&(), breadth(3), died_at).await.outcome().await, Outcome::Applied);
        states.push(cache.read::<MarketBreadth>(&()).await.state());
        clock.advance(Duration::from_secs(1));
    }
    assert!(states[..=5].iter().all(|state| *state == "fresh"), "{states:?}");
    assert!(states[6..=60].iter().all(|state| *state == "stale"), "{states:?}");
    assert!(states[61..].iter().all(|state| *state == "expired"), "{states:?}");
    let Reading::Expired { last, age } = cache.read::<MarketBreadth>(&()).await else { panic!("not expired") };
    assert_eq!((number(&last.value), age), (3, Duration::from_secs(71)), "the last value is still there");
}

/// What could not be read was shown as zeros.
#[tokio::test]
async fn what_cannot_be_read_is_absent_with_its_reason_and_stays_where_it_is() {
    let l2: Arc<MemoryL2> = Arc::new(MemoryL2::new());
    let foreign = b"(lp0\nS'a pickle'\n";
    cache::l2::L2::add(l2.as_ref(), "market:breadth@1", foreign, 1, Duration::from_secs(60)).await.unwrap();
    let (cache, _) = process("web@a/1", Some(l2.clone()));
    let Err(Absence::Unreadable(reason)) = cache.get::<MarketBreadth>(&()).await else { panic!("readable") };
    assert!(reason.contains("another program"), "{reason}");
    let report = cache.report().schemas;
    assert!(report[0].last_error.as_ref().is_some_and(|error| error.text.contains("market:breadth@1")), "{report:?}");
    let item = cache::l2::L2::get(l2.as_ref(), "market:breadth@1").await.unwrap().unwrap();
    assert_eq!(item.value, foreign, "a reader never deletes");
}

/// A value above memcached's item size was refused, and the old one was gone as well.
#[tokio::test]
async fn a_value_that_is_too_large_is_not_sent_and_reaches_the_readers_of_its_own_process() {
    let memcached = Memcached::start().await;
    let (cache, _) = process("monitor@a/1", Some(memcached.l2()));
    let publisher = cache.publisher::<Note>().unwrap();
    let small = Note::of(1_000);
    assert_eq!(publisher.publish(&place(0), small.clone(), AS_OF).await.outcome().await, Outcome::Applied);

    let large = Note::of(1_500_000);
    let published = publisher.publish(&place(0), large.clone(), AS_OF).await;
    assert!(published.l1, "{published:?}");
    let outcome = published.outcome().await;
    assert!(matches!(outcome, Outcome::Refused(Refusal::TooLarge { .. })), "{outcome:?}");
    assert_eq!(*cache.get::<Note>(&place(0)).await.unwrap().value, large, "readers of the writing process have it");

    let (reader, _) = process("web@b/2", Some(memcached.l2()));
    assert_eq!(*reader.get::<Note>(&place(0)).await.unwrap().value, small);
}

/// A frozen memcached held the whole monitor for half a minute at a time.
#[tokio::test]
async fn a_frozen_memcached_is_waited_for_by_no_publish_and_by_no_read_beyond_its_deadline() {
    let memcached = Memcached::start().await;
    let (cache, _) = process("monitor@a/1", Some(memcached.l2()));
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    memcached.freeze();

    for n in 2..=9 {
        // Polled once: what has to be waited for is not there at once.
        let published = publisher.publish(&(), breadth(n), START).now_or_never().expect("it waits for nothing");
        assert!(published.l1 && matches!(published.l2, Shared::Queued(_)), "{published:?}");
        assert_eq!(number(&cache.get::<MarketBreadth>(&()).await.unwrap().value), n);
    }
    let outcome = publisher.publish(&(), breadth(9), START).await.outcome().await;
    assert!(matches!(outcome, Outcome::Deferred(_)), "{outcome:?}");
    eventually("it is shown", async || matches!(cache.l2_state(), L2State::Degraded { .. })).await;

    let (reader, _) = process("web@b/2", Some(memcached.l2()));
    let began = Instant::now();
    assert!(matches!(reader.get::<MarketBreadth>(&()).await, Err(Absence::Unreachable(_))));
    assert!(began.elapsed() < Duration::from_millis(700), "{:?}", began.elapsed());

    // Thawed, it gets the latest value without a further publish.
    memcached.thaw();
    let (late, late_clock) = process("web@c/3", Some(memcached.l2()));
    late_clock.advance(Duration::from_secs(6)); // Past its freshness, so every read looks for something newer.
    eventually("the latest value arrives", async || {
        late.get::<MarketBreadth>(&()).await.is_ok_and(|held| number(&held.value) == 9)
    })
    .await;
    assert!(matches!(cache.l2_state(), L2State::Up { .. }));
}

/// Without memcached at start nothing was ever written until somebody restarted the program.
#[tokio::test]
async fn memcached_absent_at_start_is_used_as_soon_as_it_appears() {
    let port = free_port();
    let (monitor, _) = process("monitor@a/1", Some(l2_on(port)));
    let (web, _) = process("web@b/2", Some(l2_on(port)));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    let published = publisher.publish(&(), breadth(4), START).await;
    assert!(published.l1, "{published:?}");
    assert!(matches!(published.outcome().await, Outcome::Deferred(_)));
    assert_eq!(number(&monitor.get::<MarketBreadth>(&()).await.unwrap().value), 4);
    assert!(matches!(web.get::<MarketBreadth>(&()).await, Err(Absence::Unreachable(_))));
    eventually("it is said", async || matches!(monitor.l2_state(), L2State::Degraded { .. })).await;

    let _memcached = Memcached::on(port).await;
    eventually("the kept value reaches the other process", async || {
        web.get::<MarketBreadth>(&()).await.is_ok_and(|held| number(&held.value) == 4)
    })
    .await;
    eventually("both say so", async || {
        [&monitor, &web].iter().all(|cache: &&Cache| matches!(cache.l2_state(), L2State::Up { .. }))
    })
    .await;
    let L2State::Up { version } = monitor.l2_state() else { panic!("not up") };
    assert!(version.starts_with("1."), "{version}");
}

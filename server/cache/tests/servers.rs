//! Real memcached servers: small ones, several, killed, frozen and started again while there is traffic.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{Cache, ManualClock, Outcome, Publisher, Refusal, l2::MemcachedL2};
use kit::{Memcached, Note, START, breadth, eventually, free_port, number, place, process};
use schema::{Absence, MarketBreadth, Stamp, report::L2State};
use tokio::time::Instant;

mod kit;

const POLL: Duration = Duration::from_millis(100);

fn over(servers: &[&Memcached], writer: &str) -> Cache {
    let builder = Cache::builder(ManualClock::at(START), writer);
    servers.iter().fold(builder, |builder, server| builder.l2(server.l2())).build()
}

fn is_up(cache: &Cache) -> bool {
    matches!(cache.l2_state(), L2State::Up { .. })
}

#[tokio::test]
async fn a_server_of_small_items_is_not_sent_what_it_would_refuse_and_keeps_the_old_value() {
    let memcached = Memcached::with(free_port(), &["-m", "64", "-I", "32k", "-o", "slab_chunk_max=16384"]).await;
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    eventually("the server reported its limit", async || monitor.report().servers[0].item_limit_bytes == Some(32_768))
        .await;
    let publisher = monitor.publisher::<Note>().unwrap();
    let small = Note::of(10_000);
    assert_eq!(publisher.publish(&place(1), small.clone(), START).await.outcome().await, Outcome::Applied);
    let refused = publisher.publish(&place(1), Note::of(60_000), START).await.outcome().await;
    assert!(matches!(refused, Outcome::Refused(Refusal::TooLarge { limit, .. }) if limit < 32_768), "{refused:?}");
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    assert_eq!(*web.get::<Note>(&place(1)).await.unwrap().value, small);
}

#[tokio::test]
async fn a_large_value_travels_compressed_and_arrives_whole() {
    let memcached = Memcached::start().await;
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let publisher = monitor.publisher::<Note>().unwrap();
    let large = Note { text: "a row of the list, much like the next; ".repeat(50_000) };
    assert!(large.text.len() > 1_900_000);
    assert_eq!(publisher.publish(&place(1), large.clone(), START).await.outcome().await, Outcome::Applied);
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    assert_eq!(*web.get::<Note>(&place(1)).await.unwrap().value, large);
}

#[tokio::test]
async fn a_server_short_of_memory_drops_values_and_they_read_as_absent() {
    let memcached = Memcached::with(free_port(), &["-m", "8"]).await;
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let publisher = monitor.publisher::<Note>().unwrap();
    let note = Note::of(100_000);
    for n in 0..200 {
        let outcome = publisher.publish(&place(n), note.clone(), START).await.outcome().await;
        // Where not even the newest finds room, the server says so and the value is not called written.
        assert!(matches!(outcome, Outcome::Applied | Outcome::Refused(Refusal::ByServer(_))), "{outcome:?}");
    }
    let (web, _) = process("web@b/2", Some(memcached.l2()));
    let (mut there, mut gone) = (0, 0);
    for n in 0..200 {
        match web.get::<Note>(&place(n)).await {
            Ok(held) => {
                assert_eq!(*held.value, note);
                there += 1;
            }
            Err(absence) => {
                assert_eq!(absence, Absence::NeverWritten);
                gone += 1;
            }
        }
    }
    assert!(there > 10 && gone > 50, "{there} there, {gone} gone");
    let (later, _) = process("doctor@c/3", Some(memcached.l2()));
    eventually("it tells of evictions", async || {
        later.report().servers[0].evictions.is_some_and(|evictions| evictions > 0)
    })
    .await;
}

#[tokio::test]
async fn of_two_servers_the_dead_one_costs_its_own_keys_only() {
    let (one, two) = (Memcached::start().await, Memcached::start().await);
    let ports = (one.port(), two.port());
    let monitor = over(&[&one, &two], "monitor@a/1");
    let publisher = monitor.publisher::<Note>().unwrap();
    let publish_all = async |text: &str| -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for n in 0..40 {
            outcomes.push(publisher.publish(&place(n), Note { text: text.into() }, START).await.outcome().await);
        }
        outcomes
    };
    assert!(publish_all("first").await.iter().all(|outcome| *outcome == Outcome::Applied));
    drop(two);
    let outcomes = publish_all("second").await;
    let applied = outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count();
    let deferred = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Deferred(_))).count();
    assert!(applied > 8 && deferred > 8 && applied + deferred == 40, "{applied} applied, {deferred} deferred");
    let L2State::Degraded { cause, .. } = monitor.l2_state() else { panic!("not degraded") };
    assert!(cause.contains(&ports.1.to_string()) && !cause.contains(&ports.0.to_string()), "{cause}");

    let two = Memcached::on(ports.1).await;
    eventually("what waited is written", async || {
        is_up(&monitor) && monitor.report().servers.iter().all(|server| server.waiting == 0)
    })
    .await;
    let web = over(&[&one, &two], "web@b/2");
    for n in 0..40 {
        assert_eq!(web.get::<Note>(&place(n)).await.unwrap().value.text, "second", "place {n}");
    }
}

#[tokio::test]
async fn a_writer_whose_clock_is_behind_that_of_the_last_one_still_replaces_its_values() {
    let memcached = Memcached::start().await;
    let (before, clock) = process("monitor@a/1", Some(memcached.l2()));
    clock.advance(Duration::from_secs(3_600));
    let publisher = before.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    // The clock is set right, and the monitor is started again.
    let (after, _) = process("monitor@a/2", Some(memcached.l2()));
    let restarted = after.publisher::<MarketBreadth>().unwrap();
    assert_eq!(restarted.publish(&(), breadth(2), START).await.outcome().await, Outcome::Applied);
    let (web, _) = process("web@b/3", Some(memcached.l2()));
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 2);
    // The one of before, had it lived on, would have had to stop.
    assert!(matches!(publisher.publish(&(), breadth(3), START).await.outcome().await, Outcome::Superseded { .. }));
}

/// A monitor that publishes every 20 ms, and a web process that mirrors it.
struct Traffic {
    monitor: Cache,
    publisher: Publisher<MarketBreadth>,
    web: Cache,
    published: u32,
    seen: Stamp,
}

impl Traffic {
    fn over(memcached: &Memcached) -> Self {
        let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
        let (web, _) = process("web@b/2", Some(memcached.l2()));
        web.follow::<MarketBreadth>();
        let mirror = web.clone();
        tokio::spawn(async move { mirror.mirror(POLL, std::future::pending()).await });
        let publisher = monitor.publisher().unwrap();
        Self { monitor, publisher, web, published: 0, seen: Stamp { epoch: 0, seq: 0 } }
    }

    /// Goes on until the condition holds, and says how long that took.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> Duration {
        let began = Instant::now();
        loop {
            self.published += 1;
            let published = self.publisher.publish(&(), breadth(self.published), START).await;
            assert!(published.l1, "readers of the writing process always have the newest");
            let watched = self.web.watch::<MarketBreadth>(()).borrow().clone();
            if let Ok(held) = watched {
                assert!(held.stamp >= self.seen, "{} after {}", held.stamp, self.seen);
                self.seen = held.stamp;
            }
            if holds(self) {
                return began.elapsed();
            }
            assert!(began.elapsed() < Duration::from_secs(10), "waited in vain: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The newest that the web process has, counted from the last published.
    fn behind(&self) -> u32 {
        let newest = self.web.watch::<MarketBreadth>(()).borrow().as_ref().map_or(0, |held| number(&held.value));
        self.published - newest
    }
}

/// Within two seconds, less what a page needs to show it.
const SOON: Duration = Duration::from_millis(1_700);

#[tokio::test]
async fn frozen_thawed_killed_and_restarted_under_load_each_shows_within_two_seconds_and_loses_nothing() {
    let memcached = Memcached::start().await;
    let port = memcached.port();
    let mut traffic = Traffic::over(&memcached);
    let well = |traffic: &Traffic| is_up(&traffic.monitor) && is_up(&traffic.web) && traffic.behind() < 10;
    let failing = |traffic: &Traffic| !is_up(&traffic.monitor) && !is_up(&traffic.web);
    traffic.until("the first values arrive", well).await;

    let mut took = Vec::new();
    for _ in 0..2 {
        memcached.freeze();
        took.push(("frozen", traffic.until("it is known to be frozen", failing).await));
        traffic.until("a while passes", |traffic| traffic.behind() > 100).await;
        memcached.thaw();
        took.push(("thawed", traffic.until("it is known to be back", well).await));
    }
    drop(memcached);
    took.push(("killed", traffic.until("it is known to be dead", failing).await));
    traffic.until("a while passes", |traffic| traffic.behind() > 100).await;
    let _memcached = Memcached::on(port).await;
    took.push(("restarted", traffic.until("it is known to be back", well).await));
    assert!(took.iter().all(|(_, took)| *took < SOON), "{took:?}");
    let mirror = traffic.web.report().mirror;
    assert_eq!(mirror.missed, 0, "{mirror:?}");
}

#[tokio::test]
async fn what_waits_is_written_before_the_process_ends() {
    let memcached = Memcached::start().await;
    let port = memcached.port();
    let (monitor, _) = process("monitor@a/1", Some(memcached.l2()));
    let publisher = monitor.publisher::<MarketBreadth>().unwrap();
    assert_eq!(publisher.publish(&(), breadth(1), START).await.outcome().await, Outcome::Applied);
    drop(memcached);
    assert!(matches!(publisher.publish(&(), breadth(2), START).await.outcome().await, Outcome::Deferred(_)));
    let memcached = Memcached::on(port).await;
    monitor.drain().await;
    let web = Cache::builder(ManualClock::at(START), "web@b/2")
        .l2(Arc::new(MemcachedL2::new(&format!("127.0.0.1:{}", memcached.port())).unwrap()))
        .build();
    assert_eq!(number(&web.get::<MarketBreadth>(&()).await.unwrap().value), 2);
}

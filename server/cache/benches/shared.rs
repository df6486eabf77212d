//! The shared tier over a real memcached, each figure beside the client's own call in the same run.
//!
//! Budgets: a read 1.15 × the client's get and decoding, a poll of 50 keys half a millisecond. A publish returns without
//! a round trip, so it costs less than encoding and the client's set; what is written behind it has its own figures.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    hint::black_box,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use cache::{Cache, Clock, Outcome, l2::MemcachedL2};
use criterion::{Criterion, criterion_group, criterion_main};
use memcache::exp::{AsyncMetaClient, Get, Meta, Set, Ttl};
use schema::{Breakdown, Schema as _, Symbol, Venue};
use serde::Deserialize;
use tokio::runtime::Runtime;

#[path = "../../../app/schema/tests/fixture/mod.rs"]
#[allow(clippy::expect_used)]
mod fixture;

const SCOPES: usize = 200;

/// A memcached of this run alone, ended by its id.
struct Memcached(Child, String);

impl Memcached {
    fn start(runtime: &Runtime) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let child = Command::new("memcached")
            .args(["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-m", "64", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        runtime.block_on(async {
            while tokio::net::TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self(child, address)
    }

    fn cache(&self, name: &str) -> Cache {
        Cache::builder(Clock::System, name).l2(Arc::new(MemcachedL2::new(&self.1).unwrap())).build()
    }
}

impl Drop for Memcached {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

/// The part of an envelope that a reader without checks would decode.
#[derive(Deserialize)]
struct Bare {
    body: Breakdown,
}

fn shared(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let memcached = Memcached::start(&runtime);
    let scopes: Vec<(Venue, Symbol)> =
        (0..SCOPES).map(|n| (Venue::Bybit, Symbol::new(&format!("SYM{n}USDT")).unwrap())).collect();
    let keys: Vec<String> = scopes
        .iter()
        .map(|(venue, symbol)| format!("confluence:breakdown@{}:{venue}:{symbol}", Breakdown::VERSION))
        .collect();
    let value = fixture::breakdown();
    let (writer, publisher, client) = runtime.block_on(async {
        let writer = memcached.cache("writer");
        writer.contacted().await;
        let publisher = writer.publisher::<Breakdown>().unwrap();
        for scope in &scopes {
            assert_eq!(publisher.publish(scope, value.clone(), writer.now()).await.outcome().await, Outcome::Applied);
        }
        let client = AsyncMetaClient::builder().connect_async(memcached.1.clone()).await.unwrap();
        (writer, publisher, client)
    });

    let mut group = criterion.benchmark_group("read of the shared tier");
    let mut at = keys.iter().cycle();
    group.bench_function("bare: the client's get, decoded", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (client, key) = (&client, at.next().unwrap());
            async move {
                let got = client.run(Get::new(key).meta(Meta::NONE.cas())).await.unwrap();
                black_box(serde_json::from_slice::<Bare>(&got.value.unwrap()).unwrap().body)
            }
        });
    });
    group.bench_function("get", |bencher| {
        bencher.to_async(&runtime).iter_custom(|reads| {
            let (memcached, scopes) = (&memcached, &scopes);
            async move {
                let (mut left, mut took) = (usize::try_from(reads).unwrap(), Duration::ZERO);
                while left > 0 {
                    // A cache that holds nothing yet, so that each read is one of the shared tier.
                    let cache = memcached.cache("reader");
                    cache.contacted().await;
                    // Both connect before the clock runs.
                    assert!(cache.get::<schema::MarketMovers>(&()).await.is_err());
                    let began = Instant::now();
                    for scope in scopes.iter().take(left) {
                        black_box(cache.get::<Breakdown>(scope).await.unwrap());
                    }
                    took += began.elapsed();
                    left -= left.min(SCOPES);
                }
                took
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("publish, serving alone");
    group.bench_function("bare: encoded", |bencher| {
        bencher.iter(|| black_box(serde_json::to_vec(&value.clone()).unwrap()));
    });
    let alone = Cache::builder(Clock::System, "alone").build();
    let own = alone.publisher::<Breakdown>().unwrap();
    group.bench_function("publish", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (own, value, scope, now) = (&own, value.clone(), &scopes[0], alone.now());
            async move { assert!(own.publish(scope, value, now).await.l1) }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("publish");
    group.bench_function("bare: encoded, the client's set", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (client, value) = (&client, value.clone());
            async move {
                let bytes = serde_json::to_vec(&value).unwrap();
                client.run(Set::new("bare", &bytes).ttl(Ttl::secs(60))).await.unwrap()
            }
        });
    });
    // What the publisher waits for: nothing of memcached. What is replaced in the queue meanwhile is not sent.
    group.bench_function("publish, written behind", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (publisher, value, scope, now) = (&publisher, value.clone(), &scopes[0], writer.now());
            async move { assert!(publisher.publish(scope, value, now).await.l1) }
        });
    });
    group.bench_function("publish, until memcached confirmed it", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (publisher, value, scope, now) = (&publisher, value.clone(), &scopes[0], writer.now());
            async move { assert_eq!(publisher.publish(scope, value, now).await.outcome().await, Outcome::Applied) }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("200 values");
    group.sample_size(20);
    group.bench_function("bare: the client's sets, one after the other", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (client, value, keys) = (&client, &value, &keys);
            async move {
                for key in keys {
                    let bytes = serde_json::to_vec(value).unwrap();
                    client.run(Set::new(format!("bare:{key}"), &bytes).ttl(Ttl::secs(60))).await.unwrap();
                }
            }
        });
    });
    group.bench_function("published, until memcached confirmed all", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let (publisher, value, scopes, now) = (&publisher, &value, &scopes, writer.now());
            async move {
                let mut queued = Vec::with_capacity(scopes.len());
                for scope in scopes {
                    queued.push(publisher.publish(scope, value.clone(), now).await);
                }
                for published in queued {
                    assert_eq!(published.outcome().await, Outcome::Applied);
                }
            }
        });
    });
    group.finish();

    let (_followed, mut mirror) = runtime.block_on(async {
        let reader = memcached.cache("mirror");
        let followed: Vec<_> = scopes[..50].iter().map(|scope| reader.follow_scope::<Breakdown>(*scope)).collect();
        let mut mirror = reader.poller();
        mirror.poll().await;
        (followed, mirror)
    });
    let mut group = criterion.benchmark_group("mirror");
    group.bench_function("poll of 50 keys, none changed", |bencher| {
        bencher.iter(|| runtime.block_on(mirror.poll()));
    });
    group.finish();
}

criterion_group!(benches, shared);
criterion_main!(benches);

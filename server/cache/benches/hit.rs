//! A hit in this process, beside a bare moka get of an `Arc` in the same run: the budget is 1 µs, and 1.5 × the bare get.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{hint::black_box, sync::Arc};

use cache::{Cache, Clock, Outcome, l2::MemoryL2};
use criterion::{Criterion, criterion_group, criterion_main};
use schema::{Invalid, Name, Policy, Schema, Symbol, Venue};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Tide {
    metres: f64,
}

impl Schema for Tide {
    const NAME: Name = Name::new("sea:tide");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(60, 3_600, 7_200);
    type Scope = (Venue, Symbol);

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

fn hit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scopes: Vec<(Venue, Symbol)> =
        (0..600).map(|n| (Venue::Sim, Symbol::new(&format!("SYM{n}USDT")).unwrap())).collect();
    let bare: moka::future::Cache<(Venue, Symbol), Arc<Tide>> = moka::future::Cache::new(4_096);
    let alone = Cache::builder(Clock::System, "bench").build();
    let reader = runtime.block_on(async {
        let l2 = Arc::new(MemoryL2::new());
        let monitor = Cache::builder(Clock::System, "monitor").l2(l2.clone()).build();
        let reader = Cache::builder(Clock::System, "web").l2(l2).build();
        let (writer, own) = (monitor.publisher::<Tide>().unwrap(), alone.publisher::<Tide>().unwrap());
        for scope in &scopes {
            bare.insert(*scope, Arc::new(Tide { metres: 1.0 })).await;
            assert!(own.publish(scope, Tide { metres: 1.0 }, alone.now()).await.l1);
            let written = writer.publish(scope, Tide { metres: 1.0 }, monitor.now()).await.outcome().await;
            assert_eq!(written, Outcome::Applied);
            assert!(reader.get::<Tide>(scope).await.is_ok());
        }
        reader
    });
    let mut group = criterion.benchmark_group("hit");
    let mut at = scopes.iter().cycle();
    group.bench_function("bare moka get of an Arc", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let scope = at.next().unwrap();
            async { black_box(bare.get(scope).await.unwrap()) }
        });
    });
    group.bench_function("get, serving alone", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let scope = at.next().unwrap();
            async { black_box(alone.get::<Tide>(scope).await.unwrap()) }
        });
    });
    group.bench_function("get, reading what another process writes", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let scope = at.next().unwrap();
            async { black_box(reader.get::<Tide>(scope).await.unwrap()) }
        });
    });
    // What a hit in a process that only reads adds: whether the value is still fresh.
    group.bench_function("a look at the clock", |bencher| bencher.iter(|| black_box(Clock::System.now())));
    group.finish();
}

criterion_group!(benches, hit);
criterion_main!(benches);

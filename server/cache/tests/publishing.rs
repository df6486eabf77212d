//! A small round of what the bench `scan` measures, so that its values stay valid.
#![allow(clippy::unwrap_used)]

use cache::{Cache, Clock};

mod kit;
#[path = "../benches/publishing/mod.rs"]
mod publishing;

#[tokio::test]
async fn the_round_of_the_bench_is_published_alone_and_with_memcached() {
    let memcached = kit::Memcached::start().await;
    let builder = || Cache::builder(Clock::System, "bench");
    for cache in [builder().build(), builder().l2(memcached.l2()).build()] {
        publishing::Scan::over(cache.clone(), 600, 3).await.publish().await;
        let report = cache.report();
        let entries: Vec<_> = report.schemas.iter().map(|schema| (schema.name.as_str(), schema.entries)).collect();
        let expected =
            [("analysis:signals", 1), ("confluence:breakdown", 3), ("market:breadth", 1), ("market:overview", 1)];
        assert_eq!(entries, expected);
    }
}

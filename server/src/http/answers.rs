//! Answers of the API and metrics over values that a test wrote.

use std::{sync::Arc, time::Duration};

use cache::{Cache, Clock, ManualClock, l2::MemoryL2};
use metrics_exporter_prometheus::PrometheusBuilder;
use schema::{Breakdown, MarketOverview, UnixMs, breakdown::ScorePoint};
use serde_json::Value;

use super::stage::{Stage, get};
use crate::fixture;

#[tokio::test]
async fn scores_begin_at_the_time_that_is_asked_for() {
    let stage = Stage::new("").await;
    let publisher = stage.cache.publisher::<Breakdown>().unwrap();
    let mut breakdown = fixture::breakdown();
    let first = breakdown.history[0];
    breakdown.history.push(ScorePoint { at: first.at.plus(Duration::from_secs(60)), ..first });
    let (scope, history) = ((breakdown.source, breakdown.row.symbol), breakdown.history.clone());
    assert!(publisher.publish(&scope, breakdown, fixture::AS_OF).await.l1);
    let answered = async |query: &str| {
        let (status, body) = get(&stage.router, &format!("/api/v1/symbols/{}/scores{query}", scope.1)).await;
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["data"]["scores"].as_array().unwrap().len()
    };
    assert_eq!(answered("").await, history.len());
    assert_eq!(answered(&format!("?from={}", history[1].at.0)).await, history.len() - 1);
    assert_eq!(answered(&format!("?from={}", history.last().unwrap().at.0 + 1)).await, 0);
    let (status, body) = get(&stage.router, &format!("/api/v1/symbols/{}/scores?from=now", scope.1)).await;
    assert!(status == 400 && body.contains("from: allowed are"), "{status}: {body}");
}

#[tokio::test]
async fn the_gauge_of_a_writers_clock_falls_back_to_zero_once_the_clock_is_set() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counted = metrics::set_default_local_recorder(&recorder);
    let (shared, clock) = (Arc::new(MemoryL2::new()), ManualClock::at(fixture::AS_OF));
    let process =
        |name: &str| Cache::builder(Clock::from(clock.clone()), name).l2(Arc::<MemoryL2>::clone(&shared)).build();
    let (writer, reader) = (process("writer"), process("reader"));
    let publisher = writer.publisher::<MarketOverview>().unwrap();
    reader.follow::<MarketOverview>();
    let mut mirror = reader.poller();
    for (ahead_ms, expected) in [(7_500, "7.5"), (200, "0")] {
        let as_of = UnixMs(fixture::AS_OF.0 + ahead_ms);
        let written = publisher.publish(&(), fixture::overview(), as_of).await.outcome().await;
        assert_eq!(written, cache::Outcome::Applied);
        mirror.poll().await;
        let metrics = recorder.handle().render();
        let line = format!("cache_clock_skew_seconds{{schema=\"market:overview\"}} {expected}");
        assert!(metrics.lines().any(|one| one == line), "{line} in {metrics}");
    }
}

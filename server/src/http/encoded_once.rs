//! How often a value is encoded for all who need it: the shared cache, the live stream, the API with its ETags, the kept readings.

use std::collections::BTreeMap;

use cache::{Outcome, Snapshot};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use schema::{Breakdown, Signals, stream::Topic};

use super::stage::{Stage, get};
use crate::{fixture, hub::Hub};

/// Encodings so far, by schema.
fn encodings(metrics: &PrometheusHandle) -> BTreeMap<String, u64> {
    let text = metrics.render();
    let counts =
        text.lines().filter_map(|line| line.strip_prefix("cache_encodings_total{schema=\"")?.split_once("\"} "));
    counts.map(|(schema, count)| (schema.to_owned(), count.parse().unwrap())).collect()
}

/// Waits until each of some topics is sent with a text in it.
async fn until_sent(hub: &Hub, topics: &[Topic], text: &str) {
    let mut ticks = hub.ticks();
    loop {
        ticks.mark_unchanged();
        let (_, frames) = hub.whole(topics).await;
        let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|at| at == text.as_bytes());
        if frames.len() == topics.len() && frames.iter().all(|frame| holds(&frame.bytes())) {
            return;
        }
        ticks.changed().await.unwrap();
    }
}

#[tokio::test]
async fn a_change_is_encoded_once_for_the_shared_cache_the_stream_the_api_and_the_kept_readings() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counted = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::shared().await;
    let breakdowns = stage.cache.publisher::<Breakdown>().unwrap();
    let breakdown = fixture::breakdown();
    let (scope, topic) = ((breakdown.source, breakdown.row.symbol), Topic::Breakdown(breakdown.row.symbol));
    let _open = stage.hubs.live.follow(breakdown.row.symbol);
    tokio::spawn(stage.hubs.live.clone().run(stage.supervisor.stop()));
    let folder = tempfile::tempdir().unwrap();
    for change in 1..=3_u32 {
        let as_of = schema::UnixMs(fixture::AS_OF.0 + i64::from(change));
        let mut list = fixture::signals();
        list.rows[0].quote.price = schema::Price::new(f64::from(change)).unwrap();
        assert_eq!(stage.signals.publish(&(), list, as_of).await.outcome().await, Outcome::Applied);
        let mut one = fixture::breakdown();
        one.row.quote.price = schema::Price::new(f64::from(change)).unwrap();
        assert_eq!(breakdowns.publish(&scope, one, as_of).await.outcome().await, Outcome::Applied);
        let price = format!("\"price\":{change}.0");
        until_sent(&stage.hubs.live, &[Topic::Signals, topic], &price).await;
        // Each of these needed an encoding of its own once.
        for _ in 0..2 {
            let path = format!("/api/v1/symbols/{}", scope.1);
            assert_eq!((get(&stage.router, &path).await.0, get(&stage.router, "/api/v1/overview").await.0), (200, 200));
        }
        let kept = Snapshot::of(&stage.cache).with::<Signals>().write(&folder.path().join("kept.ndjson")).await;
        assert_eq!(kept.unwrap(), 1);
        let expected = [
            ("analysis:signals", u64::from(change) + 1),
            ("confluence:breakdown", change.into()),
            ("market:overview", 1),
        ];
        assert_eq!(encodings(&recorder.handle()), expected.map(|(name, count)| (name.to_owned(), count)).into());
    }
    stage.supervisor.end().await;
}

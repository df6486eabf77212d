//! A monitor without pages answers its API and its probes.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::time::{Duration, Instant};

use program::client;
use serde_json::{Value, json};
use server::{
    Config, Role,
    config::{Settings, settings::Origin},
};
use tokio::{net::TcpListener, sync::oneshot};

/// A market of a few symbols, watched within this process.
fn config() -> Config {
    let mut settings = Settings::defaults().unwrap();
    for (key, value) in [
        ("source", "sim"),
        ("sim.symbols", "12"),
        ("cache.snapshot_dir", "off"),
        ("alerts.rules_file", "off"),
        ("log.filter", "warn"),
    ] {
        settings.set_text(key, value, Origin::Flag("--test")).unwrap();
    }
    Config::check(&settings).unwrap()
}

async fn get(root: &str, path: &str) -> (u16, String) {
    let answer = client(reqwest::redirect::Policy::none()).get(format!("{root}{path}")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !condition().await {
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_answers_its_api_its_health_and_its_metrics() {
    venue::install_crypto_provider();
    let config = config();
    let recorder = server::telemetry::start(&config.log).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let running = tokio::spawn(server::run(config, Role::Monitor, listener, recorder, shutdown));

    until("it is ready", async || get(&root, "/readyz").await.0 == 200).await;
    until("a contract is answered", async || get(&root, "/api/v1/symbols/BTCUSDT").await.0 == 200).await;
    let contract: Value = serde_json::from_str(&get(&root, "/api/v1/symbols/BTCUSDT").await.1).unwrap();
    assert_eq!(contract["data"]["row"]["symbol"], "BTCUSDT");
    assert_eq!(get(&root, "/api/v1/symbols/NOSUCHUSDT").await.0, 404);
    let health: Value = serde_json::from_str(&get(&root, "/health").await.1).unwrap();
    assert_eq!((&health["ready"], &health["reasons"]), (&json!(true), &json!([])), "{health:#}");
    assert_eq!(health["monitor"]["feed"]["simulated"]["because"], "chosen in the configuration");
    let tasks: Vec<&str> = health["tasks"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    for task in ["monitor", "engine", "scan", "health", "simulated exchange"] {
        assert!(tasks.contains(&task), "{task} in {tasks:?}");
    }

    let metrics = get(&root, "/metrics").await.1;
    for line in [
        "feed_state{state=\"simulated\"} 1",
        "feed_state{state=\"unreachable\"} 0",
        "virtuoso_ready 1",
        "task_failing{task=\"scan\"} 0",
        "market_event_queue_capacity 65536",
        "http_requests_total{class=\"api\",status=\"200\"} ",
        "http_request_seconds_bucket{class=\"probe\",le=",
        "virtuoso_build_info{version=",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(30), running).await.unwrap().unwrap().unwrap();
}

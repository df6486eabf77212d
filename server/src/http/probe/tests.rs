//! What probes answer while a task of the process is down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::Request,
};
use cache::{Cache, Clock, ManualClock};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::*;
use crate::{
    config::{Config, Settings, settings::Origin},
    fixture,
    http::{Gate, Reach, Shared, Streams, router},
    hub::Hubs,
    role::Role,
    site,
    supervise::{Job, Policy, Supervisor},
};

/// A process whose vital schemas are fresh.
async fn process(token: &str) -> (axum::Router, Supervisor, Hubs) {
    let mut settings = Settings::defaults().unwrap();
    settings.set_text("access.token", token, Origin::Flag("--test")).unwrap();
    let config = Config::check(&settings).unwrap();
    let clock = Clock::from(ManualClock::at(fixture::AS_OF));
    let cache = Cache::builder(clock.clone(), "test").build();
    let signals = cache.publisher().unwrap().publish(&(), fixture::signals(), fixture::AS_OF).await;
    let overview = cache.publisher().unwrap().publish(&(), fixture::overview(), fixture::AS_OF).await;
    assert!(signals.l1 && overview.l1);
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(clock.clone(), stop.clone());
    let hubs = Hubs::new(&cache, 1);
    let reach = Reach::new(&config, SocketAddr::from(([127, 0, 0, 1], 3_000)));
    let shared = Shared {
        cache,
        hubs: hubs.clone(),
        board: None,
        rules: None,
        clock,
        recorder: PrometheusBuilder::new().build_recorder().handle(),
        stop,
        gate: Gate::new(&config.access, reach.clone(), Role::Monitor),
        reach,
        streams: Streams::new(&config.http),
        site: site::site(&config.http),
        registry: Arc::clone(supervisor.registry()),
    };
    (router(AppState::new(shared), Role::Monitor), supervisor, hubs)
}

async fn get(router: &axum::Router, path: &str) -> (u16, String) {
    let mut request = Request::get(path).header("host", "127.0.0.1:3000").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Runs the hub, which panics when it is started for the first time.
fn run_hub(supervisor: &Supervisor, hubs: &Hubs) {
    let (hub, stop, mut first) = (hubs.live.clone(), supervisor.stop(), true);
    supervisor.spawn(Job { name: "hub", what: "" }, Policy::Forever, move || {
        let (panics, running) = (std::mem::take(&mut first), hub.clone().run(stop.clone()));
        async move {
            assert!(!panics, "no such row");
            running.await;
            Ok(())
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_panicking_hub_makes_the_process_unready_until_it_works_again() {
    let (router, supervisor, hubs) = process("").await;
    assert_eq!(get(&router, "/readyz").await, (200, "ready\n".to_owned()));
    let ready: Value = serde_json::from_str(&get(&router, "/health").await.1).unwrap();
    assert_eq!((&ready["ready"], &ready["reasons"]), (&json!(true), &json!([])));

    run_hub(&supervisor, &hubs);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let down = "not ready\ntask hub is down: panicked: no such row\n";
    assert_eq!(get(&router, "/readyz").await, (503, down.to_owned()));
    let health: Value = serde_json::from_str(&get(&router, "/health").await.1).unwrap();
    assert_eq!(health["ready"], json!(false), "a word on readiness is true or false");
    assert_eq!(health["reasons"], json!(["task hub is down: panicked: no such row"]));
    assert_eq!(get(&router, "/livez").await.0, 200, "the process itself goes on");

    let before = hubs.live.tick();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(get(&router, "/readyz").await, (200, "ready\n".to_owned()));
    assert!(hubs.live.tick() > before, "the hub makes ticks again");
    supervisor.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_shown_which_task_is_down_and_not_why() {
    let (router, supervisor, hubs) = process("a-token-of-mine!").await;
    run_hub(&supervisor, &hubs);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(get(&router, "/readyz").await, (503, "not ready\ntask hub is down\n".to_owned()));
    supervisor.end().await;
}

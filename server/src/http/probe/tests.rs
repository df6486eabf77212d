//! What probes answer while a task of the process is down.

use std::time::Duration;

use super::*;
use crate::{
    http::stage::{Stage, get},
    hub::Hubs,
    supervise::{Job, Policy, Supervisor},
};

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
    let Stage { router, supervisor, hubs, .. } = Stage::new("").await;
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
    let Stage { router, supervisor, hubs, .. } = Stage::new("a-token-of-mine!").await;
    run_hub(&supervisor, &hubs);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(get(&router, "/readyz").await, (503, "not ready\ntask hub is down\n".to_owned()));
    supervisor.end().await;
}

//! A machine whose clock is off: every place that shows an age says so.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, command, pointed_at};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use venue::sim::{SimConfig, SimServer};

/// An exchange whose clock is apart from this machine's by as many seconds.
async fn exchange(ahead_s: i64) -> (u16, CancellationToken) {
    let now = venue::Clock::SYSTEM.now();
    let start = schema::UnixMs(now.0 + ahead_s * 1_000);
    let market = SimConfig { symbols: 12, seed: 7, candles: None, activity: 1, start };
    let server = tokio::task::spawn_blocking(|| SimServer::bind(market, ([127, 0, 0, 1], 0).into()));
    let server = server.await.unwrap().unwrap();
    let port = server.rest_url().rsplit_once(':').unwrap().1.parse().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.run(stop.clone().cancelled_owned()));
    (port, stop)
}

async fn is_named_everywhere(ahead_s: i64, expected: &str) {
    let (port, stop) = exchange(ahead_s).await;
    let program = Program::serve(&["--source", "bybit"], &pointed_at(port)).await;
    program
        .until("the probe names it", async || {
            program.get("/readyz").await.is_some_and(|(_, text)| text.contains(expected))
        })
        .await;
    program
        .until("the Market page names it", async || {
            let (_, page) = program.get("/").await.unwrap();
            page.contains("WRONG CLOCK") && page.contains(expected)
        })
        .await;
    program
        .until("the System page names it", async || {
            program.get("/system").await.unwrap().1.matches(expected).count() >= 2
        })
        .await;
    assert!(program.json("/health").await["clock"].as_str().unwrap().contains(expected));

    let addr = format!("127.0.0.1:{}", program.port);
    let mut doctor = command(&["doctor", "--json", "--source", "bybit", "--addr", &addr]);
    let output = tokio::task::spawn_blocking(move || doctor.envs(pointed_at(port)).output().unwrap()).await.unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    for check in ["this machine's clock", "clock of the process"] {
        let finding = findings.as_array().unwrap().iter().find(|one| one["check"] == check).expect(check);
        assert_eq!(finding["verdict"], "attention");
        assert!(finding["said"].as_str().unwrap().contains(expected), "{finding}");
    }
    let proxy = findings.as_array().unwrap().iter().find(|one| one["check"] == "proxy").unwrap();
    assert_eq!(proxy["said"], "none: the exchange is reached directly");
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_is_named_everywhere() {
    is_named_everywhere(-5_400, "clock is 90 min ahead of Bybit's").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_is_named_everywhere_though_nothing_looks_old() {
    is_named_everywhere(1_800, "clock is 30 min behind Bybit's").await;
}

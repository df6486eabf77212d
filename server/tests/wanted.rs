//! Two processes: the page of a symbol that is open in the web process is measured first by the monitor.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::collections::BTreeSet;

use program::{Program, free_port};
use serde_json::Value;

/// More than a monitor takes apart in two scans.
const SYMBOLS: &str = "250";
/// Scans that are watched. In turn a symbol is measured in two of five of them.
const SCANS: usize = 10;

/// Times of the list, and of the breakdown of a symbol, as a process answers them over so many scans.
async fn measured(web: &Program, symbol: &str) -> (usize, usize) {
    let (mut scans, mut breakdowns) = (BTreeSet::new(), BTreeSet::new());
    web.until("some scans completed", async || {
        let list: Value = web.json("/api/v1/signals?limit=1").await;
        let one: Value = web.json(&format!("/api/v1/symbols/{symbol}")).await;
        scans.insert(list["as_of"].as_i64().unwrap());
        breakdowns.insert(one["as_of"].as_i64().unwrap());
        scans.len() > SCANS
    })
    .await;
    (scans.len() - 1, breakdowns.len() - 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_symbol_of_a_web_process_is_measured_in_every_scan_of_the_monitor() {
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    let shared = ["--memcached", servers.as_str()];
    let market = ["--role", "monitor", "--source", "sim", "--symbols", SYMBOLS, "--seed", "7"];
    let monitor = Program::serve(&[&shared[..], &market].concat(), &[]).await;
    let web = Program::serve(&[&shared[..], &["--role", "web"]].concat(), &[]).await;
    let symbol = "BTCUSDT";
    let is_measured =
        async || web.get(&format!("/api/v1/symbols/{symbol}")).await.is_some_and(|(status, _)| status == 200);
    web.until("the symbol is measured", is_measured).await;

    let page = web.open(&format!("/api/v1/stream?topics=breakdown:{symbol}")).await;
    assert_eq!(page.status(), 200);
    let wanted = async |count: &str| {
        let metrics = monitor.get("/metrics").await.unwrap().1;
        metrics.lines().any(|line| line == format!("wanted_symbols {count}"))
    };
    monitor.until("the monitor heeds the notice", async || wanted("1").await).await;
    let (scans, breakdowns) = measured(&web, symbol).await;
    // Some may be overtaken on their way to the web process.
    assert!(3 * breakdowns >= 2 * scans, "{breakdowns} breakdowns in {scans} scans");

    drop(page);
    monitor.until("the monitor forgets it", async || wanted("0").await).await;
}

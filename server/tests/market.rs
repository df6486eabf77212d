//! A simulated market through the whole program: real HTTP, real WebSockets, the real adapter.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{collections::HashSet, time::Duration};

use program::{Pair, Program, free_port};
use serde_json::Value;

#[tokio::test]
async fn scores_differ_and_come_from_data_that_moves() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let first = program.json("/api/dashboard/mobile-data").await;
    assert_eq!((&first["status"], &first["data_source"]), (&Value::from("success"), &Value::from("sim")));
    let scores = first["confluence_scores"].as_array().unwrap();
    let distinct: HashSet<String> = scores.iter().map(|row| row["score"].to_string()).collect();
    assert!(distinct.len() * 2 > scores.len(), "{} of {} scores differ", distinct.len(), scores.len());
    assert!(scores.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()), "best first");
    // Nothing that nobody measures has a value, and each such field has a reason.
    let overview = first["market_overview"].as_object().unwrap();
    let missing = first["missing"].as_object().unwrap();
    for (name, value) in overview {
        assert_eq!(value.is_null(), missing.contains_key(name), "{name}: {value}");
    }
    let perps = first["perps"].as_object().unwrap();
    assert_eq!(perps.len(), 7);
    for (name, value) in perps {
        assert_eq!(value.is_null(), missing.contains_key(name), "{name}: {value}");
    }
    let price = |data: &Value| data["market_overview"]["btc_price"].as_f64();
    program
        .until("BTC moves", async || price(&program.json("/api/dashboard/mobile-data").await) != price(&first))
        .await;
}

#[tokio::test]
async fn ideas_are_served_with_their_rules_and_on_a_page_without_code() {
    let program = Program::simulated().await;
    program.scored(15).await;
    program.until("ideas are watched for", async || program.json("/api/v1/ideas").await["state"] == "fresh").await;
    let ideas = program.json("/api/v1/ideas").await;
    assert_eq!((&ideas["source"], ideas["data"]["rules"]["long"].as_f64()), (&Value::from("sim"), Some(70.0)));
    assert!(ideas["data"]["watched_since"].as_i64().unwrap() > 1_700_000_000_000);
    let (status, page) = program.get("/signals").await.unwrap();
    assert_eq!(status, 200);
    program
        .until("the page lists the ideas that are open, or says that none is", async || {
            let open = program.json("/api/v1/ideas").await["data"]["open"].as_array().unwrap().clone();
            let (_, page) = program.get("/signals").await.unwrap();
            // The newest 30 are shown.
            let listed = page.matches("class=\"idea\"").count() == open.len().min(30);
            let named = open.iter().take(30).all(|idea| page.contains(idea["symbol"].as_str().unwrap()));
            listed && named && page.contains("No open ideas.") == open.is_empty()
        })
        .await;
    assert!(page.contains("changed:signals:active"), "its island hears of changes");
}

#[tokio::test]
async fn every_schema_is_served_with_its_age_and_its_state() {
    let program = Program::simulated().await;
    program.scored(15).await;
    for name in ["overview", "signals", "breadth", "movers", "perps"] {
        let path = format!("/api/v1/{name}");
        program.until("it is fresh", async || program.json(&path).await["state"] == "fresh").await;
        let answer = program.json(&path).await;
        assert_eq!(answer["source"], "sim", "{name}");
        let most = if ["movers", "perps"].contains(&name) { 15_000 } else { 5_000 };
        assert!(answer["age_ms"].as_u64().unwrap() < most, "{name}");
        assert!(answer["data"].is_object(), "{name}");
    }
    program
        .until("every figure of the pulse is known", async || {
            let pulse = &program.json("/api/v1/perps").await["data"];
            pulse.as_object().unwrap().values().all(|figure| figure.get("missing").is_none())
        })
        .await;
    program
        .until("the beta of every contract but Bitcoin is known", async || {
            let Some((200, _)) = program.get("/api/v1/beta").await else { return false };
            let day = program.json("/api/v1/beta?window=24h").await;
            let rows = day["data"]["rankings"][0]["rows"].as_array().unwrap();
            rows.iter().filter(|row| row["beta"].get("known").is_some()).count() == 19
        })
        .await;
    let day = program.json("/api/v1/beta?window=24h").await;
    let rankings = day["data"]["rankings"].as_array().unwrap();
    assert_eq!((rankings.len(), &rankings[0]["window"]), (1, &Value::from("24h")));
    assert_eq!(program.get("/api/v1/beta?window=2h").await.unwrap().0, 400);
    let (status, page) = program.get("/beta?window=1h&sort=beta").await.unwrap();
    assert_eq!((status, page.contains("ETHUSDT"), page.contains("</html>")), (200, true, true));
    let breakdown = program.json("/api/v1/symbols/BTCUSDT").await;
    let data = &breakdown["data"];
    let sum: f64 = data["dimensions"].as_array().unwrap().iter().filter_map(|d| d["contribution"].as_f64()).sum();
    let score = data["row"]["score"]["known"]["value"].as_f64().unwrap();
    assert!((50.0 + sum - score).abs() < 1e-6, "50 + {sum} is not {score}");
    let (status, body) = program.get("/api/v1/symbols/NOSUCHUSDT").await.unwrap();
    assert_eq!(status, 404);
    assert!(body.contains("unknown_symbol"), "{body}");
    let (status, body) = program.get("/api/v1/signals?sort=best").await.unwrap();
    assert_eq!(status, 400);
    assert!(body.contains("sort: allowed are score"), "{body}");
    assert_eq!(program.get("/readyz").await.unwrap().0, 200);
    assert!(program.get("/metrics").await.unwrap().1.contains("cache_publishes_total"));
}

#[tokio::test]
async fn a_page_is_whole_without_a_script_and_an_unknown_one_is_404() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let (status, page) = program.get("/scores").await.unwrap();
    assert_eq!(status, 200);
    assert!(page.contains("SIMULATED MARKET") && page.contains("BTCUSDT") && page.contains("</html>"));
    assert_eq!(program.get("/symbol/BTCUSDT").await.unwrap().0, 200);
    for path in ["/symbol/NOSUCHUSDT", "/nowhere"] {
        let (status, page) = program.get(path).await.unwrap();
        assert_eq!(status, 404, "{path}");
        assert!(page.contains("</html>"), "{path}");
    }
    let (status, body) = program.get("/api/nowhere").await.unwrap();
    assert_eq!((status, body.contains("unknown_path")), (404, true));
}

#[tokio::test]
async fn the_stream_goes_on_from_the_tick_that_a_client_names() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let mut stream = program.open("/api/v1/stream?topics=signals").await;
    let whole = event(&mut stream, "event: snapshot").await;
    let delta = event(&mut stream, "event: delta").await;
    // How much it sends is not compared: with the close of a bar every row is news.
    assert!(delta.contains("signals_delta") && !whole.contains("signals_delta"));
    let id = delta.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(stream);
    let mut resumed = program.open(&format!("/api/v1/stream?topics=signals&since={id}")).await;
    let next = event(&mut resumed, "event: delta").await;
    assert!(next.contains("signals_delta"));
    let mut stranger = program.open("/api/v1/stream?topics=signals&since=1-1").await;
    assert!(event(&mut stranger, "event: snapshot").await.contains("\"signals\""));
    assert_eq!(program.get("/api/v1/stream?topics=prices").await.unwrap().0, 400);
}

/// Reads a stream up to the end of the first event of a kind.
async fn event(stream: &mut reqwest::Response, kind: &str) -> String {
    let mut text = String::new();
    loop {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await.expect("an event in time");
        text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
        if let Some(found) =
            text.split_inclusive("\n\n").find(|event| event.starts_with(kind) && event.ends_with("\n\n"))
        {
            return found.to_owned();
        }
    }
}

#[tokio::test]
async fn two_processes_over_memcached_show_the_same() {
    let Pair { web, monitor, .. } = &Pair::simulated().await;
    web.scored(15).await;
    web.until("both hold the same list", async || {
        let (ours, theirs) = (web.json("/api/v1/signals").await, monitor.json("/api/v1/signals").await);
        ours["data"] == theirs["data"] && ours["as_of"] == theirs["as_of"]
    })
    .await;
    let mut stream = web.open("/api/v1/stream?topics=signals").await;
    event(&mut stream, "event: delta").await;
    assert_eq!(web.get("/symbol/BTCUSDT").await.unwrap().0, 200);
    assert_eq!(web.get("/readyz").await.unwrap().0, 200);
    assert_eq!(monitor.get("/").await.unwrap().0, 404, "a monitor has no pages");
}

#[tokio::test]
async fn a_memcached_that_is_absent_is_said_and_used_once_it_appears() {
    let port = free_port();
    let servers = format!("127.0.0.1:{port}");
    let args = ["--source", "sim", "--symbols", "20", "--memcached", &servers];
    let program = Program::serve(&args, &[]).await;
    program.scored(15).await;
    let state = program.json("/api/v1/cache").await["l2"].clone();
    assert!(state.to_string().to_lowercase().contains("degraded"), "{state}");
    let _memcached = Program::memcached(port);
    program
        .until("the cache is whole", async || {
            program.json("/api/v1/cache").await["l2"].to_string().to_lowercase().contains("up")
        })
        .await;
}

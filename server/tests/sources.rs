//! Where the data comes from, and what is said when it does not come.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, free_port, pointed_at};

#[tokio::test]
async fn an_exchange_that_cannot_be_reached_is_said_in_plain_words_and_found_when_it_appears() {
    let port = free_port();
    let program = Program::serve(&["--source", "bybit"], &pointed_at(port)).await;
    program
        .until("it says so", async || {
            let (status, text) = program.get("/readyz").await.unwrap();
            status == 503 && text.contains("Bybit unreachable: ")
        })
        .await;
    program
        .until("the page says so as well", async || {
            program.get("/").await.is_some_and(|(_, page)| page.to_lowercase().contains("unreachable"))
        })
        .await;
    assert_eq!(program.get("/api/dashboard/mobile-data").await.unwrap().0, 503);
    let _exchange = Program::exchange(port).await;
    program.scored(15).await;
    assert_eq!(program.get("/readyz").await.unwrap().0, 200);
    assert_eq!(program.json("/api/v1/overview").await["source"], "bybit");
}

#[tokio::test]
async fn binance_that_cannot_be_reached_is_named_as_such() {
    let dead = free_port();
    let addresses = [
        ("VIRTUOSO_BINANCE_REST_URL", format!("http://127.0.0.1:{dead}")),
        ("VIRTUOSO_BINANCE_WS_URL", format!("ws://127.0.0.1:{dead}")),
    ];
    let program = Program::serve(&["--source", "binance"], &addresses).await;
    program
        .until("it says so", async || {
            let (status, text) = program.get("/readyz").await.unwrap();
            status == 503 && text.contains("Binance unreachable: ")
        })
        .await;
}

#[tokio::test]
async fn a_fault_of_the_simulated_exchange_reaches_the_screen_and_heals() {
    let port = free_port();
    let exchange = Program::exchange(port).await;
    let program = Program::serve(&["--source", "bybit"], &pointed_at(port)).await;
    program.scored(15).await;
    let fault = r#"{"faults":["drop@1s","403@4s"]}"#;
    assert_eq!(exchange.post("/sim/faults", fault).await, 200);
    program
        .until("the loss is on the page", async || {
            program.get("/").await.is_some_and(|(_, page)| page.to_lowercase().contains("unreachable"))
        })
        .await;
    program
        .until("it heals", async || {
            let health = program.json("/api/v1/health").await;
            health["data"]["feed"]["live"].is_object()
        })
        .await;
    let before = program.json("/api/v1/signals").await["as_of"].as_i64().unwrap();
    program
        .until("scores go on", async || program.json("/api/v1/signals").await["as_of"].as_i64().unwrap() > before)
        .await;
}

#[tokio::test]
async fn auto_shows_a_simulated_market_says_why_and_changes_over_to_the_live_one() {
    let port = free_port();
    let program = Program::serve(&["--source", "auto", "--symbols", "20"], &pointed_at(port)).await;
    program.scored(15).await;
    let page = async || program.get("/").await.unwrap().1;
    assert!(page().await.contains("SIMULATED MARKET"), "there is no moment without the banner");
    program.until("the banner says why", async || page().await.contains("Bybit unreachable")).await;
    let _exchange = Program::exchange(port).await;
    program.until("the market is live", async || program.json("/api/v1/overview").await["source"] == "bybit").await;
    program.until("the banner is gone", async || !page().await.contains("SIMULATED MARKET")).await;
}

#[tokio::test]
async fn a_killed_source_leaves_the_last_value_with_its_age() {
    let port = free_port();
    let exchange = Program::exchange(port).await;
    let program = Program::serve(&["--source", "bybit"], &pointed_at(port)).await;
    program.scored(15).await;
    drop(exchange);
    program.until("the value is stale", async || program.json("/api/v1/signals").await["state"] == "stale").await;
    let stale = program.json("/api/v1/signals").await;
    assert!(stale["age_ms"].as_u64().unwrap() > 5_000);
    assert!(!stale["data"]["rows"].as_array().unwrap().is_empty(), "the last value is kept");
    assert_eq!(program.json("/api/dashboard/mobile-data").await["status"], "stale");
    let _exchange = Program::exchange(port).await;
    program.until("it is live again", async || program.json("/api/v1/signals").await["state"] == "fresh").await;
}

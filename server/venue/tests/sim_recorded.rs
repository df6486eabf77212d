//! The simulated exchange driven by recorded candles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};

use schema::UnixMs;
use serde_json::Value;
use venue::sim::{SimConfig, SimServer};

const START: i64 = 1_795_165_987_300;

fn fixture(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures").join(name);
    if folder.is_dir() {
        Some(folder)
    } else {
        println!("skipped: {} absent", folder.display());
        None
    }
}

async fn tickers(folder: PathBuf, symbols: u16) -> Vec<Value> {
    let config = SimConfig { symbols, candles: Some(folder), ..SimConfig::new(UnixMs(START)) };
    let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let rest = server.rest_url();
    let running = tokio::spawn(server.run(std::future::pending()));
    let body: Value =
        reqwest::get(format!("{rest}/v5/market/tickers?category=linear")).await.unwrap().json().await.unwrap();
    running.abort();
    body["result"]["list"].as_array().unwrap().clone()
}

fn price(row: &Value, name: &str) -> f64 {
    row[name].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn bybit_candles_with_turnover_are_played() {
    let Some(folder) = fixture("bybit/klines-linear-2025-10") else { return };
    let rows = tickers(folder, 600).await;
    assert_eq!(rows.len(), 28);
    assert_eq!((rows[0]["symbol"].as_str(), rows[1]["symbol"].as_str()), (Some("BTCUSDT"), Some("ETHUSDT")));
    // The recording is of 19 to 22 October 2025.
    assert!((106_000.0..115_000.0).contains(&price(&rows[0], "lastPrice")), "{}", rows[0]);
    let turnover = price(&rows[0], "turnover24h");
    assert!((1e9..5e10).contains(&turnover), "{turnover}");
    for row in &rows {
        assert!(price(row, "bid1Price") < price(row, "ask1Price"), "{row}");
    }
}

#[tokio::test]
async fn binance_minutes_with_quote_volume_are_played() {
    let Some(folder) = fixture("binance-usdm/klines-1m-2025-06") else { return };
    // A folder of four contracts: all 75 take an unoptimised build too long.
    let some = tempfile::tempdir().unwrap();
    for name in ["BTCUSDT", "ETHUSDT", "1000SATSUSDT", "FUSDT"] {
        let name = format!("{name}.csv.gz");
        std::fs::copy(folder.join(&name), some.path().join(&name)).unwrap();
    }
    let rows = tickers(some.path().to_owned(), 3).await;
    assert_eq!(rows.len(), 3, "as many as asked for");
    let bitcoin = price(&rows[0], "lastPrice");
    assert!((98_000.0..110_000.0).contains(&bitcoin), "{bitcoin}");
    let turnover = price(&rows[0], "turnover24h");
    assert!((1e9..1e11).contains(&turnover), "{turnover}");
}

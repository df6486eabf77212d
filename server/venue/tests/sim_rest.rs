//! The simulated exchange over HTTP: shapes, paging, and how it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::HashSet;

use schema::UnixMs;
use serde_json::Value;
use tokio::sync::oneshot;
use venue::sim::{SimConfig, SimError, SimServer};

/// 2026-11-20 09:13:07.300 UTC.
const START: i64 = 1_795_165_987_300;

struct Running {
    rest: String,
    _stop: oneshot::Sender<()>,
}

impl Running {
    async fn start(symbols: u16) -> Self {
        let config = SimConfig { symbols, ..SimConfig::new(UnixMs(START)) };
        let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        let rest = server.rest_url();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { rest, _stop: stop }
    }

    async fn get(&self, path: &str) -> Value {
        let response = reqwest::get(format!("{}/v5/market/{path}", self.rest)).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let body: Value = response.json().await.unwrap();
        for field in ["retCode", "retMsg", "result", "retExtInfo", "time"] {
            assert!(body.get(field).is_some(), "{path} has no {field}");
        }
        assert!(body["time"].as_i64().unwrap() >= START);
        body
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let body = self.get(path).await;
        assert_eq!(body["retCode"], 0, "{path}: {body}");
        body["result"]["list"].as_array().unwrap().clone()
    }

    async fn refusal(&self, path: &str) -> String {
        let body = self.get(path).await;
        assert_eq!(body["retCode"], 10_001, "{path}");
        assert_eq!(body["result"], serde_json::json!({}));
        body["retMsg"].as_str().unwrap().to_owned()
    }
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).parse().unwrap()
}

fn time(value: &Value) -> i64 {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).parse().unwrap()
}

#[tokio::test]
async fn every_contract_is_listed_with_a_ticker_and_pages_do_not_repeat() {
    let sim = Running::start(45).await;
    let (mut symbols, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let body = sim.get(&format!("instruments-info?category=linear&limit=20&cursor={cursor}")).await;
        for row in body["result"]["list"].as_array().unwrap() {
            assert_eq!((&row["contractType"], &row["status"]), (&"LinearPerpetual".into(), &"Trading".into()));
            assert!(number(&row["priceFilter"]["tickSize"]) > 0.0 && number(&row["lotSizeFilter"]["qtyStep"]) > 0.0);
            assert!([60, 240, 480].contains(&row["fundingInterval"].as_i64().unwrap()));
            assert!(time(&row["launchTime"]) < START);
            symbols.push(row["symbol"].as_str().unwrap().to_owned());
        }
        pages += 1;
        cursor = body["result"]["nextPageCursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!((pages, symbols.len()), (3, 45));
    assert_eq!(symbols.iter().collect::<HashSet<_>>().len(), 45);
    assert_eq!(&symbols[..2], ["BTCUSDT", "ETHUSDT"]);

    let tickers = sim.list("tickers?category=linear").await;
    assert_eq!(tickers.iter().map(|row| row["symbol"].as_str().unwrap()).collect::<Vec<_>>(), symbols);
    for row in &tickers {
        let (last, bid, ask) = (number(&row["lastPrice"]), number(&row["bid1Price"]), number(&row["ask1Price"]));
        assert!(bid < ask && (last / bid - 1.0).abs() < 0.02, "{row}");
        assert!(number(&row["lowPrice24h"]) <= last && last <= number(&row["highPrice24h"]));
        let change = last / number(&row["prevPrice24h"]) - 1.0;
        assert!((change - number(&row["price24hPcnt"])).abs() < 2e-6, "{row}");
        let (both, single) = (number(&row["openInterest"]), number(&row["singleOpenInterest"]));
        assert!(single > 0.0 && (both / single - 2.0).abs() < 1e-9);
        assert!((number(&row["openInterestValue"]) / (both * number(&row["markPrice"])) - 1.0).abs() < 1e-4);
        assert!(number(&row["volume24h"]) > 0.0 && number(&row["turnover24h"]) > 0.0);
        assert!(time(&row["nextFundingTime"]) > START && number(&row["fundingRate"]).abs() < 0.04);
    }
}

#[tokio::test]
async fn candles_come_newest_first_and_the_running_one_leads() {
    let sim = Running::start(3).await;
    for (interval, length, most) in [
        ("1", 60_000, 1_000),
        ("5", 300_000, 500),
        ("30", 1_800_000, 500),
        ("240", 14_400_000, 300),
        ("D", 86_400_000, 60),
    ] {
        let body = sim.get(&format!("kline?category=linear&symbol=ETHUSDT&interval={interval}&limit=1000")).await;
        assert_eq!((&body["result"]["symbol"], &body["result"]["category"]), (&"ETHUSDT".into(), &"linear".into()));
        let rows = body["result"]["list"].as_array().unwrap();
        assert_eq!(rows.len(), (most + 1).min(1_000), "interval {interval}");
        assert!(time(&rows[0][0]) + length > body["time"].as_i64().unwrap(), "the first row is the running candle");
        for pair in rows.windows(2) {
            assert_eq!(time(&pair[0][0]) - time(&pair[1][0]), length);
            assert_eq!(pair[0][1], pair[1][4], "a candle opens at the close before it");
        }
        assert!(rows.iter().all(|row| row.as_array().unwrap().len() == 7));
    }
    let page = sim.list("kline?symbol=BTCUSDT&interval=5&limit=7").await;
    assert_eq!(page.len(), 7);
    let end = time(&page[6][0]) - 1;
    let before = sim.list(&format!("kline?symbol=BTCUSDT&interval=5&limit=7&end={end}")).await;
    assert_eq!(time(&page[6][0]) - time(&before[0][0]), 300_000, "walking backwards leaves nothing out");
    let start = time(&before[6][0]);
    let range = sim.list(&format!("kline?symbol=BTCUSDT&interval=5&start={start}&end={end}")).await;
    assert_eq!(range, before, "both ends are included");
}

#[tokio::test]
async fn trades_book_and_histories_have_their_shapes() {
    let sim = Running::start(3).await;
    let trades = sim.list("recent-trade?category=linear&symbol=BTCUSDT&limit=1000").await;
    assert!(trades.len() > 100);
    assert!(trades.windows(2).all(|pair| time(&pair[0]["time"]) >= time(&pair[1]["time"])));
    assert_eq!(trades.iter().map(|row| row["execId"].as_str().unwrap()).collect::<HashSet<_>>().len(), trades.len());
    assert!(trades.iter().all(|row| ["Buy", "Sell"].contains(&row["side"].as_str().unwrap())));
    assert_eq!(trades[0]["execId"].as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);

    let book = sim.get("orderbook?category=linear&symbol=BTCUSDT&limit=50").await;
    let (bids, asks) = (book["result"]["b"].as_array().unwrap(), book["result"]["a"].as_array().unwrap());
    assert_eq!((bids.len(), asks.len()), (50, 50));
    assert!(number(&bids[0][0]) < number(&asks[0][0]));
    assert!(bids.windows(2).all(|pair| number(&pair[0][0]) > number(&pair[1][0])));
    assert_eq!(sim.get("orderbook?category=linear&symbol=BTCUSDT").await["result"]["b"].as_array().unwrap().len(), 25);

    let funding = sim.list("funding/history?category=linear&symbol=BTCUSDT").await;
    assert!(funding.len() >= 90);
    assert!(funding.iter().all(|row| time(&row["fundingRateTimestamp"]) % (8 * 3_600_000) == 0));
    let ratios = sim.list("account-ratio?category=linear&symbol=BTCUSDT&period=5min&limit=500").await;
    assert!(ratios.iter().all(|row| (number(&row["buyRatio"]) + number(&row["sellRatio"]) - 1.0).abs() < 1e-9));
    assert_eq!(ratios.len(), 288);
    let hours = sim.list("account-ratio?category=linear&symbol=BTCUSDT&period=1h&limit=500").await;
    assert!(hours.len() == 24 && hours.iter().all(|row| time(&row["timestamp"]) % 3_600_000 == 0));
    let now = sim.get("time").await;
    assert_eq!(time(&now["result"]["timeSecond"]), now["time"].as_i64().unwrap() / 1_000);
}

#[tokio::test]
async fn open_interest_is_paged_by_cursor_whether_it_is_encoded_again_or_not() {
    let sim = Running::start(1).await;
    let base = "open-interest?category=linear&symbol=BTCUSDT&intervalTime=5min&limit=100";
    let mut times = Vec::new();
    let mut cursor = String::new();
    for rows in [100, 100, 88] {
        let body = sim.get(&format!("{base}&cursor={cursor}")).await;
        let list = body["result"]["list"].as_array().unwrap();
        assert_eq!(list.len(), rows);
        assert!(list.iter().all(|row| number(&row["openInterest"]) == 2.0 * number(&row["singleOpenInterest"])));
        times.extend(list.iter().map(|row| time(&row["timestamp"])));
        let next = body["result"]["nextPageCursor"].as_str().unwrap();
        let twice = sim.get(&format!("{base}&cursor={}", next.replace('%', "%25"))).await;
        let once = sim.get(&format!("{base}&cursor={next}")).await;
        assert_eq!(once["result"], twice["result"]);
        cursor = next.to_owned();
    }
    assert!(cursor.is_empty());
    assert!(times.windows(2).all(|pair| pair[0] - pair[1] == 300_000));
}

#[tokio::test]
async fn a_wrong_request_is_refused_with_code_10001_and_http_200() {
    let sim = Running::start(2).await;
    for path in [
        "tickers",
        "tickers?category=spot",
        "tickers?category=linear&symbol=NOSUCHUSDT",
        "kline?category=linear&symbol=NOSUCHUSDT&interval=1",
        "kline?category=linear&symbol=BTCUSDT",
        "kline?category=linear&symbol=BTCUSDT&interval=7",
        "kline?category=linear&symbol=BTCUSDT&interval=1&limit=1001",
        "kline?category=linear&symbol=BTCUSDT&interval=1&start=soon",
        "kline?category=linear&symbol=BTCUSDT&interval=1&start=2&end=1",
        "open-interest?category=linear&symbol=BTCUSDT",
        "open-interest?category=linear&symbol=BTCUSDT&intervalTime=5min&limit=201",
        "open-interest?category=linear&symbol=BTCUSDT&intervalTime=5min&cursor=nonsense",
        "account-ratio?category=linear&symbol=BTCUSDT&period=5m",
        "instruments-info?category=linear&cursor=nonsense",
    ] {
        assert!(!sim.refusal(path).await.is_empty());
    }
    let alone = sim.refusal("funding/history?category=linear&symbol=BTCUSDT&startTime=1").await;
    assert!(alone.contains("endTime"), "{alone}");
    let elsewhere = reqwest::get(format!("{}/v5/market/insurance", sim.rest)).await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn it_refuses_to_be_reached_from_outside_and_impossible_sizes() {
    let config = SimConfig::new(UnixMs(START));
    let outside = SimServer::bind(config.clone(), "0.0.0.0:0".parse().unwrap()).unwrap_err();
    assert!(matches!(outside, SimError::NotLoopback { .. }), "{outside}");
    for symbols in [0, 601] {
        let size =
            SimServer::bind(SimConfig { symbols, ..config.clone() }, "127.0.0.1:0".parse().unwrap()).unwrap_err();
        assert!(matches!(size, SimError::SymbolCount { asked } if asked == symbols), "{size}");
    }
    let nowhere = SimConfig { candles: Some("no/such/folder".into()), ..config };
    let error = SimServer::bind(nowhere, "127.0.0.1:0".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "reading the recorded candles in no/such/folder");
}

#[tokio::test]
async fn a_shut_down_server_ends_and_frees_its_address() {
    let config = SimConfig { symbols: 1, ..SimConfig::new(UnixMs(START)) };
    let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = server.addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::new();
    let url = format!("http://{addr}/v5/market/time");
    assert!(client.get(&url).send().await.unwrap().bytes().await.is_ok());
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), running).await.unwrap();
    assert!(ended.unwrap().is_ok());
    assert!(client.get(&url).send().await.is_err(), "a connection that was kept alive is closed as well");
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

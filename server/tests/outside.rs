//! Dominance, market capitalisation and Fear & Greed: from two services on loopback to the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use program::{Program, command, free_port, pointed_at};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Both services in one, counting what they are asked.
#[derive(Clone)]
struct Services {
    url: String,
    /// Whether they answer as they should.
    well: Arc<AtomicBool>,
    /// How often CoinGecko and Alternative.me were asked.
    asked: Arc<[AtomicUsize; 2]>,
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn capitalisation() -> Value {
    json!({ "data": {
        "active_cryptocurrencies": 17_412,
        "total_market_cap": { "usd": 3_221_478_954_110.5, "eur": 2_795_000_000_000.0 },
        "market_cap_percentage": { "btc": 57.4, "eth": 12.1, "usdt": 5.6, "usdc": 2.3 },
        "market_cap_change_percentage_24h_usd": 0.83,
        "updated_at": now_s() - 600,
    } })
}

fn fear_greed() -> Value {
    json!({
        "name": "Fear and Greed Index",
        "data": [{
            "value": "38",
            "value_classification": "Fear",
            "timestamp": (now_s() / 86_400 * 86_400).to_string(),
            "time_until_update": "7200",
        }],
        "metadata": { "error": null },
    })
}

impl Services {
    async fn start(well: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let services = Self { url, well: Arc::new(well.into()), asked: Arc::default() };
        let route = |place: usize, answer: fn() -> Value, ill: fn() -> Response| {
            let services = services.clone();
            get(move || async move {
                services.asked[place].fetch_add(1, Ordering::SeqCst);
                if services.well.load(Ordering::SeqCst) { Json(answer()).into_response() } else { ill() }
            })
        };
        let router = Router::new()
            .route("/api/v3/global", route(0, capitalisation, || StatusCode::SERVICE_UNAVAILABLE.into_response()))
            .route("/fng/", route(1, fear_greed, || "{\"data\":[{\"value\":".into_response()));
        tokio::spawn(axum::serve(listener, router).into_future());
        services
    }

    /// A program that watches an exchange as if it were Bybit, and asks these services.
    async fn watched(&self, exchange: u16, more: &[(&'static str, &str)]) -> Program {
        let mut settings = pointed_at(exchange).to_vec();
        settings.push(("VIRTUOSO_OUTSIDE_COINGECKO_URL", self.url.clone()));
        settings.push(("VIRTUOSO_OUTSIDE_ALTERNATIVE_URL", self.url.clone()));
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Program::serve(&["--source", "bybit"], &settings).await
    }

    fn asked(&self) -> [usize; 2] {
        [0, 1].map(|place| self.asked[place].load(Ordering::SeqCst))
    }
}

async fn overview(program: &Program) -> Value {
    program.json("/api/v1/overview").await["data"].clone()
}

fn value(overview: &Value, field: &str) -> Option<f64> {
    overview[field]["known"]["value"].as_f64()
}

#[tokio::test]
async fn the_figures_of_both_services_arrive_with_their_own_time_and_their_source() {
    let port = free_port();
    let _exchange = Program::exchange(port).await;
    let services = Services::start(true).await;
    let program = services.watched(port, &[]).await;
    program.scored(15).await;
    program
        .until("both have answered", async || {
            let overview = overview(&program).await;
            value(&overview, "btc_dominance").is_some() && overview["fear_greed"]["known"].is_object()
        })
        .await;
    let overview = overview(&program).await;
    assert_eq!(value(&overview, "btc_dominance"), Some(57.4));
    assert_eq!(value(&overview, "eth_dominance"), Some(12.1));
    assert!((value(&overview, "stablecoin_dominance").unwrap() - 7.9).abs() < 1e-9, "{overview}");
    assert_eq!(value(&overview, "total_market_cap"), Some(3_221_478_954_110.5));
    assert_eq!(value(&overview, "market_cap_change_24h"), Some(0.83));
    let age_s = now_s() - overview["btc_dominance"]["known"]["as_of"].as_u64().unwrap() / 1_000;
    assert!((600..700).contains(&age_s), "the source's own time, not ours: {age_s}");
    let index = &overview["fear_greed"]["known"];
    assert_eq!((&index["value"]["value"], &index["value"]["label"]), (&json!(38.0), &json!("Fear")));
    assert_eq!(index["as_of"].as_u64(), Some(now_s() / 86_400 * 86_400_000));
    let old = program.json("/api/dashboard/mobile-data").await;
    assert_eq!(old["market_overview"]["btc_dominance"], 57.4);
    assert_eq!(old["market_overview"]["fear_greed_label"], "Fear");
    let (_, page) = program.get("/").await.unwrap();
    assert!(page.contains("https://www.coingecko.com") && page.contains(">10 min<"), "{page}");
    assert!(page.contains("https://alternative.me/"), "{page}");
    // The label of the regime states what it was made of.
    program
        .until("the regime knows the mood", async || {
            let reason = self::overview(&program).await["regime"]["known"]["value"]["reason"].clone();
            reason.as_str().is_some_and(|reason| {
                reason.contains("Fear & Greed 38") && reason.ends_with("not known: BTC dominance 24 h.")
            })
        })
        .await;
    assert_eq!(services.asked(), [1, 1], "each was asked once, and the page asks nobody");
}

#[tokio::test]
async fn sources_that_fail_are_told_in_plain_words_while_the_market_goes_on_and_heal() {
    let port = free_port();
    let _exchange = Program::exchange(port).await;
    let services = Services::start(false).await;
    let program = services.watched(port, &[]).await;
    program.scored(15).await;
    let why = async |field: &str| overview(&program).await[field]["missing"].clone();
    program.until("both have failed", async || services.asked().iter().all(|asked| *asked > 0)).await;
    program
        .until("the reasons are there", async || {
            why("total_market_cap").await == json!({ "unreachable": "it answered HTTP 503" })
                && why("fear_greed").await == json!({ "unreadable": "its answer could not be understood" })
        })
        .await;
    let (_, page) = program.get("/").await.unwrap();
    assert!(page.contains("source unreachable: it answered HTTP 503"), "{page}");
    assert_eq!(program.get("/readyz").await.unwrap().0, 200, "nothing else is touched");
    let before = program.json("/api/v1/signals").await["as_of"].as_i64().unwrap();
    program
        .until("scores go on", async || program.json("/api/v1/signals").await["as_of"].as_i64().unwrap() > before)
        .await;
    let health = program.json("/api/v1/health").await["data"].clone();
    let tasks = health["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|task| task["name"] == "coingecko").unwrap();
    assert_eq!(task["last_error"], "asking CoinGecko: it answered HTTP 503");
    services.well.store(true, Ordering::SeqCst);
    program
        .until("they heal", async || {
            let overview = overview(&program).await;
            value(&overview, "btc_dominance") == Some(57.4) && overview["fear_greed"]["known"].is_object()
        })
        .await;
}

#[tokio::test]
async fn what_is_switched_off_is_said_and_never_asked() {
    let port = free_port();
    let _exchange = Program::exchange(port).await;
    let services = Services::start(true).await;
    let silent = services.watched(port, &[("VIRTUOSO_OUTSIDE_ENABLED", "false")]).await;
    silent.scored(15).await;
    let old = silent.json("/api/dashboard/mobile-data").await;
    for field in ["btc_dominance", "total_market_cap", "fear_greed_value"] {
        assert_eq!((&old["market_overview"][field], &old["missing"][field]), (&Value::Null, &json!("source off")));
    }
    assert_eq!(services.asked(), [0, 0]);
    drop(silent);
    let half = services.watched(port, &[("VIRTUOSO_OUTSIDE_ALTERNATIVE_URL", "off")]).await;
    half.scored(15).await;
    half.until("the other one answers", async || value(&overview(&half).await, "btc_dominance") == Some(57.4)).await;
    assert_eq!(overview(&half).await["fear_greed"]["missing"], "off");
    assert_eq!(services.asked(), [1, 0]);
}

#[tokio::test]
async fn a_simulated_market_shows_simulated_figures_and_asks_no_service() {
    let services = Services::start(true).await;
    let addresses = [
        ("VIRTUOSO_OUTSIDE_COINGECKO_URL", services.url.clone()),
        ("VIRTUOSO_OUTSIDE_ALTERNATIVE_URL", services.url.clone()),
    ];
    let program = Program::serve(&["--source", "sim", "--symbols", "20", "--seed", "7"], &addresses).await;
    program.scored(15).await;
    program
        .until("the simulated exchange has answered", async || {
            let overview = overview(&program).await;
            value(&overview, "btc_dominance").is_some() && overview["fear_greed"]["known"].is_object()
        })
        .await;
    let overview = overview(&program).await;
    let share = value(&overview, "btc_dominance").unwrap();
    assert!((40.0..70.0).contains(&share) && value(&overview, "total_market_cap").unwrap() > 1e12, "{overview}");
    let (_, page) = program.get("/").await.unwrap();
    assert!(page.contains("SIMULATED MARKET") && page.contains("Dominance and market cap: "));
    assert!(!page.contains("coingecko.com") && !page.contains("https://alternative.me"), "nobody is credited");
    assert_eq!(services.asked(), [0, 0]);
}

/// What the doctor says of the two sources: verdict and words.
async fn doctor(more: &[(&str, &str)]) -> [(String, String); 2] {
    let mut doctor = command(&["doctor", "--json", "--source", "bybit", "--addr", "127.0.0.1:1"]);
    doctor.envs(pointed_at(1)).envs(more.iter().copied());
    let output = tokio::task::spawn_blocking(move || doctor.output().unwrap()).await.unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    ["CoinGecko", "Alternative.me"].map(|source| {
        let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == source).unwrap();
        let text = |field: &str| found[field].as_str().unwrap().to_owned();
        (text("verdict"), text("said"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_both_services() {
    let services = Services::start(true).await;
    let addresses = [
        ("VIRTUOSO_OUTSIDE_COINGECKO_URL", services.url.as_str()),
        ("VIRTUOSO_OUTSIDE_ALTERNATIVE_URL", services.url.as_str()),
    ];
    let good = |said: &str| ("good".to_owned(), said.to_owned());
    let answered = [good("answers with a BTC dominance of 57.4%"), good("answers with a Fear & Greed index of 38")];
    assert_eq!(doctor(&addresses).await, answered);
    services.well.store(false, Ordering::SeqCst);
    let [capitalisation, fear_greed] = doctor(&addresses).await;
    assert_eq!((capitalisation.0.as_str(), fear_greed.0.as_str()), ("attention", "attention"));
    assert!(capitalisation.1.starts_with("it answered HTTP 503"), "{capitalisation:?}");
    assert!(fear_greed.1.starts_with("its answer could not be understood"), "{fear_greed:?}");
    let off = good("switched off in the configuration");
    assert_eq!(doctor(&[("VIRTUOSO_OUTSIDE_ENABLED", "false")]).await, [off.clone(), off]);
}

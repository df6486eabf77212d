//! The simulated exchange answers for the services beside an exchange: shapes, and faults.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use schema::UnixMs;
use serde_json::Value;
use tokio::sync::oneshot;
use venue::sim::{FaultSwitch, SimConfig, SimServer};

/// 2026-11-20 09:13:07.300 UTC.
const START: i64 = 1_795_165_987_300;

struct Running {
    rest: String,
    faults: FaultSwitch,
    _stop: oneshot::Sender<()>,
}

impl Running {
    fn start() -> Self {
        let config = SimConfig { symbols: 20, ..SimConfig::new(UnixMs(START)) };
        let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        let (rest, faults) = (server.rest_url(), server.faults());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { rest, faults, _stop: stop }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.rest)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}");
        serde_json::from_str(&body).unwrap()
    }
}

#[tokio::test]
async fn the_capitalisation_is_answered_as_documented() {
    let sim = Running::start();
    let data = sim.json("/api/v3/global").await["data"].clone();
    assert!(data["total_market_cap"]["usd"].as_f64().unwrap() > 1e12);
    assert!(data["market_cap_percentage"]["eth"].as_f64().unwrap() > 0.0);
    assert!(data["market_cap_change_percentage_24h_usd"].is_f64());
    assert!((START / 1_000 - 1..START / 1_000 + 60).contains(&data["updated_at"].as_i64().unwrap()), "{data}");
}

#[tokio::test]
async fn the_mood_is_answered_as_documented_with_texts_for_numbers() {
    let sim = Running::start();
    let answer = sim.json("/fng/").await;
    let newest = &answer["data"][0];
    assert!((0..=100).contains(&newest["value"].as_str().unwrap().parse::<i64>().unwrap()), "{answer}");
    assert_eq!(newest["timestamp"], "1795132800");
    assert!((1..86_400).contains(&newest["time_until_update"].as_str().unwrap().parse::<i64>().unwrap()));
    assert_eq!(answer["metadata"]["error"], Value::Null);
}

#[tokio::test]
async fn faults_meet_both_services_in_their_own_way() {
    let sim = Running::start();
    for (fault, path, status) in [
        ("10006@1m", "/api/v3/global", 429),
        ("10006@1m", "/fng/", 429),
        ("10006@1m", "/v5/market/time", 200),
        ("403@1m", "/fng/", 403),
    ] {
        sim.faults.set(&[fault.parse().unwrap()]).unwrap();
        assert_eq!(sim.get(path).await.0, status, "{fault} {path}");
        sim.faults.clear();
    }
    sim.faults.set(&["malformed@1m".parse().unwrap()]).unwrap();
    let (_, cut) = sim.get("/api/v3/global").await;
    assert!(serde_json::from_str::<Value>(&cut).is_err(), "{cut}");
    sim.faults.clear();
    assert!(sim.json("/fng/").await["data"][0].is_object(), "it heals");
}

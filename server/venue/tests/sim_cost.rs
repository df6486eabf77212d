//! What the simulated exchange costs: run it with
//! `cargo test --release -p venue --test sim_cost -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]
#![cfg(target_os = "linux")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::{SinkExt, StreamExt};
use schema::UnixMs;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use venue::sim::{SimConfig, SimServer};

/// Processor time of the threads with this name, in ms. A tick of the kernel's clock is 10 ms.
fn busy_ms(name: &str) -> u64 {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else { continue };
        let (head, rest) = stat.rsplit_once(')').unwrap();
        if head.ends_with(&format!("({name}")) {
            let fields: Vec<&str> = rest.split_whitespace().collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    ticks * 10
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

fn runtime(name: &str) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

fn measure(symbols: u16) -> f64 {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let config = SimConfig { symbols, ..SimConfig::new(UnixMs(now)) };
    let began = Instant::now();
    let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let bound = began.elapsed();
    let (rest, ws) = (server.rest_url(), server.ws_url());
    let sim = runtime("sim");
    sim.spawn(server.run(std::future::pending()));
    let clients = runtime("client");
    let (frames, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let names: Vec<String> = clients.block_on(async {
        let url = format!("{rest}/v5/market/instruments-info?category=linear&limit=1000");
        let body: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let list = body["result"]["list"].as_array().unwrap();
        list.iter().map(|row| row["symbol"].as_str().unwrap().to_owned()).collect()
    });
    for share in names.chunks(100) {
        let kinds = ["tickers", "publicTrade", "orderbook.200", "kline.1", "kline.5", "kline.30", "kline.240"];
        let topics: Vec<String> =
            share.iter().flat_map(|name| kinds.iter().map(move |kind| format!("{kind}.{name}"))).collect();
        let (ws, frames, bytes) = (ws.clone(), Arc::clone(&frames), Arc::clone(&bytes));
        clients.spawn(async move {
            let (mut socket, _) = connect_async(ws).await.unwrap();
            let request = json!({"op": "subscribe", "args": topics}).to_string();
            socket.send(Message::text(request)).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                frames.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(u64::try_from(message.len()).unwrap(), Ordering::Relaxed);
            }
        });
    }
    std::thread::sleep(Duration::from_secs(3));
    let (busy, frame_rate, sent, from) =
        (busy_ms("sim"), frames.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed), Instant::now());
    std::thread::sleep(Duration::from_secs(20));
    let seconds = from.elapsed().as_secs_f64();
    let busy = (busy_ms("sim") - busy) as f64 / 1_000.0 / seconds;
    let frame_rate = (frames.load(Ordering::Relaxed) - frame_rate) as f64 / seconds;
    let sent = (bytes.load(Ordering::Relaxed) - sent) as f64 / seconds / 1e6;
    println!(
        "{symbols} symbols: ready after {bound:.2?}; {:.1} % of a core, {frame_rate:.0} frames/s, {sent:.2} MB/s, {} MB resident",
        busy * 100.0,
        resident_mb(),
    );
    clients.shutdown_background();
    sim.shutdown_background();
    assert!(frame_rate > 0.0, "frames have arrived");
    busy
}

#[test]
#[ignore = "a measurement: only an optimised build on an idle machine says anything"]
fn a_market_of_600_symbols_costs_less_than_half_a_core() {
    measure(60);
    assert!(measure(600) < 0.5);
}

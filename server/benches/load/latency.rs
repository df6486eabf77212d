//! How long the price of a frame of the exchange takes to a browser: the page of an open symbol, and the list.
//!
//! This process listens to the same exchange as the server does. Every ticker frame of the contracts that are followed counts: it has
//! arrived with the first message of the stream that is as new as it is, or newer. So a frame that was overtaken before the next
//! scan waits for that scan like any other, and both ends are read on one clock.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::processes::Process;

/// Contracts whose pages are open.
const OPEN: usize = 20;
/// Contracts whose frames are followed into the list, spread over it from the most traded to the least.
const LISTED: usize = 60;

/// Frames that were read and not seen in the stream yet, by contract: the exchange's time, and when they were read.
#[derive(Default)]
struct Waiting(Mutex<HashMap<String, Vec<(u64, Instant)>>>);

impl Waiting {
    fn sent(&self, symbol: &str, at: u64) {
        let mut waiting = self.0.lock().unwrap();
        waiting.entry(symbol.to_owned()).or_default().push((at, Instant::now()));
    }

    /// What the frames up to a time took.
    fn seen(&self, symbol: &str, at: u64, took_ms: &mut Vec<f64>) {
        if let Some(frames) = self.0.lock().unwrap().get_mut(symbol) {
            frames.retain(|(sent, read)| {
                let arrived = *sent <= at;
                if arrived {
                    took_ms.push(read.elapsed().as_secs_f64() * 1e3);
                }
                !arrived
            });
        }
    }
}

/// Reads ticker frames of the exchange for ever.
async fn listen(exchange: SocketAddr, symbols: Vec<String>, to: Vec<Arc<Waiting>>) {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{exchange}/v5/public/linear")).await.unwrap();
    for some in symbols.chunks(10) {
        let args: Vec<String> = some.iter().map(|symbol| format!("tickers.{symbol}")).collect();
        socket.send(Message::text(json!({ "op": "subscribe", "args": args }).to_string())).await.unwrap();
    }
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let (Some(topic), Some(at)) = (frame["topic"].as_str(), frame["ts"].as_u64()) else { continue };
        let Some(symbol) = topic.strip_prefix("tickers.").filter(|_| frame["data"]["lastPrice"].is_string()) else {
            continue;
        };
        to.iter().for_each(|waiting| waiting.sent(symbol, at));
    }
}

/// The time of a row's quote.
fn quoted_at(quote: &Value) -> Option<u64> {
    quote["change_24h"]["known"]["as_of"].as_u64()
}

/// The contracts that a message is about, with the time of their quotes.
fn quotes(message: &Value) -> Vec<(String, u64)> {
    let row = |row: &Value| Some((row["symbol"].as_str()?.to_owned(), quoted_at(row)?));
    let rows = |rows: &Value| rows.as_array().into_iter().flatten().filter_map(row).collect::<Vec<_>>();
    let live = &message["live"];
    let mut found: Vec<_> = live["symbol"]
        .as_str()
        .and_then(|symbol| Some((symbol.to_owned(), quoted_at(&live["quote"])?)))
        .into_iter()
        .collect();
    found.extend(row(&message["breakdown"]["value"]["row"]));
    found.extend(rows(&message["signals"]["value"]["rows"]));
    found.extend(rows(&message["signals_delta"]["rows"]));
    let ticked = message["signals_delta"]["quotes"].as_array().into_iter().flatten();
    found.extend(ticked.filter_map(|quote| Some((quote[0].as_str()?.to_owned(), quote[1].as_u64()?))));
    found
}

/// Follows some topics for a while; gives what the frames took that arrived meanwhile.
async fn follow(addr: SocketAddr, topics: String, waiting: Arc<Waiting>, seconds: Duration) -> Vec<f64> {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let ask = format!("GET /api/v1/stream?topics={topics} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let (mut lines, mut took_ms) = (BufReader::new(stream).lines(), Vec::new());
    let end = tokio::time::sleep(seconds);
    let mut end = std::pin::pin!(end);
    loop {
        let line = tokio::select! {
            () = &mut end => return took_ms,
            line = lines.next_line() => line.unwrap().expect("the stream goes on"),
        };
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let message: Value = serde_json::from_str(data).unwrap();
        for (symbol, at) in quotes(&message) {
            waiting.seen(&symbol, at, &mut took_ms);
        }
    }
}

/// What some topics weigh, packed, in bytes a second.
async fn weight(addr: SocketAddr, topics: String, seconds: Duration) -> f64 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let ask =
        format!("GET /api/v1/stream?topics={topics} HTTP/1.0\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
    let end = tokio::time::sleep(seconds);
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return f64::from(bytes) / seconds.as_secs_f64(),
            read = stream.read(&mut buffer) => bytes += u32::try_from(read.unwrap()).unwrap(),
        }
    }
}

fn report(what: &str, mut took_ms: Vec<f64>) {
    took_ms.sort_by(f64::total_cmp);
    assert!(!took_ms.is_empty(), "{what}: no frame arrived");
    let within = |percent: usize| took_ms[(took_ms.len() - 1) * percent / 100];
    println!(
        "{what}: p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms, of {} frames",
        within(50),
        within(99),
        within(100),
        took_ms.len()
    );
}

/// Measures and prints both.
pub(crate) async fn measure(exchange: &Process, program: &Process, seconds: Duration) {
    let list = program.json("/api/v1/signals").await;
    let rows = list["data"]["rows"].as_array().unwrap();
    let symbols: Vec<String> = rows.iter().map(|row| row["symbol"].as_str().unwrap().to_owned()).collect();
    let spread = |count: usize| symbols.iter().step_by(symbols.len().div_ceil(count)).cloned().collect::<Vec<_>>();
    let (open, listed) = (spread(OPEN), spread(LISTED));
    let (of_pages, of_list) = (Arc::<Waiting>::default(), Arc::<Waiting>::default());
    let listening = [
        tokio::spawn(listen(exchange.addr, open.clone(), vec![Arc::clone(&of_pages)])),
        tokio::spawn(listen(exchange.addr, listed, vec![Arc::clone(&of_list)])),
    ];
    let pages: Vec<_> = open
        .iter()
        .map(|symbol| tokio::spawn(follow(program.addr, format!("breakdown:{symbol}"), Arc::clone(&of_pages), seconds)))
        .collect();
    let list = tokio::spawn(follow(program.addr, "signals".to_owned(), of_list, seconds));
    let weighed = tokio::spawn(weight(program.addr, format!("breakdown:{}", open[0]), seconds));
    let mut took_ms = Vec::new();
    for page in pages {
        took_ms.extend(page.await.unwrap());
    }
    report("from a frame of the exchange to the page of an open symbol", took_ms);
    report("from a frame of the exchange to the list", list.await.unwrap());
    println!("the stream of an open symbol, packed: {:.1} KB/s", weighed.await.unwrap() / 1e3);
    listening.iter().for_each(tokio::task::JoinHandle::abort);
}

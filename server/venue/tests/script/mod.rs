//! Servers on loopback that answer what a test prescribes, for the adapter to talk to.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

use std::{
    collections::{HashMap, VecDeque},
    io::Read,
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use flate2::read::MultiGzDecoder;
use futures_util::{SinkExt, StreamExt};
use schema::{Symbol, Venue};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{Message, handshake},
};
use venue::{
    MarketEvent, ReceivedEvent,
    binance::BinanceConfig,
    bybit::{BybitConfig, HttpConfig, StreamConfig},
};

/// No condition of a test takes longer than this.
const DEADLINE: Duration = Duration::from_secs(20);

pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

pub fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

/// A payload written from the documented shapes.
pub fn payload(name: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads/bybit")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A recorded payload of Bybit, where the recordings are at hand.
pub fn fixture(name: &str) -> Option<String> {
    recorded(&format!("bybit/{name}")).map(|bytes| String::from_utf8(bytes).unwrap())
}

/// A recorded payload of Binance, where the recordings are at hand; unpacked where its name ends in `.gz`.
pub fn binance_fixture(name: &str) -> Option<String> {
    let bytes = recorded(&format!("binance-usdm/{name}"))?;
    let mut text = String::new();
    if name.ends_with(".gz") {
        MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    Some(text)
}

fn recorded(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures")).join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: fixture {name} absent");
            None
        }
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// A payload of Binance written from the documented shapes.
pub fn binance_payload(name: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads/binance")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A configuration of Binance for loopback with short waits.
pub fn binance_config(http: SocketAddr, ws: SocketAddr) -> BinanceConfig {
    let bybit = config(http, ws);
    let mut config = BinanceConfig::new(format!("http://{http}"), format!("ws://{ws}"), Venue::Binance);
    config.http = bybit.http;
    config.stream = StreamConfig {
        symbols_per_connection: config.stream.symbols_per_connection,
        topics_per_request: config.stream.topics_per_request,
        ..bybit.stream
    };
    config
}

/// A configuration for loopback with short waits.
pub fn config(http: SocketAddr, ws: SocketAddr) -> BybitConfig {
    let mut config = BybitConfig::new(format!("http://{http}"), format!("ws://{ws}/v5/public/linear"), Venue::Bybit);
    let ms = Duration::from_millis;
    config.http = HttpConfig {
        retry_min: ms(5),
        retry_max: ms(20),
        slow_down: ms(50),
        refused_pause: ms(400),
        ..HttpConfig::DEFAULT
    };
    config.stream = StreamConfig {
        backoff_min: ms(5),
        backoff_max: ms(20),
        resubscribe_every: ms(5),
        tick_every: ms(5),
        renewal_spread: Duration::ZERO,
        renewal_overlap: ms(50),
        messages_per_second: NonZeroUsize::new(1_000).unwrap(),
        start_every: Duration::ZERO,
        ..StreamConfig::DEFAULT
    };
    config
}

/// What the HTTP server answers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: body.into(),
        }
    }

    pub fn html(status: u16) -> Self {
        let body = "<html><body>Request blocked</body></html>".to_owned();
        Self { status, headers: vec![("content-type", "text/html".to_owned())], body }
    }

    pub fn code(code: i64) -> Self {
        Self::json(format!(
            r#"{{"retCode":{code},"retMsg":"no","result":{{}},"retExtInfo":{{}},"time":1780000000000}}"#
        ))
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// An HTTP server that answers one reply after the other and remembers what was asked.
pub struct HttpScript {
    pub addr: SocketAddr,
    state: Arc<HttpState>,
}

#[derive(Default)]
struct HttpState {
    replies: Mutex<VecDeque<Reply>>,
    /// What is answered by path when the list of replies is at its end.
    routes: Mutex<HashMap<String, Reply>>,
    asked: Mutex<Vec<String>>,
}

impl HttpScript {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let state = Arc::new(HttpState { replies: Mutex::new(replies.into_iter().collect()), ..HttpState::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { addr, state }
    }

    /// A server that gives the same answer to the same path.
    pub async fn routes(routes: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let script = Self::start([]).await;
        routes.into_iter().for_each(|(path, reply)| script.set(path, reply));
        script
    }

    /// What is answered before everything else.
    pub fn first(&self, reply: Reply) {
        self.state.replies.lock().unwrap().push_front(reply);
    }

    /// What is answered to a path from now on.
    pub fn set(&self, path: &str, reply: Reply) {
        self.state.routes.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

async fn answer(State(state): State<Arc<HttpState>>, OriginalUri(uri): OriginalUri) -> Response {
    state.asked.lock().unwrap().push(uri.to_string());
    let next = state.replies.lock().unwrap().pop_front();
    let reply = next.or_else(|| state.routes.lock().unwrap().get(uri.path()).cloned());
    let Some(reply) = reply else { return (StatusCode::NOT_FOUND, "the script is over").into_response() };
    let mut response = (StatusCode::from_u16(reply.status).unwrap(), reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
    }
    response
}

/// A WebSocket server whose every word a test speaks.
pub struct WsScript {
    listener: TcpListener,
    pub addr: SocketAddr,
}

impl WsScript {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        Self { listener, addr }
    }

    /// The next connection that is made.
    pub async fn accept(&self) -> Peer {
        within("a connection", async {
            let (stream, _) = self.listener.accept().await.unwrap();
            let mut path = String::new();
            let note = |request: &handshake::server::Request, response| {
                path = request.uri().path().to_owned();
                Ok(response)
            };
            let socket = accept_hdr_async(stream, note).await.unwrap();
            Peer { socket, path }
        })
        .await
    }

    /// The next connection that is made, before any word of HTTP was said.
    pub async fn accept_raw(&self) -> TcpStream {
        within("a connection", async { self.listener.accept().await.unwrap().0 }).await
    }
}

/// What a client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub op: String,
    pub id: String,
    pub args: Vec<String>,
}

/// The server's side of one connection.
pub struct Peer {
    /// What the client asked for in the handshake.
    pub path: String,
    socket: WebSocketStream<TcpStream>,
}

impl Peer {
    pub async fn say(&mut self, text: impl Into<String>) {
        self.send(Message::text(text.into())).await;
    }

    pub async fn send(&mut self, message: Message) {
        within("a message to be sent", self.socket.send(message)).await.unwrap();
    }

    /// The next request of the client.
    pub async fn request(&mut self) -> Request {
        let text = loop {
            let message = within("a request", self.socket.next()).await.unwrap().unwrap();
            if let Message::Text(text) = message {
                break text;
            }
        };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(id) = json["id"].as_u64() {
            let args = json["params"].as_array().unwrap().iter().map(text).collect();
            return Request { op: text(&json["method"]).to_lowercase(), id: id.to_string(), args };
        }
        let args = json["args"].as_array().map(|args| args.iter().map(text).collect()).unwrap_or_default();
        Request { op: text(&json["op"]), id: text(&json["req_id"]), args }
    }

    pub async fn accept_request(&mut self) -> Request {
        let request = self.request().await;
        let Request { op, id, .. } = &request;
        if self.path.ends_with("/stream") {
            self.say(format!(r#"{{"result":null,"id":{id}}}"#)).await;
            return request;
        }
        self.say(format!(r#"{{"success":true,"ret_msg":"","conn_id":"c","req_id":"{id}","op":"{op}"}}"#)).await;
        request
    }

    /// Whether the client ends the connection.
    pub async fn ended(&mut self) {
        within("the end of the connection", async {
            while let Some(Ok(message)) = self.socket.next().await {
                if message.is_close() {
                    return;
                }
            }
        })
        .await;
    }
}

/// The next event, whatever it is.
pub async fn any_event(events: &mut mpsc::Receiver<ReceivedEvent>) -> MarketEvent {
    within("an event", events.recv()).await.expect("the events ended").event
}

/// The next event about the market.
pub async fn event(events: &mut mpsc::Receiver<ReceivedEvent>) -> MarketEvent {
    loop {
        let event = any_event(events).await;
        if !matches!(event, MarketEvent::Hearing { .. }) {
            return event;
        }
    }
}

pub fn ticker(symbol: &str, kind: &str, fields: &str, ts: i64) -> String {
    format!(
        r#"{{"topic":"tickers.{symbol}","type":"{kind}","data":{{"symbol":"{symbol}",{fields}}},"cs":1,"ts":{ts}}}"#
    )
}

pub fn book(symbol: &str, kind: &str, update: u64, bids: &str) -> String {
    let data = format!(r#"{{"s":"{symbol}","b":{bids},"a":[],"u":{update},"seq":1}}"#);
    format!(r#"{{"topic":"orderbook.200.{symbol}","type":"{kind}","ts":{},"data":{data},"cts":1}}"#, 1_000 + update)
}

//! The simulated exchange's stream, as a client meets it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use schema::UnixMs;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::oneshot, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use venue::sim::{SimConfig, SimServer};

/// 2026-11-20 09:13:57 UTC: three seconds before a minute ends.
const START: i64 = 1_795_166_037_000;
const DEADLINE: Duration = Duration::from_secs(30);

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    stop: Option<oneshot::Sender<()>>,
}

impl Client {
    async fn start(symbols: u16) -> Self {
        let config = SimConfig { symbols, ..SimConfig::new(UnixMs(START)) };
        let server = SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        let url = server.ws_url();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let (socket, _) = connect_async(url).await.unwrap();
        Self { socket, stop: Some(stop) }
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = timeout(DEADLINE, self.socket.next()).await.expect("in time").expect("open").unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The next frame that is an answer rather than data.
    async fn answer(&mut self) -> Value {
        loop {
            let frame = self.hear().await;
            if frame.get("op").is_some() {
                return frame;
            }
        }
    }
}

#[tokio::test]
async fn the_dialogue_is_that_of_the_exchange() {
    let mut client = Client::start(2).await;
    client.say(json!({"req_id": "md0", "op": "subscribe", "args": ["tickers.BTCUSDT", "kline.1.ETHUSDT"]})).await;
    let accepted = client.answer().await;
    assert_eq!(accepted["success"], true);
    assert_eq!(
        (&accepted["op"], &accepted["req_id"], &accepted["ret_msg"]),
        (&json!("subscribe"), &json!("md0"), &json!(""))
    );
    let name = accepted["conn_id"].as_str().unwrap().to_owned();
    assert!(!name.is_empty());

    client.say(json!({"op": "ping", "req_id": "p1"})).await;
    let expected = json!({"success": true, "ret_msg": "pong", "conn_id": name, "req_id": "p1", "op": "ping"});
    assert_eq!(client.answer().await, expected);
    client.say(json!({"op": "ping"})).await;
    assert_eq!(client.answer().await, json!({"success": true, "ret_msg": "pong", "conn_id": name, "op": "ping"}));

    let args = ["tickers.ETHUSDT", "orderbook.200.NOSUCHSYM"];
    client.say(json!({"op": "subscribe", "args": args})).await;
    let refused = json!({
        "success": false, "ret_msg": "Invalid symbol :[orderbook.200.NOSUCHSYM]", "conn_id": name, "op": "subscribe",
    });
    assert_eq!(client.answer().await, refused, "one bad topic refuses the whole request");

    for (said, op) in [
        (json!({"op": "subscribe", "args": ["orderbook.7.BTCUSDT"]}), "subscribe"),
        (json!({"op": "subscribe", "args": []}), "subscribe"),
        (json!({"op": "dance"}), "dance"),
        (json!([1, 2]), ""),
    ] {
        client.say(said).await;
        let refused = client.answer().await;
        assert_eq!((&refused["success"], &refused["op"]), (&json!(false), &json!(op)));
    }

    client.say(json!({"op": "unsubscribe", "args": ["tickers.BTCUSDT", "kline.1.ETHUSDT"], "req_id": "u"})).await;
    assert_eq!(client.answer().await["success"], true);
    client.say(json!({"op": "ping"})).await;
    assert_eq!(
        client.hear().await["ret_msg"],
        "pong",
        "nothing is left to be sent, and nothing of the refused request"
    );
}

#[tokio::test]
async fn too_many_characters_of_topics_are_refused() {
    let mut client = Client::start(1).await;
    client.say(json!({"op": "subscribe", "args": vec!["tickers.BTCUSDT"; 1_401]})).await;
    assert_eq!(client.answer().await["success"], false, "21,015 characters");
    client.say(json!({"op": "subscribe", "args": ["tickers.BTCUSDT"]})).await;
    assert_eq!(client.answer().await["success"], true);
}

#[tokio::test]
async fn every_topic_tells_its_story_and_a_closing_minute_is_confirmed() {
    let mut client = Client::start(3).await;
    let topics =
        ["tickers.BTCUSDT", "publicTrade.BTCUSDT", "orderbook.200.BTCUSDT", "kline.1.BTCUSDT", "kline.240.BTCUSDT"];
    client.say(json!({"op": "subscribe", "args": topics})).await;
    assert_eq!(client.hear().await["success"], true);
    let mut frames: HashMap<String, Vec<Value>> = HashMap::new();
    let confirmed = |frames: &HashMap<String, Vec<Value>>| {
        frames.get("kline.1.BTCUSDT").and_then(|list| list.iter().position(|frame| frame["data"][0]["confirm"] == true))
    };
    let enough = |frames: &HashMap<String, Vec<Value>>| {
        topics.iter().all(|topic| frames.get(*topic).is_some_and(|list| list.len() >= 2)) && confirmed(frames).is_some()
    };
    // One more frame of the candle after the one that closed.
    while !enough(&frames) || frames["kline.1.BTCUSDT"].len() <= confirmed(&frames).unwrap() + 1 {
        let frame = client.hear().await;
        frames.entry(frame["topic"].as_str().unwrap().to_owned()).or_default().push(frame);
    }

    let tickers = &frames["tickers.BTCUSDT"];
    assert_eq!((&tickers[0]["type"], &tickers[1]["type"]), (&json!("snapshot"), &json!("delta")));
    assert!(tickers[1]["data"].as_object().unwrap().len() < tickers[0]["data"].as_object().unwrap().len());
    assert!(tickers.windows(2).all(|pair| pair[1]["ts"].as_i64().unwrap() - pair[0]["ts"].as_i64().unwrap() >= 100));

    let book = &frames["orderbook.200.BTCUSDT"];
    assert_eq!(book[0]["type"], "snapshot");
    assert_eq!(book[0]["data"]["b"].as_array().unwrap().len(), 100);
    for pair in book.windows(2) {
        assert_eq!(pair[1]["type"], "delta");
        assert_eq!(pair[1]["data"]["u"].as_i64(), pair[0]["data"]["u"].as_i64().map(|u| u + 1));
    }

    let minutes = &frames["kline.1.BTCUSDT"];
    let at = confirmed(&frames).unwrap();
    let (closed, next) = (&minutes[at]["data"][0], &minutes[at + 1]["data"][0]);
    assert_eq!(closed["end"].as_i64().unwrap() + 1, next["start"].as_i64().unwrap());
    assert_eq!(next["open"], closed["close"]);
    assert_eq!(frames["kline.240.BTCUSDT"][0]["data"][0]["interval"], "240");

    let mut last = 0;
    for trade in frames["publicTrade.BTCUSDT"].iter().flat_map(|frame| frame["data"].as_array().unwrap()) {
        assert!(trade["T"].as_i64().unwrap() >= last, "ascending");
        last = trade["T"].as_i64().unwrap();
    }
}

#[tokio::test]
async fn a_shut_down_server_closes_its_connections() {
    let mut client = Client::start(1).await;
    client.say(json!({"op": "subscribe", "args": ["tickers.BTCUSDT"]})).await;
    assert_eq!(client.hear().await["success"], true);
    client.stop.take().unwrap().send(()).unwrap();
    let ended = timeout(DEADLINE, async { while let Some(Ok(_)) = client.socket.next().await {} }).await;
    assert!(ended.is_ok(), "the connection ends");
}

/// Every name in a JSON value, as paths.
fn names(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                into.insert(format!("{path}: {}", kind(member)));
                names(member, &path, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|element| names(element, path, into)),
        _ => {}
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[tokio::test]
async fn frames_have_the_names_and_kinds_of_recorded_ones() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/bybit");
    let Ok(recorded) = std::fs::read_to_string(format!("{folder}/ws-v5/tickers-linear-mainnet-2026-09-30.head.jsonl"))
    else {
        println!("skipped: {folder} absent");
        return;
    };
    let recorded: Vec<Value> =
        recorded.lines().map(|line| serde_json::from_str(line.split_once('\t').unwrap().1).unwrap()).collect();
    let example = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/doc-examples/{name}.json")).unwrap()).unwrap()
    };

    let mut client = Client::start(1).await;
    let topics = ["tickers.BTCUSDT", "publicTrade.BTCUSDT", "orderbook.200.BTCUSDT", "kline.5.BTCUSDT"];
    client.say(json!({"op": "subscribe", "args": topics})).await;
    assert_eq!(client.hear().await["success"], true);
    let mut first: HashMap<String, Value> = HashMap::new();
    while first.len() < topics.len() {
        let frame = client.hear().await;
        first.entry(frame["topic"].as_str().unwrap().to_owned()).or_insert(frame);
    }
    let set = |value: &Value| {
        let mut into = BTreeSet::new();
        names(value, "", &mut into);
        into
    };
    let snapshot = recorded.iter().find(|frame| frame["type"] == "snapshot").unwrap();
    assert_eq!(set(&first["tickers.BTCUSDT"]), set(snapshot));
    assert_eq!(set(&first["orderbook.200.BTCUSDT"]), set(&example("websocket-public-orderbook-1")));
    assert_eq!(set(&first["kline.5.BTCUSDT"]), set(&example("websocket-public-kline-1")));
    let ours = set(&first["publicTrade.BTCUSDT"]);
    let theirs = set(&example("websocket-public-trade-1"));
    assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), [".data.RPI: bool"]);
    assert!(theirs.is_subset(&ours));
}

//! The stream: the dialogue of a connection.

use std::time::Duration;

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{
    Fault, FaultSwitch,
    fault::frame::Distortion,
    frames,
    hub::{ARGS_MAX, Ends, Hub, TooMany, Wanted},
    json::Json,
    market::Market,
    shared::{Exchange, Shared},
    topic::{Kind, Topic},
};

/// Frames written together before they are flushed.
const BATCH: usize = 256;
/// A connection that says nothing for this long is cut off.
const SILENCE: Duration = Duration::from_secs(600);

/// What a client says.
#[derive(Debug, Deserialize)]
struct Request {
    op: String,
    req_id: Option<String>,
    #[serde(default)]
    args: Vec<String>,
}

fn answer(id: u64, request: Option<&Request>, success: bool, message: &str) -> Utf8Bytes {
    let mut out = String::with_capacity(128);
    let mut frame = Json::object(&mut out);
    frame.flag("success", success).foreign("ret_msg", message).text("conn_id", &format!("sim{id:016x}-{id:x}"));
    if let Some(req_id) = request.and_then(|request| request.req_id.as_deref()) {
        frame.foreign("req_id", req_id);
    }
    frame.foreign("op", request.map_or("", |request| request.op.as_str()));
    frame.end();
    Utf8Bytes::from(out)
}

/// Answers what a client said, and does it.
fn hear(exchange: &mut Exchange, id: u64, text: &str, faults: &[Fault]) {
    let Exchange { market, hub, .. } = exchange;
    let request = serde_json::from_str::<Request>(text);
    let Ok(request) = &request else {
        hub.send(id, answer(id, None, false, "Invalid request"));
        return hub.cut_slow();
    };
    let outcome = match request.op.as_str() {
        "ping" => Ok("pong"),
        "subscribe" => resolve(market, &request.args, faults).and_then(|topics| {
            let too_many = |TooMany| format!("the topics of a connection may not exceed {ARGS_MAX} characters");
            hub.subscribe(id, &topics).map_err(too_many)?;
            hub.send(id, answer(id, Some(request), true, ""));
            tell_state(market, hub, id, &topics);
            Ok("")
        }),
        "unsubscribe" => resolve(market, &request.args, &[]).map(|topics| {
            hub.unsubscribe(id, &topics);
            ""
        }),
        _ => Err("Invalid op".to_owned()),
    };
    match outcome {
        // A subscription was answered before the state that follows it.
        Ok(_) if request.op == "subscribe" => {}
        Ok(message) => hub.send(id, answer(id, Some(request), true, message)),
        Err(message) => hub.send(id, answer(id, Some(request), false, &message)),
    }
    hub.cut_slow();
}

/// The contracts and kinds that topics name; one that is unknown refuses them all.
fn resolve(market: &Market, args: &[String], faults: &[Fault]) -> Result<Vec<Wanted>, String> {
    if args.is_empty() {
        return Err("Invalid args".to_owned());
    }
    let find = |text: &String| {
        let topic: Topic = text.parse().map_err(|_| format!("Invalid topic :[{text}]"))?;
        let listed = !faults.contains(&Fault::Delisted(topic.symbol));
        let place = market.place(topic.symbol).filter(|_| listed);
        let place = place.ok_or_else(|| format!("Invalid symbol :[{text}]"))?;
        Ok(Wanted { place, kind: topic.kind, length: text.len() })
    };
    args.iter().map(find).collect()
}

/// Sends what later frames build on, for a topic subscribed to again as well.
fn tell_state(market: &Market, hub: &mut Hub, id: u64, topics: &[Wanted]) {
    let at = market.now().0;
    for topic in topics {
        let contract = &market.contracts()[topic.place];
        let state = match topic.kind {
            Kind::Tickers => frames::ticker_snapshot(contract, at),
            Kind::Book => frames::book_snapshot(contract, at),
            Kind::Kline(span) => frames::kline(contract, span, contract.candles().of(span).running(), false, at),
            Kind::Trades | Kind::Liquidations => continue,
        };
        hub.send(id, Utf8Bytes::from(state));
    }
}

/// `/v5/public/linear`.
pub(crate) async fn upgrade(State(shared): State<Shared>, request: WebSocketUpgrade) -> Response {
    request.max_message_size(64 * 1_024).on_upgrade(move |socket| converse(shared, socket))
}

async fn converse(shared: Shared, socket: WebSocket) {
    let Some(Ends { id, frames, alive }) = shared.with(|exchange| exchange.hub.connect()).await else { return };
    let (sink, mut source) = socket.split();
    let reading = async {
        while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE, source.next()).await {
            // Protocol pings and the closing handshake are answered by the socket itself; binary frames mean nothing.
            if let Message::Text(text) = message {
                let faults = shared.faults.now();
                shared.with(move |exchange| hear(exchange, id, &text, &faults)).await;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = write(sink, frames, &shared.faults) => {}
        () = shared.faults.dropping() => {}
        _ = alive => {}
    }
    shared.with(move |exchange| exchange.hub.disconnect(id)).await;
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut frames: mpsc::Receiver<Utf8Bytes>, switch: &FaultSwitch) {
    let (mut batch, mut sent) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    let mut distortion = Distortion::default();
    while frames.recv_many(&mut batch, BATCH).await > 0 {
        let faults = switch.now();
        for frame in batch.drain(..) {
            distortion.send(frame, &faults, &mut sent);
        }
        for frame in sent.drain(..) {
            if sink.feed(Message::Text(frame)).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}

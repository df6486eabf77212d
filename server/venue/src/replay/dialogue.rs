//! The dialogue of one connection to the recording, in the words of either exchange.

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{shared::Shared, stage::Ends};

/// Messages written together before they are flushed.
const BATCH: usize = 256;

/// What a client says: `op` and `args` at Bybit, `method` and `params` at Binance.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(alias = "method")]
    op: String,
    #[serde(default, alias = "params")]
    args: Vec<String>,
    req_id: Option<String>,
    id: Option<u64>,
}

/// Keeps one connection up until either side ends it.
pub(super) async fn converse(shared: Shared, socket: WebSocket) {
    let Some(Ends { id, frames, alive }) = shared.stage().connect() else { return };
    let (sink, mut source) = socket.split();
    let reading = async {
        while let Some(Ok(message)) = source.next().await {
            // Protocol pings and the closing handshake are answered by the socket itself.
            if let Message::Text(text) = message {
                hear(&shared, id, &text);
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = write(sink, frames) => {}
        _ = alive => {}
    }
    shared.stage().disconnect(id);
}

fn hear(shared: &Shared, id: u64, text: &str) {
    let mut stage = shared.stage();
    let Ok(said) = serde_json::from_str::<Said>(text) else {
        return stage.send(id, Utf8Bytes::from_static(r#"{"success":false,"ret_msg":"Invalid request"}"#));
    };
    match said.op.as_str() {
        "ping" => stage.send(id, answer(&said, "pong").into()),
        "subscribe" | "SUBSCRIBE" => stage.subscribe(id, &said.args, answer(&said, "")),
        "unsubscribe" | "UNSUBSCRIBE" => stage.unsubscribe(id, &said.args, answer(&said, "")),
        _ => stage.send(id, Utf8Bytes::from_static(r#"{"success":false,"ret_msg":"Unknown operation"}"#)),
    }
}

/// That it is done, in the words of whoever asked.
fn answer(said: &Said, words: &str) -> String {
    match said.id {
        Some(id) => serde_json::json!({ "result": null, "id": id }),
        None => serde_json::json!({
            "success": true, "ret_msg": words, "conn_id": "recording", "req_id": said.req_id, "op": said.op,
        }),
    }
    .to_string()
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut frames: mpsc::Receiver<Utf8Bytes>) {
    let mut batch = Vec::with_capacity(BATCH);
    while frames.recv_many(&mut batch, BATCH).await > 0 {
        for frame in batch.drain(..) {
            if sink.feed(Message::Text(frame)).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}

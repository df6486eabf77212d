//! One Server-Sent Event, encoded.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use axum::body::Bytes;
use cache::Encoded;
use schema::{
    Held, Stamp,
    stream::{ListMessage, StreamMessage, SymbolMessage},
};

use serde::Serialize;
use serde_json::value::RawValue;

use super::packed::Packed;

/// What an event has beside its data, at most.
const HEAD_BYTES: usize = 96;

/// What a message needs of those before it. In one tick they are sent in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Nothing: it takes their place.
    Whole,
    /// Every one: it says what changed.
    Delta,
    /// Nothing, and it takes no place: each of them happened.
    Event,
    /// The whole one that it is a part of; it takes the place of those like it.
    Live,
}

/// One Server-Sent Event, encoded once and shared by all clients.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    bytes: Bytes,
    /// Packed when the first client wants it so.
    packed: Arc<OnceLock<Packed>>,
    kind: Kind,
}

impl Frame {
    /// Encodes a message of a tick; `None`, logged, if it cannot be encoded. `value` is the JSON of the complete value in it, where
    /// that was encoded before.
    pub(crate) fn encode(message: &StreamMessage, stamp: Stamp, value: Option<&Encoded>) -> Option<Self> {
        match json(message, value) {
            // JSON text holds no line break, so one data line carries it.
            Ok(json) => {
                // Kept for a minute: no larger than it has to be.
                let mut text = String::with_capacity(json.len() + HEAD_BYTES);
                // Writing to a string cannot fail.
                let _ = write!(text, "event: {}\nid: {stamp}\ndata: {json}\n\n", message.event());
                Some(Self {
                    bytes: text.into(),
                    packed: Arc::default(),
                    kind: match message {
                        StreamMessage::List(ListMessage::SignalsDelta(_)) => Kind::Delta,
                        StreamMessage::Symbol(SymbolMessage::Live(_)) => Kind::Live,
                        StreamMessage::Alert(_) => Kind::Event,
                        _ => Kind::Whole,
                    },
                })
            }
            Err(error) => {
                tracing::error!(%error, event = message.event(), "a message of the live stream cannot be encoded");
                None
            }
        }
    }

    /// What it needs of the messages before it.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// What goes over the wire to a client that unpacks it.
    pub(crate) fn packed(&self) -> &Packed {
        self.packed.get_or_init(|| Packed::of(&self.bytes))
    }
}

/// The messages that carry a complete value of a schema, as [`StreamMessage`] spells them, around JSON that is there already.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Around<'a> {
    Signals(Held<&'a RawValue>),
    Breakdown(Held<&'a RawValue>),
}

fn json(message: &StreamMessage, value: Option<&Encoded>) -> Result<String, serde_json::Error> {
    let around = match (message, value) {
        (StreamMessage::List(ListMessage::Signals(held)), Some(value)) => Around::Signals(held.with(value.json())),
        (StreamMessage::Symbol(SymbolMessage::Breakdown(held)), Some(value)) => {
            Around::Breakdown(held.with(value.json()))
        }
        _ => return serde_json::to_string(message),
    };
    serde_json::to_string(&around)
}

#[cfg(test)]
mod tests {
    use schema::{Breakdown, Schema, Signals, UnixMs, stream::FrameMessage};

    use super::*;
    use crate::fixture;

    /// A value as it was published, and the JSON that the cache has of it.
    async fn published<T: Schema>(scope: T::Scope, value: T) -> (Held<T>, Encoded) {
        let cache = cache::Cache::builder(cache::Clock::System, "test").build();
        let publisher = cache.publisher::<T>().unwrap();
        let _ = publisher.publish(&scope, value, UnixMs(1_000)).await;
        let held = cache.peek::<T>(&scope).await.unwrap();
        let encoded = cache.encoded(&scope, &held).await.unwrap();
        (held, encoded)
    }

    #[tokio::test]
    async fn a_complete_value_is_sent_with_the_bytes_of_the_cache_as_if_it_were_encoded_again() {
        let (stamp, breakdown) = (Stamp { epoch: 1, seq: 2 }, fixture::breakdown());
        let (list, list_json) = published::<Signals>((), fixture::signals()).await;
        let scope = (breakdown.source, breakdown.row.symbol);
        let (one, one_json) = published::<Breakdown>(scope, breakdown).await;
        let messages: [(StreamMessage, Encoded); 2] =
            [(ListMessage::Signals(list).into(), list_json), (SymbolMessage::Breakdown(one).into(), one_json)];
        for (message, json) in messages {
            let around = Frame::encode(&message, stamp, Some(&json)).unwrap();
            assert_eq!(around.bytes(), Frame::encode(&message, stamp, None).unwrap().bytes());
        }
    }

    #[test]
    fn an_event_has_its_name_its_id_and_one_line_of_data() {
        let clock = FrameMessage::Clock { now: UnixMs(7), sent_bytes: 0 };
        let frame = Frame::encode(&clock.into(), Stamp { epoch: 1, seq: 2 }, None).unwrap();
        assert_eq!(frame.bytes(), "event: state\nid: 1-2\ndata: {\"clock\":{\"now\":7,\"sent_bytes\":0}}\n\n");
        assert_eq!(frame.kind(), Kind::Whole);
    }
}

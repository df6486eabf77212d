//! One Server-Sent Event, encoded.

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
};

use axum::body::Bytes;
use schema::{
    Stamp,
    stream::{ListMessage, StreamMessage, SymbolMessage},
};

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
    /// Encodes a message of a tick; `None`, logged, if it cannot be encoded.
    pub(crate) fn encode(message: &StreamMessage, stamp: Stamp) -> Option<Self> {
        match serde_json::to_string(message) {
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

#[cfg(test)]
mod tests {
    use schema::{UnixMs, stream::FrameMessage};

    use super::*;

    #[test]
    fn an_event_has_its_name_its_id_and_one_line_of_data() {
        let clock = FrameMessage::Clock { now: UnixMs(7), sent_bytes: 0 };
        let frame = Frame::encode(&clock.into(), Stamp { epoch: 1, seq: 2 }).unwrap();
        assert_eq!(frame.bytes(), "event: state\nid: 1-2\ndata: {\"clock\":{\"now\":7,\"sent_bytes\":0}}\n\n");
        assert_eq!(frame.kind(), Kind::Whole);
    }
}

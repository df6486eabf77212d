//! Messages of the live stream, `GET /api/v1/stream`.
//!
//! The server flushes what changed a few times a second; one flush is a tick. Each message of a tick is one Server-Sent
//! Event: its name is [`StreamMessage::event`], its data the JSON of the message, its id the stamp of the tick.
//! A client that comes back with the stamp of a tick still kept receives what it missed, any other a snapshot.

use serde::{Deserialize, Serialize};

pub use crate::delta::{SignalsDelta, TickedQuote};
use crate::{
    Breakdown, Held, Name, SCHEMAS, Signals, Stamp, Symbol, SymbolLive, UnixMs,
    alerts::Alert,
    page::{Headline, MonitorState},
    report::L2State,
};

/// What a client may listen to; several are joined by commas in the query: `?topics=headline,signals`.
///
/// Those of [`FRAME`](Topic::FRAME) are on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The market in one sentence.
    Headline,
    /// Every symbol.
    Signals,
    /// Where the data comes from, and how far the first scan is.
    Monitor,
    /// How the shared cache answers.
    Shared,
    /// That an alert of the kinds a badge counts was added.
    Unread,
    /// Each alert as it happens; earlier ones are in the log.
    Alert,
    /// One symbol's score, taken apart: `breakdown:BTCUSDT`, the symbol [escaped](Symbol::escaped).
    Breakdown(Symbol),
    /// That a schema of one value was written, without the value: `changed:signals:active`.
    Changed(Name),
}

impl Topic {
    /// What every page's frame shows.
    pub const FRAME: [Self; 4] = [Self::Headline, Self::Monitor, Self::Shared, Self::Unread];
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Headline => f.write_str("headline"),
            Self::Signals => f.write_str("signals"),
            Self::Monitor => f.write_str("monitor"),
            Self::Shared => f.write_str("shared"),
            Self::Unread => f.write_str("unread"),
            Self::Alert => f.write_str("alert"),
            Self::Breakdown(symbol) => write!(f, "breakdown:{}", symbol.escaped()),
            Self::Changed(name) => write!(f, "changed:{name}"),
        }
    }
}

/// A text that is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a topic: headline, monitor, shared, unread, signals, alert, breakdown:SYMBOL or changed:SCHEMA is expected"
)]
pub struct NotATopic;

impl std::str::FromStr for Topic {
    type Err = NotATopic;

    fn from_str(text: &str) -> Result<Self, NotATopic> {
        Ok(match text {
            "headline" => Self::Headline,
            "signals" => Self::Signals,
            "monitor" => Self::Monitor,
            "shared" => Self::Shared,
            "unread" => Self::Unread,
            "alert" => Self::Alert,
            _ => match text.split_once(':').ok_or(NotATopic)? {
                ("breakdown", symbol) => Self::Breakdown(Symbol::unescape(symbol).map_err(|_| NotATopic)?),
                ("changed", name) => {
                    let known = SCHEMAS.iter().find(|schema| !schema.scoped && schema.name.as_str() == name);
                    Self::Changed(known.ok_or(NotATopic)?.name)
                }
                _ => return Err(NotATopic),
            },
        })
    }
}

/// One message of the live stream. Each part of a page reads its own kind alone, so that no page has to load the code of another's.
///
/// They are distinguished by their content: JSON holds the message itself, and no word of its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StreamMessage {
    /// For every page.
    Frame(FrameMessage),
    /// For the list of symbols.
    List(ListMessage),
    /// For the page of one symbol.
    Symbol(SymbolMessage),
    /// For programs that listen for alerts.
    Alert(AlertMessage),
}

/// What every page listens to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameMessage {
    /// The market in one sentence.
    Headline(Held<Headline>),
    /// Where the data comes from, and how far the first scan is.
    Monitor(Held<MonitorState>),
    /// How the shared cache answers.
    Shared(L2State),
    /// An alert of the kinds a badge counts was added: how many of those are new to a reader, the server counts.
    Unread {
        /// The time of the newest.
        newest: UnixMs,
    },
    /// A schema was written; a page that is rendered from it asks for itself again.
    Changed {
        /// The schema's name.
        name: String,
        /// The write.
        stamp: Stamp,
        /// The time of its newest input.
        as_of: UnixMs,
    },
    /// The server's clock, sent on connection, after 15 s of silence, and after each tick to a reader who saves data.
    Clock {
        /// Its time.
        now: UnixMs,
        /// What was sent on this connection before, in bytes as they went over the wire.
        sent_bytes: u64,
    },
}

/// What the list of symbols listens to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListMessage {
    /// Every symbol, whole.
    Signals(Held<Signals>),
    /// What changed among the symbols.
    SignalsDelta(SignalsDelta),
}

/// What the page of one symbol listens to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolMessage {
    /// One symbol's score, taken apart.
    Breakdown(Held<Breakdown>),
    /// What changed of it while the bar is open.
    Live(Box<SymbolLive>),
}

/// What a program that listens for alerts receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertMessage {
    /// Something happened.
    Alert(Alert),
    /// So much more happened at once that these, older than the alerts that follow, were evicted from the log before they were sent.
    Evicted {
        /// How many.
        count: u64,
    },
}

impl From<AlertMessage> for StreamMessage {
    fn from(message: AlertMessage) -> Self {
        Self::Alert(message)
    }
}

impl From<FrameMessage> for StreamMessage {
    fn from(message: FrameMessage) -> Self {
        Self::Frame(message)
    }
}

impl From<ListMessage> for StreamMessage {
    fn from(message: ListMessage) -> Self {
        Self::List(message)
    }
}

impl From<SymbolMessage> for StreamMessage {
    fn from(message: SymbolMessage) -> Self {
        Self::Symbol(message)
    }
}

impl StreamMessage {
    /// The name of the Server-Sent Event that carries it: `snapshot`, `delta`, `alert` or `state`.
    #[must_use]
    pub const fn event(&self) -> &'static str {
        match self {
            Self::List(ListMessage::SignalsDelta(_)) | Self::Symbol(SymbolMessage::Live(_)) => "delta",
            Self::Alert(_) => "alert",
            Self::Frame(
                FrameMessage::Clock { .. }
                | FrameMessage::Shared(_)
                | FrameMessage::Unread { .. }
                | FrameMessage::Changed { .. },
            ) => "state",
            Self::Frame(FrameMessage::Headline(_) | FrameMessage::Monitor(_))
            | Self::List(ListMessage::Signals(_))
            | Self::Symbol(SymbolMessage::Breakdown(_)) => "snapshot",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_any_symbol_survives_its_spelling_and_a_list_of_topics() {
        for text in ["BTCUSDT", "币安人生USDT", "xyz:TSLA", "A,B", "A&B=C", "../x", "A B"] {
            let topic = Topic::Breakdown(Symbol::new(text).unwrap());
            let spelled = topic.to_string();
            assert_eq!(spelled.parse(), Ok(topic));
            assert!(!spelled.contains([',', '&', ' ', '=', '/']), "{spelled}");
        }
        let ordinary = Topic::Breakdown(Symbol::new("BTCUSDT").unwrap());
        assert_eq!(ordinary.to_string(), "breakdown:BTCUSDT");
    }

    #[test]
    fn a_change_is_told_of_any_schema_of_one_value() {
        for name in SCHEMAS.iter().filter(|schema| !schema.scoped).map(|schema| schema.name) {
            assert_eq!(Topic::Changed(name).to_string().parse(), Ok(Topic::Changed(name)));
        }
        for text in ["changed:", "changed:market:prices", "changed:confluence:breakdown", "change:market:breadth"] {
            assert_eq!(text.parse::<Topic>(), Err(NotATopic), "{text}");
        }
    }
}

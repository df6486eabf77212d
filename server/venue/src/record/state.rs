//! The state that the messages of a topic have built up, so that a later subscriber can receive a full snapshot.
//!
//! Bybit sends a snapshot of a state or a book once and then only changes. A segment begins with the whole of them, and so
//! does a subscription while a recording is played: as the exchange would. Texts of figures are kept as they came.
//! Of other exchanges nothing is kept: Binance's whole books come over HTTP.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use schema::UnixMs;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a message of the stream is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A topic.
    Topic(String),
    /// A request or a ping that it answers.
    Dialogue,
    /// Nobody knows: it is not JSON.
    Broken,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    ts: Option<i64>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Fields by their names.
type Fields = BTreeMap<String, Box<RawValue>>;
/// Sizes by their prices, both as the exchange spells them.
type Side = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
struct BookData {
    s: String,
    b: Vec<(String, String)>,
    a: Vec<(String, String)>,
    u: u64,
}

#[derive(Debug)]
enum Whole {
    Fields(Fields),
    Book { symbol: String, bids: Side, asks: Side, update: u64 },
}

#[derive(Debug)]
struct State {
    connection: usize,
    at: UnixMs,
    whole: Whole,
}

/// The states of all topics that have one.
#[derive(Debug, Default)]
pub(crate) struct States(HashMap<String, State>);

impl States {
    /// More topics than any venue has; later ones are not followed.
    const CAPACITY: usize = 16_384;

    /// Takes in a message of a connection; what it is about.
    pub(crate) fn take(&mut self, connection: usize, text: &str) -> About {
        let Ok(message) = serde_json::from_str::<Message<'_>>(text) else { return About::Broken };
        let topic = match (message.topic, message.stream) {
            (Some(topic), _) => topic.into_owned(),
            (None, Some(stream)) => return About::Topic(stream.into_owned()),
            (None, None) => return About::Dialogue,
        };
        let followed = topic.starts_with("tickers.") || topic.starts_with("orderbook.");
        if followed && (self.0.len() < Self::CAPACITY || self.0.contains_key(&topic)) {
            let next = self.next(&topic, message.kind.as_deref(), message.ts, message.data);
            match next {
                Some((at, whole)) => self.0.insert(topic.clone(), State { connection, at, whole }),
                None => self.0.remove(&topic),
            };
        }
        About::Topic(topic)
    }

    /// What a message makes of its topic's state; none where it does not continue what was sent before.
    fn next(
        &mut self,
        topic: &str,
        kind: Option<&str>,
        ts: Option<i64>,
        data: Option<&RawValue>,
    ) -> Option<(UnixMs, Whole)> {
        let (at, data) = (UnixMs(ts?), data?.get());
        let before = self.0.remove(topic).filter(|before| before.at <= at);
        let whole = kind == Some("snapshot");
        if topic.starts_with("tickers.") {
            let sent: Fields = serde_json::from_str(data).ok()?;
            let fields = match before.map(|before| before.whole) {
                _ if whole => sent,
                Some(Whole::Fields(mut fields)) => {
                    fields.extend(sent);
                    fields
                }
                _ => return None,
            };
            return Some((at, Whole::Fields(fields)));
        }
        let sent: BookData = serde_json::from_str(data).ok()?;
        let (mut bids, mut asks) = match before.map(|before| before.whole) {
            _ if whole || sent.u == 1 => (Side::new(), Side::new()),
            Some(Whole::Book { bids, asks, update, .. })
                if update == sent.u || update.checked_add(1) == Some(sent.u) =>
            {
                (bids, asks)
            }
            _ => return None,
        };
        change(&mut bids, sent.b)?;
        change(&mut asks, sent.a)?;
        Some((at, Whole::Book { symbol: sent.s, bids, asks, update: sent.u }))
    }

    /// Forgets the topics of a connection: what was sent meanwhile was not received.
    pub(crate) fn forget(&mut self, connection: usize) {
        self.0.retain(|_, state| state.connection != connection);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// A message with the full snapshot of a topic, as of its last change.
    pub(crate) fn whole(&self, topic: &str) -> Option<String> {
        self.0.get(topic).and_then(|state| state.message(topic))
    }

    /// The whole of every topic, with the connection it came over.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, String)> {
        self.0.iter().filter_map(|(topic, state)| Some((state.connection, state.message(topic)?)))
    }
}

impl State {
    fn message(&self, topic: &str) -> Option<String> {
        #[derive(Serialize)]
        struct Snapshot<'a, T> {
            topic: &'a str,
            r#type: &'static str,
            ts: UnixMs,
            data: T,
        }
        #[derive(Serialize)]
        struct Book<'a> {
            s: &'a str,
            b: Vec<(&'a String, &'a String)>,
            a: Vec<(&'a String, &'a String)>,
            u: u64,
        }
        let (r#type, ts) = ("snapshot", self.at);
        match &self.whole {
            Whole::Fields(data) => serde_json::to_string(&Snapshot { topic, r#type, ts, data }),
            Whole::Book { symbol, bids, asks, update } => {
                let (b, mut a) = (falling(bids), falling(asks));
                a.reverse();
                let data = Book { s: symbol, b, a, u: *update };
                serde_json::to_string(&Snapshot { topic, r#type, ts, data })
            }
        }
        .ok()
    }
}

/// The levels of one side by their prices, the highest first.
fn falling(side: &Side) -> Vec<(&String, &String)> {
    let price = |text: &str| text.parse().unwrap_or(f64::NAN);
    let mut levels: Vec<_> = side.iter().collect();
    levels.sort_by(|(a, _), (b, _)| price(b).total_cmp(&price(a)));
    levels
}

/// Changes levels of one side; a size of zero takes a level away.
fn change(side: &mut Side, levels: Vec<(String, String)>) -> Option<()> {
    for (price, size) in levels {
        if size.parse::<f64>().ok()? == 0.0 {
            side.remove(&price);
        } else {
            side.insert(price, size);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(kind: &str, ts: i64, update: u64, bids: &str, asks: &str) -> String {
        format!(
            r#"{{"topic":"orderbook.200.AUSDT","type":"{kind}","ts":{ts},"data":{{"s":"AUSDT","b":{bids},"a":{asks},"u":{update},"seq":9}}}}"#
        )
    }

    #[test]
    fn changes_of_a_book_make_the_whole_and_a_gap_ends_it() {
        let mut states = States::default();
        let topic = "orderbook.200.AUSDT";
        let about = states.take(0, &book("snapshot", 1, 5, r#"[["10","1"],["9","2"]]"#, r#"[["11","3"]]"#));
        assert_eq!(about, About::Topic(topic.to_owned()));
        states.take(0, &book("delta", 2, 6, r#"[["10","0"],["8.50","4"]]"#, r#"[["100","7"]]"#));
        let whole: serde_json::Value = serde_json::from_str(&states.whole(topic).unwrap()).unwrap();
        assert_eq!((&whole["type"], &whole["ts"], &whole["data"]["u"]), (&"snapshot".into(), &2.into(), &6.into()));
        assert_eq!(whole["data"]["b"], serde_json::json!([["9", "2"], ["8.50", "4"]]), "as the exchange spells them");
        assert_eq!(whole["data"]["a"], serde_json::json!([["11", "3"], ["100", "7"]]), "the best first");
        states.take(0, &book("delta", 3, 8, "[]", "[]"));
        assert_eq!(states.whole(topic), None, "a change was missed");
        states.take(0, &book("delta", 4, 9, "[]", "[]"));
        assert_eq!(states.whole(topic), None, "and nothing follows on it");
    }

    #[test]
    fn changes_of_a_ticker_are_merged_and_unchanged_fields_stay() {
        let mut states = States::default();
        let say = |states: &mut States, kind: &str, ts: i64, data: &str| {
            states.take(4, &format!(r#"{{"topic":"tickers.AUSDT","type":"{kind}","data":{data},"ts":{ts},"cs":1}}"#))
        };
        say(&mut states, "delta", 1, r#"{"lastPrice":"1"}"#);
        assert_eq!(states.whole("tickers.AUSDT"), None, "a change of something unknown");
        say(&mut states, "snapshot", 2, r#"{"lastPrice":"1","markPrice":"2.50"}"#);
        say(&mut states, "delta", 3, r#"{"lastPrice":"3"}"#);
        let text = states.whole("tickers.AUSDT").unwrap();
        assert_eq!(
            text,
            r#"{"topic":"tickers.AUSDT","type":"snapshot","ts":3,"data":{"lastPrice":"3","markPrice":"2.50"}}"#
        );
        say(&mut states, "delta", 2, r#"{"lastPrice":"9"}"#);
        assert_eq!(states.whole("tickers.AUSDT"), None, "which fields are old cannot be known");
        say(&mut states, "snapshot", 5, r#"{"lastPrice":"9"}"#);
        states.forget(3);
        assert_eq!(states.all().count(), 1);
        states.forget(4);
        assert_eq!(states.all().count(), 0);
    }

    #[test]
    fn a_message_says_what_it_is_about() {
        let mut states = States::default();
        assert_eq!(states.take(0, r#"{"stream":"a@aggTrade","data":{}}"#), About::Topic("a@aggTrade".to_owned()));
        assert_eq!(states.take(0, r#"{"success":true,"op":"ping"}"#), About::Dialogue);
        assert_eq!(states.take(0, r#"{"topic":"tick"#), About::Broken);
    }
}

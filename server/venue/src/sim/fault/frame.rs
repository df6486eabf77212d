//! What faults do to the messages of a stream.

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;

use super::Fault;

/// What is remembered between two messages of a connection.
#[derive(Debug, Default)]
pub(crate) struct Distortion {
    messages: u64,
    /// By topic the message that is let pass after the next one; a connection has a bounded list of topics.
    behind: BTreeMap<String, Utf8Bytes>,
}

/// Of so many messages one is cut off.
const CUT_EVERY: u64 = 7;
/// Of so many changes of books one is left out.
const GAP_EVERY: u64 = 20;

impl Distortion {
    /// What is sent instead of a message.
    pub(crate) fn send(&mut self, frame: Utf8Bytes, faults: &[Fault], out: &mut Vec<Utf8Bytes>) {
        self.messages += 1;
        if faults.is_empty() {
            self.let_go(out);
            out.push(frame);
            return;
        }
        let Some(frame) = self.distorted(frame, faults) else { return };
        let copies = if faults.contains(&Fault::Duplicated) { 2 } else { 1 };
        let topic = topic(&frame).map(str::to_owned);
        match topic.filter(|_| faults.contains(&Fault::Reordered)) {
            None => {
                self.let_go(out);
                out.extend(std::iter::repeat_n(frame, copies));
            }
            Some(topic) => match self.behind.remove(&topic) {
                None => drop(self.behind.insert(topic, frame)),
                Some(behind) => {
                    out.extend(std::iter::repeat_n(frame, copies));
                    out.push(behind);
                }
            },
        }
    }

    /// Nothing is kept back once the fault is over, or over an answer.
    fn let_go(&mut self, out: &mut Vec<Utf8Bytes>) {
        out.extend(std::mem::take(&mut self.behind).into_values());
    }

    /// A message as it is after the faults that change or swallow it.
    fn distorted(&self, frame: Utf8Bytes, faults: &[Fault]) -> Option<Utf8Bytes> {
        let topic = topic(&frame).map(str::to_owned);
        let about = |prefix: &str| topic.as_ref().is_some_and(|topic| topic.starts_with(prefix));
        let mut frame = frame;
        for fault in faults {
            match fault {
                Fault::Stale => return None,
                Fault::Silent(kind) if about(kind.prefix()) => return None,
                Fault::Delisted(symbol) if topic.as_ref().is_some_and(|topic| of(topic, symbol.as_str())) => {
                    return None;
                }
                Fault::Gap
                    if about("orderbook.")
                        && frame.contains("\"type\":\"delta\"")
                        && self.messages.is_multiple_of(GAP_EVERY) =>
                {
                    return None;
                }
                Fault::Malformed if self.messages.is_multiple_of(CUT_EVERY) => {
                    frame = frame[..frame.floor_char_boundary(frame.len() / 2)].into();
                }
                Fault::UnknownFields => frame = with_unknown_fields(&frame).into(),
                Fault::ClockSkew(ms) => frame = skewed(&frame, "ts", *ms).into(),
                _ => {}
            }
        }
        Some(frame)
    }
}

/// The topic that a message is about.
fn topic(frame: &str) -> Option<&str> {
    frame.strip_prefix("{\"topic\":\"")?.split('"').next()
}

fn of(topic: &str, symbol: &str) -> bool {
    topic.rsplit_once('.').is_some_and(|(_, of)| of == symbol)
}

/// Every object gets a field that nobody documented.
pub(super) fn with_unknown_fields(json: &str) -> String {
    json.replace("{\"", "{\"brandNew\":[null,0.5],\"")
}

/// A time in milliseconds that is written as a number, shifted wherever it occurs.
pub(super) fn skewed(json: &str, field: &str, by_ms: i64) -> String {
    let name = format!("\"{field}\":");
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(place) = rest.find(&name) {
        let (before, after) = rest.split_at(place + name.len());
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        match after[..digits].parse::<i64>() {
            Ok(at) => out.push_str(&(at + by_ms).to_string()),
            Err(_) => out.push_str(&after[..digits]),
        }
        rest = &after[digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use schema::Symbol;

    use super::*;
    use crate::sim::fault::Silence;

    fn sent(faults: &[Fault], frames: &[&'static str]) -> Vec<String> {
        let (mut distortion, mut out) = (Distortion::default(), Vec::new());
        for frame in frames {
            distortion.send(Utf8Bytes::from_static(frame), faults, &mut out);
        }
        out.iter().map(ToString::to_string).collect()
    }

    const TICKER: &str = r#"{"topic":"tickers.AUSDT","type":"delta","ts":5,"data":{"a":1}}"#;
    const BOOK: &str = r#"{"topic":"orderbook.200.BUSDT","type":"delta","ts":6,"data":{}}"#;
    const PONG: &str = r#"{"success":true,"op":"ping"}"#;

    #[test]
    fn each_fault_does_what_it_says() {
        let frames = [TICKER, BOOK, PONG];
        assert_eq!(sent(&[], &frames), frames);
        assert_eq!(sent(&[Fault::Stale], &frames), [""; 0]);
        assert_eq!(sent(&[Fault::Silent(Silence::Tickers)], &frames), [BOOK, PONG]);
        assert_eq!(sent(&[Fault::Delisted(Symbol::new("AUSDT").unwrap())], &frames), [BOOK, PONG]);
        assert_eq!(sent(&[Fault::Duplicated], &[TICKER, PONG]), [TICKER, TICKER, PONG, PONG]);
        let later = r#"{"topic":"tickers.AUSDT","type":"delta","ts":7,"data":{}}"#;
        assert_eq!(sent(&[Fault::Reordered], &[TICKER, BOOK, later]), [later, TICKER]);
        assert_eq!(sent(&[Fault::Reordered], &[TICKER, PONG]), [TICKER, PONG]);
        assert_eq!(sent(&[Fault::Gap], &[BOOK; 40]).len(), 38);
        assert_eq!(sent(&[Fault::Malformed], &[PONG; 7])[6], PONG[..PONG.len() / 2]);
        assert_eq!(sent(&[Fault::ClockSkew(-3)], &[TICKER]), [TICKER.replace("\"ts\":5", "\"ts\":2")]);
        let strange: serde_json::Value = serde_json::from_str(&sent(&[Fault::UnknownFields], &[TICKER])[0]).unwrap();
        assert_eq!((&strange["brandNew"][1], &strange["data"]["a"]), (&0.5.into(), &1.into()));
        assert!(strange["data"]["brandNew"].is_array());
    }

    #[test]
    fn what_was_kept_back_comes_when_the_fault_is_over() {
        let (mut distortion, mut out) = (Distortion::default(), Vec::new());
        distortion.send(TICKER.into(), &[Fault::Reordered], &mut out);
        assert!(out.is_empty());
        distortion.send(BOOK.into(), &[], &mut out);
        assert_eq!(out.iter().map(Utf8Bytes::as_str).collect::<Vec<_>>(), [TICKER, BOOK]);
    }
}

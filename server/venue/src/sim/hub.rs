//! Who is subscribed to what.
//!
//! A frame is made once, and only if someone is subscribed to it, and shared by all who are. Each connection has one
//! bounded queue; one that lets it fill up is cut off, as it would miss frames without knowing.

use std::{collections::HashMap, convert::Infallible};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{
    candle::Span,
    contract::{Changes, Contract},
    frames,
    topic::Kind,
};

/// Frames that a connection may let pile up.
const QUEUE: usize = 8_192;
/// The longest list of topics of one connection, in characters.
pub(crate) const ARGS_MAX: usize = 21_000;
/// Connections at a time.
const CONNECTIONS: usize = 1_000;

/// A topic that a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The place of its contract in the market.
    pub(crate) place: usize,
    /// Its kind.
    pub(crate) kind: Kind,
    /// Its length in characters.
    pub(crate) length: usize,
}

/// A connection would have more than [`ARGS_MAX`] characters of topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A connection's side in the hub.
#[derive(Debug)]
struct Line {
    queue: mpsc::Sender<Utf8Bytes>,
    /// Dropped with the line, which ends the connection at once, whatever is still queued.
    _alive: oneshot::Sender<Infallible>,
    topics: Vec<Wanted>,
}

/// A connection's own ends of its line.
#[derive(Debug)]
pub(crate) struct Ends {
    /// Which connection it is.
    pub(crate) id: u64,
    /// What it is to send.
    pub(crate) frames: mpsc::Receiver<Utf8Bytes>,
    /// Ends when the connection is to end.
    pub(crate) alive: oneshot::Receiver<Infallible>,
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Hub {
    lines: HashMap<u64, Line>,
    next_id: u64,
    /// Connections by contract and kind of topic.
    subscribers: Vec<[Vec<u64>; Kind::COUNT]>,
    slow: Vec<u64>,
}

impl Hub {
    /// Nobody is subscribed to any of this many contracts.
    pub(crate) fn new(contracts: usize) -> Self {
        Self { lines: HashMap::new(), next_id: 1, subscribers: vec![Default::default(); contracts], slow: Vec::new() }
    }

    /// A new connection; `None` when there are too many.
    pub(crate) fn connect(&mut self) -> Option<Ends> {
        if self.lines.len() >= CONNECTIONS {
            return None;
        }
        let (queue, frames) = mpsc::channel(QUEUE);
        let (keep, alive) = oneshot::channel();
        let id = self.next_id;
        self.next_id += 1;
        self.lines.insert(id, Line { queue, _alive: keep, topics: Vec::new() });
        Some(Ends { id, frames, alive })
    }

    /// Ends a connection.
    pub(crate) fn disconnect(&mut self, id: u64) {
        if let Some(line) = self.lines.remove(&id) {
            for topic in line.topics {
                self.subscribers[topic.place][topic.kind.index()].retain(|&other| other != id);
            }
        }
    }

    /// Ends every connection.
    pub(crate) fn close(&mut self) {
        self.lines.clear();
        self.subscribers.iter_mut().flatten().for_each(Vec::clear);
    }

    /// Subscribes a connection to topics; those it has already are left as they are.
    pub(crate) fn subscribe(&mut self, id: u64, topics: &[Wanted]) -> Result<(), TooMany> {
        let Some(line) = self.lines.get_mut(&id) else { return Ok(()) };
        let length = |topics: &[Wanted]| topics.iter().map(|topic| topic.length).sum::<usize>();
        if length(&line.topics) + length(topics) > ARGS_MAX {
            return Err(TooMany);
        }
        for topic in topics {
            let subscribers = &mut self.subscribers[topic.place][topic.kind.index()];
            if !subscribers.contains(&id) {
                subscribers.push(id);
                line.topics.push(*topic);
            }
        }
        Ok(())
    }

    /// Ends a connection's subscription to topics.
    pub(crate) fn unsubscribe(&mut self, id: u64, topics: &[Wanted]) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        for topic in topics {
            line.topics.retain(|held| held != topic);
            self.subscribers[topic.place][topic.kind.index()].retain(|&other| other != id);
        }
    }

    /// Queues a frame for one connection.
    pub(crate) fn send(&mut self, id: u64, frame: Utf8Bytes) {
        if let Some(line) = self.lines.get(&id)
            && line.queue.try_send(frame).is_err()
        {
            self.slow.push(id);
        }
    }

    /// Ends the connections whose queue was full.
    pub(crate) fn cut_slow(&mut self) {
        while let Some(id) = self.slow.pop() {
            if self.lines.contains_key(&id) {
                tracing::warn!(connection = id, "a simulated connection is cut off: it does not keep up");
                metrics::counter!("sim_slow_connections_total").increment(1);
                self.disconnect(id);
            }
        }
    }

    /// Sends subscribers what a tick changed in a contract.
    pub(crate) fn publish(&mut self, at: i64, place: usize, contract: &Contract, changes: &Changes) {
        if !changes.trades.is_empty() {
            self.share(place, Kind::Trades, || frames::trades(contract, &changes.trades, at));
        }
        if !changes.book.is_empty() {
            self.share(place, Kind::Book, || frames::book_delta(contract, &changes.book, at));
        }
        if !changes.liquidations.is_empty() {
            self.share(place, Kind::Liquidations, || frames::liquidations(contract, &changes.liquidations, at));
        }
        if let Some(was) = &changes.ticker_was {
            self.share(place, Kind::Tickers, || frames::ticker_delta(contract, was, at));
        }
        for span in Span::ALL {
            if let Some(closed) = &changes.closed[span.index()] {
                self.share(place, Kind::Kline(span), || frames::kline(contract, span, closed, true, at));
            }
            if changes.running[span.index()] {
                let running = contract.candles().of(span).running();
                self.share(place, Kind::Kline(span), || frames::kline(contract, span, running, false, at));
            }
        }
        self.cut_slow();
    }

    fn share(&mut self, place: usize, kind: Kind, frame: impl FnOnce() -> String) {
        let subscribers = &self.subscribers[place][kind.index()];
        if subscribers.is_empty() {
            return;
        }
        let frame = Utf8Bytes::from(frame());
        for id in subscribers {
            if let Some(line) = self.lines.get(id)
                && line.queue.try_send(frame.clone()).is_err()
            {
                self.slow.push(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{market::Market, shared::Exchange};
    use schema::UnixMs;
    use tokio::sync::oneshot::error::TryRecvError;

    #[test]
    fn a_connection_that_does_not_read_is_cut_off() {
        let start = UnixMs(1_790_000_000_000);
        let mut exchange = Exchange::new(Market::invented(1, 1, start));
        let mut ends = exchange.hub.connect().unwrap();
        let topics = [Kind::Book, Kind::Tickers, Kind::Trades].map(|kind| Wanted { place: 0, kind, length: 20 });
        exchange.hub.subscribe(ends.id, &topics).unwrap();
        exchange.step(UnixMs(start.0 + 60_000));
        assert!(matches!(ends.alive.try_recv(), Err(TryRecvError::Empty)));
        for minute in 2..20 {
            exchange.step(UnixMs(start.0 + minute * 60_000));
        }
        assert!(matches!(ends.alive.try_recv(), Err(TryRecvError::Closed)));
        assert!(exchange.hub.lines.is_empty());
        assert!(exchange.hub.subscribers.iter().flatten().all(Vec::is_empty));
    }

    #[test]
    fn a_topic_subscribed_to_twice_is_told_once() {
        let start = UnixMs(1_790_000_000_000);
        let mut exchange = Exchange::new(Market::invented(1, 1, start));
        let mut ends = exchange.hub.connect().unwrap();
        let topic = Wanted { place: 0, kind: Kind::Book, length: 20 };
        exchange.hub.subscribe(ends.id, &[topic, topic]).unwrap();
        exchange.hub.subscribe(ends.id, &[topic]).unwrap();
        exchange.step(UnixMs(start.0 + 10_000));
        let mut frames = Vec::new();
        while let Ok(frame) = ends.frames.try_recv() {
            frames.push(frame.to_string());
        }
        assert!(frames.len() > 50);
        assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
        exchange.hub.unsubscribe(ends.id, &[topic]);
        exchange.step(UnixMs(start.0 + 20_000));
        assert!(ends.frames.try_recv().is_err());
    }
}

//! What must be remembered of a stream to take nothing in twice and nothing old over something new.
//!
//! A connection keeps the order of its messages; an exchange behind it does not always.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

use schema::{Candle, UnixMs};

/// The identities of the latest trades of a contract, oldest first.
///
/// They are searched one by one: 4 KB are read in less time than a trade takes to be decoded, and a set beside them would
/// take twice their room for each contract.
#[derive(Debug, Default)]
pub(crate) struct RecentIds(VecDeque<u64>);

impl RecentIds {
    /// Identities that are remembered: half of the largest message.
    const CAPACITY: usize = 512;

    /// A short form of an identity; two of the remembered ones are the same by chance once in 10^14.
    pub(crate) fn short(id: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether an identity is new; it is remembered from now on.
    pub(crate) fn first(&mut self, id: u64) -> bool {
        if self.0.contains(&id) {
            return false;
        }
        if self.0.len() == Self::CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(id);
        true
    }
}

/// The newest message of a contract's candles.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct CandleOrder {
    /// When the newest candle began, whether it is final, and when the message was sent.
    newest: Option<(UnixMs, bool, UnixMs)>,
    /// When the newest final candle began.
    closed: Option<UnixMs>,
}

impl CandleOrder {
    /// Whether a message says something that no newer one has said already.
    ///
    /// A final candle may come after the first message of the next one; an open one may not, and no message may change
    /// a final one.
    pub(crate) fn accepts(&mut self, candle: &Candle, closed: bool, at: UnixMs) -> bool {
        if self.closed.is_some_and(|last| candle.start <= last) {
            return false;
        }
        match self.newest {
            Some((start, ..)) if candle.start < start && !closed => return false,
            Some((start, _, newest_at)) if candle.start == start && at < newest_at => return false,
            Some((start, ..)) if candle.start < start => {}
            _ => self.newest = Some((candle.start, closed, at)),
        }
        if closed {
            self.closed = Some(candle.start);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candle(start: i64) -> Candle {
        Candle { start: UnixMs(start), open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 0.0, turnover: 0.0 }
    }

    #[test]
    fn an_identity_is_new_once_and_only_the_latest_are_remembered() {
        let mut ids = RecentIds::default();
        assert!(ids.first(RecentIds::short("a")));
        assert!(!ids.first(RecentIds::short("a")));
        for id in 0..RecentIds::CAPACITY as u64 {
            assert!(ids.first(id));
        }
        assert!(ids.first(RecentIds::short("a")), "forgotten by now");
        assert_eq!(ids.0.len(), RecentIds::CAPACITY);
    }

    #[test]
    fn nothing_old_replaces_something_new() {
        let mut order = CandleOrder::default();
        let mut says = |start, closed, at| order.accepts(&candle(start), closed, UnixMs(at));
        assert!(says(0, false, 10));
        assert!(says(0, false, 10), "two in one millisecond");
        assert!(!says(0, false, 9), "older");
        assert!(says(60, false, 70));
        assert!(says(0, true, 69), "a final candle after the first message of the next");
        assert!(!says(0, false, 69), "an open one that is over");
        assert!(says(60, true, 120));
        assert!(!says(60, false, 121), "a final candle does not change");
        assert!(!says(60, true, 120), "sent twice");
        assert!(says(120, false, 130));
        assert!(!says(60, true, 120), "sent again by a connection that takes over");
    }
}

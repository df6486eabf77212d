//! What must be sent even when there is no room for it at the moment: since when trades are sent, and that some were missed.
//!
//! A dropped state or candle is overtaken by the next one. A dropped trade would be missing from every sum for as long as
//! the connection lasts, so that it was dropped is kept until it can be sent.

use std::collections::BTreeSet;

use schema::Symbol;

use crate::{MarketEvent, sink::EventSink};

/// The news of one connection that wait for room.
#[derive(Debug, Default)]
pub(crate) struct News {
    heard: BTreeSet<Symbol>,
    missed: BTreeSet<Symbol>,
}

impl News {
    /// Forgets all of it: the connection is gone, which says more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The trades of these are sent from now on.
    pub(crate) fn hear(&mut self, symbols: impl IntoIterator<Item = Symbol>) {
        self.heard.extend(symbols);
    }

    /// Forgets what is to be sent of a symbol that is not watched any more.
    pub(crate) fn forget(&mut self, symbol: Symbol) {
        self.heard.remove(&symbol);
        self.missed.remove(&symbol);
    }

    /// Trades or liquidations of this one were missed.
    pub(crate) fn miss(&mut self, symbol: Symbol) {
        self.missed.insert(symbol);
    }

    /// Sends what there is room for.
    pub(crate) fn flush(&mut self, sink: &EventSink) {
        if !self.heard.is_empty() && sink.has_room() {
            let symbols = self.heard.iter().copied().collect();
            if sink.offer(MarketEvent::Hearing { symbols }) {
                self.heard.clear();
            }
        }
        self.missed.retain(|symbol| !(sink.has_room() && sink.offer(MarketEvent::Missed { symbol: *symbol })));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::*;
    use crate::StreamCounters;

    #[test]
    fn what_finds_no_room_is_told_when_there_is_some() {
        let (sender, mut received) = mpsc::channel(1);
        let sink = EventSink::new(0, sender, Arc::new(StreamCounters::new(schema::Venue::Sim)));
        let [a, b] = ["AUSDT", "BUSDT"].map(|text| Symbol::new(text).unwrap());
        let mut news = News::default();
        news.miss(a);
        news.hear([a, b]);
        news.flush(&sink);
        news.flush(&sink);
        assert_eq!(received.try_recv().unwrap().event, MarketEvent::Hearing { symbols: Arc::from([a, b]) });
        assert!(received.try_recv().is_err());
        news.flush(&sink);
        assert_eq!(received.try_recv().unwrap().event, MarketEvent::Missed { symbol: a });
        news.flush(&sink);
        assert!(received.try_recv().is_err(), "each is sent once");
        assert_eq!(sink.counters.snapshot().dropped, 0);
    }
}

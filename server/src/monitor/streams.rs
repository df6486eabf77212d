//! The streams of the watched symbols, in groups, so that a contract that comes or goes disturbs few others.

use std::{collections::HashSet, sync::Arc};

use schema::Symbol;
use tokio::sync::mpsc;
use venue::{Exchange, Subscription, Told};

use super::board::Board;
use crate::market::{Market, lock};

/// Symbols of one group at most.
const GROUP: usize = 100;
/// Groups beyond those that the symbols need; with more of them all streams are dealt out anew.
const SPARE_GROUPS: usize = 8;

/// The streams of the watched symbols.
pub(crate) struct Streams {
    exchange: Arc<dyn Exchange>,
    market: Arc<Market>,
    board: Board,
    events: mpsc::Sender<Told>,
    groups: Vec<Group>,
}

struct Group {
    symbols: Vec<Symbol>,
    subscription: Subscription,
}

impl Streams {
    /// No stream yet.
    pub(crate) const fn new(
        exchange: Arc<dyn Exchange>,
        market: Arc<Market>,
        board: Board,
        events: mpsc::Sender<Told>,
    ) -> Self {
        Self { exchange, market, board, events, groups: Vec::new() }
    }

    /// The symbols that are watched.
    pub(crate) fn symbols(&self) -> HashSet<Symbol> {
        self.groups.iter().flat_map(|group| group.symbols.iter().copied()).collect()
    }

    /// Watches exactly these symbols, in this order where they are new. Says whether anything changed.
    pub(crate) fn watch(&mut self, symbols: &[Symbol]) -> bool {
        let held = self.symbols();
        let wanted: HashSet<Symbol> = symbols.iter().copied().collect();
        if held == wanted {
            return false;
        }
        let new: Vec<Symbol> = symbols.iter().copied().filter(|symbol| !held.contains(symbol)).collect();
        let groups = std::mem::take(&mut self.groups);
        if groups.len() + new.len().div_ceil(GROUP) > symbols.len().div_ceil(GROUP) + SPARE_GROUPS {
            for group in groups {
                self.retire(group);
            }
            self.open(symbols);
            return true;
        }
        for group in groups {
            if group.symbols.iter().all(|symbol| wanted.contains(symbol)) {
                self.groups.push(group);
            } else {
                let held = self.retire(group).into_iter();
                self.open(&held.filter(|symbol| wanted.contains(symbol)).collect::<Vec<_>>());
            }
        }
        self.open(&new);
        true
    }

    /// Watches these in groups of their own.
    fn open(&mut self, symbols: &[Symbol]) {
        for group in symbols.chunks(GROUP) {
            self.open_group(group.to_vec());
        }
    }

    fn open_group(&mut self, symbols: Vec<Symbol>) {
        let subscription = self.exchange.watch(symbols.clone(), self.events.clone());
        self.groups.push(Group { symbols, subscription });
    }

    /// Ends a group's connections. What is told until the next ones speak is missed, as after a lost connection.
    fn retire(&self, group: Group) -> Vec<Symbol> {
        self.board.streams_retired(group.subscription.numbers());
        drop(group.subscription);
        for symbol in &group.symbols {
            if let Some(window) = self.market.window(*symbol) {
                lock(&window).lose();
            }
        }
        group.symbols
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
    };

    use cache::Clock;
    use schema::{Timeframe, Venue, health::Feed};
    use tokio::task::JoinSet;
    use venue::{Accounts, Answer, Instrument, Interval, OpenInterest, PaidFunding, Pause, Ticker};

    use super::*;
    use crate::{market::example::instrument, monitor::board::Watched};

    /// An exchange that only notes what is watched.
    #[derive(Default)]
    struct Silent {
        asked: Mutex<Vec<Vec<Symbol>>>,
        connections: AtomicUsize,
    }

    fn unasked<T: Send + 'static>() -> Answer<'static, T> {
        Box::pin(pending())
    }

    impl Exchange for Silent {
        fn venue(&self) -> Venue {
            Venue::Sim
        }
        fn instruments(&self) -> Answer<'_, Vec<Instrument>> {
            unasked()
        }
        fn tickers(&self) -> Answer<'_, Vec<(Symbol, Ticker)>> {
            unasked()
        }
        fn candles(&self, _: Symbol, _: Interval, _: u16) -> Answer<'_, Vec<schema::Candle>> {
            unasked()
        }
        fn recent_trades(&self, _: Symbol, _: u16) -> Answer<'_, Vec<schema::Trade>> {
            unasked()
        }
        fn open_interest(&self, _: Symbol, _: u16) -> Answer<'_, Vec<OpenInterest>> {
            unasked()
        }
        fn funding_history(&self, _: Symbol, _: u16) -> Answer<'_, Vec<PaidFunding>> {
            unasked()
        }
        fn accounts(&self, _: Symbol, _: u16) -> Answer<'_, Vec<Accounts>> {
            unasked()
        }
        fn watch(&self, symbols: Vec<Symbol>, _: mpsc::Sender<Told>) -> Subscription {
            self.asked.lock().unwrap().push(symbols);
            let mut tasks = JoinSet::new();
            tasks.spawn(pending::<()>());
            Subscription::new(self.connections.fetch_add(1, Relaxed), tasks)
        }
        fn pause(&self) -> Option<Pause> {
            None
        }
        fn clock_skew_ms(&self) -> Option<i64> {
            None
        }
        fn counters(&self) -> schema::health::StreamCounters {
            schema::health::StreamCounters { messages: 0, malformed: 0, dropped: 0, reconnects: 0 }
        }
    }

    fn symbol(n: usize) -> Symbol {
        Symbol::new(&format!("C{n}USDT")).unwrap()
    }

    struct Stage {
        exchange: Arc<Silent>,
        market: Arc<Market>,
        board: Board,
        streams: Streams,
    }

    impl Stage {
        fn new() -> Self {
            let exchange = Arc::new(Silent::default());
            let market = Arc::new(Market::new(Venue::Sim));
            let board = Board::new(Clock::System, Venue::Bybit);
            let (events, _) = mpsc::channel(1);
            let shared: Arc<dyn Exchange> = exchange.clone();
            let streams = Streams::new(Arc::clone(&shared), Arc::clone(&market), board.clone(), events);
            board.begin(Watched { market: Arc::clone(&market), exchange: shared }, Feed::Live { venue: Venue::Sim });
            Self { exchange, market, board, streams }
        }

        /// Watches these, and says what was asked of the exchange for it.
        fn watch(&mut self, places: impl Iterator<Item = usize>) -> Vec<Vec<Symbol>> {
            let symbols: Vec<Symbol> = places.map(symbol).collect();
            self.market.watch(symbols.iter().map(|symbol| instrument(symbol.as_str())).collect(), 0);
            let changed = self.streams.watch(&symbols);
            let asked = std::mem::take(&mut *self.exchange.asked.lock().unwrap());
            assert_eq!(changed, !asked.is_empty());
            asked
        }
    }

    #[tokio::test]
    async fn a_new_contract_disturbs_no_other() {
        let mut stage = Stage::new();
        assert_eq!(stage.watch(0..150).iter().map(Vec::len).collect::<Vec<_>>(), [100, 50]);
        assert_eq!(stage.watch(0..150), Vec::<Vec<Symbol>>::new(), "nothing changed");
        assert_eq!(stage.watch((0..150).chain([700])), [[symbol(700)]]);
    }

    #[tokio::test]
    async fn a_delisted_contract_opens_only_its_group_anew_and_what_it_missed_is_asked_for() {
        let mut stage = Stage::new();
        stage.watch(0..150);
        for place in [0, 120] {
            let window = stage.market.window(symbol(place)).unwrap();
            lock(&window).hear_trades();
            lock(&window).load_trades(Vec::new());
            assert!(!lock(&window).needs().trades);
        }
        let asked = stage.watch((0..150).filter(|n| *n != 130));
        assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [49]);
        let needs = |place| {
            let window = stage.market.window(symbol(place)).unwrap();
            lock(&window).hear_trades();
            lock(&window).needs().trades
        };
        assert!(needs(120), "its group was away for a moment");
        assert!(!needs(0), "the other group never was");
        assert!(lock(&stage.market.window(symbol(0)).unwrap()).candles(Timeframe::M1).is_empty());
    }

    #[tokio::test]
    async fn many_small_groups_are_dealt_out_anew() {
        let mut stage = Stage::new();
        stage.watch(0..150);
        for last in 151..159 {
            assert_eq!(stage.watch(0..last).len(), 1, "{last}");
        }
        let asked = stage.watch(0..159);
        assert_eq!(asked.iter().map(Vec::len).collect::<Vec<_>>(), [100, 59], "all of them in two");
        assert_eq!(stage.streams.symbols().len(), 159);
    }

    #[tokio::test]
    async fn a_given_up_connection_that_was_lost_leaves_no_feed_down_for_ever() {
        let mut stage = Stage::new();
        stage.watch(0..2);
        stage.board.answered();
        stage.board.stream_lost(0, "closed");
        assert!(matches!(stage.board.feed(), Feed::Unreachable { .. }));
        stage.watch(0..1);
        // Told before it was given up, heard after.
        stage.board.stream_lost(0, "closed");
        stage.board.answered();
        assert_eq!(stage.board.feed(), Feed::Live { venue: Venue::Sim });
    }
}

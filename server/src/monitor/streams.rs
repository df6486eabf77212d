//! The streams of the watched symbols: a contract that comes or goes disturbs no other.

use std::{collections::HashSet, sync::Arc};

use schema::Symbol;
use tokio::sync::mpsc;
use venue::{Exchange, ReceivedEvent, Subscription};

use super::board::Board;

/// The streams of the watched symbols.
pub(crate) struct Streams {
    exchange: Arc<dyn Exchange>,
    board: Board,
    events: mpsc::Sender<ReceivedEvent>,
    subscription: Option<Subscription>,
}

impl Streams {
    /// No stream yet.
    pub(crate) const fn new(exchange: Arc<dyn Exchange>, board: Board, events: mpsc::Sender<ReceivedEvent>) -> Self {
        Self { exchange, board, events, subscription: None }
    }

    /// The symbols that are watched.
    pub(crate) fn symbols(&self) -> HashSet<Symbol> {
        self.subscription.iter().flat_map(Subscription::symbols).collect()
    }

    /// Watches exactly these symbols, in this order where they are new. Says whether anything changed.
    pub(crate) fn watch(&mut self, symbols: &[Symbol]) -> bool {
        let Some(subscription) = &mut self.subscription else {
            if symbols.is_empty() {
                return false;
            }
            self.subscription = Some(self.exchange.watch(symbols.to_vec(), self.events.clone()));
            return true;
        };
        let updated = subscription.update(symbols);
        self.board.streams_retired(updated.ended);
        updated.changed
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Mutex};

    use cache::Clock;
    use engine::{History, Loaded};
    use schema::{UnixMs, Venue, health::Feed};
    use tokio::task::JoinSet;
    use venue::{
        Accounts, Answer, Instrument, Interval, MarketEvent, OpenInterest, PaidFunding, Pause, Share, Ticker,
        WatchedSymbols,
    };

    use super::*;
    use crate::{
        market::{example::instrument, lock},
        monitor::{board::Watched, example::Stage as Engine},
    };

    /// Symbols of one connection.
    const PER_CONNECTION: usize = 100;

    /// An exchange that only notes which connections are opened, and what each of them is to watch.
    #[derive(Default)]
    struct Silent {
        opened: Arc<Mutex<Vec<WatchedSymbols>>>,
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
        fn candles(&self, _: Symbol, _: Interval, _: u16) -> Answer<'_, Vec<venue::Kline>> {
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
        fn watch(&self, symbols: Vec<Symbol>, _: mpsc::Sender<ReceivedEvent>) -> Subscription {
            let opened = Arc::clone(&self.opened);
            let open = move |watched: WatchedSymbols, _: usize| {
                let mut opened = opened.lock().unwrap();
                opened.push(watched);
                let mut tasks = JoinSet::new();
                tasks.spawn(pending::<()>());
                (opened.len() - 1..opened.len(), tasks)
            };
            let share = Share { symbols: PER_CONNECTION, chars: usize::MAX, chars_of: |_| 0 };
            Subscription::new(&symbols, share, Box::new(open))
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
        engine: Engine,
        board: Board,
        streams: Streams,
    }

    impl Stage {
        fn new() -> Self {
            let exchange = Arc::new(Silent::default());
            let engine = Engine::new(&[]);
            let board = Board::new(Clock::System, Venue::Bybit);
            let (events, _) = mpsc::channel(1);
            let shared: Arc<dyn Exchange> = exchange.clone();
            let streams = Streams::new(Arc::clone(&shared), board.clone(), events);
            board.begin(
                Watched { market: Arc::clone(&engine.market), exchange: shared },
                Feed::Live { venue: Venue::Sim },
            );
            Self { exchange, engine, board, streams }
        }

        /// Watches these; returns what each connection is to watch that was opened, or changed, for it.
        fn watch(&mut self, places: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
            let symbols: Vec<Symbol> = places.map(symbol).collect();
            let instruments = symbols.iter().map(|symbol| instrument(symbol.as_str())).collect();
            self.engine.load(Loaded::Universe { instruments, linear_symbols: 0, history: History::Fetched });
            let mut opened = self.exchange.opened.lock().unwrap();
            opened.iter_mut().for_each(WatchedSymbols::mark_unchanged);
            let before = opened.len();
            drop(opened);
            let changed = self.streams.watch(&symbols);
            let opened = self.exchange.opened.lock().unwrap();
            let touched =
                |place: usize, watched: &WatchedSymbols| place >= before || watched.has_changed().unwrap_or(false);
            let touched: Vec<_> = opened
                .iter()
                .enumerate()
                .filter(|(place, watched)| touched(*place, watched))
                .map(|(place, watched)| (place, watched.borrow().len()))
                .collect();
            assert!(changed || touched.is_empty());
            touched
        }
    }

    #[tokio::test]
    async fn a_new_contract_joins_a_connection_that_has_room() {
        let mut stage = Stage::new();
        assert_eq!(stage.watch(0..150), [(0, 100), (1, 50)]);
        assert_eq!(stage.watch(0..150), [], "nothing changed");
        assert!(!stage.streams.watch(&(0..150).map(symbol).collect::<Vec<_>>()));
        assert_eq!(stage.watch((0..150).chain([700])), [(1, 51)]);
        assert_eq!(stage.watch((0..150).chain([700]).chain(800..850)), [(1, 100), (2, 1)]);
    }

    #[tokio::test]
    async fn a_delisted_contract_leaves_the_trades_and_books_of_all_others_as_they_are() {
        let mut stage = Stage::new();
        stage.watch(0..150);
        stage.engine.event(UnixMs(1), MarketEvent::Hearing { symbols: (0..150).map(symbol).collect() });
        for place in 0..150 {
            stage.engine.load(Loaded::Trades { symbol: symbol(place), trades: Vec::new() });
        }
        assert_eq!(stage.watch((0..150).filter(|n| *n != 130)), [(1, 49)]);
        for place in (0..150).filter(|n| *n != 130) {
            let window = stage.engine.market.window(symbol(place)).unwrap();
            assert!(!lock(&window).needs().trades, "{place} missed nothing");
        }
        assert_eq!(stage.streams.symbols().len(), 149);
    }

    #[tokio::test]
    async fn many_swaps_at_the_border_of_the_universe_open_no_connection() {
        let mut stage = Stage::new();
        stage.watch(0..150);
        for last in 150..400 {
            assert_eq!(stage.watch((0..149).chain([last])), [(1, 50)], "{last}");
        }
        assert_eq!(stage.exchange.opened.lock().unwrap().len(), 2);
        assert_eq!(stage.streams.symbols().len(), 150);
    }

    #[tokio::test]
    async fn a_given_up_connection_that_was_lost_leaves_no_feed_down_for_ever() {
        let mut stage = Stage::new();
        stage.watch(0..101);
        stage.board.answered();
        stage.board.stream_lost(1, "closed");
        assert!(matches!(stage.board.feed(), Feed::Unreachable { .. }));
        stage.watch(0..100);
        // It was sent before the connection was given up, and is received after.
        stage.board.stream_lost(1, "closed");
        stage.board.answered();
        assert_eq!(stage.board.feed(), Feed::Live { venue: Venue::Sim });
    }
}

//! An exchange for tests of tasks: answers what a test prepares and counts what it is asked for.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    sync::{Arc, Mutex},
};

use schema::{Symbol, Trade, UnixMs, Venue};
use tokio::{sync::mpsc, task::JoinSet};
use venue::{
    Accounts, Answer, Exchange, Instrument, Interval, Kline, OpenInterest, PaidFunding, Pause, ReceivedEvent, Share,
    Subscription, Ticker, VenueError, WatchedSymbols,
};

use crate::market::example::{instrument, ticker};

/// How a request is refused.
type Refusal = fn() -> VenueError;

/// An exchange that counts.
#[derive(Default)]
pub(crate) struct Double {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    listed: Vec<Instrument>,
    tickers: Vec<(Symbol, Ticker)>,
    asked: HashMap<(String, &'static str), usize>,
    /// What was asked, each question about a contract at its first time.
    first: Vec<(String, &'static str)>,
    refused: HashMap<(String, &'static str), Refusal>,
    /// What each connection watches.
    connections: Vec<WatchedSymbols>,
    ever_watched: HashSet<Symbol>,
}

/// The refusal of a request that is wrong.
pub(crate) fn rejected() -> VenueError {
    VenueError::Rejected { url: "http://x".to_owned(), code: 10_001, message: "params error".to_owned() }
}

impl Double {
    /// An exchange that lists nothing.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Refuses a question about a contract from now on.
    pub(crate) fn refuse(&self, symbol: &str, what: &'static str, refusal: Refusal) {
        self.state.lock().unwrap().refused.insert((symbol.to_owned(), what), refusal);
    }

    /// How often a question about a contract was asked.
    pub(crate) fn asked(&self, symbol: &str, what: &'static str) -> usize {
        self.state.lock().unwrap().asked.get(&(symbol.to_owned(), what)).copied().unwrap_or_default()
    }

    /// The questions that were asked, in the order in which each was asked first.
    pub(crate) fn first_asked(&self) -> Vec<(String, &'static str)> {
        self.state.lock().unwrap().first.clone()
    }

    /// Lists these contracts from now on, each with a price and a turnover.
    pub(crate) fn list(&self, symbols: impl IntoIterator<Item = String>) {
        let listed: Vec<Instrument> = symbols.into_iter().map(|symbol| instrument(&symbol)).collect();
        let mut state = self.state.lock().unwrap();
        let traded = Ticker { turnover_24h: Some(1e6), ..ticker(UnixMs(1)) };
        state.tickers = listed.iter().map(|row| (row.symbol, traded.clone())).collect();
        state.listed = listed;
    }

    /// Leaves the price of a contract out.
    pub(crate) fn drop_ticker(&self, symbol: &str) {
        self.state.lock().unwrap().tickers.retain(|(listed, _)| listed.as_str() != symbol);
    }

    /// How many symbols each connection watches, in the order in which they were opened.
    pub(crate) fn subscribed(&self) -> Vec<usize> {
        self.state.lock().unwrap().connections.iter().map(|watched| watched.borrow().len()).collect()
    }

    /// Every symbol that a connection was opened for.
    pub(crate) fn ever_watched(&self) -> HashSet<Symbol> {
        self.state.lock().unwrap().ever_watched.clone()
    }

    fn ask<T: Send + 'static>(&self, symbol: Symbol, what: &'static str, rows: Vec<T>) -> Answer<'_, Vec<T>> {
        let mut state = self.state.lock().unwrap();
        let key = (symbol.to_string(), what);
        let times = state.asked.entry(key.clone()).or_default();
        *times += 1;
        if *times == 1 {
            state.first.push(key.clone());
        }
        let refusal = state.refused.get(&key).copied();
        Box::pin(async move {
            match refusal {
                Some(refusal) => Err(refusal()),
                None => Ok(rows),
            }
        })
    }
}

impl Exchange for Double {
    fn venue(&self) -> Venue {
        Venue::Sim
    }
    fn instruments(&self) -> Answer<'_, Vec<Instrument>> {
        let listed = self.state.lock().unwrap().listed.clone();
        Box::pin(async move { Ok(listed) })
    }
    fn tickers(&self) -> Answer<'_, Vec<(Symbol, Ticker)>> {
        let tickers = self.state.lock().unwrap().tickers.clone();
        Box::pin(async move { Ok(tickers) })
    }
    fn candles(&self, symbol: Symbol, _: Interval, _: u16) -> Answer<'_, Vec<Kline>> {
        self.ask(symbol, "candles", Vec::new())
    }
    fn recent_trades(&self, symbol: Symbol, _: u16) -> Answer<'_, Vec<Trade>> {
        self.ask(symbol, "trades", Vec::new())
    }
    fn open_interest(&self, symbol: Symbol, _: u16) -> Answer<'_, Vec<OpenInterest>> {
        self.ask(symbol, "open interest", vec![OpenInterest { at: UnixMs(1), coins: 5.0 }])
    }
    fn funding_history(&self, symbol: Symbol, _: u16) -> Answer<'_, Vec<PaidFunding>> {
        self.ask(symbol, "paid funding", vec![PaidFunding { at: UnixMs(1), rate: 0.0001 }])
    }
    fn accounts(&self, symbol: Symbol, _: u16) -> Answer<'_, Vec<Accounts>> {
        self.ask(symbol, "accounts", vec![Accounts { at: UnixMs(1), long: 0.5 }])
    }
    fn watch(&self, symbols: Vec<Symbol>, _: mpsc::Sender<ReceivedEvent>) -> Subscription {
        let state = Arc::clone(&self.state);
        let open = move |watched: WatchedSymbols, _: usize| {
            let mut state = state.lock().unwrap();
            state.ever_watched.extend(watched.borrow().iter().copied());
            state.connections.push(watched);
            let mut tasks = JoinSet::new();
            tasks.spawn(pending::<()>());
            (state.connections.len() - 1..state.connections.len(), tasks)
        };
        let share = Share { symbols: usize::MAX, chars: usize::MAX, chars_of: |_| 0 };
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

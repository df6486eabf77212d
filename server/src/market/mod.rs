//! What is known of every watched symbol right now: bounded windows that the stream fills and the scan reads.
//!
//! Nothing here scores, caches or talks to anyone. A [`Window`] is one symbol's; [`Market`] is all of them.

pub(crate) mod book;
pub(crate) mod candles;
pub(crate) mod confirm;
pub(crate) mod flow;
pub(crate) mod positions;
pub(crate) mod recent;
pub(crate) mod retry;
pub(crate) mod series;
pub(crate) mod universe;
pub(crate) mod window;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use schema::{Symbol, UnixMs, Venue, universe::FailingRequest};
use venue::{Instrument, MarketEvent};

pub(crate) use window::Window;

/// How far an exchange's clock may be ahead of ours without a word: nobody sees a second, and trades keep their minute.
const AHEAD_MS: i64 = 1_000;

/// Every watched symbol.
#[derive(Debug)]
pub(crate) struct Market {
    venue: Venue,
    windows: RwLock<HashMap<Symbol, Arc<Mutex<Window>>>>,
    linear_symbols: std::sync::atomic::AtomicU32,
    /// Requests about contracts that fail, by the task that makes them.
    failing: Mutex<HashMap<&'static str, Vec<FailingRequest>>>,
}

impl Market {
    /// A market of which nothing is known.
    pub(crate) fn new(venue: Venue) -> Self {
        Self { venue, windows: RwLock::default(), linear_symbols: 0.into(), failing: Mutex::default() }
    }

    /// Where its data comes from.
    pub(crate) const fn venue(&self) -> Venue {
        self.venue
    }

    /// Contracts the venue lists, watched or not.
    pub(crate) fn linear_symbols(&self) -> u32 {
        self.linear_symbols.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Watches exactly these instruments; windows of symbols that stay are kept.
    pub(crate) fn watch(&self, instruments: Vec<Instrument>, linear_symbols: u32) {
        self.linear_symbols.store(linear_symbols, std::sync::atomic::Ordering::Relaxed);
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        let mut old = std::mem::take(&mut *windows);
        for instrument in instruments {
            let symbol = instrument.symbol;
            let window = match old.remove(&symbol) {
                Some(window) => {
                    lock(&window).instrument = instrument;
                    window
                }
                None => Arc::new(Mutex::new(Window::new(instrument))),
            };
            windows.insert(symbol, window);
        }
    }

    /// Notes which requests about contracts a task makes in vain.
    pub(crate) fn note_failing(&self, task: &'static str, failing: Vec<FailingRequest>) {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).insert(task, failing);
    }

    /// Requests about contracts that fail.
    pub(crate) fn failing(&self) -> Vec<FailingRequest> {
        let noted = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failing: Vec<_> = noted.values().flatten().cloned().collect();
        failing.sort_by(|a, b| a.symbol.cmp(&b.symbol).then_with(|| a.what.cmp(&b.what)));
        failing
    }

    /// One symbol's window.
    pub(crate) fn window(&self, symbol: Symbol) -> Option<Arc<Mutex<Window>>> {
        self.windows.read().unwrap_or_else(PoisonError::into_inner).get(&symbol).cloned()
    }

    /// Every window.
    pub(crate) fn windows(&self) -> Vec<Arc<Mutex<Window>>> {
        self.windows.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Symbols whose history is complete, and all of them.
    pub(crate) fn progress(&self) -> (u32, u32) {
        let windows = self.windows();
        let ready = windows.iter().filter(|window| lock(window).is_loaded()).count();
        (u32::try_from(ready).unwrap_or(u32::MAX), u32::try_from(windows.len()).unwrap_or(u32::MAX))
    }

    /// Lets the history of every symbol be asked for again.
    pub(crate) fn ask_again(&self) {
        for window in self.windows() {
            lock(&window).ask_again();
        }
    }

    /// Takes in what the stream told, heard at `now`.
    ///
    /// What is later than that comes from a clock that is ahead, and would look young long after the exchange fell silent: it is
    /// taken for what happens now.
    ///
    /// Returns the contract whose book contradicts itself since, and has to be fetched again.
    pub(crate) fn apply(&self, event: MarketEvent, now: UnixMs) -> Option<Symbol> {
        let heard = |at: UnixMs| if at.0 > now.0.saturating_add(AHEAD_MS) { now } else { at };
        match event {
            MarketEvent::Ticker { symbol, mut ticker } => {
                ticker.at = heard(ticker.at);
                self.with(symbol, |window| window.take_ticker(*ticker));
            }
            MarketEvent::Candle { symbol, timeframe, candle, closed, at } => {
                self.with(symbol, |window| window.take_candle(timeframe, candle, closed, heard(at)));
            }
            MarketEvent::Trades { symbol, mut trades } => {
                trades.iter_mut().for_each(|trade| trade.at = heard(trade.at));
                self.with(symbol, |window| window.take_trades(trades));
            }
            MarketEvent::Book { symbol, at, change } => {
                let window = self.window(symbol)?;
                let taken = lock(&window).take_book(heard(at), change);
                return taken.is_err().then_some(symbol);
            }
            MarketEvent::Liquidations { symbol, liquidations } => {
                self.with(symbol, |window| window.positions.take_liquidations(&liquidations));
            }
            // The adapter asks for a silent stream again by itself, and tells of a silent book as lost.
            MarketEvent::Silent { .. } | MarketEvent::Connected { .. } => {}
            MarketEvent::Hearing { symbols } => {
                for symbol in symbols.iter() {
                    self.with(*symbol, Window::hear_trades);
                }
            }
            MarketEvent::Missed { symbol } => self.with(symbol, Window::miss_trades),
            MarketEvent::Lost { symbols, trades, .. } => {
                let lose = if trades { Window::lose } else { Window::lose_book };
                for symbol in symbols.iter() {
                    self.with(*symbol, lose);
                }
            }
        }
        None
    }

    fn with(&self, symbol: Symbol, f: impl FnOnce(&mut Window)) {
        if let Some(window) = self.window(symbol) {
            f(&mut lock(&window));
        }
    }
}

/// Locks a window. A panic elsewhere while it was held leaves measured values behind, which stay usable.
pub(crate) fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What tests of this crate watch.
#[cfg(test)]
pub(crate) mod example {
    use schema::{Symbol, UnixMs};
    use venue::{Instrument, Ticker};

    /// A contract that is listed and trades.
    pub(crate) fn instrument(symbol: &str) -> Instrument {
        Instrument {
            symbol: Symbol::new(symbol).unwrap(),
            base: symbol.trim_end_matches("USDT").to_owned(),
            quote: "USDT".to_owned(),
            perpetual: true,
            trading: true,
            status: "Trading".to_owned(),
            contract_type: "LinearPerpetual".to_owned(),
            kind: String::new(),
            tick: 0.1,
            launched_at: UnixMs(0),
            delivery_at: None,
        }
    }

    /// The state of a contract of which nothing but a price was told.
    pub(crate) fn ticker(at: UnixMs) -> Ticker {
        Ticker {
            at,
            last: 1.0,
            mark: None,
            index: None,
            prev_24h: None,
            prev_1h: None,
            high_24h: None,
            low_24h: None,
            volume_24h: None,
            turnover_24h: None,
            open_interest: None,
            funding: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use venue::BookChange;

    use super::{
        example::{instrument, ticker},
        *,
    };

    #[test]
    fn names_the_contract_whose_book_contradicts_itself() {
        let market = Market::new(Venue::Sim);
        market.watch(vec![instrument("BTCUSDT")], 1);
        let symbol = Symbol::new("BTCUSDT").unwrap();
        let level = |price| vec![schema::Level { price, size: 1.0 }];
        let apply = |change| market.apply(MarketEvent::Book { symbol, at: UnixMs(1), change }, UnixMs(1));
        assert_eq!(apply(BookChange::Snapshot { bids: level(9.0), asks: level(10.0) }), None);
        let crossing = BookChange::Delta { bids: level(11.0), asks: vec![] };
        assert_eq!(apply(crossing.clone()), Some(symbol));
        assert_eq!(apply(crossing), None, "it is named once; what follows waits for the snapshot");
        assert!(lock(&market.window(symbol).unwrap()).input().is_none_or(|input| input.book.is_none()));
    }

    /// With a clock that is 90 s ahead, a market that fell silent would have been called fresh for 90 s more.
    #[test]
    fn an_exchange_whose_clock_is_ahead_does_not_make_its_figures_younger() {
        let market = Market::new(Venue::Sim);
        market.watch(vec![instrument("BTCUSDT")], 1);
        let symbol = Symbol::new("BTCUSDT").unwrap();
        let as_of = |at: i64, now: i64| {
            market.apply(MarketEvent::Ticker { symbol, ticker: Box::new(ticker(UnixMs(at))) }, UnixMs(now));
            lock(&market.window(symbol).unwrap()).as_of().unwrap().0
        };
        assert_eq!(as_of(10_000, 10_050), 10_000);
        assert_eq!(as_of(10_400, 10_100), 10_400, "a few hundred milliseconds are no matter");
        assert_eq!(as_of(110_000, 20_000), 20_000);
        assert_eq!(as_of(20_010, 110_000), 20_010, "one that is behind looks old, which is no lie");
    }
}

//! What a recording resumes from: the present state in as few inputs as say it.

use std::sync::Arc;

use schema::UnixMs;
use venue::{BookChange, Input, Loaded, MarketEvent};

use crate::{History, Market, Window, lock};

impl Market {
    /// Inputs that bring another engine to what is known now of contracts, their state, their books and which of their trades are
    /// subscribed. Candles, trades and derivatives data are fetched again.
    #[must_use]
    pub fn resumed(&self, received: UnixMs) -> Vec<Input> {
        let windows = self.windows();
        let instruments = windows.iter().map(|window| lock(window).instrument().clone()).collect();
        let loaded = Loaded::Universe { instruments, linear_symbols: self.linear_symbols(), history: History::Fetched };
        let mut inputs = vec![Input::Loaded { received, loaded }];
        inputs.extend(windows.iter().flat_map(|window| of_contract(&lock(window), received)));
        inputs
    }
}

fn of_contract(window: &Window, received: UnixMs) -> Vec<Input> {
    let symbol = window.instrument().symbol;
    let mut events = Vec::new();
    if window.is_subscribed() {
        events.push(MarketEvent::Hearing { symbols: Arc::new([symbol]) });
    }
    if let Some(ticker) = window.ticker() {
        events.push(MarketEvent::Ticker { symbol, ticker: Box::new(ticker.clone()) });
    }
    if let Some(book) = window.input().and_then(|input| input.book) {
        let change = BookChange::Snapshot { bids: book.bids.to_vec(), asks: book.asks.to_vec() };
        events.push(MarketEvent::Book { symbol, at: book.at, change });
    }
    events.into_iter().map(|event| Input::Event { received, event }).collect()
}

//! Takes in what happened, in order, and gives out what follows.

mod saved;

use std::{num::NonZeroUsize, sync::Arc};

use analysis::signal::Thresholds;
use schema::{Symbol, UnixMs};
use venue::{Kline, MarketEvent};

use crate::{
    Input, Loaded, Market, Output, Window,
    ideas::{self, IdeaBook, lock_ideas},
    lock,
    threads::{Threads, ThreadsError},
    window::{Decided, TOLERANCE_MS},
};

pub use saved::RestoreError;

/// How far an exchange's clock may be ahead of ours: nobody sees a second, and trades keep their minute.
const AHEAD_MS: i64 = 1_000;

/// The one writer of a [`Market`].
#[derive(Debug)]
pub struct Engine {
    market: Arc<Market>,
    thresholds: Thresholds,
    ideas: IdeaBook,
    /// The newest exchange time of any contract: by it bars end, whatever the clock of this machine says.
    market_time: Option<UnixMs>,
    threads: Threads,
}

impl Engine {
    /// An engine that has taken in nothing yet.
    #[must_use]
    pub const fn new(market: Arc<Market>, thresholds: Thresholds, ideas: IdeaBook) -> Self {
        Self { market, thresholds, ideas, market_time: None, threads: Threads::One }
    }

    /// Shares out over so many threads what is decided of many contracts at once. What is given out stays the same.
    ///
    /// # Errors
    ///
    /// What the system says where it gives no threads.
    pub fn on_threads(self, threads: NonZeroUsize) -> Result<Self, ThreadsError> {
        Ok(Self { threads: Threads::of(threads)?, ..self })
    }

    /// Takes in one input and gives out what follows from it, in order.
    pub fn step(&mut self, input: Input, out: &mut impl FnMut(Output)) {
        match input {
            Input::Event { received, event } => self.take_event(event, received, out),
            Input::Loaded { received, loaded } => self.take_loaded(loaded, received),
            Input::Second(second) => self.take_second(second, out),
        }
    }

    /// Takes in an event of the stream.
    ///
    /// What is later than when it was received comes from a clock that is ahead, and would look young long after the exchange fell
    /// silent: it counts as what happens now.
    fn take_event(&mut self, event: MarketEvent, received: UnixMs, out: &mut impl FnMut(Output)) {
        let latest = UnixMs(received.0.saturating_add(AHEAD_MS));
        let mut stamped = |at: UnixMs| {
            let at = if at > latest { received } else { at };
            self.market_time = self.market_time.max(Some(at));
            at
        };
        match event {
            MarketEvent::Ticker { symbol, mut ticker } => {
                ticker.at = stamped(ticker.at);
                self.with(symbol, |window| window.take_ticker(*ticker));
            }
            MarketEvent::Candle { symbol, timeframe, candle, taker_buy, closed, at } => {
                let at = stamped(at);
                self.with(symbol, |window| window.take_candle(timeframe, Kline { candle, taker_buy }, closed, at));
            }
            MarketEvent::Trades { symbol, mut trades } => {
                trades.iter_mut().for_each(|trade| trade.at = stamped(trade.at));
                self.with(symbol, |window| window.take_trades(trades));
            }
            MarketEvent::Book { symbol, at, change } => {
                let at = stamped(at);
                let Some(window) = self.market.window(symbol) else { return };
                if lock(&window).take_book(at, change).is_err() {
                    out(Output::BookWrong { symbol });
                }
            }
            MarketEvent::Liquidations { symbol, liquidations } => {
                self.with(symbol, |window| window.derivatives.take_liquidations(&liquidations));
            }
            // The adapter asks for a silent stream again by itself, and reports a silent book as lost.
            MarketEvent::Silent { .. } | MarketEvent::Connected { .. } => {}
            MarketEvent::Hearing { symbols } => {
                for symbol in symbols.iter() {
                    self.with(*symbol, Window::resume_trades);
                }
            }
            MarketEvent::Missed { symbol } => self.with(symbol, Window::miss_trades),
            MarketEvent::Lost { symbols, trades, .. } => {
                for symbol in symbols.iter() {
                    self.with(
                        *symbol,
                        |window| {
                            if trades { window.lose(received) } else { window.lose_book(received) }
                        },
                    );
                }
            }
        }
    }

    fn take_loaded(&mut self, loaded: Loaded, received: UnixMs) {
        match loaded {
            Loaded::Universe { instruments, linear_symbols, history } => {
                self.market.watch(instruments, linear_symbols, history);
            }
            Loaded::Tickers(tickers) => {
                for (symbol, ticker) in tickers {
                    self.with(symbol, |window| {
                        // The stream is newer than the list once it has sent something.
                        if window.ticker.is_none() {
                            window.take_ticker(ticker);
                        }
                    });
                }
            }
            Loaded::Candles { symbol, timeframe, limit, candles } => {
                self.with(symbol, |window| window.load_candles(timeframe, limit, &candles));
            }
            Loaded::Trades { symbol, trades } => self.with(symbol, |window| window.load_trades(&trades)),
            Loaded::OpenInterest { symbol, points } => {
                self.with(symbol, |window| window.derivatives.load_open_interest(points, received));
            }
            Loaded::Funding { symbol, points } => {
                self.with(symbol, |window| window.derivatives.load_funding(points, received));
            }
            Loaded::Accounts { symbol, points } => {
                self.with(symbol, |window| window.derivatives.load_accounts(points, received));
            }
            Loaded::FetchAgain => self.market.windows().iter().for_each(|window| lock(window).fetch_again()),
        }
    }

    fn take_second(&self, second: UnixMs, out: &mut impl FnMut(Output)) {
        let Some(market_time) = self.market_time else { return };
        let settled_until = UnixMs(market_time.0 - TOLERANCE_MS);
        let followed = lock_ideas(&self.ideas).followed();
        for symbol in followed {
            self.with(symbol, |window| ideas::follow(&self.ideas, window, settled_until, out));
        }
        while self.decide(second, market_time, out) {}
        lock_ideas(&self.ideas).give_up(settled_until, &mut |event| out(Output::Idea(event)));
    }

    /// Decides the bars that are due; whether any was recorded, so that the one behind it may be due as well.
    fn decide(&self, second: UnixMs, market_time: UnixMs, out: &mut impl FnMut(Output)) -> bool {
        let windows = self.market.windows();
        let decided = self.threads.map_ordered(
            &windows,
            |window| lock(window).is_due(market_time),
            |window| lock(window).decide(second, market_time, &self.thresholds),
        );
        let mut is_any_recorded = false;
        for (window, decided) in windows.iter().zip(decided).filter(|(_, decided)| !decided.is_empty()) {
            let window = lock(window);
            let symbol = window.instrument.symbol;
            for decided in decided {
                match decided {
                    Decided::Recorded { recorded, before } => {
                        is_any_recorded = true;
                        out(Output::BarClosed { symbol, recorded: Arc::clone(&recorded) });
                        ideas::close_bar(&self.ideas, &window, before.as_deref(), &recorded, out);
                    }
                    Decided::Missing { bar_closed_at, why } => {
                        out(Output::BarMissed { symbol, bar_closed_at, decided_at: second, why });
                    }
                }
            }
        }
        is_any_recorded
    }

    fn with(&self, symbol: Symbol, f: impl FnOnce(&mut Window)) {
        if let Some(window) = self.market.window(symbol) {
            f(&mut lock(&window));
        }
    }
}

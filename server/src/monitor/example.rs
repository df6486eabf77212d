//! What tests of the tasks watch: a market whose engine they step by hand.

use std::sync::Arc;

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Engine, History, Input, Loaded, Market, idea_book, kept};
use schema::{Symbol, Timeframe, UnixMs, Venue};
use venue::{MarketEvent, Ticker};

use super::stepping::Loads;
use crate::market::example::{candle, instrument};

/// A market with its engine.
pub(crate) struct Stage {
    pub(crate) market: Arc<Market>,
    engine: Engine,
}

impl Stage {
    /// A market that watches these contracts.
    pub(crate) fn new(symbols: &[&str]) -> Self {
        let market = Arc::new(Market::new(Venue::Sim));
        let ideas = idea_book(&Thresholds::STANDARD, CostSettings::MEASURED.of(Venue::Sim));
        let mut stage = Self { engine: Engine::new(Arc::clone(&market), Thresholds::STANDARD, ideas), market };
        let instruments = symbols.iter().map(|symbol| instrument(symbol)).collect();
        stage.load(Loaded::Universe { instruments, linear_symbols: 0, history: History::Fetched });
        stage
    }

    /// Hands an answer in.
    pub(crate) fn load(&mut self, loaded: Loaded) {
        self.step(Input::Loaded { received: UnixMs(0), loaded });
    }

    /// Hands an event in.
    pub(crate) fn event(&mut self, received: UnixMs, event: MarketEvent) {
        self.step(Input::Event { received, event });
    }

    /// Hands a ticker in.
    pub(crate) fn ticker(&mut self, symbol: Symbol, ticker: Ticker) {
        self.event(ticker.at, MarketEvent::Ticker { symbol, ticker: Box::new(ticker) });
    }

    /// Lets a second begin.
    pub(crate) fn second(&mut self, at: UnixMs) {
        self.step(Input::Second(at));
    }

    fn step(&mut self, input: Input) {
        self.engine.step(input, &mut |_| {});
    }

    /// Loads an hour of candles of a contract that ends at a moment.
    pub(crate) fn load_hour(&mut self, symbol: Symbol, end: UnixMs) {
        for (timeframe, n) in Timeframe::ALL.into_iter().zip([60, 12, 2, 1]) {
            let until = end.floor(timeframe.ms());
            let row = |n: i64| candle(until.0 - n * timeframe.ms(), 100.0).into();
            let candles = (1..=n).rev().map(row).collect();
            self.load(Loaded::Candles { symbol, timeframe, limit: kept(timeframe), candles });
        }
    }

    /// Closes a minute of a contract and lets its bar be decided.
    pub(crate) fn close_minute(&mut self, symbol: Symbol, start: UnixMs, close: f64) {
        let (end, timeframe) = (UnixMs(start.0 + 60_000), Timeframe::M1);
        let [before, after] = [end.0 - 1_000, end.0 + 1_500].map(UnixMs);
        self.event(
            before,
            MarketEvent::Candle {
                symbol,
                timeframe,
                candle: candle(start.0, close),
                taker_buy: None,
                closed: false,
                at: before,
            },
        );
        self.second(UnixMs(end.0 - 500));
        self.event(
            end,
            MarketEvent::Candle {
                symbol,
                timeframe,
                candle: candle(start.0, close),
                taker_buy: None,
                closed: true,
                at: end,
            },
        );
        self.event(
            after,
            MarketEvent::Candle {
                symbol,
                timeframe,
                candle: candle(end.0, close),
                taker_buy: None,
                closed: false,
                at: after,
            },
        );
        self.second(UnixMs(end.0 + 2_000));
    }

    /// Gives the engine to a task of its own, which takes in answers.
    pub(crate) fn loads(self) -> Loads {
        let (loads, mut answers) = Loads::new(cache::Clock::System);
        let mut engine = self.engine;
        tokio::spawn(async move { while answers.step_next(&mut engine).await {} });
        loads
    }
}

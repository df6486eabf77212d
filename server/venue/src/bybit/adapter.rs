//! The adapter: Bybit as an [`Exchange`].

use std::sync::Arc;

use futures_util::FutureExt;
use reqwest::Url;
use schema::{Candle, Symbol, Trade, Venue, universe::SkippedRows};
use tokio::{sync::mpsc, task::JoinSet};

use super::{BybitConfig, ConfigError, StreamConfig, http::Routes, limits::law, topic::shards, ws::Watch};
use crate::{
    Accounts, Answer, Exchange, Instrument, Interval, OpenInterest, PaidFunding, Pause, StreamCounters, Subscription,
    Ticker, Told,
    config::workable,
    http::{Http, is_loopback},
    intervals::FundingIntervals,
    record::Tap,
    sink::EventSink,
    ws::keep,
};

/// Bybit's linear contracts, or what speaks like them.
#[derive(Debug)]
pub struct Bybit {
    venue: Venue,
    routes: Routes,
    ws_url: Url,
    stream: StreamConfig,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
    tap: Tap,
}

impl Bybit {
    /// An adapter; nothing is asked of the exchange yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when an address is none, or would be asked without encryption outside this machine.
    pub fn new(config: BybitConfig) -> Result<Self, ConfigError> {
        let (base, ws_url) = config.urls()?;
        let BybitConfig { venue, http, stream, tap, clock, .. } = config;
        workable(&http, &stream)?;
        let counters = Arc::new(StreamCounters::new(venue));
        let intervals = Arc::new(FundingIntervals::default());
        let law = law(is_loopback(&base));
        let http = Http::new(&base, venue, http, &law, tap.clone(), clock).map_err(ConfigError::Client)?;
        let routes = Routes::new(http, base, Arc::clone(&counters), Arc::clone(&intervals));
        Ok(Self { venue, routes, ws_url, stream, counters, intervals, tap })
    }

    /// The counters of its streams, live.
    #[must_use]
    pub fn counters(&self) -> Arc<StreamCounters> {
        Arc::clone(&self.counters)
    }
}

impl Exchange for Bybit {
    fn venue(&self) -> Venue {
        self.venue
    }

    fn instruments(&self) -> Answer<'_, Vec<Instrument>> {
        self.routes.instruments().boxed()
    }

    fn tickers(&self) -> Answer<'_, Vec<(Symbol, Ticker)>> {
        self.routes.tickers().boxed()
    }

    fn candles(&self, symbol: Symbol, interval: Interval, limit: u16) -> Answer<'_, Vec<Candle>> {
        self.routes.candles(symbol, interval, limit).boxed()
    }

    fn recent_trades(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<Trade>> {
        self.routes.recent_trades(symbol, limit).boxed()
    }

    fn open_interest(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<OpenInterest>> {
        self.routes.open_interest(symbol, limit).boxed()
    }

    fn funding_history(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<PaidFunding>> {
        self.routes.funding_history(symbol, limit).boxed()
    }

    fn accounts(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<Accounts>> {
        self.routes.accounts(symbol, limit).boxed()
    }

    fn watch(&self, symbols: Vec<Symbol>, events: mpsc::Sender<Told>) -> Subscription {
        let mut tasks = JoinSet::new();
        let shards = shards(&symbols, self.stream.symbols_per_connection, self.stream.args_max_chars);
        let first = self.counters.number_connections(shards.len());
        for (connection, shard) in (first..).zip(shards) {
            let dialogue = Watch::new(&shard, self.stream.clone(), Arc::clone(&self.intervals));
            let sink = EventSink::new(connection, events.clone(), Arc::clone(&self.counters));
            tasks.spawn(keep(self.ws_url.clone(), dialogue, self.stream.clone(), sink, self.tap.clone()));
        }
        Subscription::new(first, tasks)
    }

    fn pause(&self) -> Option<Pause> {
        self.routes.pause()
    }

    fn clock_skew_ms(&self) -> Option<i64> {
        self.counters.clock_skew_ms()
    }

    fn counters(&self) -> schema::health::StreamCounters {
        self.counters.snapshot()
    }

    fn skipped_rows(&self) -> Vec<SkippedRows> {
        self.counters.skipped_rows()
    }
}

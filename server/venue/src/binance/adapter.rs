//! The adapter: Binance as an [`Exchange`].

use std::sync::Arc;

use futures_util::FutureExt;
use schema::{Candle, Symbol, Trade, Venue, universe::SkippedRows};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    BinanceConfig, ConfigError, StreamConfig,
    depth::Books,
    http::Routes,
    limits::{DATA_LIMIT, law},
    topic::{Root, shards},
    ws::Watch,
};
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

/// Binance's USDT-M futures, or what speaks like them.
#[derive(Debug)]
pub struct Binance {
    venue: Venue,
    routes: Arc<Routes>,
    roots: [(Root, reqwest::Url); 2],
    stream: StreamConfig,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
    tap: Tap,
}

impl Binance {
    /// An adapter; nothing is asked of the exchange yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when an address is none, or would be asked without encryption outside this machine.
    pub fn new(config: BinanceConfig) -> Result<Self, ConfigError> {
        let base = config.rest()?;
        let roots = [(Root::Market, config.streams(Root::Market)?), (Root::Public, config.streams(Root::Public)?)];
        let BinanceConfig { venue, http, stream, tap, clock, .. } = config;
        workable(&http, &stream)?;
        let counters = Arc::new(StreamCounters::new(venue));
        let intervals = Arc::new(FundingIntervals::default());
        let law = law(is_loopback(&base));
        let http = Http::new(&base, venue, http, &law, tap.clone(), clock).map_err(ConfigError::Client)?;
        let routes = Arc::new(Routes::new(http, base, Arc::clone(&counters), Arc::clone(&intervals)));
        Ok(Self { venue, routes, roots, stream, counters, intervals, tap })
    }

    /// The counters of its streams, live.
    #[must_use]
    pub fn counters(&self) -> Arc<StreamCounters> {
        Arc::clone(&self.counters)
    }
}

impl Exchange for Binance {
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
        let shards = shards(&symbols, self.stream.symbols_per_connection);
        let first = self.counters.number_connections(shards.len() * self.roots.len());
        let mut connection = first;
        for shard in shards {
            for (root, url) in &self.roots {
                let (books, fetcher) = Books::new(shard.len());
                let dialogue = Watch::new(*root, &shard, self.stream.clone(), Arc::clone(&self.intervals), books);
                let sink = EventSink::new(connection, events.clone(), Arc::clone(&self.counters));
                let (url, stream, routes) = (url.clone(), self.stream.clone(), Arc::clone(&self.routes));
                let tap = self.tap.clone();
                tasks.spawn(async move {
                    let fetching = fetcher.run(routes).then(|()| std::future::pending::<()>());
                    tokio::select! {
                        () = keep(url, dialogue, stream, sink, tap) => {}
                        () = fetching => {}
                    }
                });
                connection += 1;
            }
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

    fn derivatives_limit(&self) -> Option<u32> {
        Some(DATA_LIMIT)
    }
}

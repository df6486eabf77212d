//! The adapter: Bybit as an [`Exchange`].

use std::{ops::Range, sync::Arc};

use futures_util::{FutureExt, TryFutureExt};
use reqwest::Url;
use schema::{Symbol, Trade, UnixMs, Venue, universe::SkippedRows};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    BybitConfig, ConfigError, StreamConfig,
    http::Routes,
    limits::law,
    topic::{Channel, Topic},
    ws::Watch,
};
use crate::{
    Accounts, Answer, Exchange, Instrument, Interval, Kline, OpenInterest, PaidFunding, Past, Pause, ReceivedEvent,
    Share, StreamCounters, Subscription, Ticker, WatchedSymbols, config::workable, http::Http,
    intervals::FundingIntervals, loopback::is_loopback, proxy::Dialer, record::Tap, resync::Resyncs, sink::EventSink,
    ws::Keeper,
};

/// Bybit's linear contracts, or what speaks like them.
#[derive(Debug)]
pub struct Bybit {
    venue: Venue,
    routes: Routes,
    ws_url: Url,
    dialer: Dialer,
    stream: StreamConfig,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
    resyncs: Arc<Resyncs>,
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
        let BybitConfig { venue, http, stream, tap, clock, proxies, .. } = config;
        workable(&http, &stream)?;
        let counters = Arc::new(StreamCounters::new(venue));
        let intervals = Arc::new(FundingIntervals::default());
        let law = law(is_loopback(&base));
        let http = Http::new(&base, venue, http, &law, tap.clone(), clock, &proxies)?;
        let routes = Routes::new(http, base, Arc::clone(&counters), Arc::clone(&intervals));
        let dialer = Dialer::new(proxies.for_url(&ws_url)?);
        Ok(Self { venue, routes, ws_url, dialer, stream, counters, intervals, resyncs: Arc::default(), tap })
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

    fn candles(&self, symbol: Symbol, interval: Interval, limit: u16) -> Answer<'_, Vec<Kline>> {
        let candles = self.routes.candles(symbol, interval, limit);
        candles.map_ok(|candles| candles.into_iter().map(Kline::from).collect()).boxed()
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

    fn watch(&self, symbols: Vec<Symbol>, events: mpsc::Sender<ReceivedEvent>) -> Subscription {
        let (url, dialer, tap) = (self.ws_url.clone(), self.dialer.clone(), self.tap.clone());
        let (config, counters) = (self.stream.clone(), Arc::clone(&self.counters));
        let (intervals, resyncs) = (Arc::clone(&self.intervals), Arc::clone(&self.resyncs));
        let share = Share {
            symbols: config.symbols_per_connection,
            chars: config.args_max_chars,
            chars_of: |symbol| Channel::WATCHED.map(|channel| Topic { channel, symbol }.chars()).into_iter().sum(),
        };
        let open = move |wanted: WatchedSymbols, before: usize| {
            let connection = counters.number_connections(1);
            let keeper = Keeper {
                url: url.clone(),
                dialer: dialer.clone(),
                dialogue: Watch::new(config.clone(), Arc::clone(&intervals), Arc::clone(&resyncs)),
                wanted,
                config: config.clone(),
                sink: EventSink::new(connection, events.clone(), Arc::clone(&counters)),
                tap: tap.clone(),
                delay: config.start_delay(before),
            };
            let mut tasks = JoinSet::new();
            tasks.spawn(keeper.run());
            (connection..connection + 1, tasks)
        };
        Subscription::new(&symbols, share, Box::new(open))
    }

    fn resync_book(&self, symbol: Symbol) {
        self.resyncs.want(symbol);
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

impl Past for Bybit {
    fn candles_between(&self, symbol: Symbol, interval: Interval, range: Range<UnixMs>) -> Answer<'_, Vec<Kline>> {
        let candles = self.routes.candles_between(symbol, interval, range);
        candles.map_ok(|candles| candles.into_iter().map(Kline::from).collect()).boxed()
    }

    fn open_interest_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<OpenInterest>> {
        self.routes.open_interest_between(symbol, range).boxed()
    }

    fn funding_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<PaidFunding>> {
        self.routes.funding_between(symbol, range).boxed()
    }
}

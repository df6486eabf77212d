//! The adapter: Binance as an [`Exchange`].

use std::{ops::Range, sync::Arc};

use futures_util::FutureExt;
use schema::{Symbol, Trade, UnixMs, Venue, universe::SkippedRows};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    BinanceConfig, ConfigError, StreamConfig,
    depth::Books,
    http::Routes,
    limits::{DATA_LIMIT, law},
    topic::Root,
    ws::Watch,
};
use crate::{
    Accounts, Answer, Exchange, Instrument, Interval, Kline, OpenInterest, PaidFunding, Past, Pause, ReceivedEvent,
    Share, StreamCounters, Subscription, Ticker, WatchedSymbols, config::workable, http::Http,
    intervals::FundingIntervals, loopback::is_loopback, proxy::Dialer, record::Tap, resync::Resyncs, sink::EventSink,
    ws::Keeper,
};

/// Binance's USDT-M futures, or what speaks like them.
#[derive(Debug)]
pub struct Binance {
    venue: Venue,
    routes: Arc<Routes>,
    roots: [(Root, reqwest::Url); 2],
    dialer: Dialer,
    stream: StreamConfig,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
    resyncs: Arc<Resyncs>,
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
        let BinanceConfig { venue, http, stream, tap, clock, proxies, .. } = config;
        workable(&http, &stream)?;
        let counters = Arc::new(StreamCounters::new(venue));
        let intervals = Arc::new(FundingIntervals::default());
        let law = law(is_loopback(&base));
        let http = Http::new(&base, venue, http, &law, tap.clone(), clock, &proxies)?;
        let routes = Arc::new(Routes::new(http, base, Arc::clone(&counters), Arc::clone(&intervals)));
        // Both roots are at one host.
        let dialer = Dialer::new(proxies.for_url(&roots[0].1)?);
        Ok(Self { venue, routes, roots, dialer, stream, counters, intervals, resyncs: Arc::default(), tap })
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

    fn candles(&self, symbol: Symbol, interval: Interval, limit: u16) -> Answer<'_, Vec<Kline>> {
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

    fn watch(&self, symbols: Vec<Symbol>, events: mpsc::Sender<ReceivedEvent>) -> Subscription {
        let (roots, dialer, tap, routes) =
            (self.roots.clone(), self.dialer.clone(), self.tap.clone(), Arc::clone(&self.routes));
        let (config, counters) = (self.stream.clone(), Arc::clone(&self.counters));
        let (intervals, resyncs) = (Arc::clone(&self.intervals), Arc::clone(&self.resyncs));
        let share = Share { symbols: config.symbols_per_connection, chars: usize::MAX, chars_of: |_| 0 };
        let open = move |wanted: WatchedSymbols, before: usize| {
            let first = counters.number_connections(roots.len());
            let mut tasks = JoinSet::new();
            for (place, (root, url)) in roots.iter().enumerate() {
                let (books, fetcher) = Books::new(config.symbols_per_connection);
                let keeper = Keeper {
                    url: url.clone(),
                    dialer: dialer.clone(),
                    dialogue: Watch::new(*root, config.clone(), Arc::clone(&intervals), Arc::clone(&resyncs), books),
                    wanted: wanted.clone(),
                    config: config.clone(),
                    sink: EventSink::new(first + place, events.clone(), Arc::clone(&counters)),
                    tap: tap.clone(),
                    delay: config.start_delay(before + place),
                };
                let routes = Arc::clone(&routes);
                tasks.spawn(async move {
                    let fetch = |symbol| {
                        let routes = Arc::clone(&routes);
                        async move { routes.depth(symbol).await }
                    };
                    let fetching = fetcher.run(fetch).then(|()| std::future::pending::<()>());
                    tokio::select! {
                        () = keeper.run() => {}
                        () = fetching => {}
                    }
                });
            }
            (first..first + roots.len(), tasks)
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

    fn derivatives_limit(&self) -> Option<u32> {
        Some(DATA_LIMIT)
    }
}

impl Past for Binance {
    fn candles_between(&self, symbol: Symbol, interval: Interval, range: Range<UnixMs>) -> Answer<'_, Vec<Kline>> {
        self.routes.candles_between(symbol, interval, range).boxed()
    }

    fn open_interest_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<OpenInterest>> {
        self.routes.open_interest_between(symbol, range).boxed()
    }

    fn funding_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<PaidFunding>> {
        self.routes.funding_between(symbol, range).boxed()
    }
}

//! The monitor: watches one market at a time and publishes what it finds.
//!
//! [`Monitor::run`] decides which market that is. A [`Session`] is everything that belongs to one market, so that
//! a change from the simulated to the live market begins with a clean state. The publishers outlive sessions:
//! a process is the one writer of its schemas.

pub(crate) mod board;
mod closing;
pub(crate) mod driver;
pub(crate) mod exchange;
mod failures;
pub(crate) mod inputs;
mod lag;
mod replay;
pub(crate) mod row;
pub(crate) mod saturation;
pub(crate) mod scorers;
pub(crate) mod streams;
pub(crate) mod task;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex},
};

use analysis::idea::Book;
use cache::{Cache, Clock, Outcome, Publisher, PublisherTaken};
use schema::{
    ActiveIdeas, AlertLog, BetaTable, CandleSeries, MarketMovers, MarketUniverse, PerpsPulse, Schema, SystemHealth,
    health::Feed, report::L2State,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use venue::{
    Exchange,
    bybit::ConfigError,
    record::Tap,
    replay::{RecordingError, ReplayError},
    sim::SimError,
};

use self::{
    board::{Board, Watched},
    driver::{Driver, Task as _, TaskError, chain},
    inputs::Inputs,
    saturation::Saturation,
    task::{
        alerts::Alerts,
        beta::Betas,
        breakdowns::{Breakdowns, Pending},
        candles::Candles,
        coingecko::CoinGecko,
        fear_greed::FearGreed,
        health::{Health, Pace},
        ideas::Ideas,
        keep::Keep,
        live::Live,
        movers::Movers,
        perps::{History, Perps},
        scan::{MarketState, Publishers, Scan},
    },
};
use crate::{
    config,
    market::Market,
    opened::OpenSymbols,
    outside::{Outside, Way, alternative, coingecko},
    rules::Rules,
};

/// The monitor cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// A schema already has a writer in this process.
    #[error("taking the publishers")]
    Taken(#[from] PublisherTaken),
    /// The exchange's addresses cannot be used.
    #[error("opening the exchange")]
    Exchange(#[from] ConfigError),
    /// A source beside the exchange cannot be asked.
    #[error("preparing to ask outside sources")]
    Outside(#[source] ConfigError),
    /// The simulated exchange cannot be started.
    #[error("starting the simulated exchange")]
    Sim(#[source] SimError),
    /// The recording cannot be opened.
    #[error("opening the recording")]
    Recording(#[from] RecordingError),
    /// The recording cannot be played, or not to its end.
    #[error("playing the recording")]
    Replay(#[from] ReplayError),
    /// The simulated exchange was not made.
    #[error("making the simulated market")]
    Lost(#[from] tokio::task::JoinError),
}

/// Watches one market at a time and publishes what it finds.
pub(crate) struct Monitor {
    config: config::Config,
    cache: Cache,
    clock: Clock,
    board: Board,
    driver: Driver,
    publishers: Arc<Publishers>,
    movers: Arc<Publisher<MarketMovers>>,
    perps: Arc<Publisher<PerpsPulse>>,
    betas: Arc<Publisher<BetaTable>>,
    ideas: Arc<Publisher<ActiveIdeas>>,
    alerts: Arc<Publisher<AlertLog>>,
    /// None without a shared cache: who watches the market has the candles.
    candles: Option<Arc<Publisher<CandleSeries>>>,
    rules: Option<Arc<Rules>>,
    universe: Arc<Publisher<MarketUniverse>>,
    open: OpenSymbols,
}

/// How a session ended.
enum Ended {
    /// The process stops.
    Stopped,
    /// The exchange can be reached after all.
    Reachable,
}

impl Monitor {
    /// A monitor that publishes into a cache, and holds the market against rules where there are any. Its health is published
    /// from now on, until `stop`.
    ///
    /// # Errors
    ///
    /// When the cache already has a writer for one of its schemas.
    pub(crate) fn new(
        config: config::Config,
        cache: &Cache,
        rules: Option<Arc<Rules>>,
        clock: Clock,
        open: OpenSymbols,
        set: &mut JoinSet<()>,
        stop: CancellationToken,
    ) -> Result<Self, MonitorError> {
        let publishers = Arc::new(Publishers {
            signals: cache.publisher()?,
            overview: cache.publisher()?,
            breadth: cache.publisher()?,
            breakdown: cache.publisher()?,
        });
        let (movers, perps) = (Arc::new(cache.publisher()?), Arc::new(cache.publisher()?));
        let (betas, universe) = (Arc::new(cache.publisher()?), Arc::new(cache.publisher()?));
        let venue = config.source.venue();
        let (ideas, alerts) = (Arc::new(cache.publisher()?), Arc::new(cache.publisher()?));
        let shared = !matches!(cache.l2_state(), L2State::Off);
        let candles = if shared { Some(Arc::new(cache.publisher()?)) } else { None };
        let (board, driver) = (Board::new(clock.clone(), venue), Driver::new(clock.clone()));
        let health = Health {
            board: board.clone(),
            driver: driver.clone(),
            clock: clock.clone(),
            started_at: clock.now(),
            publisher: cache.publisher::<SystemHealth>()?,
            pace: Pace::default(),
        };
        driver.spawn(set, health, board.changed(), stop);
        Ok(Self {
            config,
            cache: cache.clone(),
            clock,
            board,
            driver,
            publishers,
            movers,
            perps,
            betas,
            ideas,
            alerts,
            candles,
            rules,
            universe,
            open,
        })
    }

    /// Where the market is found that is being watched.
    pub(crate) fn board(&self) -> Board {
        self.board.clone()
    }

    /// Watches the configured source until `stop`.
    ///
    /// # Errors
    ///
    /// When the exchange's addresses cannot be used or the simulated exchange cannot be started. An exchange that
    /// does not answer is not an error: it is shown, and tried again.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), MonitorError> {
        let live = Feed::Live { venue: self.config.source.venue() };
        match &self.config.source {
            config::Source::Bybit | config::Source::Binance => {
                let exchange = exchange::open(&self.config, Tap::OFF)?;
                self.session(exchange, &self.config.outside, live, std::future::pending(), &stop).await?;
            }
            config::Source::Sim => {
                self.simulate("chosen in the configuration".to_owned(), std::future::pending(), &stop).await?;
            }
            config::Source::Replay(folder) => self.replay(folder, &stop).await?,
            config::Source::Auto => {
                let bybit = exchange::open(&self.config, Tap::OFF)?;
                let probed = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    probed = self.probe(bybit.as_ref()) => probed,
                };
                if let Err(cause) = probed {
                    tracing::warn!(cause, "Bybit is unreachable: showing a simulated market and trying on");
                    let because = format!("Bybit unreachable: {cause}");
                    let ended = self.simulate(because, self.wait_for(bybit.as_ref()), &stop).await?;
                    if matches!(ended, Ended::Stopped) {
                        return Ok(());
                    }
                    tracing::info!("Bybit can be reached: changing over to the live market");
                }
                self.session(bybit, &self.config.outside, live, std::future::pending(), &stop).await?;
            }
        }
        Ok(())
    }

    /// Whether the exchange answers, or what happened in plain words.
    async fn probe(&self, exchange: &dyn Exchange) -> Result<(), String> {
        let patience = self.config.venue.probe_timeout;
        match tokio::time::timeout(patience, exchange.tickers()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                tracing::debug!(error = chain(&error), "the exchange was probed in vain");
                Err(error.plain())
            }
            Err(_) => Err(format!("no answer within {} s", patience.as_secs())),
        }
    }

    async fn wait_for(&self, exchange: &dyn Exchange) {
        loop {
            tokio::time::sleep(self.config.venue.probe_every).await;
            if self.probe(exchange).await.is_ok() {
                return;
            }
        }
    }

    /// Watches a simulated exchange on loopback until `over` or `stop`.
    async fn simulate(
        &self,
        because: String,
        over: impl Future<Output = ()>,
        stop: &CancellationToken,
    ) -> Result<Ended, MonitorError> {
        let (server, exchange) = exchange::simulated(&self.config, self.clock.now(), Tap::OFF).await?;
        // True figures beside made-up prices would be believed; the simulated exchange makes up these as well.
        let host = venue::http_address(&server.rest_url()).map_err(MonitorError::Outside)?;
        let outside = self.config.outside.of_host(&host);
        let done = CancellationToken::new();
        let end = done.clone();
        let serving = tokio::spawn(server.run(async move { end.cancelled().await }));
        let ended = self.session(exchange, &outside, Feed::Simulated { because }, over, stop).await;
        done.cancel();
        serving.await?.map_err(MonitorError::Sim)?;
        ended
    }

    /// Watches one market until `over` or `stop`.
    async fn session(
        &self,
        exchange: Arc<dyn Exchange>,
        outside: &config::Outside,
        healthy: Feed,
        over: impl Future<Output = ()>,
        stop: &CancellationToken,
    ) -> Result<Ended, MonitorError> {
        let market = Arc::new(Market::new(exchange.venue()));
        self.board.begin(Watched { market: Arc::clone(&market), exchange: Arc::clone(&exchange) }, healthy);
        let mut keep = Keep::new(&self.config.cache, &self.cache, market.venue());
        if let Some(keep) = &keep {
            keep.restore().await;
        }
        let end = stop.child_token();
        let mut set = JoinSet::new();
        let told = self.ask_outside(&mut set, outside, &end)?;
        self.spawn_tasks(&mut set, &market, &exchange, told, &end);
        if let Some(keep) = &keep {
            self.driver.spawn(&mut set, keep.clone(), Arc::default(), end.clone());
        }
        let ended = tokio::select! {
            () = stop.cancelled() => Ended::Stopped,
            () = over => Ended::Reachable,
        };
        end.cancel();
        while set.join_next().await.is_some() {}
        // Once more, so that a restart brings back the very last.
        if let Some(keep) = &mut keep
            && let Err(error) = keep.run().await
        {
            tracing::warn!(error = chain(&error), "the last readings were not kept");
        }
        Ok(ended)
    }

    /// Asks the outside sources that are switched on; what they tell begins anew with each market.
    fn ask_outside(
        &self,
        set: &mut JoinSet<()>,
        sources: &config::Outside,
        end: &CancellationToken,
    ) -> Result<Outside, MonitorError> {
        let (outside, clock) = (Outside::new(sources), &self.clock);
        if let Some(host) = &sources.coingecko {
            let way = Way::new(host, coingecko::PATH).map_err(MonitorError::Outside)?;
            let task = CoinGecko { way, clock: clock.clone(), outside: outside.clone() };
            self.driver.spawn(set, task, Arc::default(), end.clone());
        }
        if let Some(host) = &sources.alternative {
            let way = Way::new(host, alternative::PATH).map_err(MonitorError::Outside)?;
            let task = FearGreed { way, clock: clock.clone(), outside: outside.clone(), due: None };
            self.driver.spawn(set, task, Arc::default(), end.clone());
        }
        Ok(outside)
    }

    fn spawn_tasks(
        &self,
        set: &mut JoinSet<()>,
        market: &Arc<Market>,
        exchange: &Arc<dyn Exchange>,
        outside: Outside,
        end: &CancellationToken,
    ) {
        let source = inputs::Heard {
            market: Arc::clone(market),
            exchange: Arc::clone(exchange),
            board: self.board.clone(),
            clock: self.clock.clone(),
            open: self.open.clone(),
            universe: Some(Arc::clone(&self.universe)),
        };
        let Inputs { wakes, daily } = inputs::spawn(set, &self.driver, &self.config.universe, source, end);
        let (completed, scans) = watch::channel(None);
        let alerts_wake = self.rules.as_ref().map_or_else(Arc::default, |rules| rules.changed());
        let closed = Arc::<Notify>::default();
        let pending = Pending::default();
        let book = Arc::new(Mutex::new(Book::new(&self.config.signals)));
        let scan = Scan {
            market: Arc::clone(market),
            thresholds: self.config.signals,
            daily,
            outside,
            clock: self.clock.clone(),
            publishers: Arc::clone(&self.publishers),
            completed,
            wakes: vec![Arc::clone(&alerts_wake)],
            closed: Arc::clone(&closed),
            pending: pending.clone(),
            open: self.open.clone(),
            ideas: Arc::clone(&book),
            state: MarketState::new(),
            scorers: HashMap::new(),
            saturation: Saturation::default(),
            turn: 0,
        };
        self.driver.spawn(set, scan, wakes.scan, end.clone());
        let (added, publishers) = (pending.added(), Arc::clone(&self.publishers));
        let breakdowns = Breakdowns { source: market.venue(), pending, open: self.open.clone(), publishers };
        self.driver.spawn(set, breakdowns, added, end.clone());
        if let Some(publisher) = &self.candles {
            let (market, publisher) = (Arc::clone(market), Arc::clone(publisher));
            self.driver.spawn(set, Candles { market, publisher, published: HashMap::new() }, closed, end.clone());
        }
        let live = Live { market: Arc::clone(market), open: self.open.clone(), last: None };
        self.driver.spawn(set, live, self.open.moved(), end.clone());
        let publisher = Arc::clone(&self.ideas);
        let ideas = Ideas { source: market.venue(), scans: scans.clone(), book, publisher };
        self.driver.spawn(set, ideas, Arc::default(), end.clone());
        let alerts = Alerts {
            market: Arc::clone(market),
            cache: self.cache.clone(),
            scans: scans.clone(),
            rules: self.rules.clone(),
            publisher: Arc::clone(&self.alerts),
            watch: None,
            last: None,
        };
        self.driver.spawn(set, alerts, alerts_wake, end.clone());
        let betas = Betas {
            market: Arc::clone(market),
            scans: scans.clone(),
            publisher: Arc::clone(&self.betas),
            published: None,
        };
        self.driver.spawn(set, betas, Arc::default(), end.clone());
        let perps = Perps {
            market: Arc::clone(market),
            scans: scans.clone(),
            publisher: Arc::clone(&self.perps),
            history: History::default(),
        };
        self.driver.spawn(set, perps, Arc::default(), end.clone());
        let movers = Movers {
            source: market.venue(),
            scans,
            min_turnover: self.config.movers_min_turnover,
            publisher: Arc::clone(&self.movers),
        };
        self.driver.spawn(set, movers, Arc::default(), end.clone());
    }
}

/// Publishes a value. What memcached could not take is kept by the cache and is no error here; a refused value is.
pub(crate) async fn publish<T: Schema>(
    publisher: &Publisher<T>,
    scope: &T::Scope,
    value: T,
    as_of: schema::UnixMs,
) -> Result<(), TaskError> {
    let schema = T::NAME.as_str();
    match publisher.publish(scope, value, as_of).await.l2 {
        Outcome::Off | Outcome::Applied | Outcome::Deferred(_) => Ok(()),
        Outcome::Superseded { by } => {
            let reason = format!("another writer is newer (stamp {by}); is a second monitor running?");
            Err(TaskError::Refused { schema, reason })
        }
        Outcome::Refused(refusal) => Err(TaskError::Refused { schema, reason: refusal.to_string() }),
    }
}

//! The monitor: watches one market at a time and publishes what it finds.
//!
//! [`Monitor::run`] decides which market that is. A [`Session`] is everything that belongs to one market, so that
//! a change from the simulated to the live market begins with a clean state. The publishers outlive sessions:
//! a process is the one writer of its schemas.

pub(crate) mod board;
pub(crate) mod driver;
#[cfg(test)]
pub(crate) mod example;
pub(crate) mod exchange;
mod failures;
pub(crate) mod inputs;
mod lag;
mod replay;
pub(crate) mod row;
pub(crate) mod saturation;
pub(crate) mod stepping;
pub(crate) mod streams;
pub(crate) mod task;

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    sync::Arc,
};

use cache::{Cache, Clock, Publisher, PublisherTaken, Refusal, Shared, Superseded};
use engine::idea_book;
use schema::{
    ActiveIdeas, AlertLog, BetaTable, CandleSeries, MarketMovers, MarketUniverse, PerpsPulse, Schema, SystemHealth,
    health::Feed, report::L2State,
};
use tokio::sync::{Notify, watch};
use venue::{
    Exchange,
    bybit::ConfigError,
    record::Tap,
    replay::{RecordingError, ReplayError},
    sim::SimError,
};

pub(crate) use self::task::keep::clean_up;
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
        publishers::Publishers,
        scan::{MarketState, Scan},
    },
};
use crate::{
    config,
    market::Market,
    opened::OpenSymbols,
    outside::{Outside, Way, alternative, coingecko},
    proxy,
    rules::Rules,
    supervise::{Broken, Failed, Group, Job, Policy, Supervisor},
};

/// The monitor cannot be started, or has to stop.
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
    /// Another monitor, started later, publishes into the same memcached.
    #[error(
        "this monitor is superseded: a second one publishes to the same memcached. Stop one of them, or give each its own cache.namespace"
    )]
    Superseded(#[source] Superseded),
    /// The simulated exchange was not made.
    #[error("making the simulated market")]
    Lost(#[from] tokio::task::JoinError),
    /// A task that all others of the market depend on did not go on.
    #[error("watching the market")]
    Broken(#[from] Broken),
}

impl MonitorError {
    /// What the supervisor is to do about it: after a panic the market is watched again from the beginning.
    fn judged(self) -> Failed {
        match self {
            Self::Broken(broken @ Broken::Panicked { .. }) => Failed::Group(broken),
            error => Failed::Fatal(error.into()),
        }
    }
}

/// The whole of watching, as a task.
const MONITOR: Job = Job { name: "monitor", what: "Chooses the market and runs the tasks that watch it." };
const SIMULATOR: Job = Job { name: "simulated exchange", what: "Serves the simulated market." };

/// Watches one market at a time and publishes what it finds.
pub(crate) struct Monitor {
    config: config::Config,
    cache: Cache,
    clock: Clock,
    board: Board,
    driver: Driver,
    supervisor: Supervisor,
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
    /// Where what is received and taken in is recorded.
    tap: Tap,
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
    /// from now on, until the supervisor stops.
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
        tap: Tap,
        supervisor: &Supervisor,
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
        let (board, driver) = (Board::new(clock.clone(), venue), Driver::new(clock.clone(), supervisor));
        let health = Health {
            board: board.clone(),
            driver: driver.clone(),
            clock: clock.clone(),
            started_at: clock.now(),
            publisher: cache.publisher::<SystemHealth>()?,
            pace: Pace::default(),
            proxy: proxy::of_exchange(&config).unwrap_or_else(|error| Some(error.to_string())),
        };
        driver.spawn(supervisor, health, board.changed());
        Ok(Self {
            config,
            cache: cache.clone(),
            clock,
            board,
            driver,
            supervisor: supervisor.clone(),
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
            tap,
        })
    }

    /// Where the market is found that is being watched.
    pub(crate) fn board(&self) -> Board {
        self.board.clone()
    }

    /// Watches the configured source until the supervisor stops; after a panic from the beginning.
    pub(crate) fn spawn(self) {
        let (supervisor, monitor) = (self.supervisor.clone(), Arc::new(self));
        supervisor.spawn(MONITOR, Policy::Forever, move || {
            let monitor = Arc::clone(&monitor);
            async move { monitor.run().await.map_err(MonitorError::judged) }
        });
    }

    /// Watches the configured source until the supervisor stops, or until another monitor supersedes this one.
    ///
    /// # Errors
    ///
    /// When the exchange's addresses cannot be used or the simulated exchange cannot be started, and
    /// [`MonitorError::Superseded`]. An exchange that does not answer is not an error: it is shown, and tried again.
    async fn run(&self) -> Result<(), MonitorError> {
        let stop = self.supervisor.stop();
        let live = Feed::Live { venue: self.config.source.venue() };
        match &self.config.source {
            config::Source::Bybit | config::Source::Binance => {
                let exchange = exchange::open(&self.config, self.tap.clone())?;
                let group = self.supervisor.group();
                self.session(exchange, &self.config.outside, live, std::future::pending(), &group).await?;
            }
            config::Source::Sim => {
                self.simulate("chosen in the configuration".to_owned(), std::future::pending()).await?;
            }
            config::Source::Replay(folder) => self.replay(folder).await?,
            config::Source::Auto => {
                let bybit = exchange::open(&self.config, self.tap.clone())?;
                let probed = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    probed = self.probe(bybit.as_ref()) => probed,
                };
                if let Err(cause) = probed {
                    tracing::warn!(cause, "Bybit is unreachable: showing a simulated market and trying on");
                    let because = format!("Bybit unreachable: {cause}");
                    let ended = self.simulate(because, self.wait_for(bybit.as_ref())).await?;
                    if matches!(ended, Ended::Stopped) {
                        return Ok(());
                    }
                    tracing::info!("Bybit can be reached: changing over to the live market");
                }
                let group = self.supervisor.group();
                self.session(bybit, &self.config.outside, live, std::future::pending(), &group).await?;
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

    /// Watches a simulated exchange on loopback until `over`, or until the supervisor stops.
    async fn simulate(&self, because: String, over: impl Future<Output = ()>) -> Result<Ended, MonitorError> {
        let (server, exchange) = exchange::simulated(&self.config, self.clock.now(), self.tap.clone()).await?;
        // True figures beside made-up prices would be believed; the simulated exchange makes up these as well.
        let host = venue::http_address(&server.rest_url()).map_err(MonitorError::Outside)?;
        let outside = self.config.outside.of_host(&host);
        let group = self.supervisor.group();
        let end = group.stop();
        group.spawn_bound(SIMULATOR, async move { Ok(server.run(async move { end.cancelled().await }).await?) });
        self.session(exchange, &outside, Feed::Simulated { because }, over, &group).await
    }

    /// Watches one market until `over`, until its group stops or breaks, or until another monitor supersedes this one.
    async fn session(
        &self,
        exchange: Arc<dyn Exchange>,
        outside: &config::Outside,
        healthy: Feed,
        over: impl Future<Output = ()>,
        group: &Group,
    ) -> Result<Ended, MonitorError> {
        let market = Arc::new(Market::new(exchange.venue()));
        self.board.begin(Watched { market: Arc::clone(&market), exchange: Arc::clone(&exchange) }, healthy);
        let mut keep = Keep::new(&self.config.cache, &self.cache, market.venue());
        if let Some(keep) = &keep {
            keep.restore().await;
        }
        let outside_kept = self.ask_outside(group, outside)?;
        self.spawn_tasks(group, &market, &exchange, outside_kept);
        if let Some(keep) = &keep {
            self.driver.spawn(group, keep.clone(), Arc::default());
        }
        let stop = group.stop();
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => Ok(Ended::Stopped),
            broken = group.broken() => Err(MonitorError::Broken(broken)),
            superseded = self.cache.superseded() => Err(MonitorError::Superseded(superseded)),
            () = over => Ok(Ended::Reachable),
        };
        group.end().await;
        // What a panic left behind is not kept, and nothing comes until the market is watched again.
        if let Err(broken) = &ended {
            self.board.failed(&chain(broken));
            return ended;
        }
        // Once more, so that a restart brings back the very last.
        if let Some(keep) = &mut keep
            && let Err(error) = keep.run().await
        {
            tracing::warn!(error = chain(&error), "the last readings were not kept");
        }
        ended
    }

    /// Asks the outside sources that are switched on; their figures start again with each market.
    fn ask_outside(&self, group: &Supervisor, sources: &config::Outside) -> Result<Outside, MonitorError> {
        let (outside, clock) = (Outside::new(sources), &self.clock);
        if let Some(host) = &sources.coingecko {
            let way = Way::new(host, coingecko::PATH).map_err(MonitorError::Outside)?;
            let task = CoinGecko { way, clock: clock.clone(), outside: outside.clone() };
            self.driver.spawn(group, task, Arc::default());
        }
        if let Some(host) = &sources.alternative {
            let way = Way::new(host, alternative::PATH).map_err(MonitorError::Outside)?;
            let task = FearGreed { way, clock: clock.clone(), outside: outside.clone(), due: None };
            self.driver.spawn(group, task, Arc::default());
        }
        Ok(outside)
    }

    fn spawn_tasks(&self, group: &Group, market: &Arc<Market>, exchange: &Arc<dyn Exchange>, outside: Outside) {
        let book = idea_book(&self.config.signals, self.config.costs.of(market.venue()));
        let source = inputs::Heard {
            market: Arc::clone(market),
            exchange: Arc::clone(exchange),
            board: self.board.clone(),
            clock: self.clock.clone(),
            open: self.open.clone(),
            thresholds: self.config.signals,
            ideas: Arc::clone(&book),
            tap: self.tap.clone(),
            universe: Some(Arc::clone(&self.universe)),
        };
        let Inputs { wakes, daily, .. } = inputs::spawn(group, &self.driver, &self.config.universe, source);
        let (completed, scans) = watch::channel(None);
        let alerts_wake = self.rules.as_ref().map_or_else(Arc::default, |rules| rules.changed());
        let closed = Arc::<Notify>::default();
        let pending = Pending::default();
        let scan = Scan {
            market: Arc::clone(market),
            daily,
            outside,
            clock: self.clock.clone(),
            publishers: Arc::clone(&self.publishers),
            completed,
            wakes: vec![Arc::clone(&alerts_wake)],
            closed: Arc::clone(&closed),
            pending: pending.clone(),
            open: self.open.clone(),
            state: MarketState::new(),
            seen: HashMap::new(),
            saturation: Saturation::default(),
            turn: 0,
        };
        self.driver.spawn(group, scan, wakes.scan);
        let (added, publishers) = (pending.added(), Arc::clone(&self.publishers));
        let breakdowns = Breakdowns { source: market.venue(), pending, open: self.open.clone(), publishers };
        self.driver.spawn(group, breakdowns, added);
        if let Some(publisher) = &self.candles {
            let (market, publisher) = (Arc::clone(market), Arc::clone(publisher));
            self.driver.spawn(group, Candles { market, publisher, published: HashMap::new() }, closed);
        }
        let live = Live { market: Arc::clone(market), open: self.open.clone(), last: None };
        self.driver.spawn(group, live, self.open.moved());
        let publisher = Arc::clone(&self.ideas);
        let ideas = Ideas { source: market.venue(), scans: scans.clone(), book, publisher };
        self.driver.spawn(group, ideas, Arc::default());
        let alerts = Alerts {
            market: Arc::clone(market),
            cache: self.cache.clone(),
            scans: scans.clone(),
            rules: self.rules.clone(),
            publisher: Arc::clone(&self.alerts),
            watch: None,
            reported: HashSet::new(),
            last: None,
        };
        self.driver.spawn(group, alerts, alerts_wake);
        let betas = Betas {
            market: Arc::clone(market),
            scans: scans.clone(),
            publisher: Arc::clone(&self.betas),
            published: None,
        };
        self.driver.spawn(group, betas, Arc::default());
        let perps = Perps {
            market: Arc::clone(market),
            scans: scans.clone(),
            publisher: Arc::clone(&self.perps),
            history: History::default(),
        };
        self.driver.spawn(group, perps, Arc::default());
        let movers = Movers {
            source: market.venue(),
            scans,
            min_turnover: self.config.movers_min_turnover,
            publisher: Arc::clone(&self.movers),
        };
        self.driver.spawn(group, movers, Arc::default());
    }
}

/// Publishes a value to the readers of this process, and queues it for memcached. What becomes of it there is no error of
/// the task, whose other values have to go on: the cache logs, counts and reports it. An invalid value is a defect, and one.
pub(crate) async fn publish<T: Schema>(
    publisher: &Publisher<T>,
    scope: &T::Scope,
    value: T,
    as_of: schema::UnixMs,
) -> Result<(), TaskError> {
    match publisher.publish(scope, value, as_of).await.l2 {
        Shared::Refused(refusal @ Refusal::Invalid(_)) => {
            Err(TaskError::Refused { schema: T::NAME.as_str(), reason: refusal.to_string() })
        }
        Shared::Off | Shared::Queued(_) | Shared::Refused(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::{Config, Settings, settings::Origin};

    fn config() -> Config {
        let mut settings = Settings::defaults().unwrap();
        for (key, value) in [
            ("source", "sim"),
            ("sim.symbols", "3"),
            ("cache.snapshot_dir", "off"),
            ("alerts.rules_file", "off"),
            ("outside.enabled", "false"),
        ] {
            settings.set_text(key, value, Origin::Flag("--test")).unwrap();
        }
        Config::check(&settings).unwrap()
    }

    #[tokio::test]
    async fn a_panic_over_an_event_ends_the_session_and_its_feed_and_the_market_is_watched_again() {
        venue::install_crypto_provider();
        let (config, clock) = (config(), Clock::System);
        let cache = Cache::builder(clock.clone(), "test").build();
        let supervisor = Supervisor::new(clock.clone(), CancellationToken::new());
        let monitor =
            Monitor::new(config.clone(), &cache, None, clock.clone(), OpenSymbols::default(), Tap::OFF, &supervisor)
                .unwrap();
        let (server, exchange) = exchange::simulated(&config, clock.now(), Tap::OFF).await.unwrap();
        let group = supervisor.group();
        let end = group.stop();
        group.spawn_bound(SIMULATOR, async move { Ok(server.run(async move { end.cancelled().await }).await?) });
        let board = monitor.board();
        let live = Feed::Live { venue: exchange.venue() };
        let answers = async {
            let changed = board.changed();
            while board.feed() != live {
                // The health task waits for the same changes.
                let _ = tokio::time::timeout(std::time::Duration::from_millis(100), changed.notified()).await;
            }
            group.spawn_bound(Job { name: "engine", what: "" }, async { panic!("half an event") });
        };
        let outside = config::Outside { coingecko: None, alternative: None };
        let session = monitor.session(exchange, &outside, live.clone(), std::future::pending(), &group);
        let (ended, ()) = tokio::join!(session, answers);
        let Err(error) = ended else { panic!("the session went on") };
        assert!(matches!(board.feed(), Feed::Unreachable { .. }), "{:?}", board.feed());
        assert_eq!(supervisor.registry().running(), ["health"], "every task of the session has ended");
        let Failed::Group(cause) = error.judged() else { panic!("the process need not exit") };
        assert_eq!(cause.to_string(), "`engine` panicked: half an event");
        supervisor.end().await;
    }
}

//! The process: configuration, roles, the monitor, HTTP and the command line.
//!
//! [`run`] is the whole of it: a test gives it a listener on a free port and a shutdown of its own.
//! The rules of the market live in `analysis`, those of the cache in `cache`, those of an exchange in `venue`.

mod analyse;
pub mod args;
pub mod cli;
pub mod config;
mod doctor;
mod files;
#[cfg(test)]
#[path = "../../app/schema/tests/fixture/mod.rs"]
mod fixture;
pub mod heap;
mod http;
mod hub;
mod market;
mod monitor;
mod opened;
mod outside;
mod record;
pub mod role;
mod rules;
mod site;
pub mod telemetry;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use cache::{Advice, Cache, Clock, PacedClock, advise, l2::MemcachedL2};
use metrics_exporter_prometheus::PrometheusHandle;
use schema::{
    ActiveIdeas, AlertLog, BetaTable, MarketBreadth, MarketMovers, MarketOverview, MarketUniverse, PerpsPulse, SCHEMAS,
    Signals, SystemHealth,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use venue::replay::Recording;

pub use crate::{
    config::Config,
    files::raise_open_files,
    monitor::MonitorError,
    record::{RecordingFailed, record},
    role::Role,
};
use crate::{
    http::{AppState, Gate, Shared, router},
    hub::Hubs,
    monitor::Monitor,
    rules::Rules,
};

/// How long requests may take to end after the shutdown was asked for.
const DRAIN: Duration = Duration::from_secs(4);

/// The process could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The list of memcached servers cannot be used.
    #[error("naming the memcached servers")]
    Servers(#[from] cache::l2::BadServers),
    /// A web process has nothing to read from.
    #[error("the role `web` reads what a monitor wrote to memcached: set cache.memcached")]
    NothingToRead,
    /// The monitor cannot be started.
    #[error("starting the monitor")]
    Monitor(#[from] MonitorError),
    /// The HTTP server ended.
    #[error("serving HTTP")]
    Http(#[from] std::io::Error),
}

/// Runs a role on a listener until `shutdown` resolves, then ends within a few seconds.
///
/// # Errors
///
/// [`RunError`] when something that the role cannot do without is missing. An exchange or a memcached that does not
/// answer is not an error: the process says so and tries on.
pub async fn run(
    config: Config,
    role: Role,
    listener: TcpListener,
    recorder: PrometheusHandle,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    let clock = clock(&config)?;
    let stop = CancellationToken::new();
    let mut set = JoinSet::new();
    let cache = open_cache(&config, role, &clock)?;
    set.spawn(say_advice(cache.clone(), config.cache.poll));
    // A recording played anew has the time of the one before; its ticks must not be taken for the same.
    let hubs = Hubs::new(&cache, Clock::System.now().0.unsigned_abs());
    if role.serves_pages() {
        set.spawn(hubs.live.clone().run(stop.clone()));
        set.spawn(hubs.saving.clone().run(stop.clone()));
    }
    let (mut watching, mut board, mut rules) = (None, None, None);
    if role.watches() {
        rules = config.rules_file.clone().map(|path| Arc::new(Rules::of(path)));
        let monitor =
            Monitor::new(config.clone(), &cache, rules.clone(), clock.clone(), hubs.open(), &mut set, stop.clone())?;
        board = Some(monitor.board());
        watching = Some(tokio::spawn(monitor.run(stop.clone())));
    }
    // A process that writes its values itself polls as well: what it finds that way would have been missed.
    if role.serves_pages() && !config.cache.memcached.is_empty() {
        cache.follow::<MarketOverview>();
        cache.follow::<Signals>();
        cache.follow::<MarketBreadth>();
        cache.follow::<MarketMovers>();
        cache.follow::<PerpsPulse>();
        cache.follow::<BetaTable>();
        cache.follow::<MarketUniverse>();
        cache.follow::<ActiveIdeas>();
        cache.follow::<AlertLog>();
        cache.follow::<SystemHealth>();
        let (cache, poll, stop) = (cache.clone(), config.cache.poll, stop.clone());
        set.spawn(async move { cache.mirror(poll, stop.cancelled_owned()).await });
    }
    let drained = cache.clone();
    let site = site::site(&config.http);
    let gate = Gate::new(&config.access, role);
    let shared = Shared { cache, hubs, board, rules, clock, recorder, stop: stop.clone(), gate, site };
    let router = router(AppState::new(shared), role);
    let router = match config.http.base_path.clone() {
        Some(base) => http::base::below(router, base),
        None => router,
    };
    let served = serve(listener, router, shutdown, &mut watching, &stop).await;
    stop.cancel();
    let ended = async {
        while set.join_next().await.is_some() {}
        match watching {
            Some(monitor) => monitor.await.map_err(|lost| RunError::Monitor(lost.into()))?.map_err(RunError::Monitor),
            None => Ok(()),
        }
    };
    let ended = tokio::time::timeout(DRAIN, ended).await;
    drained.drain().await;
    match ended {
        Ok(ended) => served.and(ended),
        Err(_) => {
            tracing::warn!("some tasks did not end in time and are dropped");
            served
        }
    }
}

/// The clock that all ages are judged by: the machine's, or that of the recording that is played.
fn clock(config: &Config) -> Result<Clock, RunError> {
    let config::Source::Replay(folder) = &config.source else { return Ok(Clock::System) };
    let recording = Recording::open(folder).map_err(MonitorError::Recording)?;
    Ok(Clock::Paced(PacedClock::starting(recording.began(), config.replay_speed)))
}

/// Says once, after the first contact, what should be known of how the shared cache is set up.
async fn say_advice(cache: Cache, poll: Duration) {
    cache.contacted().await;
    for Advice { server, text } in advise(&cache.report().servers, poll, SCHEMAS) {
        tracing::warn!(server, "{text}");
    }
}

type Watching = Option<tokio::task::JoinHandle<Result<(), MonitorError>>>;

/// Serves until the shutdown, or until the monitor cannot go on.
async fn serve(
    listener: TcpListener,
    router: axum::Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    watching: &mut Watching,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    // Small answers must not wait for an acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let asked = stop.clone();
    // The address of who asks: wrong tokens are counted by it.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut server = std::pin::pin!(server.into_future());
    let mut shutdown = std::pin::pin!(shutdown);
    let monitor_failed = async {
        match watching {
            Some(monitor) => match monitor.await {
                Ok(Ok(())) => std::future::pending().await,
                Ok(Err(error)) => error,
                Err(lost) => lost.into(),
            },
            None => std::future::pending().await,
        }
    };
    let failure = tokio::select! {
        served = &mut server => return served.map_err(RunError::Http),
        () = &mut shutdown => None,
        error = monitor_failed => Some(error),
    };
    if let Some(error) = failure {
        *watching = None;
        asked.cancel();
        return Err(RunError::Monitor(error));
    }
    tracing::info!("shutting down");
    asked.cancel();
    match tokio::time::timeout(DRAIN, server).await {
        Ok(served) => served.map_err(RunError::Http),
        Err(_) => {
            tracing::warn!("some connections did not end in time and are dropped");
            Ok(())
        }
    }
}

fn open_cache(config: &Config, role: Role, clock: &Clock) -> Result<Cache, RunError> {
    if config.cache.memcached.is_empty() && role == Role::Web {
        return Err(RunError::NothingToRead);
    }
    cache_named(role.as_str(), &config.cache, config.cache.namespace.clone(), clock)
}

/// A cache over the configured servers, for a process that is called `what` in everything it writes.
pub(crate) fn cache_named(
    what: &str,
    config: &config::Cache,
    namespace: cache::Namespace,
    clock: &Clock,
) -> Result<Cache, RunError> {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "host".to_owned());
    let writer = format!("{what}@{host}/{}", std::process::id());
    let mut builder = Cache::builder(clock.clone(), writer).namespace(namespace);
    if !config.memcached.is_empty() {
        for server in MemcachedL2::list(&config.memcached.join(","))? {
            builder = builder.l2(Arc::new(server));
        }
    }
    Ok(builder.build())
}

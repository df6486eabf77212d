//! The process: configuration, roles, the monitor, HTTP and the command line.
//!
//! [`run`] is the whole of it: a test gives it a listener on a free port and a shutdown of its own.
//! The rules of the market live in `analysis`, those of the cache in `cache`, those of an exchange in `venue`.

mod analyse;
pub mod args;
mod backtest;
mod chain;
pub mod cli;
pub mod config;
mod doctor;
mod files;
#[cfg(test)]
#[path = "../../app/schema/tests/fixture/mod.rs"]
mod fixture;
pub mod heap;
mod host;
mod http;
mod hub;
pub mod import;
mod market;
mod monitor;
mod opened;
mod outside;
mod proxy;
mod record;
pub mod role;
mod rules;
mod serving;
mod supervise;
pub mod telemetry;
mod wanted;
mod write_behind;

use std::{future::Future, sync::Arc, time::Duration};

use cache::{Advice, Cache, CacheBuilder, Clock, PacedClock, advise, l2::MemcachedL2};
use metrics_exporter_prometheus::PrometheusHandle;
use schema::{
    ActiveIdeas, AlertLog, BetaTable, MarketBreadth, MarketMovers, MarketOverview, MarketUniverse, PerpsPulse, SCHEMAS,
    Signals, SystemHealth, WantedSymbols,
};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;
use venue::{
    record::{RecordError, Recorder, Tap},
    replay::Recording,
};

pub use crate::{
    config::Config,
    files::raise_open_files,
    monitor::MonitorError,
    record::{RecordingFailed, record},
    role::Role,
    supervise::{AnyError, Broken, TaskFatal},
};
use crate::{
    http::{AppState, Gate, Reach, Shared, Streams, router},
    hub::Hubs,
    monitor::Monitor,
    opened::OpenSymbols,
    rules::Rules,
    supervise::{Job, Policy, Supervisor},
};

/// How long a shutdown may take in all: requests, tasks and the shared cache have one deadline. Service managers kill after some
/// seconds, and five are promised.
const SHUTDOWN: Duration = Duration::from_millis(4_500);
/// How long requests under way may take of it.
const REQUESTS: Duration = Duration::from_millis(2_500);
/// What is left of it for the last writes to the shared cache.
const LAST_WRITES: Duration = Duration::from_millis(700);

const ADVICE: Job = Job { name: "advice", what: "Looks once at how the shared cache is set up." };
const HUB: Job = Job { name: "hub", what: "Turns changes into the live stream and the pages." };
const HUB_SAVING: Job = Job { name: "hub-saving", what: "The same for readers who save data." };
const ANNOUNCE: Job = Job { name: "announce", what: "Announces to the monitor which symbols have an open page here." };
const HEED: Job = Job { name: "heed", what: "Reads which symbols have an open page in other processes." };
const MIRROR: Job = Job { name: "mirror", what: "Reads from the shared cache what other processes wrote." };

/// The process could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The list of memcached servers cannot be used.
    #[error("naming the memcached servers")]
    Servers(#[from] cache::l2::BadServers),
    /// A web process has nothing to read from.
    #[error("the role `web` reads what a monitor wrote to memcached: set cache.memcached")]
    NothingToRead,
    /// The monitor cannot be started, or had to stop.
    #[error("running the monitor")]
    Monitor(#[from] MonitorError),
    /// What is taken in cannot be recorded.
    #[error("recording what is taken in")]
    Record(#[from] RecordError),
    /// A task that the process cannot do without did not go on.
    #[error(transparent)]
    Task(#[from] TaskFatal),
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
    let supervisor = Supervisor::new(clock.clone(), stop.clone());
    telemetry::sum_up(&supervisor, &recorder);
    heap::give_back(&supervisor);
    let cache = open_cache(&config, role, &clock, &supervisor)?;
    let (advised, poll) = (cache.clone(), config.cache.poll);
    supervisor.spawn(ADVICE, Policy::Once, move || say_advice(advised.clone(), poll));
    // A recording that is played again has the time of the one before; its ticks must not be taken for the same.
    let hubs = Hubs::new(&cache, Clock::System.now().0.unsigned_abs());
    if role.serves_pages() {
        for (job, hub) in [(HUB, &hubs.live), (HUB_SAVING, &hubs.saving)] {
            let (hub, stop) = (hub.clone(), stop.clone());
            supervisor.spawn(job, Policy::Forever, move || {
                let running = hub.clone().run(stop.clone());
                async move {
                    running.await;
                    Ok(())
                }
            });
        }
    }
    let (mut board, mut rules, mut recording) = (None, None, None);
    if role.watches() {
        rules = config.rules_file.clone().map(|path| {
            monitor::clean_up(&path);
            Arc::new(Rules::of(path))
        });
        if let Some(folder) = &config.record_dir {
            recording = Some(Recorder::start(folder, config.source.venue(), config.record)?);
        }
        let tap = recording.as_ref().map_or(Tap::OFF, Recorder::tap);
        let monitor =
            Monitor::new(config.clone(), &cache, rules.clone(), clock.clone(), hubs.open(), tap, &supervisor)?;
        board = Some(monitor.board());
        monitor.spawn();
    }
    let is_shared = !config.cache.memcached.is_empty();
    if is_shared {
        share_open_symbols(role, &cache, &hubs.open(), &supervisor)?;
        // The monitor reads what other processes want, and nothing else.
        let poll = if role.serves_pages() { config.cache.poll } else { wanted::READ };
        let (cache, stop) = (cache.clone(), stop.clone());
        supervisor.spawn(MIRROR, Policy::Forever, move || {
            let (cache, stop) = (cache.clone(), stop.clone());
            async move {
                cache.mirror(poll, stop.cancelled_owned()).await;
                Ok(())
            }
        });
    }
    // A process that writes its values itself polls as well: what it finds that way would have been missed.
    if role.serves_pages() && is_shared {
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
    }
    let drained = cache.clone();
    let site = http::site::site(&config.http);
    let registry = Arc::clone(supervisor.registry());
    let reach = Reach::new(&config, listener.local_addr()?);
    let gate = Gate::new(&config.access, reach.clone(), role);
    let streams = Streams::new(&config.http);
    let shared = Shared { cache, hubs, board, rules, clock, recorder, stop, gate, reach, streams, site, registry };
    let router = router(AppState::new(shared), role);
    let router = match config.http.base_path.clone() {
        Some(base) => http::base::below(router, base),
        None => router,
    };
    let (asked, served) = serve(listener, router, shutdown, &supervisor).await;
    let end_by = asked + SHUTDOWN;
    if timeout_at(end_by - LAST_WRITES, supervisor.end()).await.is_err() {
        let tasks = supervisor.registry().running().join(", ");
        tracing::warn!(tasks, "some tasks did not end in time and are dropped");
    }
    if let Some(recording) = recording {
        let counts = tokio::task::spawn_blocking(|| recording.finish()).await.map_err(std::io::Error::other)?;
        tracing::info!(received = counts.received, lost = counts.lost, "the recording has ended");
    }
    if timeout_at(end_by, drained.drain()).await.is_err() {
        tracing::warn!("what waits for the shared cache is dropped");
    }
    served
}

/// The clock that all ages are judged by: the machine's, or that of the recording that is played.
fn clock(config: &Config) -> Result<Clock, RunError> {
    let config::Source::Replay(folder) = &config.source else { return Ok(Clock::System) };
    let recording = Recording::open(folder).map_err(MonitorError::Recording)?;
    Ok(Clock::Paced(PacedClock::starting(recording.began(), config.replay_speed)))
}

/// Has the monitor measure the symbols first that are open in any process which shares its cache.
fn share_open_symbols(
    role: Role,
    cache: &Cache,
    open: &OpenSymbols,
    supervisor: &Supervisor,
) -> Result<(), MonitorError> {
    let publisher = if role.watches() { None } else { Some(Arc::new(cache.publisher::<WantedSymbols>()?)) };
    let (job, cache, open, stop) =
        (if role.watches() { HEED } else { ANNOUNCE }, cache.clone(), open.clone(), supervisor.stop());
    supervisor.spawn(job, Policy::Forever, move || {
        let (publisher, cache, open, stop) = (publisher.clone(), cache.clone(), open.clone(), stop.clone());
        async move {
            match publisher {
                Some(publisher) => wanted::announce(&cache, &publisher, &open, &stop).await,
                None => wanted::heed(&cache, &open, &stop).await,
            }
            Ok(())
        }
    });
    Ok(())
}

/// Says once, after the first contact, what should be known of how the shared cache is set up.
async fn say_advice(cache: Cache, poll: Duration) -> Result<(), supervise::Failed> {
    cache.contacted().await;
    for Advice { server, text } in advise(&cache.report().servers, poll, SCHEMAS) {
        tracing::warn!(server, "{text}");
    }
    Ok(())
}

/// Serves until the shutdown, or until a task cannot go on that the process needs; gives the time when that was.
async fn serve(
    listener: TcpListener,
    router: axum::Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    supervisor: &Supervisor,
) -> (Instant, Result<(), RunError>) {
    let stop = supervisor.stop();
    let server = serving::serve(listener, router, stop.clone());
    let mut server = std::pin::pin!(server);
    let mut shutdown = std::pin::pin!(shutdown);
    let ended = tokio::select! {
        served = &mut server => return (Instant::now(), served.map_err(RunError::Http)),
        () = &mut shutdown => Ok(()),
        fatal = supervisor.fatal() => Err(RunError::Task(fatal)),
    };
    let asked = Instant::now();
    stop.cancel();
    match &ended {
        Ok(()) => tracing::info!("shutting down"),
        Err(error) => tracing::error!(error = chain::chain(error), "the process cannot go on"),
    }
    let served = match timeout_at(asked + REQUESTS, server).await {
        Ok(served) => served.map_err(RunError::Http),
        Err(_) => {
            tracing::warn!("some connections did not end in time and are dropped");
            Ok(())
        }
    };
    (asked, ended.and(served))
}

fn open_cache(config: &Config, role: Role, clock: &Clock, supervisor: &Supervisor) -> Result<Cache, RunError> {
    if config.cache.memcached.is_empty() && role == Role::Web {
        return Err(RunError::NothingToRead);
    }
    let builder = cache_builder(role.as_str(), &config.cache, config.cache.namespace.clone(), clock)?;
    Ok(write_behind::supervised(builder, supervisor).build())
}

/// A cache over the configured servers, for a command that is called `what` in everything it writes.
pub(crate) fn cache_named(
    what: &str,
    config: &config::Cache,
    namespace: cache::Namespace,
    clock: &Clock,
) -> Result<Cache, RunError> {
    Ok(cache_builder(what, config, namespace, clock)?.build())
}

fn cache_builder(
    what: &str,
    config: &config::Cache,
    namespace: cache::Namespace,
    clock: &Clock,
) -> Result<CacheBuilder, RunError> {
    let writer = format!("{what}@{}/{}", host::name(), std::process::id());
    let mut builder = Cache::builder(clock.clone(), writer).namespace(namespace);
    if !config.memcached.is_empty() {
        for server in MemcachedL2::list(&config.memcached.join(","))? {
            builder = builder.l2(Arc::new(server));
        }
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_must_not_end_and_ends_stops_the_process_with_an_error_that_names_it() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let supervisor = Supervisor::new(Clock::System, CancellationToken::new());
        supervisor.spawn(HUB, Policy::Forever, || async { Ok(()) });
        let (_, ended) = serve(listener, axum::Router::new(), std::future::pending(), &supervisor).await;
        let said = ended.unwrap_err().to_string();
        assert_eq!(said, "the task `hub` ended, though it must run as long as the process");
        assert!(supervisor.stop().is_cancelled(), "the other tasks are asked to end");
    }
}

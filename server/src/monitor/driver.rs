//! Runs the monitor's tasks: by timer, and by signal.
//!
//! A task is an idempotent function without input. A signal only makes it run sooner and carries no data, so a
//! signal that is lost costs one period and nothing else. The driver knows of each task when it ran, how long it
//! took and how it ended; this is what the System page shows.

use std::{future::Future, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use cache::Clock;
use schema::{Symbol, health::TaskStatus, universe::Unconfirmed};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use venue::VenueError;

pub(crate) use crate::chain::chain;
use crate::{
    outside::AskError,
    supervise::{Failing, Job, Policy, Registry, Supervisor},
};

/// After a failed run a task is tried again no later than this, unless it says otherwise.
const RETRY: Duration = Duration::from_secs(5);
/// When a list that is not believed is fetched again: at once it would show the same fault.
const CONFIRM_AFTER: Duration = Duration::from_secs(30);

/// Something the monitor does again and again.
pub(crate) trait Task: Send + 'static {
    /// Its name on the System page.
    const NAME: &'static str;
    /// What it does, in one sentence.
    const WHAT: &'static str;
    /// How often it runs by itself.
    const PERIOD: Duration;

    /// How long it waits after each failure in a row.
    fn retry() -> ExponentialBuilder {
        let soon = RETRY.min(Self::PERIOD);
        ExponentialBuilder::new().with_min_delay(soon).with_max_delay(soon).without_max_times()
    }

    /// Does it once.
    fn run(&mut self) -> impl Future<Output = Result<(), TaskError>> + Send;
}

/// A run that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    /// The exchange did not give what was asked for.
    #[error("{doing}")]
    Venue {
        /// What was being done.
        doing: &'static str,
        /// What the exchange or the way to it said.
        #[source]
        source: VenueError,
    },
    /// Requests about some contracts failed; each is retried alone.
    #[error("{doing} of {symbol}")]
    Contract {
        /// What was being done.
        doing: &'static str,
        /// The first of the contracts.
        symbol: Symbol,
        /// How many others failed.
        others: usize,
        /// What the exchange or the way to it said about the first.
        #[source]
        source: Box<VenueError>,
    },
    /// A list of contracts is not applied until a second response confirms it.
    #[error("{} contracts with {} prices where {} were listed: waiting for a second response", .0.contracts, .0.tickers, .0.before)]
    Unconfirmed(Unconfirmed),
    /// A source beside the exchange did not answer what was requested.
    #[error("{doing}")]
    Outside {
        /// What was being done.
        doing: &'static str,
        /// What the source or the way to it said.
        #[source]
        source: AskError,
    },
    /// A value was refused by the cache.
    #[error("publishing {schema}: {reason}")]
    Refused {
        /// Which schema.
        schema: &'static str,
        /// Why.
        reason: String,
    },
    /// Some of what a run made was not published; the rest was.
    #[error("publishing {0}")]
    Publishing(String),
    /// The last readings were not kept.
    #[error("keeping the last readings")]
    Keep(#[source] cache::SnapshotError),
    /// The computation ended without a result.
    #[error("computing")]
    Lost(#[source] tokio::task::JoinError),
}

impl TaskError {
    /// What happened, in plain words.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Venue { doing, source } => format!("{doing}: {}", source.plain()),
            Self::Contract { doing, symbol, others: 0, source } => format!("{doing} of {symbol}: {}", source.plain()),
            Self::Contract { doing, symbol, others, source } => {
                format!("{doing} of {symbol} and {others} others: {}", source.plain())
            }
            Self::Outside { doing, source } => format!("{doing}: {}", source.plain()),
            Self::Keep(_) => chain(self),
            Self::Unconfirmed(_) | Self::Refused { .. } | Self::Publishing(_) | Self::Lost(_) => self.to_string(),
        }
    }

    /// How long whoever was asked wants to be left alone.
    const fn patience(&self) -> Option<Duration> {
        match self {
            Self::Outside { source, .. } => source.patience(),
            Self::Unconfirmed(_) => Some(CONFIRM_AFTER),
            Self::Venue { .. }
            | Self::Contract { .. }
            | Self::Refused { .. }
            | Self::Publishing(_)
            | Self::Keep(_)
            | Self::Lost(_) => None,
        }
    }

    /// The message of the panic that ended the computation.
    fn panic(&self) -> Option<String> {
        match self {
            // Its payload cannot be had without taking the error apart, and its text repeats the number of a task of the runtime.
            Self::Lost(lost) if lost.is_panic() => {
                let text = lost.to_string();
                Some(
                    text.split_once("with message ")
                        .map_or(text.clone(), |(_, message)| message.trim_matches('"').to_owned()),
                )
            }
            _ => None,
        }
    }
}

/// Runs tasks under the supervisor, and records in its registry how each is doing.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    clock: Clock,
    registry: Arc<Registry>,
}

impl Driver {
    /// A driver without tasks.
    pub(crate) fn new(clock: Clock, supervisor: &Supervisor) -> Self {
        Self { clock, registry: Arc::clone(supervisor.registry()) }
    }

    /// How each task of the process is doing.
    pub(crate) fn statuses(&self) -> Vec<TaskStatus> {
        self.registry.statuses()
    }

    /// Runs a task until the group stops, at once, then each period and whenever `wake` is notified. After a panic it goes on with
    /// the state it had.
    pub(crate) fn spawn<T: Task>(&self, group: &Supervisor, task: T, wake: Arc<Notify>) {
        let (driver, stop, task) = (self.clone(), group.stop(), Arc::new(tokio::sync::Mutex::new(task)));
        group.spawn(Job { name: T::NAME, what: T::WHAT }, Policy::Reporting, move || {
            let (driver, wake, stop, task) = (driver.clone(), Arc::clone(&wake), stop.clone(), Arc::clone(&task));
            async move {
                driver.drive(&mut *task.lock().await, &wake, &stop).await;
                Ok(())
            }
        });
        self.registry.update(T::NAME, |status| status.period_ms = u64::try_from(T::PERIOD.as_millis()).ok());
    }

    async fn drive<T: Task>(&self, task: &mut T, wake: &Notify, stop: &CancellationToken) {
        let mut timer = tokio::time::interval(T::PERIOD);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut retry = T::retry().build();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = wake.notified() => {}
                _ = timer.tick() => {}
            }
            let begun = Instant::now();
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                outcome = task.run() => outcome,
            };
            self.note::<T>(begun.elapsed());
            match outcome {
                Ok(()) => {
                    self.registry.recovered(T::NAME);
                    retry = T::retry().build();
                }
                Err(error) => {
                    let wait = retry.next().unwrap_or(T::PERIOD).max(error.patience().unwrap_or_default());
                    self.failed::<T>(&error, wait);
                    timer.reset_after(wait);
                }
            }
        }
    }

    fn note<T: Task>(&self, took: Duration) {
        let ended = self.clock.now();
        metrics::histogram!("monitor_task_seconds", "task" => T::NAME).record(took.as_secs_f64());
        self.registry.update(T::NAME, |status| {
            status.runs += 1;
            status.last_end = Some(ended);
            status.last_took_ms = Some(took.as_secs_f64() * 1_000.0);
        });
    }

    fn failed<T: Task>(&self, error: &TaskError, wait: Duration) {
        metrics::counter!("monitor_task_failures_total", "task" => T::NAME).increment(1);
        match error.panic() {
            Some(message) => self.registry.failed(T::NAME, &Failing::panicked(message.clone()), &message, wait),
            None => self.registry.failed(T::NAME, &Failing::error(error.plain()), &chain(error), wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    fn stage() -> (Supervisor, Driver) {
        let supervisor = Supervisor::new(Clock::System, CancellationToken::new());
        let driver = Driver::new(Clock::System, &supervisor);
        (supervisor, driver)
    }

    #[derive(Debug)]
    struct Count(Arc<AtomicU64>, bool);

    impl Task for Count {
        const NAME: &'static str = "count";
        const WHAT: &'static str = "Counts its runs.";
        const PERIOD: Duration = Duration::from_secs(60);

        async fn run(&mut self) -> Result<(), TaskError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if self.1 { Err(TaskError::Refused { schema: "x", reason: "for the test".to_owned() }) } else { Ok(()) }
        }
    }

    async fn runs_within(secs: u64, failing: bool) -> (u64, TaskStatus) {
        let (supervisor, driver) = stage();
        let runs = Arc::new(AtomicU64::new(0));
        driver.spawn(&supervisor, Count(Arc::clone(&runs), failing), Arc::default());
        tokio::time::sleep(Duration::from_secs(secs)).await;
        supervisor.end().await;
        (runs.load(Ordering::Relaxed), driver.statuses().remove(0))
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_runs_at_once_and_then_each_period() {
        let (runs, status) = runs_within(130, false).await;
        assert_eq!((runs, status.runs, status.failures), (3, 3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_run_is_tried_again_soon_and_says_why() {
        let (runs, status) = runs_within(14, true).await;
        assert_eq!((runs, status.failures), (3, 3));
        assert_eq!(status.last_error.as_deref(), Some("publishing x: for the test"));
    }

    /// Fails, and has its own mind about when it is tried again; the stranger it asks may want to be left alone.
    struct Polite(Arc<Mutex<Vec<u64>>>, Instant, Option<Duration>);

    impl Task for Polite {
        const NAME: &'static str = "polite";
        const WHAT: &'static str = "Fails.";
        const PERIOD: Duration = Duration::from_secs(600);

        fn retry() -> ExponentialBuilder {
            let (least, most) = (Duration::from_secs(10), Duration::from_secs(30));
            ExponentialBuilder::new().with_min_delay(least).with_max_delay(most).without_max_times()
        }

        async fn run(&mut self) -> Result<(), TaskError> {
            self.0.lock().unwrap().push(self.1.elapsed().as_secs());
            let url = venue::http_address("http://127.0.0.1:1").unwrap();
            Err(TaskError::Outside { doing: "asking", source: AskError::SlowDown { url, patience: self.2 } })
        }
    }

    async fn tries_of_100_s(patience: Option<Duration>) -> Vec<u64> {
        let (supervisor, driver) = stage();
        let tries = Arc::new(Mutex::new(Vec::new()));
        driver.spawn(&supervisor, Polite(Arc::clone(&tries), Instant::now(), patience), Arc::default());
        tokio::time::sleep(Duration::from_secs(99)).await;
        supervisor.end().await;
        let tries = tries.lock().unwrap();
        tries.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_asks_strangers_waits_longer_each_time_and_as_long_as_it_is_told() {
        assert_eq!(tries_of_100_s(None).await, [0, 10, 30, 60, 90]);
        assert_eq!(tries_of_100_s(Some(Duration::from_secs(45))).await, [0, 45, 90]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_makes_a_task_run_sooner() {
        let (supervisor, driver) = stage();
        let (runs, wake) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        driver.spawn(&supervisor, Count(Arc::clone(&runs), false), Arc::clone(&wake));
        tokio::time::sleep(Duration::from_secs(1)).await;
        wake.notify_one();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        supervisor.end().await;
    }

    /// Panics at its first runs: by itself, or in a computation that it waits for.
    struct Panics(Arc<AtomicU64>, bool);

    impl Task for Panics {
        const NAME: &'static str = "panics";
        const WHAT: &'static str = "Panics.";
        const PERIOD: Duration = Duration::from_secs(1);

        async fn run(&mut self) -> Result<(), TaskError> {
            let run = self.0.fetch_add(1, Ordering::Relaxed);
            assert!(run > 1 || self.1, "run {run}");
            tokio::spawn(async move { assert!(run > 1, "run {run}") }).await.map_err(TaskError::Lost)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_in_a_run_is_shown_and_the_task_goes_on_after_a_wait() {
        for in_computation in [false, true] {
            let (supervisor, driver) = stage();
            let runs = Arc::new(AtomicU64::new(0));
            driver.spawn(&supervisor, Panics(Arc::clone(&runs), in_computation), Arc::default());
            while runs.load(Ordering::Relaxed) < 2 || supervisor.registry().down().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(supervisor.registry().down(), [("panics", "panicked: run 1".to_owned())]);
            let status = driver.statuses().remove(0);
            assert_eq!((status.panics, status.retry_at.is_some()), (2, true), "{status:?}");
            while !supervisor.registry().down().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(driver.statuses()[0].last_error, None);
            supervisor.end().await;
        }
    }
}

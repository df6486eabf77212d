//! Runs the monitor's tasks: by timer, and by signal.
//!
//! A task is an idempotent function without input. A signal only makes it run sooner and carries no data, so a
//! signal that is lost costs one period and nothing else. The driver knows of each task when it ran, how long it
//! took and how it ended; this is what the System page shows.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use cache::Clock;
use schema::{Symbol, health::TaskStatus, universe::Unconfirmed};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use venue::VenueError;

use crate::outside::AskError;

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
    /// A source beside the exchange did not tell what was asked for.
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
            Self::Unconfirmed(_) | Self::Refused { .. } | Self::Lost(_) => self.to_string(),
        }
    }

    /// How long whoever was asked wants to be left alone.
    const fn patience(&self) -> Option<Duration> {
        match self {
            Self::Outside { source, .. } => source.patience(),
            Self::Unconfirmed(_) => Some(CONFIRM_AFTER),
            Self::Venue { .. } | Self::Contract { .. } | Self::Refused { .. } | Self::Keep(_) | Self::Lost(_) => None,
        }
    }
}

/// Runs tasks and remembers how they fare.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    clock: Clock,
    statuses: Arc<Mutex<BTreeMap<&'static str, TaskStatus>>>,
}

impl Driver {
    /// A driver without tasks.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, statuses: Arc::default() }
    }

    /// How each task fares.
    pub(crate) fn statuses(&self) -> Vec<TaskStatus> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Runs a task until `stop`, at once, then each period and whenever `wake` is notified.
    pub(crate) fn spawn<T: Task>(
        &self,
        set: &mut JoinSet<()>,
        mut task: T,
        wake: Arc<Notify>,
        stop: CancellationToken,
    ) {
        let driver = self.clone();
        driver.update(T::NAME, |_| {}, || status::<T>());
        set.spawn(async move {
            let mut timer = tokio::time::interval(T::PERIOD);
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut failing, mut retry) = (false, T::retry().build());
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    () = wake.notified() => {}
                    _ = timer.tick() => {}
                }
                let begun = Instant::now();
                let outcome = tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    outcome = task.run() => outcome,
                };
                driver.note::<T>(begun.elapsed(), &outcome, failing);
                failing = outcome.is_err();
                match outcome {
                    Ok(()) => retry = T::retry().build(),
                    Err(error) => {
                        let wait = retry.next().unwrap_or(T::PERIOD);
                        timer.reset_after(wait.max(error.patience().unwrap_or_default()));
                    }
                }
            }
        });
    }

    fn note<T: Task>(&self, took: Duration, outcome: &Result<(), TaskError>, was_failing: bool) {
        let ended = self.clock.now();
        metrics::histogram!("monitor_task_seconds", "task" => T::NAME).record(took.as_secs_f64());
        self.update(
            T::NAME,
            |status| {
                status.runs += 1;
                status.last_end = Some(ended);
                status.last_took_ms = Some(took.as_secs_f64() * 1_000.0);
                status.last_error = outcome.as_ref().err().map(TaskError::plain);
                status.failures += u64::from(outcome.is_err());
            },
            || status::<T>(),
        );
        match outcome {
            Ok(()) if was_failing => tracing::info!(task = T::NAME, "works again"),
            Ok(()) => {}
            Err(error) => {
                metrics::counter!("monitor_task_failures_total", "task" => T::NAME).increment(1);
                let chain = chain(error);
                // The first failure is news; the same one each few seconds is not.
                if was_failing {
                    tracing::debug!(task = T::NAME, error = chain, "still fails");
                } else {
                    tracing::warn!(task = T::NAME, error = chain, "failed, will be tried again");
                }
            }
        }
    }

    fn update(&self, name: &'static str, change: impl FnOnce(&mut TaskStatus), new: impl FnOnce() -> TaskStatus) {
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        change(statuses.entry(name).or_insert_with(new));
    }
}

fn status<T: Task>() -> TaskStatus {
    TaskStatus {
        name: T::NAME.to_owned(),
        what: T::WHAT.to_owned(),
        period_ms: u64::try_from(T::PERIOD.as_millis()).unwrap_or(u64::MAX),
        runs: 0,
        failures: 0,
        last_end: None,
        last_took_ms: None,
        last_error: None,
    }
}

/// An error with everything beneath it, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

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
        let (driver, mut set, stop) = (Driver::new(Clock::System), JoinSet::new(), CancellationToken::new());
        let runs = Arc::new(AtomicU64::new(0));
        driver.spawn(&mut set, Count(Arc::clone(&runs), failing), Arc::default(), stop.clone());
        tokio::time::sleep(Duration::from_secs(secs)).await;
        stop.cancel();
        while set.join_next().await.is_some() {}
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
        let (driver, mut set, stop) = (Driver::new(Clock::System), JoinSet::new(), CancellationToken::new());
        let tries = Arc::new(Mutex::new(Vec::new()));
        driver.spawn(&mut set, Polite(Arc::clone(&tries), Instant::now(), patience), Arc::default(), stop.clone());
        tokio::time::sleep(Duration::from_secs(99)).await;
        stop.cancel();
        while set.join_next().await.is_some() {}
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
        let (driver, mut set, stop) = (Driver::new(Clock::System), JoinSet::new(), CancellationToken::new());
        let (runs, wake) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        driver.spawn(&mut set, Count(Arc::clone(&runs), false), Arc::clone(&wake), stop.clone());
        tokio::time::sleep(Duration::from_secs(1)).await;
        wake.notify_one();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        stop.cancel();
        while set.join_next().await.is_some() {}
    }
}

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

use cache::Clock;
use schema::health::TaskStatus;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;
use venue::VenueError;

/// After a failed run a task is tried again no later than this.
const RETRY: Duration = Duration::from_secs(5);

/// Something the monitor does again and again.
pub(crate) trait Task: Send + 'static {
    /// Its name on the System page.
    const NAME: &'static str;
    /// What it does, in one sentence.
    const WHAT: &'static str;
    /// How often it runs by itself.
    const PERIOD: Duration;

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
            Self::Keep(_) => chain(self),
            Self::Refused { .. } | Self::Lost(_) => self.to_string(),
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
            let mut failing = false;
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
                if failing {
                    timer.reset_after(RETRY.min(T::PERIOD));
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

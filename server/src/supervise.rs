//! Runs the long-running tasks of the process, so that none of them ends unnoticed.
//!
//! A panic is caught, counted and shown, and the task starts again after a wait that grows. A task that must run as long as the
//! process and ends all the same is fatal: [`Supervisor::fatal`] returns it, and the process exits with an error that names it.
//! A panic inside a group of tasks that share state nobody can trust afterwards ends the whole group, and its owner starts a new one.
//! The message of a panic is logged once, by the hook ([`panics`]); here only what is done about it.

pub(crate) mod panics;
mod registry;

use std::{
    fmt,
    future::Future,
    ops::Deref,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use cache::Clock;
use futures_util::FutureExt as _;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

pub(crate) use self::registry::{Failing, Registry};

/// The shortest wait before a task starts again.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait before a task starts again.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// An error of any task.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// A task, as the System page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    /// Its name, unique within the process.
    pub(crate) name: &'static str,
    /// What it does, in one sentence.
    pub(crate) what: &'static str,
}

/// When a task may end, and when it counts as recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It runs until the group stops. It has recovered once it has run for as long as the last wait.
    Forever,
    /// As [`Policy::Forever`], but the task itself reports through [`Registry::recovered`] that it works again.
    Reporting,
    /// It ends when its work is done.
    Once,
}

/// Why a run of a task did not go on.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It may go on after a wait; the cause in plain words.
    Retry(String),
    /// The group it ran broke; a new one may go on after a wait.
    Group(Broken),
    /// The process cannot go on without it.
    Fatal(AnyError),
}

/// A task without which the process cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TaskFatal {
    /// It ended although it must not.
    #[error("the task `{task}` ended, though it must run as long as the process")]
    Ended {
        /// Its name.
        task: &'static str,
    },
    /// It failed in a way that no retry mends.
    #[error("the task `{task}` cannot go on")]
    Failed {
        /// Its name.
        task: &'static str,
        /// Why.
        #[source]
        source: AnyError,
    },
}

/// The end of a group of tasks.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A task panicked, so what the group shares cannot be trusted.
    #[error("`{task}` panicked: {message}")]
    Panicked {
        /// Its name.
        task: &'static str,
        /// What it said.
        message: String,
    },
    /// A task ended although it must not.
    #[error("`{task}` ended, though it must run as long as its market is watched")]
    Ended {
        /// Its name.
        task: &'static str,
    },
    /// A task failed.
    #[error("`{task}` cannot go on")]
    Failed {
        /// Its name.
        task: &'static str,
        /// Why.
        #[source]
        source: AnyError,
    },
}

impl Broken {
    /// For the log, which has the message of a panic already.
    fn logged(&self) -> String {
        match self {
            Self::Panicked { task, .. } => format!("`{task}` panicked"),
            Self::Ended { .. } | Self::Failed { .. } => self.to_string(),
        }
    }
}

/// Runs tasks until they are stopped, and knows how each is doing. Clones run tasks of the same group.
#[derive(Debug, Clone)]
pub(crate) struct Supervisor {
    registry: Arc<Registry>,
    tracker: TaskTracker,
    stop: CancellationToken,
    broken: Arc<Once<Broken>>,
}

/// Tasks that end together: when the group is dropped, all of them are stopped.
#[derive(Debug)]
pub(crate) struct Group {
    supervisor: Supervisor,
    _stops: DropGuard,
}

impl Deref for Group {
    type Target = Supervisor;

    fn deref(&self) -> &Supervisor {
        &self.supervisor
    }
}

impl Supervisor {
    /// Without tasks; `stop` asks all of them to end.
    pub(crate) fn new(clock: Clock, stop: CancellationToken) -> Self {
        Self {
            registry: Arc::new(Registry::new(clock)),
            tracker: TaskTracker::new(),
            stop,
            broken: Arc::new(Once::new()),
        }
    }

    /// A group of tasks within this one, with the same registry.
    pub(crate) fn group(&self) -> Group {
        let supervisor = Self {
            registry: Arc::clone(&self.registry),
            tracker: TaskTracker::new(),
            stop: self.stop.child_token(),
            broken: Arc::new(Once::new()),
        };
        Group { _stops: supervisor.stop.clone().drop_guard(), supervisor }
    }

    /// How each task is doing.
    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Cancelled when the tasks are to end.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Asks the tasks to end, and waits until they have.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Waits for a task that the process cannot go on without.
    pub(crate) async fn fatal(&self) -> TaskFatal {
        self.registry.fatal().taken().await
    }

    /// Waits until the group cannot go on.
    pub(crate) async fn broken(&self) -> Broken {
        self.broken.taken().await
    }

    /// Runs `make` again and again until it ends as its policy allows. What it returns has to watch the stop by itself; a wait
    /// between two runs ends with it.
    pub(crate) fn spawn<F>(&self, job: Job, policy: Policy, mut make: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        let this = self.clone();
        self.registry.began(job);
        self.tracker.spawn(panics::NAME.scope(job.name, async move {
            let _ended = Ended { registry: &this.registry, name: job.name };
            let mut waits = Waits::new();
            loop {
                let began = Instant::now();
                let outcome = {
                    let mut run = pin!(AssertUnwindSafe(async { make().await }).catch_unwind());
                    let settle = sleep(waits.last);
                    tokio::select! {
                        biased;
                        outcome = &mut run => outcome,
                        () = settle, if policy == Policy::Forever && waits.last > Duration::ZERO => {
                            this.registry.recovered(job.name);
                            run.await
                        }
                    }
                };
                let stopped = this.stop.is_cancelled();
                let (cause, logged) = match outcome {
                    Ok(Ok(())) if stopped || policy == Policy::Once => return,
                    Ok(Ok(())) => return this.registry.fatal().put(TaskFatal::Ended { task: job.name }),
                    Ok(Err(Failed::Fatal(source))) => {
                        return this.registry.fatal().put(TaskFatal::Failed { task: job.name, source });
                    }
                    Ok(Err(Failed::Retry(cause))) => (Failing::down(cause.clone()), cause),
                    Ok(Err(Failed::Group(broken))) => (Failing::down(broken.to_string()), broken.logged()),
                    Err(payload) => {
                        let message = panics::message(payload.as_ref());
                        (Failing::panicked(message.clone()), message)
                    }
                };
                if stopped {
                    return;
                }
                let wait = waits.next(began.elapsed());
                this.registry.failed(job.name, &cause, &logged, wait);
                tokio::select! {
                    () = this.stop.cancelled() => return,
                    () = sleep(wait) => {}
                }
            }
        }));
    }

    /// Runs what cannot be started again by itself: a panic, a failure and an early end break the group.
    pub(crate) fn spawn_bound(&self, job: Job, run: impl Future<Output = Result<(), AnyError>> + Send + 'static) {
        let this = self.clone();
        self.registry.began(job);
        self.tracker.spawn(panics::NAME.scope(job.name, async move {
            let _ended = Ended { registry: &this.registry, name: job.name };
            let outcome = AssertUnwindSafe(run).catch_unwind().await;
            let task = job.name;
            let broken = match outcome {
                Ok(Ok(())) if this.stop.is_cancelled() => return,
                Ok(Ok(())) => Broken::Ended { task },
                Ok(Err(source)) => Broken::Failed { task, source },
                Err(payload) => {
                    let message = panics::message(payload.as_ref());
                    registry::count_panic(task);
                    tracing::error!(task, "panicked: all tasks of its group end with it");
                    Broken::Panicked { task, message }
                }
            };
            this.broken.put(broken);
        }));
    }
}

/// Takes a task from the list of those that fail, however it ends.
struct Ended<'a> {
    registry: &'a Registry,
    name: &'static str,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.registry.ended(self.name);
    }
}

/// The waits before a task starts again: they grow, and begin from the shortest after a long run.
struct Waits {
    next: backon::ExponentialBackoff,
    last: Duration,
}

impl Waits {
    fn new() -> Self {
        Self { next: Self::growing(), last: Duration::ZERO }
    }

    fn growing() -> backon::ExponentialBackoff {
        ExponentialBuilder::new().with_min_delay(WAIT_MIN).with_max_delay(WAIT_MAX).without_max_times().build()
    }

    fn next(&mut self, ran: Duration) -> Duration {
        if ran >= WAIT_MAX {
            self.next = Self::growing();
        }
        self.last = self.next.next().unwrap_or(WAIT_MAX);
        self.last
    }
}

/// Something that is put once and taken once; what is put later is dropped.
pub(crate) struct Once<T> {
    value: Mutex<Option<T>>,
    put: Notify,
}

impl<T> Once<T> {
    fn new() -> Self {
        Self { value: Mutex::new(None), put: Notify::new() }
    }

    fn put(&self, value: T) {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(value);
        self.put.notify_one();
    }

    async fn taken(&self) -> T {
        loop {
            if let Some(value) = self.value.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return value;
            }
            self.put.notified().await;
        }
    }
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

#[cfg(test)]
mod tests;

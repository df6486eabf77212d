//! How each task of the process is doing: read by the System page, `/readyz`, `/health` and the metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cache::Clock;
use schema::health::TaskStatus;
use tokio::time::Instant;

use super::{Job, Once, TaskFatal};

/// A cause that changes is logged as a warning no more often than this.
const WARN_EVERY: Duration = Duration::from_secs(30);
/// A cause that stays the same is logged as a warning again after this.
const REMIND_EVERY: Duration = Duration::from_secs(600);

/// How a run of a task failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It panicked.
    Panic,
    /// It does not run until it is started again.
    Down,
    /// It runs, and what it tried failed.
    Error,
}

/// What keeps a task from working, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failing {
    kind: Kind,
    cause: String,
}

impl Failing {
    /// It panicked with a message. The process is not ready until it works again.
    pub(crate) const fn panicked(message: String) -> Self {
        Self { kind: Kind::Panic, cause: message }
    }

    /// It ended, and does not run until it is started again. The process is not ready until it works again.
    pub(crate) const fn down(cause: String) -> Self {
        Self { kind: Kind::Down, cause }
    }

    /// What it tried failed. That an outside source does not answer leaves the process ready.
    pub(crate) const fn error(cause: String) -> Self {
        Self { kind: Kind::Error, cause }
    }

    /// What happened, as people read it.
    fn in_words(&self) -> String {
        match self.kind {
            Kind::Panic => format!("panicked: {}", self.cause),
            Kind::Down | Kind::Error => self.cause.clone(),
        }
    }
}

#[derive(Debug)]
struct Entry {
    status: TaskStatus,
    running: bool,
    failing: Option<Failing>,
    warned: Option<Warned>,
}

/// The last warning about a task that fails.
#[derive(Debug)]
struct Warned {
    at: Instant,
    about: Failing,
    /// Failures since then that were not logged as warnings.
    kept_back: u64,
}

impl Entry {
    /// Whether a failure is to be logged as a warning now, and how many were not since the last one.
    fn warns(&mut self, why: &Failing, now: Instant) -> Option<u64> {
        let kept_back = match &mut self.warned {
            Some(last) if now < last.at + if last.about == *why { REMIND_EVERY } else { WARN_EVERY } => {
                last.kept_back += 1;
                return None;
            }
            Some(last) => last.kept_back,
            None => 0,
        };
        self.warned = Some(Warned { at: now, about: why.clone(), kept_back: 0 });
        Some(kept_back)
    }
}

/// How each task is doing.
#[derive(Debug)]
pub(crate) struct Registry {
    clock: Clock,
    entries: Mutex<BTreeMap<&'static str, Entry>>,
    fatal: Once<TaskFatal>,
}

impl Registry {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, entries: Mutex::default(), fatal: Once::new() }
    }

    pub(super) const fn fatal(&self) -> &Once<TaskFatal> {
        &self.fatal
    }

    /// Every task that was ever started, by name.
    pub(crate) fn statuses(&self) -> Vec<TaskStatus> {
        self.entries().values().map(|entry| entry.status.clone()).collect()
    }

    /// The tasks that have not ended.
    pub(crate) fn running(&self) -> Vec<&'static str> {
        self.entries().iter().filter(|(_, entry)| entry.running).map(|(name, _)| *name).collect()
    }

    /// The tasks that panicked or ended and do not work again yet, each with the cause.
    pub(crate) fn down(&self) -> Vec<(&'static str, String)> {
        let entries = self.entries();
        let failing = entries.iter().filter_map(|(name, entry)| Some((*name, entry.failing.as_ref()?)));
        failing.filter(|(_, why)| why.kind != Kind::Error).map(|(name, why)| (name, why.in_words())).collect()
    }

    /// A task starts for the first time, or again in a new group.
    pub(super) fn began(&self, job: Job) {
        let new = || Entry { status: unknown(job), running: true, failing: None, warned: None };
        self.entries().entry(job.name).or_insert_with(new).running = true;
        set_failing(job.name, false);
        // There from the beginning, or the first panic would be no increase.
        metrics::counter!("task_panics_total", "task" => job.name).increment(0);
    }

    /// Changes what is shown of a task.
    pub(crate) fn update(&self, name: &'static str, change: impl FnOnce(&mut TaskStatus)) {
        if let Some(entry) = self.entries().get_mut(name) {
            change(&mut entry.status);
        }
    }

    /// A run of a task failed, and it is tried again after `wait`. `detail` is the cause as the log shows it.
    pub(crate) fn failed(&self, name: &'static str, why: &Failing, detail: &str, wait: Duration) {
        let retry_at = self.clock.now().plus(wait);
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(name) else { return };
        entry.failing = Some(why.clone());
        entry.status.retry_at = Some(retry_at);
        entry.status.failures += 1;
        entry.status.panics += u64::from(why.kind == Kind::Panic);
        entry.status.last_error = Some(why.in_words());
        let warns = entry.warns(why, Instant::now());
        drop(entries);
        set_failing(name, true);
        let retry_s = wait.as_secs_f32();
        match (why.kind, warns) {
            // The hook has logged the message.
            (Kind::Panic, _) => {
                count_panic(name);
                tracing::warn!(task = name, retry_s, "panicked, will be started again");
            }
            (_, Some(kept_back)) => {
                tracing::warn!(task = name, error = detail, retry_s, kept_back, "failed, will be tried again");
            }
            (_, None) => tracing::debug!(task = name, error = detail, retry_s, "still fails"),
        }
    }

    /// A task works again.
    pub(crate) fn recovered(&self, name: &'static str) {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(name) else { return };
        if entry.failing.take().is_none() {
            return;
        }
        entry.status.retry_at = None;
        entry.status.last_error = None;
        entry.warned = None;
        drop(entries);
        set_failing(name, false);
        tracing::info!(task = name, "works again");
    }

    /// A task has ended, so it fails no more.
    pub(super) fn ended(&self, name: &'static str) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.running = false;
            entry.failing = None;
            entry.status.retry_at = None;
        }
        set_failing(name, false);
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a panic of a task.
pub(super) fn count_panic(name: &'static str) {
    metrics::counter!("task_panics_total", "task" => name).increment(1);
}

fn set_failing(name: &'static str, failing: bool) {
    metrics::gauge!("task_failing", "task" => name).set(if failing { 1.0 } else { 0.0 });
}

fn unknown(job: Job) -> TaskStatus {
    TaskStatus {
        name: job.name.to_owned(),
        what: job.what.to_owned(),
        period_ms: None,
        runs: 0,
        failures: 0,
        panics: 0,
        last_end: None,
        last_took_ms: None,
        last_error: None,
        retry_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let status = unknown(Job { name: "job", what: "Is tested." });
        Entry { status, running: true, failing: None, warned: None }
    }

    #[test]
    fn a_failure_is_warned_of_again_when_its_cause_changes_and_not_more_often_than_each_half_minute() {
        let (mut entry, start) = (entry(), Instant::now());
        let mut warns = |cause: &str, s| entry.warns(&Failing::error(cause.to_owned()), start + Duration::from_secs(s));
        assert_eq!(warns("no answer", 0), Some(0), "the first failure is news");
        assert_eq!(warns("no answer", 40), None, "the same one is not");
        assert_eq!(warns("HTTP 403", 41), Some(1), "another cause is, with the number kept back");
        assert_eq!(warns("no answer", 45), None, "causes that alternate do not fill the log");
        assert_eq!(warns("no answer", 72), Some(1));
        assert_eq!(warns("no answer", 72 + 599), None);
        assert_eq!(warns("no answer", 72 + 600), Some(1), "a long failure is repeated each ten minutes");
    }

    #[test]
    fn what_a_task_tried_in_vain_leaves_the_process_ready_and_a_panic_does_not() {
        let registry = Registry::new(Clock::System);
        registry.began(Job { name: "job", what: "Is tested." });
        registry.failed("job", &Failing::error("HTTP 503".to_owned()), "HTTP 503", Duration::from_secs(5));
        assert_eq!(registry.down(), []);
        assert_eq!(registry.statuses()[0].last_error.as_deref(), Some("HTTP 503"));
        registry.failed("job", &Failing::panicked("no row".to_owned()), "no row", Duration::from_secs(5));
        assert_eq!(registry.down(), [("job", "panicked: no row".to_owned())]);
        registry.recovered("job");
        let status = registry.statuses().remove(0);
        assert_eq!((registry.down(), status.failures, status.panics, status.retry_at), (vec![], 2, 1, None));
    }
}

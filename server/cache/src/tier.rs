//! The shared tier behind its breaker: counts, times and limits every call, and heals by itself.
//!
//! A call is refused at once while the breaker is open. When it opens, or when a write is kept for later, one task
//! starts: it probes until the tier answers, then writes what was kept, and ends.

mod heal;
mod write;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics::{counter, gauge, histogram};
use schema::UnixMs;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    breaker::Breaker,
    clock::Clock,
    envelope,
    l2::{Added, Cas, Item, L2, L2Error},
    lock::lock,
    recovery::Recovery,
};

pub(crate) use write::{Belief, Put, Write};

/// How the shared tier is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum L2State {
    /// There is none: this process serves alone.
    Off,
    /// It answers.
    Up {
        /// The version of its server.
        version: String,
    },
    /// It does not answer.
    Degraded {
        /// What happened, in plain words.
        cause: String,
        /// Since when.
        since: UnixMs,
    },
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    recovery: Recovery,
    /// Whether the healing task runs.
    healing: bool,
    version: Option<String>,
    /// Since when the breaker has been open, or the first contact has been awaited.
    since: UnixMs,
    /// Counts outages, so that what was known of items before one is not used after it.
    outages: u64,
}

/// The shared tier behind its breaker.
pub(crate) struct Tier {
    l2: Arc<dyn L2>,
    clock: Clock,
    state: Mutex<State>,
}

impl Tier {
    /// Takes a tier into use and makes the first contact in a task of its own.
    pub(crate) fn start(l2: Arc<dyn L2>, clock: Clock) -> Arc<Self> {
        let state = State {
            breaker: Breaker::new(),
            recovery: Recovery::default(),
            healing: false,
            version: None,
            since: clock.now(),
            outages: 0,
        };
        let tier = Arc::new(Self { l2, clock, state: Mutex::new(state) });
        let first = Arc::clone(&tier);
        tokio::spawn(async move {
            match first.l2.version().await {
                Ok(version) => first.answered(version),
                Err(error) => first.silent(&error),
            }
        });
        tier
    }

    /// How it is.
    pub(crate) fn state(&self) -> L2State {
        let state = lock(&self.state);
        match (state.breaker.resting(), &state.version) {
            (Some(cause), _) => L2State::Degraded { cause: cause.to_owned(), since: state.since },
            (None, Some(version)) => L2State::Up { version: version.clone() },
            (None, None) => L2State::Degraded { cause: "the first contact is being made".into(), since: state.since },
        }
    }

    /// How many outages there have been: numbers of items learnt before the last one are worthless.
    pub(crate) fn outages(&self) -> u64 {
        lock(&self.state).outages
    }

    /// The item under a key.
    pub(crate) async fn get(self: &Arc<Self>, key: &str) -> Result<Option<Item>, L2Error> {
        self.call("get", self.l2.get(key)).await
    }

    /// Stores where there is nothing.
    pub(crate) async fn add(self: &Arc<Self>, write: &Write) -> Result<Added, L2Error> {
        self.call("add", self.l2.add(&write.key, &write.bytes, envelope::FLAGS, write.keep_for)).await
    }

    /// The numbers of many items. It fails as a whole only when not one key was answered.
    pub(crate) async fn cas_many(
        self: &Arc<Self>,
        keys: &[String],
    ) -> Result<Vec<Result<Option<Cas>, L2Error>>, L2Error> {
        let ask = async {
            let answers = self.l2.cas_many(keys).await;
            match answers.iter().find_map(|answer| answer.as_ref().err()) {
                Some(error) if answers.iter().all(Result::is_err) => Err(error.clone()),
                _ => Ok(answers),
            }
        };
        self.call("cas_many", ask).await
    }

    /// Keeps a write until the tier answers again; `false` when there is no room.
    pub(crate) fn defer(self: &Arc<Self>, write: Arc<Write>) -> bool {
        let mut state = lock(&self.state);
        let kept = state.recovery.keep(write);
        gauge!("cache_recovery_pending").set(as_f64(state.recovery.len()));
        if !kept {
            counter!("cache_recovery_dropped_total").increment(1);
        }
        self.heal(&mut state);
        kept
    }

    /// Takes note that a newer write of a key than any kept one has landed.
    pub(crate) fn settled(&self, write: &Write) {
        let mut state = lock(&self.state);
        if state.recovery.len() > 0 {
            state.recovery.settle(write);
            gauge!("cache_recovery_pending").set(as_f64(state.recovery.len()));
        }
    }

    /// Takes note that a call was given up by its caller before the tier's own deadline.
    pub(crate) fn given_up(self: &Arc<Self>, op: &'static str, after: Duration) -> L2Error {
        let error = L2Error::Timeout(after);
        self.failed(op, &error);
        error
    }

    async fn call<T>(
        self: &Arc<Self>,
        op: &'static str,
        exchange: impl Future<Output = Result<T, L2Error>>,
    ) -> Result<T, L2Error> {
        if let Some(cause) = lock(&self.state).breaker.resting() {
            return Err(L2Error::Resting(cause.to_owned()));
        }
        let started = Instant::now();
        let outcome = exchange.await;
        histogram!("cache_l2_seconds", "op" => op).record(started.elapsed().as_secs_f64());
        match &outcome {
            Ok(_) => lock(&self.state).breaker.succeeded(),
            Err(error) => self.failed(op, error),
        }
        outcome
    }

    fn failed(self: &Arc<Self>, op: &'static str, error: &L2Error) {
        counter!("cache_l2_errors_total", "op" => op, "kind" => error.kind()).increment(1);
        let mut state = lock(&self.state);
        // A server that refuses is a server that answers.
        if matches!(error, L2Error::Refused(_)) {
            state.breaker.succeeded();
            return;
        }
        state.outages += 1;
        let cause = error.to_string();
        if state.breaker.failed(&cause, Instant::now(), jitter()) {
            self.opened(&mut state, &cause);
        }
    }

    /// The first contact or a probe failed.
    fn silent(self: &Arc<Self>, error: &L2Error) {
        let mut state = lock(&self.state);
        let was_open = state.breaker.resting().is_some();
        let cause = error.to_string();
        state.breaker.open(&cause, Instant::now(), jitter());
        if !was_open {
            self.opened(&mut state, &cause);
        }
    }

    fn opened(self: &Arc<Self>, state: &mut State, cause: &str) {
        state.outages += 1;
        state.since = self.clock.now();
        counter!("cache_breaker_changes_total").increment(1);
        gauge!("cache_l2_up").set(0.0);
        tracing::warn!(cause, "the shared cache does not answer; this process goes on with what it holds");
        self.heal(state);
    }

    /// The first contact or a probe succeeded.
    fn answered(&self, version: String) {
        let mut state = lock(&self.state);
        if state.breaker.resting().is_some() {
            counter!("cache_breaker_changes_total").increment(1);
            state.outages += 1;
        }
        state.breaker.close();
        gauge!("cache_l2_up").set(1.0);
        tracing::info!(version, "the shared cache answers");
        state.version = Some(version);
    }

    /// Starts the healing task unless it runs.
    fn heal(self: &Arc<Self>, state: &mut State) {
        if !state.healing {
            state.healing = true;
            tokio::spawn(heal::heal(Arc::downgrade(self)));
        }
    }
}

/// A number in 0..1 from the seed that the standard library draws for its maps.
fn jitter() -> f64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let seed = std::hash::RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(seed >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

//! One server of the shared tier behind its breaker: counts and times every call, and keeps what waits to be written.
//!
//! A call is refused at once while the breaker is open. One task per server (`behind`) probes it then, and writes what
//! waits while it answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _};
use metrics::{counter, gauge, histogram};
use schema::{
    UnixMs,
    report::{L2State, ServerReport},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};

use super::{
    claim::TokenStore,
    outcome::{Outcome, Refusal},
    queue::{CAPACITY, Queue},
    write::Write,
};
use crate::{
    breaker::Breaker,
    clock::Clock,
    envelope::Packed,
    l2::{Added, Cas, Facts, Item, L2, L2Error, StoreIf, Swapped},
    lock::lock,
};

/// The longest that one exchange may take, whatever the deadline of its implementation is.
const CALL_LIMIT: Duration = Duration::from_millis(300);

pub(super) struct State {
    pub(super) breaker: Breaker,
    pub(super) queue: Queue,
    /// What it said of itself when it was asked last, and by how much its clock was ahead then, in milliseconds.
    facts: Option<(Facts, Option<i64>)>,
    /// Since when the breaker has been open, or the first contact has been awaited.
    since: UnixMs,
    /// Counts outages, so that what was known of items before one is not used after it.
    pub(super) outages: u64,
    failures: u64,
}

/// What is known of the last write of a key from this process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OwnWrite {
    /// Whether a newer one waits, or is on its way.
    pub(crate) waits: bool,
    /// The number that the last one was given.
    pub(crate) cas: Option<Cas>,
}

impl OwnWrite {
    /// Whether an item of this number was written by this process, or may have been a moment ago.
    pub(crate) fn explains(&self, cas: Cas) -> bool {
        self.waits || self.cas == Some(cas)
    }
}

/// One server of the shared tier behind its breaker.
pub(crate) struct Server {
    pub(super) l2: Arc<dyn L2>,
    clock: Clock,
    /// Whether the first contact was made, or failed.
    contacted: watch::Sender<bool>,
    pub(super) state: Mutex<State>,
    /// Held while a batch is written.
    pub(super) writing: tokio::sync::Mutex<()>,
    /// Wakes the task that writes.
    wake: Arc<Notify>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl Server {
    /// Takes a server into use. Returns with it what wakes the task that writes.
    pub(super) fn new(l2: Arc<dyn L2>, clock: Clock) -> (Arc<Self>, Arc<Notify>) {
        let state = State {
            breaker: Breaker::new(),
            queue: Queue::default(),
            facts: None,
            since: clock.now(),
            outages: 0,
            failures: 0,
        };
        let wake = Arc::new(Notify::new());
        let server = Arc::new(Self {
            l2,
            clock,
            contacted: watch::Sender::new(false),
            state: Mutex::new(state),
            writing: tokio::sync::Mutex::new(()),
            wake: Arc::clone(&wake),
        });
        (server, wake)
    }

    /// Makes the first contact, where none was made before.
    pub(super) async fn first_contact(self: &Arc<Self>) {
        if *self.contacted.borrow() {
            return;
        }
        self.probe().await;
        self.contacted.send_replace(true);
    }

    /// Resolves when the first contact was made, or failed.
    pub(crate) async fn contacted(&self) {
        // The sender lives as long as this.
        let _ = self.contacted.subscribe().wait_for(|contacted| *contacted).await;
    }

    /// Its name in reports.
    pub(crate) fn name(&self) -> &str {
        self.l2.name()
    }

    /// How it is.
    pub(crate) fn state(&self) -> L2State {
        let state = lock(&self.state);
        match (state.breaker.trouble(), &state.facts) {
            (Some(cause), _) => L2State::Degraded { cause: cause.to_owned(), since: state.since },
            (None, Some((facts, _))) => L2State::Up { version: facts.version.clone() },
            (None, None) => L2State::Degraded { cause: "the first contact is being made".into(), since: state.since },
        }
    }

    /// What there is to say of it.
    pub(crate) fn report(&self) -> ServerReport {
        let answer = self.state();
        let state = lock(&self.state);
        let facts = state.facts.as_ref().map(|(facts, _)| facts);
        ServerReport {
            name: self.name().to_owned(),
            state: answer,
            item_limit_bytes: facts.and_then(|facts| facts.item_limit_bytes),
            memory_limit_bytes: facts.and_then(|facts| facts.memory_limit_bytes),
            clock_ahead_ms: state.facts.as_ref().and_then(|(_, ahead)| *ahead),
            evictions: facts.and_then(|facts| facts.evictions),
            waiting: u64::try_from(state.queue.deferred()).unwrap_or(u64::MAX),
            failures: state.failures,
        }
    }

    /// The largest item it takes, in bytes, where it said so.
    pub(crate) fn item_limit(&self) -> Option<u64> {
        lock(&self.state).facts.as_ref().and_then(|(facts, _)| facts.item_limit_bytes)
    }

    /// How many outages there have been: numbers of items learnt before the last one are worthless.
    pub(crate) fn outages(&self) -> u64 {
        lock(&self.state).outages
    }

    /// The item under a key.
    pub(crate) async fn get(self: &Arc<Self>, key: &str) -> Result<Option<Item>, L2Error> {
        self.call("get", self.l2.get(key)).await
    }

    /// Stores an envelope where there is nothing.
    pub(crate) async fn add(
        self: &Arc<Self>,
        key: &str,
        packed: &Packed,
        keep_for: Duration,
    ) -> Result<Added, L2Error> {
        self.call("add", self.l2.add(key, &packed.bytes, packed.flags, keep_for)).await
    }

    /// The items under many keys, in one round trip; one answer per key.
    pub(super) async fn get_many(self: &Arc<Self>, keys: &[String]) -> Vec<Result<Option<Item>, L2Error>> {
        self.many("get_many", keys.len(), self.l2.get_many(keys)).await
    }

    /// Many conditional writes, in one round trip; one answer per write.
    pub(super) async fn store_many(self: &Arc<Self>, writes: &[StoreIf<'_>]) -> Vec<Result<Swapped, L2Error>> {
        self.many("store_many", writes.len(), self.l2.store_many(writes)).await
    }

    /// An exchange of many answers. It counts as failed only when not one was given.
    async fn many<T: Clone>(
        self: &Arc<Self>,
        op: &'static str,
        count: usize,
        exchange: impl Future<Output = Vec<Result<T, L2Error>>>,
    ) -> Vec<Result<T, L2Error>> {
        if count == 0 {
            return Vec::new();
        }
        let exchange = async {
            let answers = exchange.await;
            match answers.iter().find_map(|answer| answer.as_ref().err()) {
                Some(error) if answers.iter().all(Result::is_err) => Err(error.clone()),
                _ => Ok(answers),
            }
        };
        match self.call(op, exchange).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); count],
        }
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

    /// Queues a write.
    ///
    /// # Errors
    ///
    /// [`Refusal::QueueFull`] where its key is one too many.
    pub(crate) fn enqueue(&self, write: Arc<Write>) -> Result<(), Refusal> {
        let mut state = lock(&self.state);
        let kept = state.queue.keep(Arc::clone(&write));
        let resting = state.breaker.resting().map(str::to_owned);
        self.show_waiting(&state);
        drop(state);
        if !kept {
            counter!("cache_queue_refused_total", "server" => self.name().to_owned()).increment(1);
            return Err(Refusal::QueueFull { keys: CAPACITY });
        }
        match resting {
            Some(cause) => write.report(Outcome::Deferred(L2Error::Resting(cause).to_string())),
            None => self.wake.notify_one(),
        }
        Ok(())
    }

    /// How many keys wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// What is known of the last write of a key.
    pub(crate) fn own_write(&self, key: &str) -> OwnWrite {
        let state = lock(&self.state);
        OwnWrite { waits: state.queue.holds(key), cas: state.queue.known(key, state.outages) }
    }

    pub(super) fn show_waiting(&self, state: &State) {
        gauge!("cache_queue_keys", "server" => self.name().to_owned()).set(as_f64(state.queue.len()));
    }

    /// Takes note that a call was given up by its caller before the tier's own deadline.
    pub(crate) fn given_up(self: &Arc<Self>, op: &'static str, after: Duration) -> L2Error {
        let error = L2Error::Timeout(after);
        self.failed(op, &error);
        error
    }

    pub(super) async fn call<T>(
        self: &Arc<Self>,
        op: &'static str,
        exchange: impl Future<Output = Result<T, L2Error>>,
    ) -> Result<T, L2Error> {
        if let Some(cause) = lock(&self.state).breaker.resting() {
            return Err(L2Error::Resting(cause.to_owned()));
        }
        let started = Instant::now();
        let outcome = limited(exchange).await;
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
        state.failures += 1;
        let cause = error.to_string();
        if state.breaker.failed(&cause, Instant::now(), jitter()) {
            self.opened(&mut state, &cause);
        }
    }

    /// Asks whether it answers, at the first contact and after an outage.
    pub(super) async fn probe(self: &Arc<Self>) {
        match limited(self.l2.facts()).await {
            Ok(facts) => self.answered(facts),
            Err(error) => self.silent(&error),
        }
    }

    fn silent(self: &Arc<Self>, error: &L2Error) {
        let mut state = lock(&self.state);
        state.failures += 1;
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
        gauge!("cache_l2_up", "server" => self.name().to_owned()).set(0.0);
        tracing::warn!(
            server = self.name(),
            cause,
            "the shared cache does not answer; this process goes on with what it holds"
        );
        self.wake.notify_one();
    }

    fn answered(&self, facts: Facts) {
        let mut state = lock(&self.state);
        if state.breaker.resting().is_some() {
            counter!("cache_breaker_changes_total").increment(1);
            state.outages += 1;
        }
        state.breaker.close();
        gauge!("cache_l2_up", "server" => self.name().to_owned()).set(1.0);
        tracing::info!(server = self.name(), version = facts.version, "the shared cache answers");
        let ahead_ms = facts.time.map(|time| ahead(time, self.clock.now()));
        state.facts = Some((facts, ahead_ms));
    }
}

impl TokenStore for Server {
    fn token<'a>(self: Arc<Self>, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        async move { self.get(key).await }.boxed()
    }

    fn add_token<'a>(
        self: Arc<Self>,
        key: &'a str,
        bytes: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        async move { self.call("add", self.l2.add(key, bytes, flags, keep_for)).await }.boxed()
    }

    fn swap_token<'a>(
        self: Arc<Self>,
        key: &'a str,
        bytes: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        async move { self.call("swap", self.l2.swap(key, bytes, flags, keep_for, expected)).await }.boxed()
    }
}

/// Ends an exchange that outlives every deadline of its implementation.
async fn limited<T>(exchange: impl Future<Output = Result<T, L2Error>>) -> Result<T, L2Error> {
    timeout(CALL_LIMIT, exchange).await.unwrap_or(Err(L2Error::Timeout(CALL_LIMIT)))
}

/// By how much a clock that counts in whole seconds is ahead, in milliseconds: 0 within the second that it hides.
fn ahead(time: UnixMs, now: UnixMs) -> i64 {
    let (least, most) = (time.0 - now.0, time.0 + 1_000 - now.0);
    if least > 0 { least } else { most.min(0) }
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

//! The cache itself: one object per process, shared freely, from which publishers, warmers and readers come.

use std::{sync::Arc, time::Duration};

use schema::{
    Held, Reading, Schema, Stamp, UnixMs,
    reading::Found,
    report::{CacheReport, L2State},
};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    envelope::Encoded,
    follow::Follow,
    inner::Inner,
    key::Namespace,
    l2::L2,
    lock::lock,
    mirror::Mirror,
    publish::{Publisher, PublisherTaken},
    tier::{Superseded, Tier, WriteBehind},
    warm::Warmer,
};

/// Values kept in this process at most, per schema.
const L1_CAPACITY: u64 = 4_096;

/// How long writing what waits may take at the end.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// A typed cache of two tiers; clones share everything.
#[derive(Clone)]
pub struct Cache {
    pub(crate) inner: Arc<Inner>,
}

/// How a cache is put together.
#[must_use]
pub struct CacheBuilder {
    clock: Clock,
    writer: Arc<str>,
    namespace: Namespace,
    l2: Vec<Arc<dyn L2>>,
    capacity: u64,
    spawn: Option<Box<dyn FnMut(WriteBehind) + Send>>,
}

impl CacheBuilder {
    /// The prefix of every key, where a memcached is shared.
    pub fn namespace(self, namespace: Namespace) -> Self {
        Self { namespace, ..self }
    }

    /// A server of the shared tier; keys are spread over several. Without one the process serves alone.
    pub fn l2(mut self, l2: Arc<dyn L2>) -> Self {
        self.l2.push(l2);
        self
    }

    /// How many values of one schema this process keeps at most; 4,096 by default.
    pub fn l1_capacity(self, entries_per_schema: u64) -> Self {
        Self { capacity: entries_per_schema, ..self }
    }

    /// Who runs the task that writes to a server, one for each: it must run as long as the cache, and a run that panicked has to be
    /// started again. By default nobody watches over it.
    pub fn write_behind(self, spawn: impl FnMut(WriteBehind) + Send + 'static) -> Self {
        Self { spawn: Some(Box::new(spawn)), ..self }
    }

    /// Puts it together. A shared tier that does not answer is no failure: the cache starts without it and heals.
    ///
    /// # Panics
    ///
    /// With a shared tier, outside a tokio runtime: the first contact is made by a task.
    #[must_use]
    pub fn build(self) -> Cache {
        let mut spawn = self.spawn.unwrap_or_else(|| Box::new(|task| drop(tokio::spawn(task.run()))));
        let tier = Tier::start(self.l2, &self.clock, &mut spawn).map(Arc::new);
        Cache { inner: Arc::new(Inner::new(self.clock, self.writer, self.namespace, tier, self.capacity)) }
    }
}

impl Cache {
    /// Starts to put a cache together. `writer` names this process in everything it writes: `monitor@host/812`.
    pub fn builder(clock: impl Into<Clock>, writer: impl Into<Arc<str>>) -> CacheBuilder {
        CacheBuilder {
            clock: clock.into(),
            writer: writer.into(),
            namespace: Namespace::default(),
            l2: Vec::new(),
            capacity: L1_CAPACITY,
            spawn: None,
        }
    }

    /// The one publisher of a schema in this process.
    ///
    /// # Errors
    ///
    /// [`PublisherTaken`] while another one lives.
    pub fn publisher<T: Schema>(&self) -> Result<Publisher<T>, PublisherTaken> {
        Publisher::take(&self.inner)
    }

    /// A handle that can fill holes and nothing else.
    #[must_use]
    pub fn warmer<T: Schema>(&self) -> Warmer<T> {
        Warmer::new(&self.inner)
    }

    /// What there is of a schema: held here, or read from the shared tier once for all who ask at the same time.
    ///
    /// It ends within half a second, whatever the shared tier does, and never throws away an old value.
    pub async fn get<T: Schema>(&self, scope: &T::Scope) -> Found<T> {
        crate::read::get(&self.inner, scope).await
    }

    /// The same, judged by the cache's clock.
    pub async fn read<T: Schema>(&self, scope: &T::Scope) -> Reading<T> {
        let found = self.get(scope).await;
        Reading::judge(found, self.inner.clock.now())
    }

    /// What this process holds; the shared tier is not asked.
    pub async fn peek<T: Schema>(&self, scope: &T::Scope) -> Option<Held<T>> {
        self.inner.store::<T>().get(scope).await.map(|entry| entry.held.clone())
    }

    /// The JSON of a value that was read: the very bytes that went to the shared tier or came from it, where they were kept, and
    /// otherwise made once for all who ask for this write.
    ///
    /// # Errors
    ///
    /// When it cannot be encoded.
    pub async fn encoded<T: Schema>(&self, scope: &T::Scope, held: &Held<T>) -> Result<Encoded, serde_json::Error> {
        match self.inner.store::<T>().get(scope).await.filter(|entry| entry.held.stamp == held.stamp) {
            Some(entry) => entry.encoded(),
            // A newer one took its place meanwhile.
            None => Encoded::of(held.value.as_ref()),
        }
    }

    /// The same for a value that a [watcher](Self::watch) was sent, without waiting; none where a newer one took its place, or
    /// nobody watches.
    #[must_use]
    pub fn encoded_watched<T: Schema>(&self, scope: &T::Scope, stamp: Stamp) -> Option<Encoded> {
        self.inner.store::<T>().watched(scope, stamp)?.ok()
    }

    /// A channel that starts with what this process holds and wakes whenever a newer value arrives in it.
    #[must_use]
    pub fn watch<T: Schema>(&self, scope: T::Scope) -> watch::Receiver<Found<T>> {
        self.inner.store::<T>().watch(scope, crate::read::absence(&self.inner))
    }

    /// Has the mirror poll a schema of one value, for good.
    pub fn follow<T: Schema<Scope = ()>>(&self) {
        self.follow_scope::<T>(()).forever();
    }

    /// Has the mirror poll one value until the guard is dropped.
    pub fn follow_scope<T: Schema>(&self, scope: T::Scope) -> Follow {
        let key = self.inner.namespace.key::<T>(&scope);
        Follow::start::<T>(&self.inner.followed, key, self.inner.store::<T>(), scope)
    }

    /// Polls what is followed every `period`, until `shutdown` is over. Without a shared tier there is nothing to poll.
    pub async fn mirror(&self, period: Duration, shutdown: impl Future<Output = ()> + Send) {
        if self.inner.tier.is_none() {
            return shutdown.await;
        }
        self.poller().run(period, shutdown).await;
    }

    /// What polls, for who decides by himself when: on a hint that something changed.
    #[must_use]
    pub fn poller(&self) -> Mirror {
        Mirror::of(&self.inner)
    }

    /// Resolves when the first contact with the shared tier was made, or failed; at once where there is none.
    pub async fn contacted(&self) {
        if let Some(tier) = &self.inner.tier {
            tier.contacted().await;
        }
    }

    /// How the shared tier is.
    #[must_use]
    pub fn l2_state(&self) -> L2State {
        self.inner.tier.as_ref().map_or(L2State::Off, |tier| tier.state())
    }

    /// How this process is doing: its tiers, and every schema that was published, followed, warmed or read in it. Also
    /// sets the gauges.
    #[must_use]
    pub fn report(&self) -> CacheReport {
        let now = self.now();
        let mut schemas: Vec<_> = self.inner.stores.all().map(|store| store.report(now)).collect();
        schemas.sort_by(|a, b| a.name.cmp(&b.name));
        CacheReport {
            process: self.inner.writer.as_ref().to_owned(),
            now,
            l2: self.l2_state(),
            servers: self.inner.tier.as_ref().map_or_else(Vec::new, |tier| tier.report()),
            mirror: self.inner.tally.counts(),
            schemas,
        }
    }

    /// Writes what waits for the shared tier, before the process ends. It ends within a second, and logs how many
    /// values were not taken.
    pub async fn drain(&self) {
        if let Some(tier) = &self.inner.tier {
            tier.drain(DRAIN_LIMIT).await;
        }
    }

    /// Resolves when the shared tier holds a newer value of another process that started later: this process should
    /// stop, for nobody but its own readers sees what it publishes.
    pub async fn superseded(&self) -> Superseded {
        let mut receiver = self.inner.superseded.subscribe();
        // The sender lives as long as this.
        let found = receiver.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
        match found {
            Some(superseded) => superseded,
            None => std::future::pending().await,
        }
    }

    /// The time, as the cache judges ages by it.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.inner.clock.now()
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let taken: Vec<_> = lock(&self.inner.writers).iter().filter(|(_, w)| w.taken).map(|(name, _)| *name).collect();
        f.debug_struct("Cache")
            .field("writer", &self.inner.writer)
            .field("l2", &self.l2_state())
            .field("publishes", &taken)
            .finish_non_exhaustive()
    }
}

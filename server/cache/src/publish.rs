//! Publishing: check, encode once, stamp, put before the readers of this process, queue for the shared tier.
//!
//! Nothing here waits for the shared tier, and nothing it says keeps a valid value from the readers of this process.

mod outcome;

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::future::{BoxFuture, FutureExt as _};
use schema::{Held, Origin, Schema, Stamp, UnixMs};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

pub use self::outcome::{Published, PublisherTaken, Receipt, Shared};

use crate::{
    clock::Clock,
    envelope::{BODY_LIMIT, Encoded},
    inner::Inner,
    key::Namespace,
    l1::{Landed, Store},
    l2::Item,
    lock::lock,
    tier::{Epoch, Outcome, Owner, Refusal, Server, Superseded, Tier, TokenStore, Write},
};

/// The one writer of a schema in this process. It cannot be cloned; dropping it lets another one start.
pub struct Publisher<T: Schema> {
    inner: Arc<Inner>,
    desk: Arc<Desk<T>>,
    seq: AtomicU64,
}

/// What a publisher shares with its writes that are still queued. It holds nothing of the shared tier, which holds it.
struct Desk<T: Schema> {
    store: Arc<Store<T>>,
    clock: Clock,
    namespace: Namespace,
    epoch: Arc<Epoch>,
    superseded: Arc<watch::Sender<Option<Superseded>>>,
}

impl<T: Schema> Publisher<T> {
    pub(crate) fn take(inner: &Arc<Inner>) -> Result<Self, PublisherTaken> {
        let mut writers = lock(&inner.writers);
        let writer = writers.entry(T::NAME.as_str()).or_default();
        if writer.taken {
            return Err(PublisherTaken { schema: T::NAME });
        }
        let number = u64::try_from(inner.clock.now().0).unwrap_or(0).max(writer.epoch + 1);
        (writer.taken, writer.epoch) = (true, number);
        drop(writers);
        let token_key = inner.namespace.token_key::<T>();
        let kept_by = |tier: &Arc<Tier>| -> Weak<dyn TokenStore> { Arc::<Server>::downgrade(tier.server(&token_key)) };
        let server = inner.tier.as_ref().map(kept_by);
        let writers = Arc::clone(&inner.writers);
        let epoch = Epoch::starting(number, T::NAME, token_key, Arc::clone(&inner.writer), server, writers);
        let store = Arc::clone(inner.store::<T>());
        store.written_here.store(true, Ordering::Relaxed);
        let desk = Desk {
            store,
            clock: inner.clock.clone(),
            namespace: inner.namespace.clone(),
            epoch,
            superseded: Arc::clone(&inner.superseded),
        };
        Ok(Self { inner: Arc::clone(inner), desk: Arc::new(desk), seq: AtomicU64::new(0) })
    }

    /// Publishes a value whose newest input is from `as_of`.
    ///
    /// The value is checked, encoded once, given the next stamp and put before the readers of this process; they are
    /// woken unless it says the same as the one before, of the same time. Then it is queued for the shared tier, which
    /// is not waited for: the answer says what happened here, and [`Published::outcome`] what becomes of it there.
    /// Only an invalid value is withheld from the readers of this process.
    pub async fn publish(&self, scope: &T::Scope, value: T, as_of: UnixMs) -> Published {
        let started = Instant::now();
        let published = match Encoded::checked(&value) {
            Ok(body) => self.put(scope, value, as_of, body).await,
            Err(invalid) => Published { l1: false, l2: Shared::Refused(invalid.into()), stamp: None },
        };
        let meter = &self.desk.store.meter;
        meter.publish_seconds.record(started.elapsed().as_secs_f64());
        match &published.l2 {
            Shared::Off => meter.published(Outcome::Off.kind()),
            // It is counted when its outcome is known.
            Shared::Queued(_) => {}
            Shared::Refused(refusal) => self.desk.settle(&Outcome::Refused(refusal.clone())),
        }
        published
    }

    async fn put(&self, scope: &T::Scope, value: T, as_of: UnixMs, body: Encoded) -> Published {
        let store = &self.desk.store;
        store.meter.body_bytes.record(f64::from(u32::try_from(body.len()).unwrap_or(u32::MAX)));
        let (fresh_until, stale_until) = Held::<T>::life(as_of, &self.inner.clock.scaled(&T::POLICY));
        let mut held = Held {
            stamp: self.stamp(),
            origin: Origin::Live,
            by: Arc::clone(&self.inner.writer),
            written_at: self.inner.clock.now(),
            as_of,
            fresh_until,
            stale_until,
            value: Arc::new(value),
        };
        let landed = loop {
            let landed = store.put_newer(scope, store.made(scope, held.clone(), &body)).await;
            if landed.put || !self.outranks(&landed) {
                break landed;
            }
            held.stamp = self.stamp();
        };
        if landed.news {
            store.tell(scope, &landed.there);
        }
        let stamp = held.stamp;
        let l2 = self.queue(scope, held.header(), body);
        Published { l1: landed.put, l2, stamp: Some(stamp) }
    }

    /// The next stamp.
    fn stamp(&self) -> Stamp {
        Stamp { epoch: self.desk.epoch.number(), seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    /// Takes a higher number where another writer's value, read before this one started, has a higher stamp: a writer
    /// that has yet to take its number in the shared tier will be the newest there.
    fn outranks(&self, landed: &Landed<T>) -> bool {
        let (there, epoch) = (&landed.there.held, &self.desk.epoch);
        let is_foreign = there.stamp.epoch > epoch.number() || there.by != self.inner.writer;
        let raises = is_foreign && !epoch.is_claimed();
        if raises {
            epoch.raise(there.stamp.epoch.saturating_add(1));
        }
        raises && there.stamp.epoch < u64::MAX
    }

    /// Queues a value for the shared tier.
    fn queue(&self, scope: &T::Scope, header: Held<()>, body: Encoded) -> Shared {
        let Some(tier) = &self.inner.tier else { return Shared::Off };
        if body.len() > BODY_LIMIT {
            return Shared::Refused(Refusal::TooLarge { bytes: body.len(), limit: BODY_LIMIT });
        }
        let key = self.inner.namespace.key::<T>(scope);
        let server = Arc::clone(tier.server(&key));
        let (sender, receipt) = oneshot::channel();
        let write = Write {
            key,
            name: T::NAME,
            version: T::VERSION,
            header,
            body,
            keep_for: T::POLICY.keep_for,
            owner: Arc::clone(&self.desk) as Arc<dyn Owner>,
            receipt: Some(sender).into(),
            deferred: false.into(),
        };
        match server.enqueue(Arc::new(write)) {
            Ok(()) => Shared::Queued(Receipt(receipt)),
            Err(refusal) => Shared::Refused(refusal),
        }
    }
}

impl<T: Schema> Desk<T> {
    /// Counts an outcome, keeps what went wrong for the report, and logs that when it begins.
    fn settle(&self, outcome: &Outcome) {
        self.store.meter.published(outcome.kind());
        let now = self.clock.now();
        match outcome {
            Outcome::Off | Outcome::Applied | Outcome::Replaced => {}
            Outcome::Superseded { by } => {
                self.store.troubled(now, "superseded", format!("superseded by a newer writer (stamp {by})"));
            }
            Outcome::Deferred(cause) => {
                let text = format!("reaches this process only, the shared cache gets the latest value later: {cause}");
                self.store.troubled(now, "deferred", text);
            }
            Outcome::Refused(refusal) => {
                let reach =
                    if matches!(refusal, Refusal::Invalid(_)) { "was refused" } else { "reaches this process only" };
                self.store.troubled(now, refusal.kind(), format!("{reach}: {refusal}"));
            }
        }
    }
}

impl<T: Schema> Owner for Desk<T> {
    fn epoch(&self) -> &Arc<Epoch> {
        &self.epoch
    }

    fn sealed(&self, key: &str, bytes: usize, limit: usize) {
        self.store.meter.filled(bytes, limit);
        if bytes <= limit && bytes * 10 > limit * 7 {
            let text = format!("{key} takes {bytes} bytes of the {limit} that are allowed");
            self.store.troubled(self.clock.now(), "nearly_too_large", text);
        }
    }

    fn settled(&self, write: &Write, outcome: &Outcome) {
        if *outcome == Outcome::Applied {
            let Write { key, header, body, .. } = write;
            // The hash is that of the ETag, so what was written can be recognised without being repeated here.
            let (stamp, as_of_ms, bytes, hash) = (header.stamp, header.as_of.0, body.len(), body.hash());
            tracing::debug!(schema = %T::NAME, key, %stamp, as_of_ms, bytes, hash = %format_args!("{hash:016x}"), "wrote {}", T::NAME);
        }
        self.settle(outcome);
    }

    fn superseded<'a>(&'a self, key: &'a str, by: Held<()>, item: &'a Item) -> BoxFuture<'a, ()> {
        async move {
            if let Some(scope) = self.namespace.scope::<T>(key) {
                // Readers of this process are owed the newer value; that it may be unreadable is counted there.
                let _ = self.store.absorb(&scope, key, item, self.clock.now()).await;
            }
            let superseded = Superseded { schema: T::NAME, by: by.stamp, writer: by.by.as_ref().to_owned() };
            self.superseded.send_if_modified(|known| {
                let first = known.is_none();
                if first {
                    tracing::error!(schema = %T::NAME, epoch = self.epoch.number(), "{superseded}");
                    *known = Some(superseded);
                }
                first
            });
        }
        .boxed()
    }
}

impl<T: Schema> Drop for Publisher<T> {
    fn drop(&mut self) {
        self.desk.epoch.retire();
        self.desk.store.written_here.store(false, Ordering::Relaxed);
        if let Some(writer) = lock(&self.inner.writers).get_mut(T::NAME.as_str()) {
            writer.taken = false;
        }
    }
}

impl<T: Schema> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = self.desk.epoch.number();
        f.debug_struct("Publisher").field("schema", &T::NAME).field("epoch", &epoch).finish_non_exhaustive()
    }
}

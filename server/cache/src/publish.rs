//! Writing: one publisher per schema, and the newest stamp wins.

mod epoch;
mod outcome;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use schema::{Held, Invalid, Origin, Schema, Stamp, UnixMs};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout},
};

pub use self::outcome::{Outcome, Published, PublisherTaken, Refusal};

use crate::{
    cache::{Inner, Writer},
    envelope::{self, Body, UNPACKED_LIMIT},
    l1::{Entry, Store},
    l2::{Cas, L2Error},
    lock::lock,
    tier::{Belief, Put, Server, Tier, Write},
};

/// The largest item that is sent, in bytes: memcached's limit is 1 MiB unless it was set otherwise, and a value above
/// it would also remove the old one.
pub const ITEM_LIMIT: usize = 900 * 1024;
/// The largest encoded body: what readers unpack at most, less room for the header.
pub const BODY_LIMIT: usize = UNPACKED_LIMIT - 4 * 1024;
/// What memcached adds to an item in its count, with room: its own header and the key.
const ITEM_HEADER: usize = 1_024;
/// How long a publish may take, however the shared tier is.
const PUBLISH_LIMIT: Duration = Duration::from_millis(250);
/// Scopes of which the number of the last write is remembered.
const REMEMBERED: usize = 4_096;

/// What was learnt from the last write of a scope.
#[derive(Debug, Clone, Copy)]
struct Known {
    cas: Cas,
    outages: u64,
}

/// The one writer of a schema in this process. It cannot be cloned; dropping it lets another one start.
pub struct Publisher<T: Schema> {
    inner: Arc<Inner>,
    store: Arc<Store<T>>,
    epoch: AtomicU64,
    /// The number of this writer, once the shared tier gave it.
    claimed: OnceCell<u64>,
    seq: AtomicU64,
    known: Mutex<HashMap<T::Scope, Known>>,
    /// The last outcome that the log spoke of: it says only what changes.
    said: Mutex<&'static str>,
}

impl<T: Schema> Publisher<T> {
    pub(crate) fn take(inner: &Arc<Inner>) -> Result<Self, PublisherTaken> {
        let mut writers = lock(&inner.writers);
        let last = writers.get(T::NAME.as_str()).copied().unwrap_or(Writer { taken: false, epoch: 0 });
        if last.taken {
            return Err(PublisherTaken { schema: T::NAME });
        }
        let epoch = u64::try_from(inner.clock.now().0).unwrap_or(0).max(last.epoch + 1);
        writers.insert(T::NAME.as_str(), Writer { taken: true, epoch });
        let store = Arc::clone(inner.store::<T>());
        store.written_here.store(true, Ordering::Relaxed);
        Ok(Self {
            inner: Arc::clone(inner),
            store,
            epoch: AtomicU64::new(epoch),
            claimed: OnceCell::new(),
            seq: AtomicU64::new(0),
            known: Mutex::default(),
            said: Mutex::new("nothing"),
        })
    }

    /// Publishes a value whose newest input is from `as_of`.
    ///
    /// The value is checked, encoded once, given the next stamp, put before the readers of this process, and written
    /// to the shared tier by compare-and-swap. It ends within half a second, and at once while the shared tier rests.
    /// Readers are woken unless the value says the same as the one before, of the same time.
    pub async fn publish(&self, scope: &T::Scope, value: T, as_of: UnixMs) -> Published {
        let started = Instant::now();
        let published = match self.write(scope, value, as_of).await {
            Ok(published) => published,
            Err(refusal) => Published { l1: false, l2: Outcome::Refused(refusal), stamp: None },
        };
        self.store.meter.publish_seconds.record(started.elapsed().as_secs_f64());
        self.store.meter.published(&published.l2);
        self.say(&published, as_of);
        published
    }

    async fn write(&self, scope: &T::Scope, value: T, as_of: UnixMs) -> Result<Published, Refusal> {
        let body = encode(&value)?;
        self.store.meter.body_bytes.record(f64::from(u32::try_from(body.len()).unwrap_or(u32::MAX)));
        if let Some(tier) = &self.inner.tier {
            self.claim(tier).await;
        }
        let (fresh_until, stale_until) = Held::<T>::life(as_of, &self.inner.clock.scaled(&T::POLICY));
        let stamp =
            Stamp { epoch: self.epoch.load(Ordering::Relaxed), seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1 };
        let held = Held {
            stamp,
            origin: Origin::Live,
            by: Arc::clone(&self.inner.writer),
            written_at: self.inner.clock.now(),
            as_of,
            fresh_until,
            stale_until,
            value: Arc::new(value),
        };
        let write = match &self.inner.tier {
            Some(tier) => Some(self.prepare(tier, scope, held.header(), &body)?),
            None => None,
        };
        let entry = Arc::new(Entry { held, body_bytes: body.len(), hash: body.hash, cas: None });
        let landed = self.store.put_newer(scope, entry).await;
        let l2 = match (&self.inner.tier, write) {
            (Some(tier), Some(write)) => {
                Box::pin(self.write_through(tier.server(&write.key), scope, Arc::new(write))).await
            }
            _ => Outcome::Off,
        };
        if landed.news {
            self.store.tell(scope, &landed.there);
        }
        Ok(Published { l1: landed.put, l2, stamp: Some(stamp) })
    }

    /// Takes the number of the newest writer, once. While the shared tier cannot be asked, the clock's number stands.
    async fn claim(&self, tier: &Tier) {
        if self.claimed.initialized() {
            return;
        }
        let key = self.inner.namespace.token_key::<T>();
        let server = tier.server(&key);
        let claimed = self.claimed.get_or_try_init(async || {
            let epoch = self.epoch.load(Ordering::Relaxed);
            match timeout(PUBLISH_LIMIT, epoch::claim(server, &key, epoch, &self.inner.writer)).await {
                Ok(claimed) => claimed,
                Err(_) => Err(server.given_up("claim", PUBLISH_LIMIT)),
            }
        });
        match claimed.await {
            Ok(epoch) => {
                let before = self.epoch.fetch_max(*epoch, Ordering::Relaxed);
                if before < *epoch {
                    tracing::info!(schema = %T::NAME, epoch, "an earlier writer's clock was ahead of this one");
                    if let Some(writer) = lock(&self.inner.writers).get_mut(T::NAME.as_str()) {
                        writer.epoch = *epoch;
                    }
                }
            }
            Err(error) => tracing::debug!(schema = %T::NAME, %error, "no number was taken yet"),
        }
    }

    /// Seals the envelope, and refuses one that the shared tier could not take: memcached would also drop the old one.
    fn prepare(&self, tier: &Tier, scope: &T::Scope, header: Held<()>, body: &Body) -> Result<Write, Refusal> {
        let key = self.inner.namespace.key::<T>(scope);
        let packed = envelope::seal::<T>(&header, &key, body)
            .map_err(|error| Refusal::Invalid(Invalid::new("body", error.to_string())))?;
        let server_limit = tier.server(&key).item_limit().and_then(|limit| usize::try_from(limit).ok());
        let limit = server_limit.map_or(ITEM_LIMIT, |limit| limit.saturating_sub(ITEM_HEADER).min(ITEM_LIMIT));
        let bytes = packed.bytes.len();
        self.store.meter.filled(bytes, limit);
        if bytes > limit {
            return Err(Refusal::TooLarge { bytes, limit });
        }
        if bytes * 10 > limit * 7 {
            let text = format!("{key} takes {bytes} bytes of the {limit} that are allowed");
            self.store.troubled(self.inner.clock.now(), text);
        }
        Ok(Write { key, packed, header, keep_for: T::POLICY.keep_for })
    }

    async fn write_through(&self, server: &Arc<Server>, scope: &T::Scope, write: Arc<Write>) -> Outcome {
        let outages = server.outages();
        let known = lock(&self.known).get(scope).copied();
        let belief = known.filter(|known| known.outages == outages).map_or(Belief::Unknown, |k| Belief::Older(k.cas));
        let put = match timeout(PUBLISH_LIMIT, server.put_newer(&write, belief)).await {
            Ok(put) => put,
            Err(_) => Err(server.given_up("publish", PUBLISH_LIMIT)),
        };
        match put {
            Ok(Put::Applied(cas)) => {
                server.settled(&write);
                let mut remembered = lock(&self.known);
                if remembered.len() >= REMEMBERED && !remembered.contains_key(scope) {
                    remembered.clear();
                }
                remembered.insert(scope.clone(), Known { cas, outages });
                Outcome::Applied
            }
            Ok(Put::Superseded(by, item)) => {
                server.settled(&write);
                // Readers of this process are owed the newer value; that it may be unreadable is counted there.
                let _ = self.store.absorb(scope, &write.key, &item, self.inner.clock.now()).await;
                Outcome::Superseded { by }
            }
            Ok(Put::Unknown(unreadable)) => Outcome::Refused(Refusal::ByServer(format!(
                "a newer program's item lies there and was left alone: {unreadable}"
            ))),
            Ok(Put::Contested) => self.deferred(server, scope, write, "another writer won every swap".into()),
            Err(L2Error::Refused(text)) => {
                lock(&self.known).remove(scope);
                Outcome::Refused(Refusal::ByServer(text))
            }
            Err(error) => self.deferred(server, scope, write, error.to_string()),
        }
    }

    fn deferred(&self, server: &Arc<Server>, scope: &T::Scope, write: Arc<Write>, cause: String) -> Outcome {
        lock(&self.known).remove(scope);
        if server.defer(write) {
            Outcome::Deferred(cause)
        } else {
            Outcome::Deferred(format!("{cause}; there is no room to keep it for later"))
        }
    }

    /// Logs every confirmed write at debug level, and anything else when it begins.
    fn say(&self, published: &Published, as_of: UnixMs) {
        let (schema, kind) = (T::NAME, published.l2.kind());
        let changed = std::mem::replace(&mut *lock(&self.said), kind) != kind;
        match &published.l2 {
            Outcome::Off | Outcome::Applied => {
                if let Some(stamp) = published.stamp {
                    tracing::debug!(%schema, %stamp, as_of_ms = as_of.0, l2 = kind, "wrote {schema}");
                }
            }
            Outcome::Superseded { by } => {
                let text = format!("another, newer writer (stamp {by}) publishes it: this one should stop");
                if changed {
                    tracing::error!(%schema, epoch = self.epoch.load(Ordering::Relaxed), "{text}");
                }
                self.store.keep_trouble(self.inner.clock.now(), text);
            }
            Outcome::Deferred(cause) if changed => {
                tracing::warn!(%schema, cause, "{schema} reaches this process only; the shared cache gets the latest value later");
            }
            Outcome::Refused(refusal) => {
                self.store.troubled(self.inner.clock.now(), format!("refused to publish: {refusal}"));
            }
            Outcome::Deferred(_) => {}
        }
    }
}

impl<T: Schema> Drop for Publisher<T> {
    fn drop(&mut self) {
        self.store.written_here.store(false, Ordering::Relaxed);
        if let Some(writer) = lock(&self.inner.writers).get_mut(T::NAME.as_str()) {
            writer.taken = false;
        }
    }
}

impl<T: Schema> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("schema", &T::NAME).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// Checks a value and encodes it, once.
pub(crate) fn encode<T: Schema>(value: &T) -> Result<Body, Refusal> {
    value.check()?;
    let body = Body::of(value).map_err(|error| Invalid::new("body", error.to_string()))?;
    if body.len() > BODY_LIMIT {
        return Err(Refusal::TooLarge { bytes: body.len(), limit: BODY_LIMIT });
    }
    Ok(body)
}

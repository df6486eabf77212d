//! Writing: one publisher per schema, and the newest stamp wins.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use schema::{Held, Invalid, Name, Origin, Schema, Stamp, UnixMs};
use tokio::time::{Instant, timeout};

use crate::{
    cache::{Inner, Writer},
    envelope::{self, Body},
    l1::{Entry, Store},
    l2::{Cas, L2Error},
    lock::lock,
    tier::{Belief, Put, Tier, Write},
};

/// The largest encoded body, in bytes: memcached's item limit is 1 MiB, and a value above it would also remove the
/// old one.
pub const BODY_LIMIT: usize = 900 * 1024;
/// How long a publish may take, however the shared tier is.
const PUBLISH_LIMIT: Duration = Duration::from_millis(250);
/// Scopes of which the number of the last write is remembered.
const REMEMBERED: usize = 4_096;

/// Another publisher of the schema lives in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{schema}` already has a publisher in this process; there is one writer per schema")]
pub struct PublisherTaken {
    /// The schema that was asked for.
    pub schema: Name,
}

/// What came of a publish.
#[must_use = "a publish may have been superseded, deferred or refused"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whether readers of this process have it.
    pub l1: bool,
    /// What came of it in the shared tier.
    pub l2: Outcome,
    /// Its stamp; none where it was refused.
    pub stamp: Option<Stamp>,
}

/// What came of a publish in the shared tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is no shared tier.
    Off,
    /// The shared tier confirmed it.
    Applied,
    /// Another writer's newer value lies there; this writer should stop.
    Superseded {
        /// The stamp of that value.
        by: Stamp,
    },
    /// The shared tier did not confirm it; the latest value of each key is kept and written when it answers again.
    Deferred(String),
    /// It was not written and will not be.
    Refused(Refusal),
}

impl Outcome {
    /// The name of the outcome in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Applied => "applied",
            Self::Superseded { .. } => "superseded",
            Self::Deferred(_) => "deferred",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why a value is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its encoded body is larger than memcached takes.
    #[error("its body has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It breaks a limit of its domain.
    #[error("it is invalid: {0}")]
    Invalid(#[from] Invalid),
    /// The shared tier answered and refused it.
    #[error("the shared cache refused it: {0}")]
    ByServer(String),
}

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
    epoch: u64,
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
        let store = inner.store::<T>();
        store.written_here.store(true, Ordering::Relaxed);
        Ok(Self {
            inner: Arc::clone(inner),
            store,
            epoch,
            seq: AtomicU64::new(0),
            known: Mutex::default(),
            said: Mutex::new("nothing"),
        })
    }

    /// Publishes a value whose newest input is from `as_of`.
    ///
    /// The value is checked, encoded once, given the next stamp, put before the readers of this process, and written
    /// to the shared tier by compare-and-swap. It ends within 250 ms, and at once while the shared tier rests.
    pub async fn publish(&self, scope: &T::Scope, value: T, as_of: UnixMs) -> Published {
        let started = Instant::now();
        let published = match encode(&value) {
            Ok(body) => self.write(scope, value, &body, as_of).await,
            Err(refusal) => Published { l1: false, l2: Outcome::Refused(refusal), stamp: None },
        };
        self.store.meter.publish_seconds.record(started.elapsed().as_secs_f64());
        self.store.meter.published(&published.l2);
        self.say(&published, as_of);
        published
    }

    async fn write(&self, scope: &T::Scope, value: T, body: &Body, as_of: UnixMs) -> Published {
        let now = self.inner.clock.now();
        let stamp = Stamp { epoch: self.epoch, seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1 };
        let (fresh_until, stale_until) = Held::<T>::life(as_of, &T::POLICY);
        let held = Held {
            stamp,
            origin: Origin::Live,
            by: Arc::clone(&self.inner.writer),
            written_at: now,
            as_of,
            fresh_until,
            stale_until,
            value: Arc::new(value),
        };
        let header = held.header();
        self.store.meter.body_bytes.record(f64::from(u32::try_from(body.len()).unwrap_or(u32::MAX)));
        let entry = Arc::new(Entry { held, body_bytes: body.len(), cas: None });
        let (l1, there) = self.store.put_newer(scope, entry).await;
        let l2 = match &self.inner.tier {
            None => Outcome::Off,
            Some(tier) => Box::pin(self.write_through(tier, scope, header, body)).await,
        };
        if l1 {
            self.store.tell(scope, &there);
        }
        Published { l1, l2, stamp: Some(stamp) }
    }

    async fn write_through(&self, tier: &Arc<Tier>, scope: &T::Scope, header: Held<()>, body: &Body) -> Outcome {
        let key = self.inner.namespace.key::<T>(scope);
        let bytes = match envelope::seal::<T>(&header, &key, body) {
            Ok(bytes) => bytes,
            Err(error) => return Outcome::Refused(Refusal::Invalid(Invalid::new("body", error.to_string()))),
        };
        let write = Arc::new(Write { key, bytes, header, keep_for: T::POLICY.keep_for });
        let outages = tier.outages();
        let known = lock(&self.known).get(scope).copied();
        let belief = known.filter(|known| known.outages == outages).map_or(Belief::Unknown, |k| Belief::Older(k.cas));
        let put = match timeout(PUBLISH_LIMIT, tier.put_newer(&write, belief)).await {
            Ok(put) => put,
            Err(_) => Err(tier.given_up("publish", PUBLISH_LIMIT)),
        };
        match put {
            Ok(Put::Applied(cas)) => {
                tier.settled(&write);
                let mut remembered = lock(&self.known);
                if remembered.len() >= REMEMBERED && !remembered.contains_key(scope) {
                    remembered.clear();
                }
                remembered.insert(scope.clone(), Known { cas, outages });
                Outcome::Applied
            }
            Ok(Put::Superseded(by, item)) => {
                tier.settled(&write);
                // Readers of this process are owed the newer value; that it may be unreadable is counted there.
                let _ = self.store.absorb(scope, &write.key, &item, self.inner.clock.now()).await;
                Outcome::Superseded { by }
            }
            Ok(Put::Unknown(unreadable)) => Outcome::Refused(Refusal::ByServer(format!(
                "a newer program's item lies there and was left alone: {unreadable}"
            ))),
            Ok(Put::Contested) => self.deferred(tier, scope, write, "another writer won every swap".into()),
            Err(L2Error::Refused(text)) => {
                lock(&self.known).remove(scope);
                Outcome::Refused(Refusal::ByServer(text))
            }
            Err(error) => self.deferred(tier, scope, write, error.to_string()),
        }
    }

    fn deferred(&self, tier: &Arc<Tier>, scope: &T::Scope, write: Arc<Write>, cause: String) -> Outcome {
        lock(&self.known).remove(scope);
        if tier.defer(write) {
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
            Outcome::Superseded { by } if changed => {
                tracing::error!(%schema, %by, epoch = self.epoch, "another, newer writer publishes {schema}: this one should stop");
            }
            Outcome::Deferred(cause) if changed => {
                tracing::warn!(%schema, cause, "{schema} reaches this process only; the shared cache gets the latest value later");
            }
            Outcome::Refused(refusal) => {
                self.store.troubled(self.inner.clock.now(), format!("refused to publish: {refusal}"));
            }
            Outcome::Superseded { .. } | Outcome::Deferred(_) => {}
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

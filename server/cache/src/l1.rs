//! The tier in this process: one moka per schema, and the channels that tell of newer values.
//!
//! moka bounds memory and nothing else. Freshness is judged from the header, and a value is replaced only by one with
//! a newer stamp, whatever arrives when.

use std::{
    collections::HashMap,
    future::ready,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::{BoxFuture, Shared};
use moka::{
    future::Cache as Moka,
    ops::compute::{CompResult, Op},
    policy::EvictionPolicy,
};
use schema::{
    Absence, Held, Schema, Scope as _, Stamp, UnixMs,
    reading::Found,
    report::{LastError, SchemaReport},
};
use tokio::sync::watch;

use crate::{
    envelope::{self, Encoded, Unreadable},
    l2::{Cas, Item},
    lock::lock,
    meter::Meter,
    negative_cache::NegativeCache,
    report::{Counts, Trouble, report},
};

/// One value in this process.
pub(crate) struct Entry<T> {
    /// The value with its header.
    pub(crate) held: Held<T>,
    /// The length of its encoded body, in bytes.
    pub(crate) body_bytes: usize,
    /// The hash of its encoded body.
    pub(crate) hash: u64,
    /// Its number in the shared tier, where it came from there.
    pub(crate) cas: Option<Cas>,
    /// When the shared tier drops it, where it came from there.
    pub(crate) expires_at: Option<UnixMs>,
    /// Its JSON: that of the write or read where somebody is expected to need it, otherwise made for the first who does. It lives
    /// as long as the value.
    encoded: OnceLock<Encoded>,
}

impl<T: Schema> Entry<T> {
    /// Its JSON, made now where it was not kept.
    pub(crate) fn encoded(&self) -> Result<Encoded, serde_json::Error> {
        if let Some(encoded) = self.encoded.get() {
            return Ok(encoded.clone());
        }
        let made = Encoded::of(self.held.value.as_ref())?;
        // Two who need it at the same time may both make it; neither waits for the other.
        Ok(self.encoded.get_or_init(|| made).clone())
    }
}

impl<T> Entry<T> {
    /// Whether it tells a reader nothing that the other does not: the same content, of the same time and origin.
    fn says_the_same(&self, other: &Self) -> bool {
        self.hash == other.hash && self.held.as_of == other.held.as_of && self.held.origin == other.held.origin
    }
}

/// What came of putting a value into this process.
pub(crate) struct Landed<T> {
    /// Whether it is here now.
    pub(crate) put: bool,
    /// Whether it tells its readers anything new.
    pub(crate) news: bool,
    /// What is here now.
    pub(crate) there: Arc<Entry<T>>,
}

/// A value that somebody watches.
struct Watched<T> {
    sender: watch::Sender<Found<T>>,
    /// The newest, as it is held here.
    entry: Option<Arc<Entry<T>>>,
}

impl<T> Watched<T> {
    fn offer(&mut self, entry: &Arc<Entry<T>>) {
        self.sender.send_if_modified(|known| {
            let news = known.as_ref().map_or(true, |known| known.stamp < entry.held.stamp);
            if news {
                *known = Ok(entry.held.clone());
                self.entry = Some(Arc::clone(entry));
            }
            news
        });
    }
}

/// What a read that several callers wait for ends with.
pub(crate) type Load<T> = Shared<BoxFuture<'static, Result<Arc<Entry<T>>, Absence>>>;

/// Everything of one schema in this process.
pub(crate) struct Store<T: Schema> {
    l1: Moka<T::Scope, Arc<Entry<T>>>,
    watchers: Mutex<HashMap<T::Scope, Watched<T>>>,
    /// Reads of the shared tier that are under way.
    pub(crate) loads: Mutex<HashMap<T::Scope, Load<T>>>,
    /// Looks at the shared tier that brought nothing, while they need not be repeated.
    pub(crate) negative: NegativeCache<T::Scope>,
    /// Whether the writer of this schema lives in this process, so that nobody else knows anything newer.
    pub(crate) written_here: AtomicBool,
    trouble: Mutex<Trouble>,
    pub(crate) meter: Meter,
}

impl<T: Schema> Store<T> {
    pub(crate) fn new(capacity: u64) -> Self {
        let l1 = Moka::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru()).build();
        Self {
            l1,
            watchers: Mutex::default(),
            loads: Mutex::default(),
            negative: NegativeCache::default(),
            written_here: AtomicBool::new(false),
            trouble: Mutex::default(),
            meter: Meter::of::<T>(),
        }
    }

    /// What this process holds.
    pub(crate) async fn get(&self, scope: &T::Scope) -> Option<Arc<Entry<T>>> {
        self.l1.get(scope).await
    }

    /// Everything that this process holds.
    pub(crate) fn all(&self) -> Vec<(T::Scope, Arc<Entry<T>>)> {
        self.l1.iter().map(|(scope, entry)| (scope.as_ref().clone(), entry)).collect()
    }

    /// A value that was encoded in this process, to be put here.
    pub(crate) fn made(&self, scope: &T::Scope, held: Held<T>, body: &Encoded) -> Arc<Entry<T>> {
        let kept = if self.keeps_json(scope) { OnceLock::from(body.clone()) } else { OnceLock::new() };
        Arc::new(Entry { held, body_bytes: body.len(), hash: body.hash(), cas: None, expires_at: None, encoded: kept })
    }

    /// Whether the JSON of a value is kept with it: where the schema has one value, or somebody watches this one. Of hundreds of scoped
    /// values it would take megabytes, and hardly anybody asks for it.
    fn keeps_json(&self, scope: &T::Scope) -> bool {
        let is_watched = || lock(&self.watchers).get(scope).is_some_and(|watched| watched.sender.receiver_count() > 0);
        T::Scope::MAX_LEN == 0 || is_watched()
    }

    /// The JSON of a write of which a watcher was sent the value; none where it is not the newest, or nobody watches.
    pub(crate) fn watched(&self, scope: &T::Scope, stamp: Stamp) -> Option<Result<Encoded, serde_json::Error>> {
        let entry = lock(&self.watchers).get(scope)?.entry.clone()?;
        (entry.held.stamp == stamp).then(|| entry.encoded())
    }

    /// Puts a value where there is none or an older one.
    pub(crate) async fn put_newer(&self, scope: &T::Scope, entry: Arc<Entry<T>>) -> Landed<T> {
        self.put_where(scope, entry, |there, new| there.held.stamp < new.held.stamp).await
    }

    /// Puts a value where there is none.
    pub(crate) async fn put_absent(&self, scope: &T::Scope, entry: Arc<Entry<T>>) -> Landed<T> {
        self.put_where(scope, entry, |_, _| false).await
    }

    async fn put_where(
        &self,
        scope: &T::Scope,
        entry: Arc<Entry<T>>,
        replaces: impl FnOnce(&Entry<T>, &Entry<T>) -> bool + Send,
    ) -> Landed<T> {
        let new = Arc::clone(&entry);
        let mut news = true;
        let result = self
            .l1
            .entry_by_ref(scope)
            .and_compute_with(|there| {
                ready(match there {
                    Some(there) if !replaces(there.value(), &entry) => Op::Nop,
                    Some(there) => {
                        news = !there.value().says_the_same(&entry);
                        Op::Put(entry)
                    }
                    None => Op::Put(entry),
                })
            })
            .await;
        match result {
            CompResult::Unchanged(there) => Landed { put: false, news: false, there: there.into_value() },
            CompResult::StillNone(_)
            | CompResult::Inserted(_)
            | CompResult::ReplacedWith(_)
            | CompResult::Removed(_) => {
                self.negative.forget(scope);
                Landed { put: true, news, there: new }
            }
        }
    }

    /// Reads an item of the shared tier and puts it here when it is newer.
    pub(crate) async fn absorb(
        &self,
        scope: &T::Scope,
        key: &str,
        item: &Item,
        now: UnixMs,
    ) -> Result<Landed<T>, Unreadable> {
        match envelope::open::<T>(&item.value, item.flags, key, self.keeps_json(scope)) {
            Ok(opened) => {
                self.meter.skew(opened.held.as_of, now);
                let envelope::Opened { held, body_bytes, hash, body } = opened;
                let encoded = body.map_or_else(OnceLock::new, OnceLock::from);
                let expires_at = item.expires_in.map(|left| now.plus(left));
                let entry = Entry { held, body_bytes, hash, cas: Some(item.cas), expires_at, encoded };
                let landed = self.put_newer(scope, Arc::new(entry)).await;
                if landed.news {
                    self.tell(scope, &landed.there);
                }
                Ok(landed)
            }
            Err(unreadable) => {
                self.meter.unreadable(&unreadable);
                self.troubled(now, unreadable.kind(), format!("{key}: {unreadable}"));
                self.tell_absent(scope, Absence::Unreadable(unreadable.to_string()));
                Err(unreadable)
            }
        }
    }

    /// Wakes who watches this scope, unless they know something as new.
    pub(crate) fn tell(&self, scope: &T::Scope, entry: &Arc<Entry<T>>) {
        let mut watchers = lock(&self.watchers);
        let Some(watched) = watchers.get_mut(scope) else { return };
        if watched.sender.receiver_count() == 0 {
            watchers.remove(scope);
            return;
        }
        watched.offer(entry);
    }

    /// Tells who watches this scope, and has no value yet, why there is none.
    pub(crate) fn tell_absent(&self, scope: &T::Scope, why: Absence) {
        if let Some(watched) = lock(&self.watchers).get(scope) {
            watched.sender.send_if_modified(|known| {
                let news = matches!(known, Err(other) if *other != why);
                if news {
                    *known = Err(why);
                }
                news
            });
        }
    }

    /// A receiver that starts with what this process holds.
    pub(crate) fn watch(&self, scope: T::Scope, absence: Absence) -> watch::Receiver<Found<T>> {
        let mut watchers = lock(&self.watchers);
        watchers.retain(|_, watched| watched.sender.receiver_count() > 0);
        // `get` would have to be awaited; whoever puts a newer value waits for the lock held here before it notifies.
        let held = self.l1.iter().find(|(key, _)| **key == scope).map(|(_, entry)| entry);
        let new = || Watched { sender: watch::channel(Err(absence)).0, entry: None };
        let watched = watchers.entry(scope).or_insert_with(new);
        if let Some(entry) = held {
            watched.offer(&entry);
        }
        watched.sender.subscribe()
    }

    /// Keeps what went wrong last, and logs it when a trouble of its kind begins: the same one each second, with another
    /// count of bytes, is no news for an hour.
    pub(crate) fn troubled(&self, now: UnixMs, kind: &'static str, text: String) {
        const AGAIN_AFTER_MS: i64 = 3_600_000;
        let mut trouble = lock(&self.trouble);
        let is_news = trouble.logged.get(kind).is_none_or(|at| now.0 - at.0 >= AGAIN_AFTER_MS);
        if is_news {
            trouble.logged.insert(kind, now);
            tracing::warn!(schema = %T::NAME, "{} {text}", T::NAME);
        }
        trouble.last = Some(LastError { at: now, text });
    }
}

/// A store whose schema is known to its owner alone.
pub(crate) trait AnyStore: Send + Sync {
    /// What there is to say of the newest value.
    fn report(&self, now: UnixMs) -> SchemaReport;
}

impl<T: Schema> AnyStore for Store<T> {
    fn report(&self, now: UnixMs) -> SchemaReport {
        let (mut newest, mut entries, mut total_bytes): (Option<Arc<Entry<T>>>, _, _) = (None, 0, 0);
        for (_, entry) in &self.l1 {
            entries += 1;
            total_bytes += entry.body_bytes;
            if newest.as_ref().is_none_or(|newest| newest.held.as_of < entry.held.as_of) {
                newest = Some(entry);
            }
        }
        let counts = Counts {
            entries,
            total_bytes,
            bytes: newest.as_ref().map(|entry| entry.body_bytes),
            expires_at: newest.as_ref().and_then(|entry| entry.expires_at),
        };
        let newest = newest.as_ref().map(|entry| &entry.held);
        let report = report(newest, counts, lock(&self.trouble).last.clone(), now);
        self.meter.observe(&report);
        report
    }
}

impl<T: Schema> Store<T> {
    /// Whether asking the shared tier could bring anything newer.
    pub(crate) fn others_may_know_more(&self) -> bool {
        !self.written_here.load(Ordering::Relaxed)
    }
}

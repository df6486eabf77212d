//! The shared tier inside one process: for tests, with the manners of memcached.

use std::{
    collections::HashMap,
    sync::{Mutex, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;

use super::{Added, Cas, Facts, Item, L2, L2Error, StoreIf, Swapped};
use crate::lock::lock;

/// A map that behaves like one memcached: numbers per server, an item size limit, expiry.
#[derive(Debug, Default)]
pub struct MemoryL2 {
    items: Mutex<HashMap<String, Stored>>,
    writes: AtomicU64,
}

#[derive(Debug)]
struct Stored {
    item: Item,
    until: Instant,
}

impl MemoryL2 {
    /// The size above which an item is refused, as memcached has it by default.
    pub const ITEM_LIMIT: usize = 1024 * 1024;

    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        lock(&self.items).clear();
    }

    /// Forgets everything and counts its writes from the first again, as a restarted server does.
    pub fn restart(&self) {
        self.clear();
        self.writes.store(0, Ordering::Relaxed);
    }

    /// Forgets one item, as a server that is short of memory does.
    pub fn evict(&self, key: &str) {
        lock(&self.items).remove(key);
    }

    fn alive(&self, key: &str) -> Option<Item> {
        let now = Instant::now();
        let items = lock(&self.items);
        let stored = items.get(key).filter(|stored| stored.until > now)?;
        Some(Item { expires_in: Some(stored.until - now), ..stored.item.clone() })
    }

    /// Stores when `allow` finds no objection in what is there.
    fn store<E>(
        &self,
        key: &str,
        value: &[u8],
        flags: u32,
        keep_for: Duration,
        allow: impl FnOnce(Option<Cas>) -> Result<(), E>,
    ) -> Result<Result<Cas, E>, L2Error> {
        let mut items = lock(&self.items);
        let current = items.get(key).filter(|stored| stored.until > Instant::now()).map(|stored| stored.item.cas);
        if value.len() > Self::ITEM_LIMIT {
            // memcached drops the old value of a key it could not store.
            items.remove(key);
            return Err(L2Error::Refused("object too large for cache".into()));
        }
        if let Err(objection) = allow(current) {
            return Ok(Err(objection));
        }
        let cas = Cas(self.writes.fetch_add(1, Ordering::Relaxed) + 1);
        let until = Instant::now() + keep_for.max(super::memcached::SHORTEST_LIFE);
        items.insert(
            key.to_owned(),
            Stored { item: Item { value: value.to_vec(), cas, flags, expires_in: None }, until },
        );
        Ok(Ok(cas))
    }
}

impl L2 for MemoryL2 {
    fn name(&self) -> &str {
        "memory"
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        async move { Ok(self.alive(key)) }.boxed()
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        async move {
            let stored = self.store(key, value, flags, keep_for, |current| match current {
                None => Ok(()),
                Some(_) => Err(Added::Exists),
            });
            stored.map(|stored| stored.map_or_else(|exists| exists, Added::Stored))
        }
        .boxed()
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        async move {
            let stored = self.store(key, value, flags, keep_for, |current| match current {
                Some(cas) if cas == expected => Ok(()),
                Some(_) => Err(Swapped::Lost),
                None => Err(Swapped::Gone),
            });
            stored.map(|stored| stored.map_or_else(|lost| lost, Swapped::Stored))
        }
        .boxed()
    }

    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
        async move { keys.iter().map(|key| Ok(self.alive(key).map(|item| item.cas))).collect() }.boxed()
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Item>, L2Error>>> {
        async move { keys.iter().map(|key| Ok(self.alive(key))).collect() }.boxed()
    }

    fn store_many<'a>(&'a self, writes: &'a [StoreIf<'a>]) -> BoxFuture<'a, Vec<Result<Swapped, L2Error>>> {
        async move {
            let mut answers = Vec::with_capacity(writes.len());
            for write in writes {
                let StoreIf { key, value, flags, keep_for, expected } = *write;
                answers.push(match expected {
                    Some(expected) => self.swap(key, value, flags, keep_for, expected).await,
                    None => self.add(key, value, flags, keep_for).await.map(Swapped::from),
                });
            }
            answers
        }
        .boxed()
    }

    fn facts(&self) -> BoxFuture<'_, Result<Facts, L2Error>> {
        let limit = u64::try_from(Self::ITEM_LIMIT).ok();
        let facts = Facts {
            version: "in memory".to_owned(),
            item_limit_bytes: limit,
            memory_limit_bytes: None,
            evictions: None,
            time: None,
        };
        async move { Ok(facts) }.boxed()
    }
}

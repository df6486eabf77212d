//! The shared tier inside one process: for tests, with the manners of memcached.

use std::{
    collections::HashMap,
    sync::{Mutex, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use tokio::time::Instant;

use super::{Added, Cas, Item, L2, L2Error, Swapped};
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

    /// Forgets everything, as a restart would.
    pub fn clear(&self) {
        lock(&self.items).clear();
    }

    fn alive(&self, key: &str) -> Option<Item> {
        let mut items = lock(&self.items);
        match items.get(key) {
            Some(stored) if stored.until > Instant::now() => Some(stored.item.clone()),
            Some(_) => {
                items.remove(key);
                None
            }
            None => None,
        }
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
        let current = self.alive(key).map(|item| item.cas);
        let mut items = lock(&self.items);
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
        items.insert(key.to_owned(), Stored { item: Item { value: value.to_vec(), cas, flags }, until });
        Ok(Ok(cas))
    }
}

impl L2 for MemoryL2 {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        ready(Ok(self.alive(key))).boxed()
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        let stored = self.store(key, value, flags, keep_for, |current| match current {
            None => Ok(()),
            Some(_) => Err(Added::Exists),
        });
        ready(stored.map(|stored| stored.map_or_else(|exists| exists, Added::Stored))).boxed()
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        let stored = self.store(key, value, flags, keep_for, |current| match current {
            Some(cas) if cas == expected => Ok(()),
            Some(_) => Err(Swapped::Lost),
            None => Err(Swapped::Gone),
        });
        ready(stored.map(|stored| stored.map_or_else(|lost| lost, Swapped::Stored))).boxed()
    }

    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
        ready(keys.iter().map(|key| Ok(self.alive(key).map(|item| item.cas))).collect()).boxed()
    }

    fn version(&self) -> BoxFuture<'_, Result<String, L2Error>> {
        ready(Ok("in memory".to_owned())).boxed()
    }
}

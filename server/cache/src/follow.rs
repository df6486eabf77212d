//! What the mirror polls: schemas of one value, and scoped values while somebody looks at them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::Ordering},
};

use futures_util::future::{BoxFuture, FutureExt as _};
use schema::{Absence, Schema, UnixMs};

use crate::{envelope::Unreadable, l1::Store, l2::Item, lock::lock};

/// The followed values by wire key.
#[derive(Default)]
pub(crate) struct Followed {
    targets: Mutex<HashMap<String, Counted>>,
}

struct Counted {
    followers: usize,
    target: Arc<dyn Target>,
}

impl Followed {
    /// Every followed value with its key.
    pub(crate) fn all(&self) -> Vec<(String, Arc<dyn Target>)> {
        lock(&self.targets).iter().map(|(key, counted)| (key.clone(), Arc::clone(&counted.target))).collect()
    }
}

/// A value that the mirror can bring up to date without knowing its type.
pub(crate) trait Target: Send + Sync {
    /// Takes an item of the shared tier in; says whether it was newer.
    fn absorb<'a>(&'a self, key: &'a str, item: &'a Item, now: UnixMs) -> BoxFuture<'a, Result<bool, Unreadable>>;

    /// Whether its writer lives in this process.
    fn written_here(&self) -> bool;

    /// Takes note that the shared tier has no value, or cannot be asked.
    fn absent(&self, why: Absence);
}

struct Typed<T: Schema> {
    store: Arc<Store<T>>,
    scope: T::Scope,
}

impl<T: Schema> Target for Typed<T> {
    fn absorb<'a>(&'a self, key: &'a str, item: &'a Item, now: UnixMs) -> BoxFuture<'a, Result<bool, Unreadable>> {
        self.store.absorb(&self.scope, key, item, now).map(|absorbed| absorbed.map(|landed| landed.put)).boxed()
    }

    fn written_here(&self) -> bool {
        self.store.written_here.load(Ordering::Relaxed)
    }

    fn absent(&self, why: Absence) {
        self.store.tell_absent(&self.scope, why);
    }
}

/// Keeps one value among those that the mirror polls, until it is dropped.
#[must_use = "the value is followed until this is dropped"]
pub struct Follow {
    followed: Arc<Followed>,
    key: String,
}

impl Follow {
    pub(crate) fn start<T: Schema>(
        followed: &Arc<Followed>,
        key: String,
        store: &Arc<Store<T>>,
        scope: T::Scope,
    ) -> Self {
        let mut targets = lock(&followed.targets);
        match targets.get_mut(&key) {
            Some(counted) => counted.followers += 1,
            None => {
                let target = Arc::new(Typed { store: Arc::clone(store), scope });
                targets.insert(key.clone(), Counted { followers: 1, target });
            }
        }
        drop(targets);
        Self { followed: Arc::clone(followed), key }
    }

    /// Follows for as long as the cache lives.
    pub(crate) fn forever(self) {
        // One follower more than will ever be dropped.
        if let Some(counted) = lock(&self.followed.targets).get_mut(&self.key) {
            counted.followers += 1;
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        let mut targets = lock(&self.followed.targets);
        if let Some(counted) = targets.get_mut(&self.key) {
            counted.followers -= 1;
            if counted.followers == 0 {
                targets.remove(&self.key);
            }
        }
    }
}

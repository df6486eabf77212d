//! What every handle of a cache shares.

use std::sync::Arc;

use schema::Schema;
use tokio::sync::watch;

use crate::{
    clock::Clock,
    follow::Followed,
    key::Namespace,
    l1::Store,
    stores::Stores,
    tally::Tally,
    tier::{Superseded, Tier, Writers},
};

/// What every handle of the cache shares.
pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) writer: Arc<str>,
    pub(crate) namespace: Namespace,
    pub(crate) tier: Option<Arc<Tier>>,
    pub(crate) followed: Arc<Followed>,
    pub(crate) tally: Tally,
    capacity: u64,
    pub(crate) stores: Stores,
    /// The names that have a publisher, and the last number of each name.
    pub(crate) writers: Writers,
    /// The first newer writer that was found.
    pub(crate) superseded: Arc<watch::Sender<Option<Superseded>>>,
}

impl Inner {
    /// What a new cache has, over a shared tier or without one.
    pub(crate) fn new(
        clock: Clock,
        writer: Arc<str>,
        namespace: Namespace,
        tier: Option<Arc<Tier>>,
        capacity: u64,
    ) -> Self {
        Self {
            clock,
            writer,
            namespace,
            tier,
            followed: Arc::default(),
            tally: Tally::default(),
            capacity,
            stores: Stores::default(),
            writers: Writers::default(),
            superseded: Arc::new(watch::Sender::new(None)),
        }
    }

    /// The store of a schema, made when it is first asked for.
    pub(crate) fn store<T: Schema>(&self) -> &Arc<Store<T>> {
        self.stores.of(self.capacity)
    }
}

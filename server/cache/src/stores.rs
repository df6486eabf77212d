//! The stores of a process, one per schema: made when first asked for, never removed.
//!
//! Every hit looks its store up, so that costs no lock and no count: the stores form a list that only grows.

use std::{
    any::{Any, TypeId},
    sync::{Arc, OnceLock},
};

use schema::Schema;

use crate::l1::{AnyStore, Store};

/// Every store there is.
#[derive(Default)]
pub(crate) struct Stores(OnceLock<Box<Node>>);

struct Node {
    id: TypeId,
    /// An `Arc<Store<T>>`, where `T` is the type of `id`.
    typed: Box<dyn Any + Send + Sync>,
    store: Arc<dyn AnyStore>,
    next: Stores,
}

impl Stores {
    /// The store of a schema, made now where there is none.
    pub(crate) fn of<T: Schema>(&self, capacity: u64) -> &Arc<Store<T>> {
        let id = TypeId::of::<T>();
        let mut place = self;
        loop {
            // Where two make a store at the same time, the other's may take this place: then the next one is looked at.
            let node = place.0.get_or_init(|| {
                let store = Arc::new(Store::<T>::new(T::KEPT_PER_PROCESS.unwrap_or(capacity)));
                Box::new(Node { id, typed: Box::new(Arc::clone(&store)), store, next: Self::default() })
            });
            if node.id == id {
                let Some(store) = node.typed.downcast_ref() else { unreachable!("a store is kept under its own type") };
                return store;
            }
            place = &node.next;
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn AnyStore>> {
        std::iter::successors(self.0.get(), |node| node.next.0.get()).map(|node| &node.store)
    }
}

#[cfg(test)]
mod tests {
    use schema::{MarketBreadth, MarketMovers, Signals};

    use super::*;

    #[test]
    fn each_schema_has_one_store_whoever_asks_first() {
        let stores = Stores::default();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let (a, b) = (stores.of::<Signals>(8), stores.of::<MarketMovers>(8));
                    assert!(Arc::ptr_eq(a, stores.of::<Signals>(8)) && Arc::ptr_eq(b, stores.of::<MarketMovers>(8)));
                });
            }
        });
        assert_eq!(stores.all().count(), 2);
        stores.of::<MarketBreadth>(8);
        assert_eq!(stores.all().count(), 3);
    }
}

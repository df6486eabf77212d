//! Reading: this process first, then the shared tier, once for all who ask at the same time.
//!
//! The read of the shared tier runs in a task of its own, so that a caller who goes away does not cancel it for the
//! others. It ends within half a second; a caller who can be served something stale waits 150 ms at most.

use std::{sync::Arc, time::Duration};

use futures_util::future::FutureExt as _;
use schema::{Absence, Schema, reading::Found};
use tokio::time::timeout;

use crate::{
    cache::Inner,
    l1::{Entry, Load, Store},
    lock::lock,
    tier::{L2State, Tier},
};

/// How long a read with nothing to show may take.
const HARD_LIMIT: Duration = Duration::from_millis(500);
/// How long a read waits for something newer than what it could show.
const SOFT_LIMIT: Duration = Duration::from_millis(150);

/// See [`Cache::get`](crate::Cache::get).
pub(crate) async fn get<T: Schema>(inner: &Arc<Inner>, scope: &T::Scope) -> Found<T> {
    let store = inner.store::<T>();
    let Some(entry) = store.get(scope).await else {
        return match &inner.tier {
            None => Err(Absence::NeverWritten),
            Some(tier) => load(inner, &store, tier, scope, None).await.map(|entry| entry.held.clone()),
        };
    };
    store.meter.l1_hits.increment(1);
    let newer = match &inner.tier {
        Some(tier) if store.others_may_know_more() && inner.clock.now() > entry.held.fresh_until => {
            let load = load(inner, &store, tier, scope, Some(Arc::clone(&entry)));
            timeout(SOFT_LIMIT, load).await.ok().and_then(Result::ok)
        }
        _ => None,
    };
    Ok(newer.as_ref().unwrap_or(&entry).held.clone())
}

/// Why a process that has never been told anything has no value.
pub(crate) fn absence(inner: &Inner) -> Absence {
    match inner.tier.as_ref().map(|tier| tier.state()) {
        Some(L2State::Degraded { cause, .. }) => Absence::Unreachable(cause),
        _ => Absence::NeverWritten,
    }
}

/// Joins the read of the shared tier that is under way, or starts one.
fn load<T: Schema>(
    inner: &Arc<Inner>,
    store: &Arc<Store<T>>,
    tier: &Arc<Tier>,
    scope: &T::Scope,
    known: Option<Arc<Entry<T>>>,
) -> Load<T> {
    let mut loads = lock(&store.loads);
    if let Some(load) = loads.get(scope) {
        store.meter.coalesced.increment(1);
        return load.clone();
    }
    let task = tokio::spawn({
        let (inner, store, tier, scope) = (Arc::clone(inner), Arc::clone(store), Arc::clone(tier), scope.clone());
        async move {
            let under_way = UnderWay { store: &store, scope: &scope };
            match timeout(HARD_LIMIT, fetch(&inner, under_way.store, &tier, &scope, known)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Absence::Unreachable(tier.given_up("read", HARD_LIMIT).to_string())),
            }
        }
    });
    let load = task
        .map(|joined| {
            joined.unwrap_or_else(|error| Err(Absence::Unreachable(format!("the read was cut off: {error}"))))
        })
        .boxed()
        .shared();
    loads.insert(scope.clone(), load.clone());
    load
}

/// Ends a read for those who come later, however it ends.
struct UnderWay<'a, T: Schema> {
    store: &'a Store<T>,
    scope: &'a T::Scope,
}

impl<T: Schema> Drop for UnderWay<'_, T> {
    fn drop(&mut self) {
        lock(&self.store.loads).remove(self.scope);
    }
}

/// Reads the shared tier; where something is held, only if it has changed there.
async fn fetch<T: Schema>(
    inner: &Inner,
    store: &Store<T>,
    tier: &Arc<Tier>,
    scope: &T::Scope,
    known: Option<Arc<Entry<T>>>,
) -> Result<Arc<Entry<T>>, Absence> {
    let key = inner.namespace.key::<T>(scope);
    if let Some(known) = known.filter(|known| known.cas.is_some()) {
        let answers = tier.cas_many(std::slice::from_ref(&key)).await;
        if matches!(answers.as_deref(), Ok([Ok(there)]) if *there == known.cas) {
            store.meter.refreshed("unchanged");
            return Ok(known);
        }
        store.meter.refreshed(if answers.is_ok() { "changed" } else { "failed" });
    }
    match tier.get(&key).await {
        Ok(Some(item)) => match store.absorb(scope, &key, &item, inner.clock.now()).await {
            Ok((_, entry)) => {
                store.meter.l2_hits.increment(1);
                Ok(entry)
            }
            Err(unreadable) => {
                store.meter.l2_failures.increment(1);
                Err(Absence::Unreadable(unreadable.to_string()))
            }
        },
        Ok(None) => {
            store.meter.l2_misses.increment(1);
            Err(Absence::NeverWritten)
        }
        Err(error) => {
            store.meter.l2_failures.increment(1);
            Err(Absence::Unreachable(error.to_string()))
        }
    }
}

//! Reading: this process first, then the shared tier, once for all who ask at the same time.
//!
//! The read of the shared tier runs in a task of its own, so that a caller who goes away does not cancel it for the
//! others. It ends within half a second. A caller who can be served something stale is served that at once, and one
//! who can be served something expired waits 150 ms at most. What a look did not find is not looked for again for half
//! a second.

use std::{sync::Arc, time::Duration};

use futures_util::future::FutureExt as _;
use schema::{Absence, Schema, reading::Found, report::L2State};
use tokio::time::{Instant, timeout};

use crate::{
    inner::Inner,
    l1::{Entry, Load, Store},
    lock::lock,
    tier::Tier,
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
            Some(tier) => match store.negative.absence(scope) {
                Some(absence) => Err(absence),
                None => load(inner, store, tier, scope, None).await.map(|entry| entry.held.clone()),
            },
        };
    };
    store.meter.l1_hits.increment(1);
    if let Some(tier) = &inner.tier
        && store.others_may_know_more()
        && let now = inner.clock.now()
        && now > entry.held.fresh_until
        && !store.negative.is_recent(scope)
    {
        let load = load(inner, store, tier, scope, Some(Arc::clone(&entry)));
        // What may still be shown is shown at once; the look goes on behind it.
        if now > entry.held.stale_until
            && let Ok(Ok(newer)) = timeout(SOFT_LIMIT, load).await
        {
            return Ok(newer.held.clone());
        }
    }
    Ok(entry.held.clone())
}

/// Why a process that has never received anything has no value.
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
            let started = Instant::now();
            let key = inner.namespace.key::<T>(&scope);
            let outcome = match timeout(HARD_LIMIT, fetch(&inner, under_way.store, &tier, &scope, &key, known)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Absence::Unreachable(tier.server(&key).given_up("read", HARD_LIMIT).to_string())),
            };
            store.meter.read_seconds.record(started.elapsed().as_secs_f64());
            match &outcome {
                Err(absence) => store.negative.remember(&scope, Some(absence.clone())),
                Ok(entry) if inner.clock.now() > entry.held.fresh_until => store.negative.remember(&scope, None),
                Ok(_) => {}
            }
            outcome
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
    key: &str,
    known: Option<Arc<Entry<T>>>,
) -> Result<Arc<Entry<T>>, Absence> {
    let server = tier.server(key);
    if let Some(known) = known.filter(|known| known.cas.is_some()) {
        let answers = server.cas_many(&[key.to_owned()]).await;
        if matches!(answers.as_deref(), Ok([Ok(there)]) if *there == known.cas) {
            store.meter.refreshed("unchanged");
            return Ok(known);
        }
        store.meter.refreshed(if answers.is_ok() { "changed" } else { "failed" });
    }
    match server.get(key).await {
        Ok(Some(item)) => match store.absorb(scope, key, &item, inner.clock.now()).await {
            Ok(landed) => {
                store.meter.l2_hits.increment(1);
                Ok(landed.there)
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

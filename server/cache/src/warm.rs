//! Restoring after a restart: a warmer fills holes and can do nothing else.

use std::{fmt, sync::Arc};

use schema::{Held, Origin, Schema, Stamp, UnixMs};

use crate::{
    envelope::{self, BODY_LIMIT, Encoded},
    inner::Inner,
    l1::Store,
    l2::{Added, L2Error},
    tier::{ITEM_LIMIT, Refusal},
};

/// What came of a fill.
#[must_use = "a fill may have found the place taken"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Whether it filled a hole of this process.
    pub l1: bool,
    /// What came of it in the shared tier.
    pub l2: FillOutcome,
}

/// What came of a fill in the shared tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FillOutcome {
    /// There is no shared tier.
    Off,
    /// It filled a hole.
    Added,
    /// There is a value; nothing changed.
    Occupied,
    /// The shared tier did not answer; it is not tried again.
    Failed(String),
    /// The value is not one to write.
    Refused(Refusal),
}

/// A handle that restores values where there are none, with their original age.
pub struct Warmer<T: Schema> {
    inner: Arc<Inner>,
    store: Arc<Store<T>>,
}

impl<T: Schema> Warmer<T> {
    pub(crate) fn new(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::clone(inner), store: Arc::clone(inner.store::<T>()) }
    }

    /// Fills a hole with a value whose newest input is from `as_of`.
    ///
    /// Its stamp is older than that of any publisher, so whatever is measured afterwards replaces it.
    pub async fn fill(&self, scope: &T::Scope, value: T, as_of: UnixMs) -> Filled {
        let body = match Encoded::checked(&value) {
            Ok(body) => body,
            Err(invalid) => return Filled { l1: false, l2: FillOutcome::Refused(invalid.into()) },
        };
        let (fresh_until, stale_until) = Held::<T>::life(as_of, &self.inner.clock.scaled(&T::POLICY));
        let held = Held {
            // Publishers start at epoch 1.
            stamp: Stamp { epoch: 0, seq: u64::try_from(as_of.0).unwrap_or(0) },
            origin: Origin::Restored,
            by: Arc::clone(&self.inner.writer),
            written_at: self.inner.clock.now(),
            as_of,
            fresh_until,
            stale_until,
            value: Arc::new(value),
        };
        let l2 = self.add(scope, &held, &body).await;
        // Where the shared tier has a value, readers get that one.
        let l1 = match l2 {
            FillOutcome::Occupied => false,
            FillOutcome::Off | FillOutcome::Added | FillOutcome::Failed(_) | FillOutcome::Refused(_) => {
                let landed = self.store.put_absent(scope, self.store.made(scope, held, &body)).await;
                if landed.news {
                    self.store.tell(scope, &landed.there);
                }
                landed.put
            }
        };
        if l1 || l2 == FillOutcome::Added {
            tracing::debug!(schema = %T::NAME, as_of_ms = as_of.0, "restored {}", T::NAME);
        }
        Filled { l1, l2 }
    }

    async fn add(&self, scope: &T::Scope, held: &Held<T>, body: &Encoded) -> FillOutcome {
        let Some(tier) = &self.inner.tier else { return FillOutcome::Off };
        if body.len() > BODY_LIMIT {
            return FillOutcome::Refused(Refusal::TooLarge { bytes: body.len(), limit: BODY_LIMIT });
        }
        let key = self.inner.namespace.key::<T>(scope);
        let packed = match envelope::seal(T::NAME, T::VERSION, &held.header(), &key, body) {
            Ok(packed) => packed,
            Err(error) => return FillOutcome::Failed(error.to_string()),
        };
        if packed.bytes.len() > ITEM_LIMIT {
            return FillOutcome::Refused(Refusal::TooLarge { bytes: packed.bytes.len(), limit: ITEM_LIMIT });
        }
        let server = Arc::clone(tier.server(&key));
        match server.add(&key, &packed, T::POLICY.keep_for).await {
            Ok(Added::Stored(_)) => FillOutcome::Added,
            Ok(Added::Exists) => FillOutcome::Occupied,
            Err(L2Error::Refused(text)) => FillOutcome::Refused(Refusal::ByServer(text)),
            Err(error) => FillOutcome::Failed(error.to_string()),
        }
    }
}

impl<T: Schema> fmt::Debug for Warmer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warmer").field("schema", &T::NAME).finish_non_exhaustive()
    }
}

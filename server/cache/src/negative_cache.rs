//! Looks at the shared tier that brought nothing, remembered for half a second with their reason.
//!
//! Without it a page that asks for a value which nobody has written, or which no writer renews, would cost a round
//! trip per request.

use std::{collections::HashMap, hash::Hash, sync::Mutex, time::Duration};

use schema::Absence;
use tokio::time::Instant;

use crate::lock::lock;

/// How long the outcome of a look-up is kept.
const STANDS_FOR: Duration = Duration::from_millis(500);
/// Scopes that are remembered at most; asking for more at the same time costs the round trips.
const CAPACITY: usize = 1_024;

/// What looks at the shared tier found lately.
pub(crate) struct NegativeCache<K>(Mutex<HashMap<K, Look>>);

/// The outcome of one look: why there was nothing, or that there was nothing newer.
struct Look {
    until: Instant,
    found: Option<Absence>,
}

impl<K> Default for NegativeCache<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> NegativeCache<K> {
    /// Remembers a look that found nothing (`Some`), or nothing newer (`None`).
    pub(crate) fn remember(&self, scope: &K, found: Option<Absence>) {
        let now = Instant::now();
        let mut looks = lock(&self.0);
        if looks.len() >= CAPACITY {
            looks.retain(|_, look| look.until > now);
        }
        if looks.len() < CAPACITY {
            looks.insert(scope.clone(), Look { until: now + STANDS_FOR, found });
        }
    }

    /// Why there is no value, where that was found out a moment ago.
    pub(crate) fn absence(&self, scope: &K) -> Option<Absence> {
        self.recent(scope, |look| look.found.clone()).flatten()
    }

    /// Whether there was a look a moment ago.
    pub(crate) fn is_recent(&self, scope: &K) -> bool {
        self.recent(scope, |_| ()).is_some()
    }

    /// Forgets what was found: there is a value now.
    pub(crate) fn forget(&self, scope: &K) {
        lock(&self.0).remove(scope);
    }

    fn recent<R>(&self, scope: &K, read: impl FnOnce(&Look) -> R) -> Option<R> {
        lock(&self.0).get(scope).filter(|look| look.until > Instant::now()).map(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_absence_stands_for_half_a_second_unless_a_value_arrives() {
        let negative = NegativeCache::default();
        negative.remember(&1, Some(Absence::NeverWritten));
        assert_eq!(negative.absence(&1), Some(Absence::NeverWritten));
        assert_eq!(negative.absence(&2), None);
        tokio::time::advance(STANDS_FOR).await;
        assert_eq!(negative.absence(&1), None);
        negative.remember(&1, Some(Absence::NeverWritten));
        negative.forget(&1);
        assert_eq!(negative.absence(&1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded_and_makes_room_with_time() {
        let negative = NegativeCache::default();
        for n in 0..2 * CAPACITY {
            negative.remember(&n, None);
        }
        assert!(negative.is_recent(&0) && !negative.is_recent(&CAPACITY));
        tokio::time::advance(STANDS_FOR).await;
        negative.remember(&CAPACITY, None);
        assert!(negative.is_recent(&CAPACITY) && lock(&negative.0).len() == 1);
    }
}

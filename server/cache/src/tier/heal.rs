//! Getting well again: one task probes, and then writes what was kept.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Tier,
    write::{Belief, Put},
};
use crate::{breaker::Breaker, l2::L2Error, lock::lock};

/// Between the return of the shared tier and the first kept write: readers catch up first.
const BARRIER: Duration = Duration::from_secs(1);

enum Next {
    Probe(Instant),
    Flush,
    Done,
}

/// Probes until the tier answers, writes what was kept, and ends; also when the cache is dropped.
pub(super) async fn heal(tier: Weak<Tier>) {
    while let Some(next) = tier.upgrade().map(|tier| tier.next()) {
        match next {
            Next::Probe(at) => {
                sleep_until(at).await;
                let Some(tier) = tier.upgrade() else { return };
                match tier.l2.version().await {
                    Ok(version) => tier.answered(version),
                    Err(error) => tier.silent(&error),
                }
            }
            Next::Flush => {
                sleep(BARRIER).await;
                let Some(tier) = tier.upgrade() else { return };
                tier.flush().await;
            }
            Next::Done => return,
        }
    }
}

impl Tier {
    /// What the healing task does next.
    fn next(&self) -> Next {
        let mut state = lock(&self.state);
        match &state.breaker {
            Breaker::Open { probe_at, .. } => Next::Probe(*probe_at),
            Breaker::Closed { .. } if state.recovery.len() > 0 => Next::Flush,
            Breaker::Closed { .. } => {
                state.healing = false;
                Next::Done
            }
        }
    }

    /// Writes what was kept, and stops at the first failure.
    async fn flush(self: &Arc<Self>) {
        let pending = lock(&self.state).recovery.pending();
        for write in pending {
            match self.put_newer(&write, Belief::Unknown).await {
                Ok(Put::Applied(_)) => {
                    tracing::debug!(key = write.key, stamp = %write.header.stamp, "wrote what was kept");
                }
                Ok(Put::Superseded(..) | Put::Unknown(_)) => {
                    tracing::debug!(key = write.key, stamp = %write.header.stamp, "what was kept is out of date");
                }
                // It is tried again after the next barrier.
                Ok(Put::Contested) => continue,
                Err(L2Error::Refused(cause)) => {
                    tracing::warn!(key = write.key, cause, "the shared cache refuses a kept write");
                }
                Err(_) => return,
            }
            self.settled(&write);
        }
    }
}

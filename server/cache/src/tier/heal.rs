//! Getting well again: one task probes, and then writes what was kept.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};

use super::{
    server::Server,
    write::{Belief, Put},
};
use crate::{breaker::Breaker, l2::L2Error, lock::lock};

/// Between the return of a server and the first kept write: readers catch up first.
const BARRIER: Duration = Duration::from_millis(250);

enum Next {
    Probe(Instant),
    Flush,
    Done,
}

/// Probes until the tier answers, writes what was kept, and ends; also when the cache is dropped.
pub(super) async fn heal(server: Weak<Server>) {
    while let Some(next) = server.upgrade().map(|server| server.next()) {
        match next {
            Next::Probe(at) => {
                sleep_until(at).await;
                let Some(server) = server.upgrade() else { return };
                server.probe().await;
            }
            Next::Flush => {
                sleep(BARRIER).await;
                let Some(server) = server.upgrade() else { return };
                server.flush().await;
            }
            Next::Done => return,
        }
    }
}

impl Server {
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

    /// Writes what was kept before the process ends: asks once whether the server answers, and does not wait for it.
    pub(crate) async fn drain(self: &Arc<Self>) {
        if lock(&self.state).recovery.len() == 0 {
            return;
        }
        if lock(&self.state).breaker.resting().is_some() {
            self.probe().await;
        }
        if lock(&self.state).breaker.resting().is_none() {
            self.flush().await;
        }
        let lost = lock(&self.state).recovery.len();
        if lost > 0 {
            tracing::warn!(
                server = self.name(),
                lost,
                "values end with this process: the shared cache did not take them"
            );
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

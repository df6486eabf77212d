//! Writing behind: one task per server makes the first contact, probes after an outage, and writes what waits.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::server::Server;
use crate::{breaker::Breaker, l2::L2Error, lock::lock};

/// Between an attempt that did not settle everything and the next.
const PAUSE: Duration = Duration::from_millis(100);

enum Next {
    Probe(Instant),
    Write,
    Wait,
}

/// The task that writes to one server. It runs as long as the cache; what a run that panicked left is written by the next.
#[derive(Clone)]
pub struct WriteBehind {
    server: Weak<Server>,
    name: Arc<str>,
    wake: Arc<Notify>,
}

impl WriteBehind {
    pub(super) fn of(server: &Arc<Server>, wake: Arc<Notify>) -> Self {
        Self { server: Arc::downgrade(server), name: server.name().into(), wake }
    }

    /// The name of its server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.name
    }

    /// Makes the first contact, then writes what is queued, until the cache is dropped.
    pub async fn run(self) {
        if let Some(server) = self.server.upgrade() {
            server.first_contact().await;
        }
        while let Some(next) = self.server.upgrade().map(|server| server.next()) {
            match next {
                Next::Probe(at) => {
                    sleep_until(at).await;
                    let Some(server) = self.server.upgrade() else { return };
                    server.probe().await;
                }
                Next::Write => {
                    let Some(server) = self.server.upgrade() else { return };
                    let complete = server.write_some().await.complete;
                    drop(server);
                    if !complete {
                        sleep(PAUSE).await;
                    }
                }
                Next::Wait => self.wake.notified().await,
            }
        }
    }
}

impl fmt::Debug for WriteBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBehind").field("server", &self.name).finish_non_exhaustive()
    }
}

impl Server {
    fn next(&self) -> Next {
        let state = lock(&self.state);
        match &state.breaker {
            Breaker::Open { probe_at, cause } => {
                let (next, waiting) = (Next::Probe(*probe_at), state.queue.all());
                let error = L2Error::Resting(cause.clone());
                drop(state);
                self.defer(&waiting, &error);
                next
            }
            Breaker::Closed(_) if state.queue.len() > 0 => Next::Write,
            Breaker::Closed(_) => Next::Wait,
        }
    }

    /// Writes what waits before the process ends, within a limit. A server that rests is asked once whether it answers.
    pub(crate) async fn drain(self: &Arc<Self>, limit: Duration) {
        let write = async {
            if self.waiting() > 0 && lock(&self.state).breaker.resting().is_some() {
                self.probe().await;
            }
            while self.waiting() > 0 && lock(&self.state).breaker.resting().is_none() {
                if !self.write_some().await.complete {
                    sleep(PAUSE).await;
                }
            }
        };
        let in_time = timeout(limit, write).await.is_ok();
        let lost = self.waiting();
        if lost > 0 {
            let why = if in_time { "does not answer" } else { "is too slow" };
            tracing::warn!(server = self.name(), lost, "values end with this process: the shared cache {why}");
        }
    }
}

//! Publishes what a scan took apart, while the next scan goes on: at the close of a bar that is every symbol.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use schema::{Breakdown, Symbol, UnixMs, Venue};
use tokio::sync::Notify;

use super::publishers::Publishers;
use crate::{
    monitor::{
        driver::{Task, TaskError},
        failures::Failures,
        publish,
    },
    opened::OpenSymbols,
};

/// Breakdowns that wait to be published, the newest of each symbol; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending(Arc<Mutex<Waiting>>, Arc<Notify>);

#[derive(Debug, Default)]
struct Waiting {
    /// Of symbols whose page is open: they go first.
    open: BTreeMap<Symbol, (UnixMs, Breakdown)>,
    others: BTreeMap<Symbol, (UnixMs, Breakdown)>,
}

impl Pending {
    /// Adds what a scan took apart, and wakes who publishes it.
    pub(crate) fn add(&self, made: Vec<(UnixMs, Breakdown)>, open: &OpenSymbols) {
        {
            let mut waiting = self.lock();
            for (as_of, breakdown) in made {
                let symbol = breakdown.row.symbol;
                // One that waited since an earlier scan is out of date.
                waiting.open.remove(&symbol);
                waiting.others.remove(&symbol);
                let list = if open.is_open(symbol) { &mut waiting.open } else { &mut waiting.others };
                list.insert(symbol, (as_of, breakdown));
            }
        }
        self.1.notify_one();
    }

    /// Is notified when something was added.
    pub(crate) fn added(&self) -> Arc<Notify> {
        Arc::clone(&self.1)
    }

    /// The next one, and whether it is the last of the open symbols'.
    fn next(&self) -> Option<(UnixMs, Breakdown, bool)> {
        let mut waiting = self.lock();
        if let Some((_, (as_of, breakdown))) = waiting.open.pop_first() {
            return Some((as_of, breakdown, waiting.open.is_empty()));
        }
        waiting.others.pop_first().map(|(_, (as_of, breakdown))| (as_of, breakdown, false))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes [`Breakdown`]. Woken when a scan took some apart.
pub(crate) struct Breakdowns {
    pub(crate) source: Venue,
    pub(crate) pending: Pending,
    pub(crate) open: OpenSymbols,
    pub(crate) publishers: Arc<Publishers>,
}

impl Task for Breakdowns {
    const NAME: &'static str = "breakdowns";
    const WHAT: &'static str = "Publishes what the scan took apart, open pages first.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let mut failures = Failures::default();
        while let Some((as_of, breakdown, last_open)) = self.pending.next() {
            let scope = (self.source, breakdown.row.symbol);
            failures.note(publish(&self.publishers.breakdown, &scope, breakdown, as_of).await);
            if last_open {
                self.open.flush();
            }
            // Hundreds are encoded at the close of a bar; others have work to do as well.
            tokio::task::yield_now().await;
        }
        failures.into_result()
    }
}

#[cfg(test)]
mod tests;

//! Books that their reader found to be wrong.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use schema::Symbol;

/// The contracts whose books are to be fetched again, until the connection that carries each takes it up. There is at most one
/// entry for each listed contract.
#[derive(Debug, Default)]
pub(crate) struct Resyncs(Mutex<BTreeSet<Symbol>>);

impl Resyncs {
    pub(crate) fn want(&self, symbol: Symbol) {
        self.locked().insert(symbol);
    }

    /// Takes those that one connection carries.
    pub(crate) fn take(&self, carried: impl Fn(&Symbol) -> bool) -> Vec<Symbol> {
        let mut wanted = self.locked();
        let taken: Vec<Symbol> = wanted.iter().copied().filter(&carried).collect();
        taken.iter().for_each(|symbol| {
            wanted.remove(symbol);
        });
        taken
    }

    /// A set is whole after every statement, so that a panic elsewhere leaves nothing half done.
    fn locked(&self) -> MutexGuard<'_, BTreeSet<Symbol>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

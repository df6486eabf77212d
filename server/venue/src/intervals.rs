//! How often each contract pays funding, for the tickers that do not say so.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use schema::Symbol;

/// The intervals told by lists of instruments, in hours.
#[derive(Debug, Default)]
pub(crate) struct FundingIntervals {
    hours: RwLock<HashMap<Symbol, u8>>,
    /// The interval of contracts that are not listed, in hours; 0 as long as none is known.
    otherwise: AtomicU8,
}

impl FundingIntervals {
    /// Contracts that are remembered; no venue lists nearly as many.
    const CAPACITY: usize = 10_000;

    /// Takes over what a list of instruments tells.
    pub(crate) fn learn(&self, told: Vec<(Symbol, u8)>) {
        let mut hours = self.hours.write().unwrap_or_else(PoisonError::into_inner);
        for (symbol, told) in told {
            if hours.len() < Self::CAPACITY || hours.contains_key(&symbol) {
                hours.insert(symbol, told);
            }
        }
    }

    /// Takes over the interval of the contracts that no list names.
    pub(crate) fn learn_default(&self, hours: u8) {
        self.otherwise.store(hours, Relaxed);
    }

    /// Whether anything was told.
    pub(crate) fn learned(&self) -> bool {
        self.otherwise.load(Relaxed) > 0 || !self.hours.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The interval of a contract, in hours, where it was told.
    pub(crate) fn hours(&self, symbol: Symbol) -> Option<u8> {
        let told = self.hours.read().unwrap_or_else(PoisonError::into_inner).get(&symbol).copied();
        told.or_else(|| Some(self.otherwise.load(Relaxed)).filter(|hours| *hours > 0))
    }
}

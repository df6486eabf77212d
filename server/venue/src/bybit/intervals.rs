//! How often each contract pays funding, for the tickers that do not say so.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use schema::Symbol;

/// The intervals told by the list of instruments, in hours.
#[derive(Debug, Default)]
pub(super) struct FundingIntervals(RwLock<HashMap<Symbol, u8>>);

impl FundingIntervals {
    /// Contracts that are remembered; no venue lists nearly as many.
    const CAPACITY: usize = 10_000;

    /// Takes over what a list of instruments tells.
    pub(super) fn learn(&self, told: Vec<(Symbol, u8)>) {
        let mut hours = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (symbol, told) in told {
            if hours.len() < Self::CAPACITY || hours.contains_key(&symbol) {
                hours.insert(symbol, told);
            }
        }
    }

    /// The interval of a contract, in hours, where it was told.
    pub(super) fn hours(&self, symbol: Symbol) -> Option<u8> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&symbol).copied()
    }
}

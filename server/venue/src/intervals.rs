//! How often each contract pays funding, for the tickers that do not say so.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use schema::Symbol;

/// Hours between two fundings, where they divide a day.
pub(crate) fn funding_hours(hours: i64) -> Option<u8> {
    u8::try_from(hours).ok().filter(|hours| *hours > 0 && 24 % hours == 0)
}

/// The intervals of the last list, in hours.
#[derive(Debug, Default)]
pub(crate) struct FundingIntervals {
    known: RwLock<HashMap<Symbol, Known>>,
    /// The interval of contracts that are not listed, in hours; 0 as long as none is known.
    otherwise: AtomicU8,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// None where the list has the contract and no usable interval: the interval of others is not its own.
    hours: Option<u8>,
    /// Lists in a row that do not have it.
    absent: u8,
}

impl FundingIntervals {
    /// Contracts that are remembered; no venue lists nearly as many.
    const CAPACITY: usize = 10_000;
    /// A contract is forgotten when this many lists in a row do not have it: one of them may be damaged.
    const ABSENT_MAX: u8 = 2;

    /// Takes over a whole list: what it has replaces what was known.
    pub(crate) fn learn(&self, list: impl IntoIterator<Item = (Symbol, Option<u8>)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for contract in known.values_mut() {
            contract.absent = contract.absent.saturating_add(1);
        }
        for (symbol, hours) in list {
            if known.len() < Self::CAPACITY || known.contains_key(&symbol) {
                known.insert(symbol, Known { hours, absent: 0 });
            }
        }
        known.retain(|_, contract| contract.absent < Self::ABSENT_MAX);
    }

    /// Takes over the interval of the contracts that no list names.
    pub(crate) fn learn_default(&self, hours: u8) {
        self.otherwise.store(hours, Relaxed);
    }

    /// Whether any list was read.
    pub(crate) fn learned(&self) -> bool {
        self.otherwise.load(Relaxed) > 0 || !self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The interval of a contract, in hours, where it is known.
    pub(crate) fn hours(&self, symbol: Symbol) -> Option<u8> {
        match self.known.read().unwrap_or_else(PoisonError::into_inner).get(&symbol) {
            Some(contract) => contract.hours,
            None => Some(self.otherwise.load(Relaxed)).filter(|hours| *hours > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    #[test]
    fn forgets_a_contract_that_two_lists_in_a_row_do_not_have() {
        let intervals = FundingIntervals::default();
        intervals.learn([(symbol("A"), Some(4)), (symbol("B"), Some(1))]);
        intervals.learn_default(8);
        intervals.learn([(symbol("A"), Some(2))]);
        assert_eq!((intervals.hours(symbol("A")), intervals.hours(symbol("B"))), (Some(2), Some(1)));
        intervals.learn([(symbol("A"), Some(2))]);
        assert_eq!(intervals.hours(symbol("B")), Some(8), "it is back at the usual interval");
        intervals.learn([]);
        intervals.learn([(symbol("A"), Some(2))]);
        assert_eq!(intervals.hours(symbol("A")), Some(2), "one empty list is not believed");
    }

    #[test]
    fn a_contract_with_a_damaged_interval_does_not_get_the_usual_one() {
        let intervals = FundingIntervals::default();
        intervals.learn([(symbol("A"), None)]);
        intervals.learn_default(8);
        assert_eq!((intervals.hours(symbol("A")), intervals.hours(symbol("B"))), (None, Some(8)));
    }

    #[test]
    fn an_interval_divides_a_day() {
        for hours in [1, 2, 3, 4, 6, 8, 12, 24] {
            assert_eq!(funding_hours(hours).map(i64::from), Some(hours));
        }
        for hours in [-8, 0, 5, 7, 23, 25, 48, 256, i64::MAX] {
            assert_eq!(funding_hours(hours), None);
        }
    }
}

//! Contracts that a list names more than once: a list that is sent in pages moves between two of them when a contract is listed.

use std::collections::HashSet;

use schema::Symbol;

use crate::{counters::StreamCounters, rows::Skipped};

/// The first row of each contract; the others are counted as malformed. Watched twice, a contract would be fetched and shown twice.
pub(crate) fn once_each<T>(
    list: &'static str,
    mut rows: Vec<T>,
    counters: &StreamCounters,
    symbol_of: impl Fn(&T) -> Symbol,
) -> Vec<T> {
    let (mut seen, mut repeated) = (HashSet::with_capacity(rows.len()), Vec::new());
    rows.retain(|row| {
        let symbol = symbol_of(row);
        let is_first = seen.insert(symbol);
        if !is_first {
            let (contract, field) = (Some(symbol.to_string()), "symbol".to_owned());
            repeated.push(Skipped { contract, field, problem: "the contract is listed twice".to_owned() });
        }
        is_first
    });
    counters.count_skipped(list, None, &repeated);
    rows
}

#[cfg(test)]
mod tests {
    use schema::Venue;

    use super::*;

    #[test]
    fn keeps_the_first_row_of_a_contract_that_is_listed_twice_and_counts_the_others() {
        let symbol = |text: &str| Symbol::new(text).unwrap();
        let counters = StreamCounters::new(Venue::Bybit);
        let rows = vec![(symbol("AUSDT"), 1), (symbol("BUSDT"), 2), (symbol("AUSDT"), 3), (symbol("AUSDT"), 4)];
        let kept = once_each("instruments", rows, &counters, |(symbol, _)| *symbol);
        assert_eq!(kept, [(symbol("AUSDT"), 1), (symbol("BUSDT"), 2)]);
        let skipped = counters.skipped_rows();
        assert_eq!((skipped.len(), skipped[0].rows, skipped[0].contract.as_deref()), (1, 2, Some("AUSDT")));
        assert_eq!(skipped[0].problem, "the contract is listed twice");
    }
}

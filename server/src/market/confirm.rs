//! Holds back a list of contracts that is much smaller than the one before, until a second response confirms it.

use std::collections::HashSet;

use schema::{Symbol, universe::Unconfirmed};

/// What one response lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The contracts.
    pub(crate) contracts: HashSet<Symbol>,
    /// Those that have a price.
    pub(crate) tickers: HashSet<Symbol>,
}

/// What becomes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is applied.
    Apply,
    /// It is applied: it is much smaller than the one before, and agrees with the response that was held back.
    Confirmed,
    /// It is held back, and nothing changes.
    HeldBack(Unconfirmed),
}

/// The last list that was applied, and one that was held back.
#[derive(Debug, Default)]
pub(crate) struct Confirm {
    applied: Option<(usize, usize)>,
    held_back: Option<Listed>,
}

impl Confirm {
    /// Decides what becomes of a response.
    pub(crate) fn judge(&mut self, listed: Listed) -> Verdict {
        let counts = (listed.contracts.len(), listed.tickers.len());
        let before = self.applied.unwrap_or_default();
        if counts.0 * 2 >= before.0 && counts.1 * 2 >= before.1 {
            (self.applied, self.held_back) = (Some(counts), None);
            return Verdict::Apply;
        }
        if self.held_back.take().is_some_and(|first| agree(&first, &listed)) {
            self.applied = Some(counts);
            return Verdict::Confirmed;
        }
        self.held_back = Some(listed);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Verdict::HeldBack(Unconfirmed { contracts: count(counts.0), tickers: count(counts.1), before: count(before.0) })
    }
}

/// Whether two responses list the same but for a tenth.
fn agree(a: &Listed, b: &Listed) -> bool {
    let near =
        |a: &HashSet<Symbol>, b: &HashSet<Symbol>| a.symmetric_difference(b).count() * 10 <= a.len().max(b.len());
    near(&a.contracts, &b.contracts) && near(&a.tickers, &b.tickers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(range: std::ops::Range<u32>) -> HashSet<Symbol> {
        range.map(|n| Symbol::new(&format!("C{n}USDT")).unwrap()).collect()
    }

    fn listed(contracts: std::ops::Range<u32>, tickers: std::ops::Range<u32>) -> Listed {
        Listed { contracts: set(contracts), tickers: set(tickers) }
    }

    #[test]
    fn holds_back_an_empty_or_halved_list_until_a_second_one_agrees() {
        let mut confirm = Confirm::default();
        assert_eq!(confirm.judge(listed(0..100, 0..100)), Verdict::Apply);
        assert_eq!(confirm.judge(listed(0..50, 0..50)), Verdict::Apply, "a half is not less than a half");
        let held = |contracts, tickers| Verdict::HeldBack(Unconfirmed { contracts, tickers, before: 50 });
        assert_eq!(confirm.judge(listed(0..0, 0..0)), held(0, 0));
        assert_eq!(confirm.judge(listed(0..50, 0..50)), Verdict::Apply, "it was a hiccup");
        assert_eq!(confirm.judge(listed(0..0, 0..0)), held(0, 0), "the one before does not count any more");
        assert_eq!(confirm.judge(listed(0..24, 0..24)), held(24, 24), "small in another way");
        assert_eq!(confirm.judge(listed(1..24, 0..24)), Verdict::Confirmed);
        assert_eq!(confirm.judge(listed(1..24, 0..24)), Verdict::Apply);
    }

    #[test]
    fn holds_back_a_list_whose_prices_are_missing() {
        let mut confirm = Confirm::default();
        confirm.judge(listed(0..100, 0..100));
        let held = Verdict::HeldBack(Unconfirmed { contracts: 100, tickers: 3, before: 100 });
        assert_eq!(confirm.judge(listed(0..100, 0..3)), held);
        assert_eq!(confirm.judge(listed(0..100, 0..3)), Verdict::Confirmed);
    }

    #[test]
    fn a_second_empty_list_is_believed() {
        let mut confirm = Confirm::default();
        confirm.judge(listed(0..3, 0..3));
        assert!(matches!(confirm.judge(listed(0..0, 0..0)), Verdict::HeldBack(_)));
        assert_eq!(confirm.judge(listed(0..0, 0..0)), Verdict::Confirmed);
    }
}

//! The local order book of one contract: a bounded number of levels, kept from snapshots and changes.
//!
//! There is one copy of it in the process, held by whoever reads the events. Numbers that follow on one another do not prove
//! that nothing was lost behind them: a book whose best bid is not below its best ask is wrong, whatever its numbers say, and
//! is to be fetched again with [`Exchange::resync_book`](crate::Exchange::resync_book).

use std::num::NonZeroUsize;

use schema::Level;
use serde::{Deserialize, Serialize};

use crate::BookChange;

/// The levels of both sides, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalBook {
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Levels that are held of each side, at most.
    levels: usize,
    /// Whether a snapshot came: changes alone make no book.
    held: bool,
}

/// The best bid is not below the best ask.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the best bid {bid} is not below the best ask {ask}")]
pub struct Crossed {
    /// The best bid.
    pub bid: f64,
    /// The best ask.
    pub ask: f64,
}

impl LocalBook {
    /// An empty book that holds so many levels of each side at most: those farthest from the other side are dropped first.
    #[must_use]
    pub const fn new(levels: NonZeroUsize) -> Self {
        Self { bids: Vec::new(), asks: Vec::new(), levels: levels.get(), held: false }
    }

    /// Takes a change in. A change before the first snapshot, or after a loss, is ignored.
    ///
    /// # Errors
    ///
    /// [`Crossed`] when the book cannot be; then it is forgotten until the next snapshot.
    pub fn apply(&mut self, change: BookChange) -> Result<(), Crossed> {
        match change {
            BookChange::Lost => self.forget(),
            BookChange::Snapshot { bids, asks } => {
                self.bids = sorted(bids, self.levels, |a, b| b.total_cmp(&a));
                self.asks = sorted(asks, self.levels, |a, b| a.total_cmp(&b));
                self.held = true;
            }
            BookChange::Delta { bids, asks } if self.held => {
                for level in bids {
                    set(&mut self.bids, level, |a, b| b.total_cmp(&a));
                }
                for level in asks {
                    set(&mut self.asks, level, |a, b| a.total_cmp(&b));
                }
                self.bids.truncate(self.levels);
                self.asks.truncate(self.levels);
            }
            BookChange::Delta { .. } => {}
        }
        if let (Some(bid), Some(ask)) = (self.bids.first(), self.asks.first())
            && bid.price >= ask.price
        {
            let crossed = Crossed { bid: bid.price, ask: ask.price };
            self.forget();
            return Err(crossed);
        }
        Ok(())
    }

    /// Whether a book is held; both sides of one may be empty.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// What buyers offer, the highest price first.
    #[must_use]
    pub fn bids(&self) -> &[Level] {
        &self.bids
    }

    /// What sellers offer, the lowest price first.
    #[must_use]
    pub fn asks(&self) -> &[Level] {
        &self.asks
    }

    fn forget(&mut self) {
        self.held = false;
        self.bids.clear();
        self.asks.clear();
    }
}

fn sorted(mut levels: Vec<Level>, most: usize, order: fn(f64, f64) -> std::cmp::Ordering) -> Vec<Level> {
    levels.retain(|level| level.size > 0.0);
    levels.sort_by(|a, b| order(a.price, b.price));
    levels.truncate(most);
    levels
}

fn set(levels: &mut Vec<Level>, level: Level, order: fn(f64, f64) -> std::cmp::Ordering) {
    match levels.binary_search_by(|held| order(held.price, level.price)) {
        Ok(place) if level.size == 0.0 => drop(levels.remove(place)),
        Ok(place) => levels[place] = level,
        // Removing a level that is not held is harmless.
        Err(_) if level.size == 0.0 => {}
        Err(place) => levels.insert(place, level),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn levels(prices: &[(u32, u32)]) -> Vec<Level> {
        prices.iter().map(|(price, size)| Level { price: f64::from(*price), size: f64::from(*size) }).collect()
    }

    fn delta(bids: &[(u32, u32)], asks: &[(u32, u32)]) -> BookChange {
        BookChange::Delta { bids: levels(bids), asks: levels(asks) }
    }

    fn snapshot(bids: &[(u32, u32)], asks: &[(u32, u32)]) -> BookChange {
        BookChange::Snapshot { bids: levels(bids), asks: levels(asks) }
    }

    fn book(cap: usize) -> LocalBook {
        let mut book = LocalBook::new(NonZeroUsize::new(cap).unwrap());
        book.apply(snapshot(&[], &[])).unwrap();
        book
    }

    #[test]
    fn changes_set_and_remove_levels_in_order() {
        let mut book = book(10);
        book.apply(snapshot(&[(98, 2), (99, 1)], &[(102, 2), (101, 1)])).unwrap();
        book.apply(delta(&[(97, 4), (99, 0), (90, 0)], &[(101, 3)])).unwrap();
        assert_eq!(book.bids(), levels(&[(98, 2), (97, 4)]));
        assert_eq!(book.asks(), levels(&[(101, 3), (102, 2)]));
    }

    #[test]
    fn forgets_a_crossed_book_until_the_next_snapshot() {
        let mut book = book(10);
        book.apply(delta(&[(9, 1)], &[(10, 1)])).unwrap();
        assert_eq!(book.apply(delta(&[(10, 1)], &[])), Err(Crossed { bid: 10.0, ask: 10.0 }), "locked is crossed");
        assert!(!book.is_held());
        book.apply(delta(&[(9, 1)], &[])).unwrap();
        assert!(!book.is_held() && book.bids().is_empty(), "changes alone make no book");
        book.apply(snapshot(&[(9, 1)], &[(11, 1)])).unwrap();
        assert!(book.is_held());
        book.apply(BookChange::Lost).unwrap();
        assert!(!book.is_held() && book.asks().is_empty());
    }

    #[test]
    fn drops_the_levels_farthest_from_the_other_side() {
        let mut book = book(3);
        book.apply(delta(&[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)], &[(9, 1), (8, 1), (7, 1), (6, 1)])).unwrap();
        assert_eq!(book.bids(), levels(&[(5, 1), (4, 1), (3, 1)]));
        assert_eq!(book.asks(), levels(&[(6, 1), (7, 1), (8, 1)]));
        book.apply(snapshot(&[(1, 1), (2, 1), (3, 1), (4, 1)], &[])).unwrap();
        assert_eq!(book.bids(), levels(&[(4, 1), (3, 1), (2, 1)]));
    }

    proptest! {
        /// Against a book without a bound: down to the best level that was ever dropped, each side is the same; the bound is
        /// kept, and what is held is in the unbounded one with the same size.
        #[test]
        fn equals_an_unbounded_book_within_its_bound(
            changes in prop::collection::vec((any::<bool>(), 1_u32..40, 0_u32..4), 1..200),
            cap in 1_usize..12,
        ) {
            let mut book = book(cap);
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            // The best price of each side that was dropped or could not be taken.
            let (mut dropped_bid, mut dropped_ask) = (0_u32, u32::MAX);
            for (bid, price, size) in changes {
                // Sellers are above 100, so that no book is crossed.
                let (side, price) = if bid { (&mut bids, price) } else { (&mut asks, price + 100) };
                if size == 0 { side.remove(&price); } else { side.insert(price, size); }
                let change = if bid { delta(&[(price, size)], &[]) } else { delta(&[], &[(price, size)]) };
                let before = book.clone();
                prop_assert_eq!(book.apply(change), Ok(()));
                let holds = |levels: &[Level], price: f64| levels.iter().any(|level| level.price == price);
                for (levels, known) in [(&before.bids, &book.bids), (&before.asks, &book.asks)] {
                    for gone in levels.iter().filter(|level| !holds(known, level.price)) {
                        let is_gone = |price: &&u32| f64::from(**price) == gone.price;
                        dropped_bid = bids.keys().find(is_gone).map_or(dropped_bid, |price| dropped_bid.max(*price));
                        dropped_ask = asks.keys().find(is_gone).map_or(dropped_ask, |price| dropped_ask.min(*price));
                    }
                }
                let taken = f64::from(price);
                if size > 0 && bid && !holds(&book.bids, taken) { dropped_bid = dropped_bid.max(price); }
                if size > 0 && !bid && !holds(&book.asks, taken) { dropped_ask = dropped_ask.min(price); }
            }
            prop_assert!(book.bids().len() <= cap && book.asks().len() <= cap);
            let all = |side: &BTreeMap<u32, u32>| levels(&side.iter().map(|(p, s)| (*p, *s)).collect::<Vec<_>>());
            let (mut all_bids, all_asks) = (all(&bids), all(&asks));
            all_bids.reverse();
            let near = |levels: &[Level], near: &dyn Fn(f64) -> bool| -> Vec<Level> {
                levels.iter().copied().filter(|level| near(level.price)).collect()
            };
            let near_bid = |price: f64| price > f64::from(dropped_bid);
            let near_ask = |price: f64| price < f64::from(dropped_ask);
            prop_assert_eq!(near(book.bids(), &near_bid), near(&all_bids, &near_bid));
            prop_assert_eq!(near(book.asks(), &near_ask), near(&all_asks, &near_ask));
            prop_assert!(book.bids().iter().all(|level| all_bids.contains(level)));
            prop_assert!(book.asks().iter().all(|level| all_asks.contains(level)));
        }

        /// A book is called crossed exactly when it is.
        #[test]
        fn a_crossed_book_is_always_detected_and_no_other(
            changes in prop::collection::vec((any::<bool>(), 1_u32..30, 0_u32..3), 1..100)
        ) {
            let (mut book, mut bids, mut asks) = (book(100), BTreeMap::new(), BTreeMap::new());
            for (bid, price, size) in changes {
                let side: &mut BTreeMap<u32, u32> = if bid { &mut bids } else { &mut asks };
                if size == 0 { side.remove(&price); } else { side.insert(price, size); }
                let change = if bid { delta(&[(price, size)], &[]) } else { delta(&[], &[(price, size)]) };
                let crossed = bids.keys().next_back().zip(asks.keys().next()).is_some_and(|(bid, ask)| bid >= ask);
                prop_assert_eq!(book.apply(change).is_err(), crossed);
                if crossed {
                    bids.clear();
                    asks.clear();
                    book.apply(snapshot(&[], &[])).unwrap();
                }
            }
        }
    }
}

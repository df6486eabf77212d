//! The book that the changes of a stream add up to, held only to notice when it cannot be.
//!
//! Numbers that follow on one another do not prove that nothing was lost behind them: a book whose best bid is not below
//! its best ask is wrong, whatever its numbers say. What is told to others are the changes, never this.

use std::collections::BTreeMap;

use schema::Level;

use crate::BookChange;

/// A book by price; positive numbers are ordered like their bits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ladder {
    bids: BTreeMap<u64, f64>,
    asks: BTreeMap<u64, f64>,
}

/// The best bid is not below the best ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossed {
    /// The best bid.
    pub(crate) bid: f64,
    /// The best ask.
    pub(crate) ask: f64,
}

impl Ladder {
    /// Levels that are held of each side, at most: those farthest from the other side are forgotten first.
    const LEVELS_MAX: usize = 2_000;

    /// Takes a change in.
    ///
    /// # Errors
    ///
    /// [`Crossed`] when the book cannot be; then it is forgotten.
    pub(crate) fn take(&mut self, change: &BookChange) -> Result<(), Crossed> {
        match change {
            BookChange::Lost => *self = Self::default(),
            BookChange::Snapshot { bids, asks } => {
                *self = Self::default();
                self.change(bids, asks);
            }
            BookChange::Delta { bids, asks } => self.change(bids, asks),
        }
        let (bid, ask) = (self.bids.last_key_value(), self.asks.first_key_value());
        if let (Some((bid, _)), Some((ask, _))) = (bid, ask)
            && bid >= ask
        {
            let crossed = Crossed { bid: f64::from_bits(*bid), ask: f64::from_bits(*ask) };
            *self = Self::default();
            return Err(crossed);
        }
        Ok(())
    }

    fn change(&mut self, bids: &[Level], asks: &[Level]) {
        for (side, levels) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for level in levels {
                if level.size == 0.0 {
                    side.remove(&level.price.to_bits());
                } else {
                    side.insert(level.price.to_bits(), level.size);
                }
            }
        }
        while self.bids.len() > Self::LEVELS_MAX {
            self.bids.pop_first();
        }
        while self.asks.len() > Self::LEVELS_MAX {
            self.asks.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(prices: &[(u32, u32)]) -> Vec<Level> {
        prices.iter().map(|(price, size)| Level { price: f64::from(*price), size: f64::from(*size) }).collect()
    }

    fn delta(bids: &[(u32, u32)], asks: &[(u32, u32)]) -> BookChange {
        BookChange::Delta { bids: levels(bids), asks: levels(asks) }
    }

    #[test]
    fn a_crossed_book_is_noticed_and_forgotten() {
        let mut ladder = Ladder::default();
        ladder.take(&delta(&[(9, 1)], &[(10, 1)])).unwrap();
        assert_eq!(ladder.take(&delta(&[(10, 1)], &[])), Err(Crossed { bid: 10.0, ask: 10.0 }), "locked is crossed");
        assert_eq!(ladder, Ladder::default());
        ladder.take(&delta(&[(10, 1)], &[(11, 1)])).unwrap();
        ladder.take(&delta(&[(12, 1)], &[(11, 0), (13, 1)])).unwrap();
        ladder.take(&BookChange::Lost).unwrap();
        assert_eq!(ladder, Ladder::default());
    }

    #[test]
    fn the_levels_nearest_to_the_other_side_are_kept() {
        let mut ladder = Ladder::default();
        let prices = |range: std::ops::Range<u32>| range.map(|price| (price, 1)).collect::<Vec<_>>();
        ladder.take(&delta(&prices(1..5_001), &prices(6_000..11_000))).unwrap();
        let first = |side: &BTreeMap<u64, f64>| side.keys().next().map(|bits| f64::from_bits(*bits));
        assert_eq!((ladder.bids.len(), first(&ladder.bids)), (2_000, Some(3_001.0)));
        assert_eq!((ladder.asks.len(), first(&ladder.asks)), (2_000, Some(6_000.0)));
    }

    proptest! {
        /// However the changes of both sides are cut into messages and these are interleaved: as long as each side keeps
        /// its order, the book is the one that is rebuilt from the last word on each price.
        #[test]
        fn any_interleaving_of_changes_equals_a_rebuilt_book(
            bids in prop::collection::vec((1_u32..50, 0_u32..4), 0..120),
            asks in prop::collection::vec((50_u32..100, 0_u32..4), 0..120),
            cuts in prop::collection::vec((0_usize..6, 0_usize..6), 1..200),
        ) {
            let mut ladder = Ladder::default();
            let (mut left_bids, mut left_asks) = (&bids[..], &asks[..]);
            for (many_bids, many_asks) in cuts.iter().copied().chain([(usize::MAX, usize::MAX)]) {
                let (now_bids, rest_bids) = left_bids.split_at(many_bids.min(left_bids.len()));
                let (now_asks, rest_asks) = left_asks.split_at(many_asks.min(left_asks.len()));
                (left_bids, left_asks) = (rest_bids, rest_asks);
                prop_assert_eq!(ladder.take(&delta(now_bids, now_asks)), Ok(()));
            }
            let last = |changes: &[(u32, u32)]| {
                let words: BTreeMap<u32, u32> = changes.iter().copied().collect();
                levels(&words.into_iter().filter(|(_, size)| *size > 0).collect::<Vec<_>>())
            };
            let mut rebuilt = Ladder::default();
            rebuilt.take(&BookChange::Snapshot { bids: last(&bids), asks: last(&asks) }).unwrap();
            prop_assert_eq!(ladder, rebuilt);
        }

        /// A book is called crossed exactly when it is.
        #[test]
        fn a_crossed_book_is_always_detected_and_no_other(
            changes in prop::collection::vec((any::<bool>(), 1_u32..30, 0_u32..3), 1..100)
        ) {
            let (mut ladder, mut bids, mut asks) = (Ladder::default(), BTreeMap::new(), BTreeMap::new());
            for (bid, price, size) in changes {
                let side: &mut BTreeMap<u32, u32> = if bid { &mut bids } else { &mut asks };
                if size == 0 { side.remove(&price); } else { side.insert(price, size); }
                let change = if bid { delta(&[(price, size)], &[]) } else { delta(&[], &[(price, size)]) };
                let crossed = bids.keys().next_back().zip(asks.keys().next()).is_some_and(|(bid, ask)| bid >= ask);
                prop_assert_eq!(ladder.take(&change).is_err(), crossed);
                if crossed {
                    bids.clear();
                    asks.clear();
                }
            }
        }
    }
}

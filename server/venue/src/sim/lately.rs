//! What prices were lately.

use std::collections::VecDeque;

/// Ticks that are remembered: who looks a few times a second misses none.
const TICKS: usize = 20;

/// The last prices of every contract, tick by tick, by the contract's place.
#[derive(Debug)]
pub(crate) struct Lately(Vec<VecDeque<i64>>);

impl Lately {
    /// Nothing has happened yet.
    pub(crate) fn new(contracts: usize) -> Self {
        Self(vec![VecDeque::with_capacity(TICKS); contracts])
    }

    /// Takes in a contract's price at the end of a tick.
    pub(crate) fn note(&mut self, place: usize, price: i64) {
        let Some(prices) = self.0.get_mut(place) else { return };
        if prices.len() == TICKS {
            prices.pop_front();
        }
        prices.push_back(price);
    }

    /// The lowest and the highest of them, `now` included.
    pub(crate) fn range(&self, place: usize, now: i64) -> [i64; 2] {
        let prices = self.0.get(place).into_iter().flatten();
        prices.fold([now, now], |[low, high], price| [low.min(*price), high.max(*price)])
    }
}

//! The order book of one symbol, kept from snapshots and changes.

use analysis::input::{BestQuote, Book};
use schema::{Level, UnixMs};
use venue::BookChange;

use super::recent::Recent;

const BEST_QUOTES: usize = 200;
const DEPTH_MINUTES: usize = 500;

/// An order book with the recent changes of its best quotes.
#[derive(Debug)]
pub(crate) struct OrderBook {
    at: Option<UnixMs>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    best: Recent<BestQuote>,
    depth_history: Recent<f64>,
}

impl OrderBook {
    /// A book of which nothing is known.
    pub(crate) const fn new() -> Self {
        Self {
            at: None,
            bids: Vec::new(),
            asks: Vec::new(),
            best: Recent::new(BEST_QUOTES),
            depth_history: Recent::new(DEPTH_MINUTES),
        }
    }

    /// Takes in a change. A book that becomes crossed is forgotten until the next snapshot.
    pub(crate) fn apply(&mut self, at: UnixMs, change: BookChange) {
        match change {
            BookChange::Snapshot { bids, asks } => {
                self.bids = sorted(bids, |a, b| b.total_cmp(&a));
                self.asks = sorted(asks, |a, b| a.total_cmp(&b));
            }
            BookChange::Delta { bids, asks } => {
                if self.at.is_none() {
                    return;
                }
                for level in bids {
                    set(&mut self.bids, level, |a, b| b.total_cmp(&a));
                }
                for level in asks {
                    set(&mut self.asks, level, |a, b| a.total_cmp(&b));
                }
            }
            BookChange::Lost => return self.forget(),
        }
        self.at = Some(at);
        if let (Some(&bid), Some(&ask)) = (self.bids.first(), self.asks.first()) {
            if bid.price >= ask.price {
                metrics::counter!("market_crossed_books_total").increment(1);
                return self.forget();
            }
            if self.best.last().is_none_or(|last| last.bid != bid || last.ask != ask) {
                self.best.push(BestQuote { at, bid, ask });
            }
        }
    }

    /// Notes, once a minute, which share of the depth within ±1 % rests on the bid side.
    pub(crate) fn note_depth(&mut self) {
        if let Some(share) = analysis::bid_depth_share(&self.bids, &self.asks) {
            self.depth_history.push(share);
        }
    }

    /// The book as the analysis reads it; `None` where none is held.
    pub(crate) fn read(&self) -> Option<Book<'_>> {
        self.at.map(|at| Book {
            at,
            bids: &self.bids,
            asks: &self.asks,
            best: self.best.as_slice(),
            depth_history: self.depth_history.as_slice(),
        })
    }

    fn forget(&mut self) {
        self.at = None;
        self.bids.clear();
        self.asks.clear();
        self.best.clear();
    }
}

fn sorted(mut levels: Vec<Level>, order: fn(f64, f64) -> std::cmp::Ordering) -> Vec<Level> {
    levels.retain(|level| level.size > 0.0);
    levels.sort_by(|a, b| order(a.price, b.price));
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
    use super::*;

    fn level(price: f64, size: f64) -> Level {
        Level { price, size }
    }

    fn book() -> OrderBook {
        let mut book = OrderBook::new();
        book.apply(
            UnixMs(1),
            BookChange::Snapshot {
                bids: vec![level(99.0, 1.0), level(98.0, 2.0)],
                asks: vec![level(101.0, 1.0), level(102.0, 2.0)],
            },
        );
        book
    }

    #[test]
    fn changes_set_and_remove_levels_in_order() {
        let mut book = book();
        book.apply(
            UnixMs(2),
            BookChange::Delta {
                bids: vec![level(98.5, 4.0), level(99.0, 0.0), level(97.0, 0.0)],
                asks: vec![level(101.0, 3.0)],
            },
        );
        let read = book.read().unwrap();
        assert_eq!(read.bids, [level(98.5, 4.0), level(98.0, 2.0)]);
        assert_eq!(read.asks, [level(101.0, 3.0), level(102.0, 2.0)]);
        assert_eq!(read.best.len(), 2);
        assert_eq!(read.at, UnixMs(2));
    }

    #[test]
    fn a_crossed_book_is_forgotten_until_the_next_snapshot() {
        let mut book = book();
        book.apply(UnixMs(2), BookChange::Delta { bids: vec![level(101.5, 1.0)], asks: vec![] });
        assert!(book.read().is_none());
        book.apply(UnixMs(3), BookChange::Delta { bids: vec![level(99.0, 1.0)], asks: vec![level(101.0, 1.0)] });
        assert!(book.read().is_none(), "a change without a snapshot tells nothing");
    }

    #[test]
    fn a_lost_message_empties_the_book() {
        let mut book = book();
        book.apply(UnixMs(2), BookChange::Lost);
        assert!(book.read().is_none());
    }

    #[test]
    fn the_depth_near_the_price_is_noted() {
        let mut book = OrderBook::new();
        let (bids, asks) = (vec![level(99.9, 1.0), level(90.0, 500.0)], vec![level(100.1, 3.0)]);
        book.apply(UnixMs(1), BookChange::Snapshot { bids, asks });
        book.note_depth();
        let share = book.read().unwrap().depth_history[0];
        assert!((share - 0.25).abs() < 1e-9, "{share}");
    }
}

//! The order book of one symbol with what is remembered of its past.

use std::num::NonZeroUsize;

use analysis::input::{BestQuote, Book, DepthShares, UsualDepth};
use schema::{Level, Price, UnixMs};
use serde::{Deserialize, Serialize};
use venue::{BookChange, LocalBook};

use crate::recent::Recent;

/// Changes of the best quotes that are kept: no measure looks farther back than 51.
const BEST_QUOTES: usize = 64;
const DEPTH_MINUTES: usize = 500;
/// Levels that are held of each side, at most: 32 KB a symbol. The measures look no farther than 1 % from the price.
const LEVELS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// Levels that are kept of a book for one or two seconds: no measure looks deeper.
const FROZEN_LEVELS: usize = 200;

/// An order book with the recent changes of its best quotes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderBook {
    at: UnixMs,
    levels: LocalBook,
    best: Recent<BestQuote>,
    depth_history: Recent<DepthShares>,
    #[serde(skip)]
    usual_depth: UsualDepth,
}

/// The book as it was when a bar ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FrozenBook {
    at: UnixMs,
    bids: Vec<Level>,
    asks: Vec<Level>,
    best: Vec<BestQuote>,
}

/// The book contradicts itself and has to be fetched again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong;

impl OrderBook {
    /// A book of which nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            at: UnixMs(0),
            levels: LocalBook::new(LEVELS),
            best: Recent::new(BEST_QUOTES),
            depth_history: Recent::new(DEPTH_MINUTES),
            usual_depth: UsualDepth::default(),
        }
    }

    /// Takes in a change. A book that becomes crossed is forgotten until the next snapshot.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when it became crossed by this change.
    pub(crate) fn apply(&mut self, at: UnixMs, change: BookChange) -> Result<(), Wrong> {
        let crossed = self.levels.apply(change);
        if !self.levels.is_held() {
            self.best.clear();
        }
        if crossed.is_err() {
            metrics::counter!("market_crossed_books_total").increment(1);
            return Err(Wrong);
        }
        self.at = at;
        if let (Some(&bid), Some(&ask)) = (self.levels.bids().first(), self.levels.asks().first())
            && self.best.last().is_none_or(|last| last.bid != bid || last.ask != ask)
        {
            self.best.push(BestQuote { at, bid, ask });
        }
        Ok(())
    }

    /// Forgets the levels until the next snapshot.
    pub(crate) fn forget(&mut self) {
        self.levels = LocalBook::new(LEVELS);
        self.best.clear();
    }

    /// Records, once a minute, which share of the depth rested on the bid side, in every band that the book covered.
    pub(crate) fn note_depth(&mut self, shares: DepthShares) {
        self.depth_history.push(shares);
        self.usual_depth = UsualDepth::default();
    }

    /// The book as the analysis reads it; `None` where none is held.
    pub(crate) fn read(&self) -> Option<Book<'_>> {
        self.levels.is_held().then(|| Book {
            at: self.at,
            bids: self.levels.bids(),
            asks: self.levels.asks(),
            best: self.best.as_slice(),
            depth_history: self.depth_history.as_slice(),
            usual_depth: Some(&self.usual_depth),
        })
    }

    /// The first mid price behind a moment, with its time: that of the best quotes that changed first, or of those that were confirmed
    /// by a later change of the book. `None` where no book is held, or where none came since.
    pub(crate) fn mid_after(&self, moment: UnixMs) -> Option<(UnixMs, Price)> {
        if !self.levels.is_held() || self.at <= moment {
            return None;
        }
        let best = self.best.as_slice();
        let (at, quote) = match best.get(best.partition_point(|quote| quote.at <= moment)) {
            Some(quote) => (quote.at, quote),
            None => (self.at, best.last()?),
        };
        Some((at, Price::new(f64::midpoint(quote.bid.price, quote.ask.price)).ok()?))
    }

    /// Keeps the book as it is, for a bar that has ended and is not decided yet; `None` where none is held.
    pub(crate) fn freeze(&self) -> Option<FrozenBook> {
        self.read().map(|book| FrozenBook {
            at: book.at,
            bids: book.bids.iter().take(FROZEN_LEVELS).copied().collect(),
            asks: book.asks.iter().take(FROZEN_LEVELS).copied().collect(),
            best: book.best.to_vec(),
        })
    }

    /// A book that was kept, as the analysis reads it.
    pub(crate) fn thaw<'a>(&'a self, frozen: &'a FrozenBook) -> Book<'a> {
        Book {
            at: frozen.at,
            bids: &frozen.bids,
            asks: &frozen.asks,
            best: &frozen.best,
            depth_history: self.depth_history.as_slice(),
            usual_depth: Some(&self.usual_depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::Level;

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
        )
        .unwrap();
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
        )
        .unwrap();
        let read = book.read().unwrap();
        assert_eq!(read.bids, [level(98.5, 4.0), level(98.0, 2.0)]);
        assert_eq!(read.asks, [level(101.0, 3.0), level(102.0, 2.0)]);
        assert_eq!(read.best.len(), 2);
        assert_eq!(read.at, UnixMs(2));
    }

    #[test]
    fn a_crossed_book_is_forgotten_until_the_next_snapshot() {
        let mut book = book();
        let crossing = BookChange::Delta { bids: vec![level(101.5, 1.0)], asks: vec![] };
        assert_eq!(book.apply(UnixMs(2), crossing), Err(Wrong));
        assert!(book.read().is_none());
        let change = BookChange::Delta { bids: vec![level(99.0, 1.0)], asks: vec![level(101.0, 1.0)] };
        book.apply(UnixMs(3), change).unwrap();
        assert!(book.read().is_none(), "a change without a snapshot is no book");
    }

    #[test]
    fn the_mid_behind_a_moment_is_that_of_the_first_quotes_or_of_quotes_that_did_not_change() {
        let mut book = book();
        let mid = |book: &OrderBook, moment: i64| book.mid_after(UnixMs(moment)).map(|(at, mid)| (at.0, mid.get()));
        assert_eq!(mid(&book, 0), Some((1, 100.0)));
        assert_eq!(mid(&book, 1), None, "nothing came since");
        let deeper = BookChange::Delta { bids: vec![level(97.0, 1.0)], asks: vec![] };
        book.apply(UnixMs(5), deeper).unwrap();
        assert_eq!(mid(&book, 1), Some((5, 100.0)), "a change behind the best quotes says that they are still there");
        book.apply(UnixMs(7), BookChange::Delta { bids: vec![level(99.5, 1.0)], asks: vec![] }).unwrap();
        assert_eq!(mid(&book, 1), Some((7, 100.25)));
        book.forget();
        assert_eq!(mid(&book, 1), None);
    }

    #[test]
    fn a_lost_message_empties_the_book() {
        let mut book = book();
        book.apply(UnixMs(2), BookChange::Lost).unwrap();
        assert!(book.read().is_none());
    }

    #[test]
    fn a_frozen_book_is_what_it_was_whatever_comes_after() {
        let mut book = book();
        let frozen = book.freeze().unwrap();
        let before: (Vec<_>, Vec<_>) = (book.read().unwrap().bids.to_vec(), book.read().unwrap().asks.to_vec());
        book.apply(UnixMs(9), BookChange::Delta { bids: vec![level(99.0, 0.0)], asks: vec![] }).unwrap();
        let read = book.thaw(&frozen);
        assert_eq!((read.bids.to_vec(), read.asks.to_vec(), read.at), (before.0, before.1, UnixMs(1)));
        book.forget();
        assert!(book.freeze().is_none());
    }

    #[test]
    fn records_the_depth_of_the_bands_that_both_sides_cover() {
        let mut book = OrderBook::new();
        let (bids, asks) = (vec![level(99.9, 1.0), level(90.0, 500.0)], vec![level(100.1, 3.0), level(100.4, 7.0)]);
        book.note_depth(DepthShares::of(&bids, &asks).unwrap());
        book.apply(UnixMs(1), BookChange::Snapshot { bids, asks }).unwrap();
        let shares = book.read().unwrap().depth_history[0];
        let place = |bps: f64| analysis::input::LADDER.iter().position(|step| *step == bps).unwrap();
        let share = shares.get(place(25.0)).unwrap();
        assert!((share - 0.25).abs() < 1e-5, "{share}");
        assert_eq!(shares.get(place(50.0)), None, "the asks end 40 bps from mid");
    }
}

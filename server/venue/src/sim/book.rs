//! The order book: a hundred levels a side, never crossed, never empty.

use super::noise::{Noise, whole};

/// A price level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rung {
    /// Its price, in ticks.
    pub(crate) price: i64,
    /// What rests there, in lots; 0 in a change means that the level is gone.
    pub(crate) lots: i64,
}

/// Levels held on each side: fewer than the two hundred that the topic may carry, as in a thin contract, and 25 bps from mid
/// at the least. Twice as many would cost a market of 600 contracts 4 MB.
pub(crate) const DEPTH: usize = 100;

/// How new levels look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Liquidity {
    /// The usual size at the best price, in lots.
    pub(crate) lots: f64,
    /// The widest usual gap between far levels, in ticks.
    pub(crate) gap: f64,
    /// −1 (sellers lean on it) to 1 (buyers do).
    pub(crate) lean: f64,
}

/// One side of a book, best level first.
#[derive(Debug, Clone)]
struct Side {
    /// 1 where prices rise away from the best (asks), −1 where they fall (bids).
    away: i64,
    rungs: Vec<Rung>,
    /// As it was sent last.
    sent: Vec<Rung>,
}

impl Side {
    fn new(away: i64) -> Self {
        Self { away, rungs: Vec::with_capacity(DEPTH + 1), sent: Vec::with_capacity(DEPTH) }
    }

    fn size(&self, place: usize, liquidity: Liquidity, noise: &mut Noise) -> i64 {
        let lean = (1.0 - liquidity.lean * self.away as f64).max(0.1);
        whole(liquidity.lots * lean * (1.0 + place as f64 / 8.0) * noise.skewed(0.8)).max(1)
    }

    fn gap(place: usize, liquidity: Liquidity, noise: &mut Noise) -> i64 {
        1 + noise.below(whole(liquidity.gap * 2.0 * place as f64 / DEPTH as f64))
    }

    /// Makes `best` the best price: better levels go, what is missing between it and the others is filled in.
    fn reprice(&mut self, best: i64, liquidity: Liquidity, noise: &mut Noise) {
        let better = self.rungs.iter().take_while(|rung| (best - rung.price) * self.away > 0).count();
        self.rungs.drain(..better);
        let next = self.rungs.first().map(|rung| rung.price);
        if next != Some(best) {
            let mut fresh = Vec::with_capacity(DEPTH);
            let mut price = best;
            while fresh.len() < DEPTH && price > 0 && next.is_none_or(|next| (next - price) * self.away > 0) {
                fresh.push(Rung { price, lots: self.size(fresh.len(), liquidity, noise) });
                price += self.away * Self::gap(fresh.len(), liquidity, noise);
            }
            self.rungs.splice(0..0, fresh);
        }
        self.fill(liquidity, noise);
    }

    /// Brings the side to its depth at the far end.
    fn fill(&mut self, liquidity: Liquidity, noise: &mut Noise) {
        self.rungs.truncate(DEPTH);
        while let Some(&last) = self.rungs.last() {
            let place = self.rungs.len();
            let price = last.price + self.away * Self::gap(place, liquidity, noise);
            // A price of nothing is no price: the bids of a nearly worthless coin simply end.
            if place >= DEPTH || price <= 0 {
                break;
            }
            self.rungs.push(Rung { price, lots: self.size(place, liquidity, noise) });
        }
    }

    /// Orders come and go at a random level that is not the best price; its size changes or it disappears.
    fn stir(&mut self, liquidity: Liquidity, noise: &mut Noise) {
        // Most of the coming and going is near the best price.
        let near = noise.unit() * noise.unit();
        let place = usize::try_from(whole(near * self.rungs.len() as f64)).unwrap_or(0);
        let lots = self.size(place, liquidity, noise);
        let removed = place > 0 && self.rungs.len() > DEPTH / 2 && noise.chance(0.15);
        if removed && place < self.rungs.len() {
            self.rungs.remove(place);
            self.fill(liquidity, noise);
        } else if let Some(rung) = self.rungs.get_mut(place) {
            rung.lots = lots;
        }
    }

    /// Appends what changed since it was last sent, and counts it as sent.
    fn take_changes(&mut self, changes: &mut Vec<Rung>) {
        let (mut old, mut new) = (self.sent.iter().peekable(), self.rungs.iter().peekable());
        loop {
            match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(&&gone), None) => {
                    changes.push(Rung { lots: 0, ..gone });
                    old.next();
                }
                (None, Some(&&came)) => {
                    changes.push(came);
                    new.next();
                }
                (Some(&&was), Some(&&is)) => match ((was.price - is.price) * self.away).cmp(&0) {
                    std::cmp::Ordering::Less => {
                        changes.push(Rung { lots: 0, ..was });
                        old.next();
                    }
                    std::cmp::Ordering::Greater => {
                        changes.push(is);
                        new.next();
                    }
                    std::cmp::Ordering::Equal => {
                        if was.lots != is.lots {
                            changes.push(is);
                        }
                        old.next();
                        new.next();
                    }
                },
            }
        }
        self.sent.clone_from(&self.rungs);
    }
}

/// Levels that changed; 0 lots remove one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BookDelta {
    /// Changed bids.
    pub(crate) bids: Vec<Rung>,
    /// Changed asks.
    pub(crate) asks: Vec<Rung>,
}

impl BookDelta {
    /// Whether nothing changed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty()
    }

    /// Forgets it, keeping its room.
    pub(crate) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }
}

/// An order book.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    bids: Side,
    asks: Side,
    update: u64,
}

impl Book {
    /// A book with these best prices.
    pub(crate) fn new(bid: i64, ask: i64, update: u64, liquidity: Liquidity, noise: &mut Noise) -> Self {
        let mut book = Self { bids: Side::new(-1), asks: Side::new(1), update };
        book.reprice(bid, ask, liquidity, noise);
        book
    }

    /// What buyers offer, highest price first; never empty.
    pub(crate) fn bids(&self) -> &[Rung] {
        &self.bids.rungs
    }

    /// What sellers offer, lowest price first; never empty.
    pub(crate) fn asks(&self) -> &[Rung] {
        &self.asks.rungs
    }

    /// The number of the last change that was sent.
    pub(crate) const fn update(&self) -> u64 {
        self.update
    }

    /// The best bid.
    pub(crate) fn bid(&self) -> Rung {
        self.bids.rungs.first().copied().unwrap_or(Rung { price: 1, lots: 0 })
    }

    /// The best ask.
    pub(crate) fn ask(&self) -> Rung {
        self.asks.rungs.first().copied().unwrap_or(Rung { price: 2, lots: 0 })
    }

    /// Moves the best prices; the ask is kept above the bid and the bid above nothing.
    pub(crate) fn reprice(&mut self, bid: i64, ask: i64, liquidity: Liquidity, noise: &mut Noise) {
        let bid = bid.max(1);
        self.bids.reprice(bid, liquidity, noise);
        self.asks.reprice(ask.max(bid + 1), liquidity, noise);
    }

    /// A taker's order of `lots` meets the best level only: what is filled and at which price.
    ///
    /// An emptied level goes; the side keeps its depth.
    pub(crate) fn take(&mut self, buy: bool, lots: i64, liquidity: Liquidity, noise: &mut Noise) -> Rung {
        let side = if buy { &mut self.asks } else { &mut self.bids };
        let Some(best) = side.rungs.first_mut() else { return Rung { price: 1, lots: 0 } };
        let filled = Rung { price: best.price, lots: lots.min(best.lots) };
        best.lots -= filled.lots;
        if best.lots == 0 {
            // The lowest possible bid is replenished: there is no level below it.
            if side.rungs.len() == 1 {
                side.rungs[0].lots = side.size(0, liquidity, noise);
            } else {
                side.rungs.remove(0);
            }
            side.fill(liquidity, noise);
        }
        filled
    }

    /// Sees to it that the best level can fill an order of `lots` and remain.
    pub(crate) fn back(&mut self, buy: bool, lots: i64) {
        let side = if buy { &mut self.asks } else { &mut self.bids };
        if let Some(best) = side.rungs.first_mut()
            && best.lots <= lots
        {
            best.lots = lots + best.lots.max(1);
        }
    }

    /// Orders come and go on both sides.
    pub(crate) fn stir(&mut self, liquidity: Liquidity, noise: &mut Noise) {
        self.bids.stir(liquidity, noise);
        self.asks.stir(liquidity, noise);
    }

    /// Appends what changed since the last time and counts it as an update, if anything did.
    pub(crate) fn take_changes(&mut self, delta: &mut BookDelta) {
        self.bids.take_changes(&mut delta.bids);
        self.asks.take_changes(&mut delta.asks);
        if !delta.is_empty() {
            self.update += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const LIQUIDITY: Liquidity = Liquidity { lots: 40.0, gap: 6.0, lean: 0.3 };

    fn sound(book: &Book) {
        assert!(!book.bids().is_empty() && !book.asks().is_empty());
        assert!(book.bid().price < book.ask().price, "crossed");
        assert!(book.bids().windows(2).all(|pair| pair[0].price > pair[1].price));
        assert!(book.asks().windows(2).all(|pair| pair[0].price < pair[1].price));
        assert!(book.bids().iter().chain(book.asks()).all(|rung| rung.price > 0 && rung.lots > 0));
        assert!(book.bids().len() <= DEPTH && book.asks().len() == DEPTH);
    }

    proptest! {
        #[test]
        fn no_sequence_of_orders_crosses_or_empties_it_and_its_deltas_rebuild_it(
            seed in any::<u64>(),
            moves in proptest::collection::vec((-400_i64..400, 1_i64..5, 0_i64..300, any::<bool>()), 1..60),
        ) {
            let mut noise = Noise::new(seed, 0);
            let mut middle = 1_000;
            let mut book = Book::new(middle, middle + 1, 7, LIQUIDITY, &mut noise);
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            for (shift, spread, lots, buy) in moves {
                middle += shift;
                book.reprice(middle, middle + spread, LIQUIDITY, &mut noise);
                book.stir(LIQUIDITY, &mut noise);
                if lots > 0 {
                    let best = if buy { book.ask() } else { book.bid() };
                    let filled = book.take(buy, lots, LIQUIDITY, &mut noise);
                    prop_assert_eq!(filled.price, best.price);
                    prop_assert!(filled.lots > 0 && filled.lots <= lots);
                }
                sound(&book);
                let before = book.update();
                let mut delta = BookDelta::default();
                book.take_changes(&mut delta);
                prop_assert_eq!(book.update(), before + u64::from(!delta.is_empty()));
                for (changes, held) in [(&delta.bids, &mut bids), (&delta.asks, &mut asks)] {
                    for rung in changes {
                        if rung.lots == 0 { held.remove(&rung.price); } else { held.insert(rung.price, rung.lots); }
                    }
                }
                let rung = |(&price, &lots): (&i64, &i64)| Rung { price, lots };
                prop_assert_eq!(bids.iter().rev().map(rung).collect::<Vec<_>>(), book.bids());
                prop_assert_eq!(asks.iter().map(rung).collect::<Vec<_>>(), book.asks());
            }
        }
    }

    #[test]
    fn a_price_near_nothing_leaves_fewer_bids_but_some() {
        let mut noise = Noise::new(1, 1);
        let mut book = Book::new(3, 4, 7, LIQUIDITY, &mut noise);
        for _ in 0..200 {
            let best = book.bid();
            book.take(false, best.lots, LIQUIDITY, &mut noise);
            sound(&book);
        }
    }
}

//! Between which prices a book is known.
//!
//! A whole book is a number of levels from the best ones on; the changes after it are of all levels. What rested beyond the
//! last level of the whole book and never changed is not known, so a level out there that changes says nothing about its
//! neighbours. Such levels are left out, so that of what is passed on every level is known down to the last one; and when
//! the price nears the end of what is known, the whole book is fetched again.

use schema::Level;

use super::book::{Diff, Whole};

/// Levels of each side that are asked for first: the most that weigh 2.
pub(super) const LEVELS: u16 = 50;
/// How far a book should be known from mid, in basis points. Where [`LEVELS`] do not reach as far, more are fetched.
const WANTED_BPS: f64 = 25.0;
/// Of so many levels the last ones are left out. A local book holds a thousand of each side, and levels that appear between
/// those that are known have to find room in it.
const USED: usize = 800;
/// The share of the way from mid to the end of what is known at which the whole book is fetched again.
const LEFT: f64 = 0.75;

/// The prices between which a book is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    low: f64,
    high: f64,
    /// Where the whole book is to be fetched again.
    left: (f64, f64),
}

impl Default for Reach {
    fn default() -> Self {
        Self { low: 0.0, high: f64::INFINITY, left: (0.0, f64::INFINITY) }
    }
}

impl Reach {
    /// The reach of a whole book. A side of fewer levels than were asked for is known to its end.
    pub(super) fn of(whole: &Whole) -> Self {
        let (Some(bid), Some(ask)) = (whole.bids.first(), whole.asks.first()) else { return Self::default() };
        let mid = f64::midpoint(bid.price, ask.price);
        let (low, high) = (end(&whole.bids).unwrap_or(0.0), end(&whole.asks).unwrap_or(f64::INFINITY));
        Self { low, high, left: (mid - LEFT * (mid - low), mid + LEFT * (high - mid)) }
    }

    /// Leaves out the levels of a whole book that are beyond.
    pub(super) fn cut(&self, whole: &mut Whole) {
        whole.bids.retain(|level| level.price >= self.low);
        whole.asks.retain(|level| level.price <= self.high);
    }

    /// Leaves out the changes beyond.
    pub(super) fn keep(&self, diff: &mut Diff) {
        diff.bids.retain(|level| level.price >= self.low);
        diff.asks.retain(|level| level.price <= self.high);
    }

    /// Whether the price has come near the end of what is known: the market is above every bid and below every ask.
    pub(super) fn is_left(&self, diff: &Diff) -> bool {
        let (low, high) = self.left;
        let rests = |level: &&Level| level.size > 0.0;
        diff.bids.iter().filter(rests).any(|bid| bid.price > high)
            || diff.asks.iter().filter(rests).any(|ask| ask.price < low)
    }
}

/// The price of the last level of a side that is used; `None` where the side is known to its end.
fn end(side: &[Level]) -> Option<f64> {
    if side.len() < usize::from(LEVELS) { None } else { side.get(side.len().min(USED) - 1).map(|level| level.price) }
}

/// How many levels have to be fetched for a book to be known as far as it should; `None` where the first ones are enough.
///
/// By the levels that were seen: a contract whose price is some hundred thousand ticks needs a thousand (weight 20), most
/// contracts none (weight 2 in all).
pub(super) fn more(near: &Whole) -> Option<u16> {
    let (bid, ask) = (near.bids.first()?, near.asks.first()?);
    let mid = f64::midpoint(bid.price, ask.price);
    let ends = [end(&near.bids), end(&near.asks)];
    let reach = ends.into_iter().flatten().map(|end| 10_000.0 * (end - mid).abs() / mid).fold(f64::INFINITY, f64::min);
    let needed = f64::from(LEVELS) * WANTED_BPS / reach;
    match needed {
        enough if enough <= f64::from(LEVELS) => None,
        few if few <= 100.0 => Some(100),
        many if many <= 500.0 => Some(500),
        _ => Some(1_000),
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    /// A whole book around 100 with levels so many basis points apart.
    fn whole(levels: u32, step_bps: f64) -> Whole {
        let step = 100.0 * step_bps / 10_000.0;
        let side = |away: f64| {
            (1..=levels).map(|n| Level { price: 100.0 + away * step * f64::from(n), size: 1.0 }).collect::<Vec<_>>()
        };
        Whole { at: UnixMs(1), last: 1, bids: side(-1.0), asks: side(1.0) }
    }

    fn diff(bids: &[(f64, f64)], asks: &[(f64, f64)]) -> Diff {
        let levels =
            |side: &[(f64, f64)]| side.iter().map(|(price, size)| Level { price: *price, size: *size }).collect();
        Diff { at: UnixMs(2), first: 2, last: 2, previous: 1, bids: levels(bids), asks: levels(asks) }
    }

    #[test]
    fn more_levels_are_fetched_where_ticks_are_small() {
        assert_eq!(more(&whole(50, 1.0)), None, "50 bps are enough");
        assert_eq!(more(&whole(50, 0.3)), Some(100));
        assert_eq!(more(&whole(50, 0.1)), Some(500));
        assert_eq!(more(&whole(50, 0.011)), Some(1_000));
        assert_eq!(more(&whole(20, 0.011)), None, "that is all there is");
    }

    #[test]
    fn a_level_beyond_what_is_known_is_left_out() {
        let reach = Reach::of(&whole(50, 1.0));
        let mut change = diff(&[(99.9, 1.0), (99.4, 2.0)], &[(100.6, 3.0), (100.2, 0.0)]);
        reach.keep(&mut change);
        assert_eq!(change, diff(&[(99.9, 1.0)], &[(100.2, 0.0)]));
        let mut all = diff(&[(10.0, 2.0)], &[(900.0, 3.0)]);
        Reach::of(&whole(20, 1.0)).keep(&mut all);
        assert_eq!(all, diff(&[(10.0, 2.0)], &[(900.0, 3.0)]), "a short book is known to its end");
    }

    #[test]
    fn the_price_nears_the_end_when_a_bid_rests_there_or_an_ask() {
        let reach = Reach::of(&whole(50, 1.0));
        assert!(!reach.is_left(&diff(&[(100.3, 1.0)], &[(99.7, 1.0)])));
        assert!(reach.is_left(&diff(&[(100.4, 1.0)], &[])));
        assert!(reach.is_left(&diff(&[], &[(99.6, 1.0)])));
        assert!(!reach.is_left(&diff(&[(100.4, 0.0)], &[(100.4, 1.0)])), "nothing rests there");
        assert!(!Reach::default().is_left(&diff(&[(1e9, 1.0)], &[(1e-9, 1.0)])));
    }

    #[test]
    fn a_thousand_levels_leave_room_for_those_that_appear_between() {
        let mut whole = whole(1_000, 0.01);
        Reach::of(&whole).cut(&mut whole);
        assert_eq!((whole.bids.len(), whole.asks.len()), (USED, USED));
    }
}

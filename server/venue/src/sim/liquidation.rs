//! Positions that are closed by force.
//!
//! Who bet against a move is closed out by it: some of the trades that carry a price farther from where its five-minute
//! candle opened close a position, the more of them the farther the price has gone. So liquidations come in bursts,
//! in the direction of the move, and are never more than what was traded.

use super::fill::Fill;

/// A position closed by force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    /// When, in ms.
    pub(crate) at: i64,
    /// Whether the position was long.
    pub(crate) long: bool,
    /// Its bankruptcy price, in ticks.
    pub(crate) price: i64,
    /// Its size, in lots.
    pub(crate) lots: i64,
}

/// Liquidated positions that were not sent yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Liquidations(Vec<Closed>);

impl Liquidations {
    /// Untold ones that are kept; half a second never has more trades than that.
    const CAPACITY: usize = 64;
    /// Of a million trades in the direction of a move of one usual five minutes, those that close a position.
    const SHARE: f64 = 12_000.0;

    /// Takes a trade in: perhaps it closed a position. `opened` is the price, in ticks, at which the five-minute
    /// candle opened, `sigma` the usual change of the logarithmic price in a minute, `draw` a random number.
    pub(crate) fn consider(&mut self, fill: &Fill, opened: i64, sigma: f64, draw: u64) {
        let moved = (fill.price as f64 / opened.max(1) as f64).ln() / (sigma * 5_f64.sqrt());
        // A buyer closes a short, a seller a long.
        let against = if fill.buy { moved } else { -moved };
        let share = Self::SHARE * (against * against).min(20.0);
        if against <= 0.0 || (draw % 1_000_000) as f64 >= share || self.0.len() == Self::CAPACITY {
            return;
        }
        // The position was bankrupt a little beyond the price at which it could still be closed.
        let beyond = (fill.price / 500).max(1);
        let price = if fill.buy { fill.price + beyond } else { (fill.price - beyond).max(1) };
        self.0.push(Closed { at: fill.at, long: !fill.buy, price, lots: fill.lots });
    }

    /// Moves out what was not sent yet.
    pub(crate) fn drain_into(&mut self, sent: &mut Vec<Closed>) {
        sent.append(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::UnixMs;

    use crate::sim::{market::Market, ticker::Direction};

    const fn fill(price: i64, buy: bool) -> Fill {
        Fill { at: 5, price, lots: 3, buy, direction: Direction::Plus, sequence: 1 }
    }

    fn closed(price: i64, buy: bool, draw: u64) -> Vec<Closed> {
        let (mut liquidations, mut sent) = (Liquidations::default(), Vec::new());
        liquidations.consider(&fill(price, buy), 10_000, 0.001, draw);
        liquidations.drain_into(&mut sent);
        sent
    }

    #[test]
    fn a_fall_closes_longs_and_a_rise_closes_shorts() {
        assert_eq!(closed(9_900, false, 0), [Closed { at: 5, long: true, price: 9_881, lots: 3 }]);
        assert_eq!(closed(10_100, true, 0), [Closed { at: 5, long: false, price: 10_120, lots: 3 }]);
        assert_eq!(closed(9_900, true, 0), [], "who buys in a fall is not forced to");
        assert_eq!(closed(10_000, false, 0), [], "nothing moved");
        assert_eq!(closed(9_999, false, 999_999), [], "a small move closes few");
    }

    #[test]
    fn more_are_closed_the_farther_the_price_has_gone() {
        let of_all =
            |price| (0..1_000_000).step_by(1_000).filter(|draw| !closed(price, false, *draw).is_empty()).count();
        assert!(of_all(9_990) < of_all(9_950) && of_all(9_950) < of_all(9_900));
    }

    #[test]
    fn a_market_has_some_of_both_sides_and_each_is_a_trade() {
        let start = UnixMs(1_790_000_000_000);
        let mut market = Market::invented(1, 20, start);
        let (mut longs, mut shorts, mut trades) = (0, 0, 0);
        for minute in 1..=30 {
            for tick in 1..=600 {
                let now = UnixMs(start.0 + (minute - 1) * 60_000 + tick * 100);
                market.step(now, |_, _, _, changes| {
                    trades += changes.trades.len();
                    longs += changes.liquidations.iter().filter(|one| one.long).count();
                    shorts += changes.liquidations.iter().filter(|one| !one.long).count();
                });
            }
        }
        assert!(longs > 10 && shorts > 10, "{longs} longs, {shorts} shorts");
        assert!((longs + shorts) * 20 < trades, "{longs} longs, {shorts} shorts of {trades} trades");
    }

    #[test]
    fn what_is_not_told_is_bounded() {
        let (mut liquidations, mut sent) = (Liquidations::default(), Vec::new());
        for _ in 0..1_000 {
            liquidations.consider(&fill(9_900, false), 10_000, 0.001, 0);
        }
        liquidations.drain_into(&mut sent);
        assert_eq!(sent.len(), Liquidations::CAPACITY);
    }
}

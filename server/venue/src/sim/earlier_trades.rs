//! Trades of before the market opened, as an exchange keeps them for whoever asks late.
//!
//! The walk of that time is one draw for each minute. Its trades are made up of the minute's candle: they begin at its open, touch its
//! extremes, end at its close and sum to its volume. Only the turnover is not the candle's to the last unit.

use std::collections::VecDeque;

use super::{
    candle::{Bar, MINUTE},
    catalogue::Listing,
    fill::{Fill, TRADES},
    noise::{Noise, whole},
    ticker::Direction,
};

/// The latest trades of some minutes that closed, oldest first, at most as many as are kept. They are numbered up to `before`.
pub(super) fn of<'b>(
    minutes: impl DoubleEndedIterator<Item = &'b Bar>,
    listing: &Listing,
    before: u64,
    noise: &mut Noise,
) -> VecDeque<Fill> {
    let mut latest = VecDeque::with_capacity(TRADES);
    for bar in minutes.rev() {
        for fill in trades(bar, listing, noise).into_iter().rev() {
            if latest.len() == TRADES {
                break;
            }
            latest.push_front(fill);
        }
        if latest.len() == TRADES {
            break;
        }
    }
    let mut last = latest.front().map_or(0, |fill| fill.price);
    let mut direction = Direction::ZeroPlus;
    for (fill, behind) in latest.iter_mut().zip(1..) {
        direction = direction.next(last, fill.price);
        last = fill.price;
        fill.direction = direction;
        fill.sequence = before.saturating_sub(TRADES as u64) + behind;
    }
    latest
}

/// The trades of a minute, in order.
fn trades(bar: &Bar, listing: &Listing, noise: &mut Noise) -> Vec<Fill> {
    let expected = listing.trades_per_s * MINUTE as f64 / 1_000.0;
    // A hundred draws of one distribution are as good as one of the sum, and cost no more than they are worth.
    let n = (0..6).map(|_| i64::from(noise.count(expected / 6.0))).sum::<i64>().max(4).min(bar.lots);
    if n < 1 {
        return Vec::new();
    }
    let mut times: Vec<i64> = (0..n).map(|_| bar.start + noise.below(MINUTE)).collect();
    times.sort_unstable();
    let low_first = noise.chance(if bar.close >= bar.open { 0.7 } else { 0.3 });
    let (first, second) = if low_first { (bar.low, bar.high) } else { (bar.high, bar.low) };
    let corners = [bar.open, first, second, bar.close];
    let weights: Vec<f64> = (0..n).map(|_| noise.skewed(1.1)).collect();
    let total: f64 = weights.iter().sum();
    let mut rest = bar.lots;
    let mut before = bar.open;
    let mut fills = Vec::with_capacity(times.len());
    for (i, (at, weight)) in (0..n).zip(times.into_iter().zip(weights)) {
        let price = on_the_way(corners, i, n);
        // Each of those that follow needs a lot of its own.
        let left = n - i - 1;
        let lots = if left == 0 { rest } else { whole(bar.lots as f64 * weight / total).clamp(1, rest - left) };
        rest -= lots;
        // A taker pays up; where the price does not move, either side may have taken.
        let buy = noise.chance(match price.cmp(&before) {
            std::cmp::Ordering::Greater => 0.8,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.2,
        });
        before = price;
        fills.push(Fill { at, price, lots, buy, direction: Direction::ZeroPlus, sequence: 0 });
    }
    fills
}

/// The price of one of `n` trades on the way over the corners, each of which is touched where there are enough.
fn on_the_way(corners: [i64; 4], place: i64, n: i64) -> i64 {
    if n < 4 {
        return if place == n - 1 { corners[3] } else { corners[0] };
    }
    let legs = 3;
    let (leg, within) = (legs * place / (n - 1), legs * place % (n - 1));
    let Ok(leg) = usize::try_from(leg) else { return corners[3] };
    let Some(to) = corners.get(leg + 1) else { return corners[3] };
    // The corner itself belongs to the trade that is the first beyond it.
    if within < legs {
        return corners[leg];
    }
    corners[leg] + (to - corners[leg]) * within / (n - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::catalogue;

    fn listing() -> Listing {
        catalogue::listings(1, 1, 1_790_000_000_000).remove(0)
    }

    proptest! {
        #[test]
        fn the_trades_of_a_minute_make_its_candle(
            open in 1_000..2_000i64, close in 1_000..2_000i64, above in 0..50i64, below in 0..50i64, lots in 0..100_000i64, seed: u64,
        ) {
            let (low, high) = (open.min(close) - below, open.max(close) + above);
            let bar = Bar { start: 60_000, open, high, low, close, lots, value: 0 };
            let mut noise = Noise::new(seed, 1);
            let fills = trades(&bar, &listing(), &mut noise);
            prop_assert_eq!(fills.iter().map(|fill| fill.lots).sum::<i64>(), lots);
            prop_assert!(fills.iter().all(|fill| fill.lots > 0 && (low..=high).contains(&fill.price)));
            prop_assert!(fills.is_sorted_by_key(|fill| fill.at) && fills.iter().all(|fill| (60_000..120_000).contains(&fill.at)));
            if fills.len() > 1 {
                prop_assert_eq!((fills[0].price, fills[fills.len() - 1].price), (open, close));
            }
            if fills.len() >= 4 {
                let reached = |price| fills.iter().any(|fill| fill.price == price);
                prop_assert!(reached(low) && reached(high), "{:?} of {:?}", fills, bar);
            }
        }
    }

    #[test]
    fn no_more_are_made_than_are_kept_and_they_are_numbered_in_order() {
        let bars: Vec<Bar> = (0..500)
            .map(|n| Bar { start: n * MINUTE, open: 100, high: 101, low: 99, close: 100, lots: 10_000, value: 0 })
            .collect();
        let mut noise = Noise::new(7, 1);
        let latest = of(bars.iter(), &listing(), 1_000_000, &mut noise);
        assert_eq!(latest.len(), TRADES);
        assert_eq!(latest.back().unwrap().sequence, 1_000_000);
        assert!(latest.iter().is_sorted_by_key(|fill| (fill.at, fill.sequence)));
        assert_eq!(latest.back().unwrap().at / MINUTE, 499, "the latest minute is among them");
    }
}

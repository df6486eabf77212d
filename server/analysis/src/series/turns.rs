//! Turning points of price, and the pull of the levels they make.

use schema::Candle;

use super::{BEFORE, Columns, EDGE};
use crate::{math::exp, measure::ramp};

/// Bars on each side that a turning point must exceed; it is known only this many bars later.
pub(crate) const WINGS: usize = 5;
/// The distance in average true ranges within which turning points are one level, in proportion to their nearness.
const NEAR: f64 = 0.5;

/// A high above (or a low below) its neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pivot {
    /// Its bar.
    pub(crate) bar: usize,
    /// Its price.
    pub(crate) price: f64,
    /// How far it exceeds its neighbours, above zero.
    pub(crate) prominence: f64,
}

/// How much of a turning point counts: all of it from half an average true range on.
pub(crate) fn strength(prominence: f64, atr: f64) -> f64 {
    ramp(prominence / (EDGE * atr))
}

/// Finds the turning points of up to [`BEFORE`] prices: of highs with `side` 1, of lows with `side` −1.
pub(crate) fn pivots(prices: &[f64], side: f64, mut found: impl FnMut(Pivot)) {
    // The highest of `WINGS` bars from each bar on, in steps of two, four and five bars: no branch depends on a price.
    let higher = |a: f64, b: f64| if a > b { a } else { b };
    let [mut signed, mut pairs, mut fives] = [[0.0; BEFORE]; 3];
    let n = prices.len().min(BEFORE);
    for (out, price) in signed.iter_mut().zip(prices) {
        *out = side * price;
    }
    let signed = &signed[..n];
    for ((out, a), b) in pairs.iter_mut().zip(signed).zip(signed.get(1..).unwrap_or_default()) {
        *out = higher(*a, *b);
    }
    let last = signed.get(WINGS - 1..).unwrap_or_default();
    for (((out, a), b), c) in fives.iter_mut().zip(&pairs).zip(&pairs[2..]).zip(last) {
        *out = higher(higher(*a, *b), *c);
    }
    for bar in WINGS..n.saturating_sub(WINGS) {
        let prominence = signed[bar] - higher(fives[bar - WINGS], fives[bar + 1]);
        if prominence > 0.0 {
            found(Pivot { bar, price: prices[bar], prominence });
        }
    }
}

/// A turning point as a level sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turn {
    /// Its price.
    pub(crate) price: f64,
    /// Its strength times its bar's volume, in mean volumes; without any volume its strength.
    pub(crate) weight: f64,
}

/// A turning point with its bar's volume.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    price: f64,
    prominence: f64,
    volume: f64,
}

/// The bar whose last wing is the newest bar: whether it is a turning point depends on that.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Candidate {
    price: f64,
    /// The highest of its other neighbours, on the side that it is to exceed.
    others: f64,
    volume: f64,
}

impl Candidate {
    fn of(prices: &[f64], side: f64, volume: &[f64]) -> Self {
        let bar = prices.len() - WINGS;
        let others = prices[bar - WINGS..bar].iter().chain(&prices[bar + 1..]);
        let others = others.map(|price| side * price).fold(f64::MIN, f64::max);
        Self { price: prices[bar], others, volume: volume[bar] }
    }

    /// The turning point that it is beside a newest price; none where it does not exceed it.
    fn beside(&self, newest: f64, side: f64) -> Point {
        let prominence = side * self.price - self.others.max(side * newest);
        Point { price: self.price, prominence: prominence.max(0.0), volume: self.volume }
    }
}

/// The pull of all levels up to a price, or from it on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pull {
    price: f64,
    /// Sums over the levels below, this one included: of their weight, faded by their distance from this one, and of that
    /// times the distance.
    below: (f64, f64),
    /// The same over the levels above.
    above: (f64, f64),
}

/// What the pulls were made for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    atr: f64,
    candidates: [f64; 2],
    is_traded: bool,
}

/// The turning points of both sides, and the pull of their levels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Turns {
    /// By price.
    points: Vec<Point>,
    candidates: [Candidate; 2],
    /// The volume of all bars.
    traded: f64,
    bars: usize,
    key: Option<Key>,
    /// By price.
    pulls: Vec<Pull>,
    /// The weight of all levels.
    weight: f64,
}

impl Turns {
    /// Finds the turning points of at least 2 · [`WINGS`] bars.
    pub(crate) fn find(&mut self, bars: &Columns) {
        let (high, low, volume) = (bars.high(), bars.low(), bars.volume());
        self.points.clear();
        for (prices, side) in [(high, 1.0), (low, -1.0)] {
            pivots(prices, side, |Pivot { bar, price, prominence }| {
                self.points.push(Point { price, prominence, volume: volume[bar] });
            });
        }
        // Points of one price have no order of their own that matters, but it must always be the same.
        self.points.sort_by(|a, b| a.price.total_cmp(&b.price));
        self.candidates = [Candidate::of(high, 1.0, volume), Candidate::of(low, -1.0, volume)];
        self.traded = volume.iter().sum();
        self.bars = volume.len();
        self.key = None;
    }

    /// The mean volume of a bar, with the newest.
    fn mean_volume(&self, newest: &Candle) -> f64 {
        (self.traded + newest.volume) / (self.bars + 1) as f64
    }

    /// Every turning point with its weight, by price.
    fn weighted(&self, newest: &Candle, atr: f64, is_traded: bool) -> Vec<Turn> {
        let turn = |point: &Point| Turn {
            price: point.price,
            // Without any volume touches alone count.
            weight: strength(point.prominence, atr) * if is_traded { point.volume } else { 1.0 },
        };
        let mut turns = Vec::with_capacity(self.points.len() + self.candidates.len());
        turns.extend(self.points.iter().map(turn));
        let [high, low] = &self.candidates;
        for point in [high.beside(newest.high, 1.0), low.beside(newest.low, -1.0)] {
            if point.prominence > 0.0 {
                let place = turns.partition_point(|turn| turn.price <= point.price);
                turns.insert(place, turn(&point));
            }
        }
        turns
    }

    /// Every turning point with its weight in mean volumes, by price.
    pub(crate) fn turns(&self, newest: &Candle, atr: f64) -> Vec<Turn> {
        let mean = self.mean_volume(newest);
        let mut turns = self.weighted(newest, atr, mean > 0.0);
        if mean > 0.0 {
            turns.iter_mut().for_each(|turn| turn.weight /= mean);
        }
        turns
    }

    /// Weighs the levels for the newest bar, where they are not.
    pub(crate) fn weigh(&mut self, newest: &Candle, atr: f64) {
        let [high, low] = &self.candidates;
        let candidates = [high.beside(newest.high, 1.0).prominence, low.beside(newest.low, -1.0).prominence];
        let key = Key { atr, candidates, is_traded: self.mean_volume(newest) > 0.0 };
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        let turns = self.weighted(newest, atr, key.is_traded);
        let near = NEAR * atr;
        self.pulls.clear();
        self.weight = 0.0;
        let mut first = 0;
        let (mut below, mut before) = ((0.0, 0.0), 0.0);
        for turn in &turns {
            while turns[first].price < turn.price - near {
                first += 1;
            }
            let others = turns[first..].iter().take_while(|other| other.price < turn.price + near);
            let touches: f64 = others.map(|other| other.weight * (1.0 - (other.price - turn.price).abs() / near)).sum();
            let weight = turn.weight * touches;
            self.weight += weight;
            below = faded(below, (turn.price - before) / atr);
            below.0 += weight;
            before = turn.price;
            self.pulls.push(Pull { price: turn.price, below, above: (weight, 0.0) });
        }
        let (mut above, mut after) = ((0.0, 0.0), f64::MAX);
        for pull in self.pulls.iter_mut().rev() {
            above = if after < f64::MAX { faded(above, (after - pull.price) / atr) } else { above };
            above.0 += pull.above.0;
            after = pull.price;
            pull.above = above;
        }
    }

    /// The weighted mean push of all levels on the newest price, half a touch of nothing included, and their number.
    ///
    /// With `x` the price's distance above a level in average true ranges, a level pushes by `x·exp(1 − |x|)`. Summed over all
    /// levels on one side this is the push of two sums at the nearest level. For the newest bar that [`Turns::weigh`] was given.
    pub(crate) fn push(&self, newest: &Candle, atr: f64) -> (f64, usize) {
        let place = self.pulls.partition_point(|pull| pull.price <= newest.close);
        let side = |pull: Option<&Pull>, sums: fn(&Pull) -> (f64, f64)| {
            pull.map_or(0.0, |pull| {
                let (weight, distance) = sums(pull);
                let x = (newest.close - pull.price).abs() / atr;
                exp(1.0 - x) * (x * weight + distance)
            })
        };
        let up = side(place.checked_sub(1).and_then(|place| self.pulls.get(place)), |pull| pull.below);
        let down = side(self.pulls.get(place), |pull| pull.above);
        // Weights are volumes where there is volume: a level's weight is a product of two of them.
        let mean = self.mean_volume(newest);
        let scale = if mean > 0.0 { 1.0 / (mean * mean) } else { 1.0 };
        (scale * (up - down) / (scale * self.weight + 0.5), self.pulls.len())
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.points.capacity() * size_of::<Point>() + self.pulls.capacity() * size_of::<Pull>()
    }
}

/// Sums of faded weights, and of those times their distance, seen from `gap` average true ranges further away.
fn faded((weight, distance): (f64, f64), gap: f64) -> (f64, f64) {
    let fade = exp(-gap);
    (weight * fade, (distance + gap * weight) * fade)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn found(prices: &[f64]) -> Vec<Pivot> {
        let mut found = Vec::new();
        pivots(prices, 1.0, |pivot| found.push(pivot));
        found
    }

    #[test]
    fn a_peak_is_known_only_when_its_wings_are_there() {
        let mut prices = vec![1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 5.0, 4.0, 3.0, 2.0];
        assert!(found(&prices).is_empty());
        prices.push(1.0);
        assert_eq!(found(&prices), [Pivot { bar: 5, price: 9.0, prominence: 4.0 }]);
        assert_eq!(strength(4.0, 1.0), 1.0);
    }

    proptest! {
        #[test]
        fn later_bars_never_change_known_turning_points(
            prices in proptest::collection::vec(90.0..110.0f64, 12..120), cut in 0.0..1.0f64,
        ) {
            let whole = found(&prices);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
            let seen = (prices.len() as f64 * cut) as usize;
            let then = found(&prices[..seen]);
            prop_assert_eq!(&whole[..then.len()], &then[..]);
        }
    }
}

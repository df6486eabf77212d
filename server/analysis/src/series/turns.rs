//! Turning points of price, and the pull of the levels they make.

use std::ops::Deref;

use schema::Candle;

use super::{BEFORE, Columns, EDGE};
use crate::{math::exp, measure::ramp};

/// Bars on each side that a turning point must exceed; it is known only this many bars later.
pub(crate) const WINGS: usize = 5;
/// The distance in average true ranges within which turning points are one level, in proportion to their nearness.
const NEAR: f64 = 0.5;

/// A high above (or a low below) its neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pivot {
    /// Its bar.
    pub(crate) bar: usize,
    /// Its price.
    pub(crate) price: f64,
    /// How far it exceeds its neighbours, above zero.
    pub(crate) prominence: f64,
}

/// Returns how much of a turning point counts: all of it from half an average true range on.
pub(crate) fn strength(prominence: f64, atr: f64) -> f64 {
    ramp(prominence / (EDGE * atr))
}

/// The turning points of one side, oldest first.
///
/// A turning point exceeds five neighbours on each side, so there is at most one in six bars.
pub(crate) struct Pivots {
    found: [Pivot; BEFORE / (WINGS + 1) + 1],
    n: usize,
}

impl Deref for Pivots {
    type Target = [Pivot];

    fn deref(&self) -> &[Pivot] {
        &self.found[..self.n]
    }
}

impl Pivots {
    /// Finds the turning points of up to [`BEFORE`] prices: of highs with `side` 1, of lows with `side` −1.
    pub(crate) fn of(prices: &[f64], side: f64) -> Self {
        let mut pivots = Self { found: [Pivot::default(); BEFORE / (WINGS + 1) + 1], n: 0 };
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
                pivots.found[pivots.n] = Pivot { bar, price: prices[bar], prominence };
                pivots.n += 1;
            }
        }
        pivots
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

/// A turning point with what its level weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    price: f64,
    prominence: f64,
    /// The volume of its bar.
    volume: f64,
    /// Its weight times how many others are near, for the range that was last weighed for.
    pull: f64,
}

/// The bar whose last wing is the newest bar: whether it is a turning point depends on that.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Candidate {
    price: f64,
    /// The highest of its other neighbours, on the side that it is to exceed.
    others: f64,
    /// Its place among the points.
    place: usize,
}

impl Candidate {
    fn of(prices: &[f64], side: f64) -> Self {
        let bar = prices.len() - WINGS;
        let others = prices[bar - WINGS..bar].iter().chain(&prices[bar + 1..]);
        let others = others.map(|price| side * price).fold(f64::MIN, f64::max);
        Self { price: prices[bar], others, place: 0 }
    }

    /// Returns how far it exceeds its neighbours with a newest one; 0 where it does not.
    fn prominence(&self, newest: f64, side: f64) -> f64 {
        (side * self.price - self.others.max(side * newest)).max(0.0)
    }
}

/// What the levels were weighed for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    atr: f64,
    candidates: [f64; 2],
    is_traded: bool,
}

/// The pull of all levels on one side of a price, as the nearest of them passes it on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Side {
    /// The nearest level.
    price: f64,
    /// The levels' pulls, faded by their distance from the nearest.
    weight: f64,
    /// The same times that distance.
    distance: f64,
}

/// The turning points of both sides, and the pull of their levels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Turns {
    /// By price; those that may turn out none, too, without any weight.
    points: Vec<Point>,
    candidates: [Candidate; 2],
    /// The volume of all bars.
    traded: f64,
    bars: usize,
    key: Option<Key>,
    /// How many points are turning points.
    levels: usize,
    /// The pull of all levels, wherever the price.
    weight: f64,
    /// How many points are below the price that the sides are for.
    place: Option<usize>,
    below: Side,
    above: Side,
}

/// Points at most: the turning points of both sides and the candidates.
const POINTS: usize = 2 * (BEFORE / (WINGS + 1) + 2);
/// Beyond so many average true ranges a level pulls less than a rounding.
const FAR: f64 = 40.0;

impl Turns {
    /// Finds the turning points of at least 2 · [`WINGS`] bars.
    pub(crate) fn find(&mut self, bars: &Columns, highs: &Pivots, lows: &Pivots) {
        let (high, low, volume) = (bars.high(), bars.low(), bars.volume());
        let none = Point { price: 0.0, prominence: 0.0, volume: 0.0, pull: 0.0 };
        let mut found = [none; POINTS];
        let mut n = 0;
        for Pivot { bar, price, prominence } in highs.iter().chain(lows.iter()) {
            found[n] = Point { price: *price, prominence: *prominence, volume: volume[*bar], pull: 0.0 };
            n += 1;
        }
        self.candidates = [Candidate::of(high, 1.0), Candidate::of(low, -1.0)];
        for candidate in &self.candidates {
            found[n] = Point { price: candidate.price, volume: volume[volume.len() - WINGS], ..none };
            n += 1;
        }
        let found = &mut found[..n];
        // Stable: points of one price keep the order of time.
        found.sort_by(|a, b| a.price.total_cmp(&b.price));
        // A candidate alone has no prominence yet. Where both have one price, the first is that of the highs.
        let [high, low] = &mut self.candidates;
        let is_it = |point: &Point, price: f64| point.price == price && point.prominence == 0.0;
        high.place = found.iter().position(|point| is_it(point, high.price)).unwrap_or_default();
        low.place = found.iter().rposition(|point| is_it(point, low.price)).unwrap_or_default();
        self.points.clear();
        self.points.reserve_exact(n);
        self.points.extend_from_slice(found);
        self.traded = volume.iter().sum();
        self.bars = volume.len();
        (self.key, self.place) = (None, None);
    }

    /// Returns the mean volume of a bar, with the newest.
    fn mean_volume(&self, newest: &Candle) -> f64 {
        (self.traded + newest.volume) / (self.bars + 1) as f64
    }

    /// Returns every turning point with its weight in mean volumes, by price.
    pub(crate) fn turns(&self, newest: &Candle, atr: f64) -> Vec<Turn> {
        let mean = self.mean_volume(newest);
        let found = self.points.iter().filter(|point| point.prominence > 0.0);
        let turn = |point: &Point| Turn {
            price: point.price,
            weight: strength(point.prominence, atr) * if mean > 0.0 { point.volume / mean } else { 1.0 },
        };
        found.map(turn).collect()
    }

    /// Weighs the levels for the newest bar, where they are not.
    pub(crate) fn weigh(&mut self, newest: &Candle, atr: f64) {
        let [high, low] = &self.candidates;
        let candidates = [high.prominence(newest.high, 1.0), low.prominence(newest.low, -1.0)];
        let key = Key { atr, candidates, is_traded: self.mean_volume(newest) > 0.0 };
        if self.key != Some(key) {
            (self.key, self.place) = (Some(key), None);
            for (candidate, prominence) in self.candidates.iter().zip(candidates) {
                self.points[candidate.place].prominence = prominence;
            }
            self.levels = self.points.iter().filter(|point| point.prominence > 0.0).count();
            self.weigh_for(&key);
        }
        let place = self.points.partition_point(|point| point.price <= newest.close);
        if self.place != Some(place) {
            self.place = Some(place);
            let (below, above) = self.points.split_at(place);
            self.below = Side::of(below.iter().rev(), atr);
            self.above = Side::of(above.iter(), atr);
        }
    }

    fn weigh_for(&mut self, key: &Key) {
        let near = NEAR * key.atr;
        let mut weights = [0.0; POINTS];
        for (weight, point) in weights.iter_mut().zip(&mut self.points) {
            // Without any volume touches alone count.
            *weight = strength(point.prominence, key.atr) * if key.is_traded { point.volume } else { 1.0 };
            point.pull = *weight;
        }
        // A level touches itself, and in part each other that is near.
        for i in 0..self.points.len() {
            for j in i + 1..self.points.len() {
                let touch = 1.0 - (self.points[j].price - self.points[i].price) / near;
                if touch <= 0.0 {
                    break;
                }
                self.points[i].pull += touch * weights[j];
                self.points[j].pull += touch * weights[i];
            }
        }
        self.weight = 0.0;
        for (weight, point) in weights.iter().zip(&mut self.points) {
            point.pull *= weight;
            self.weight += point.pull;
        }
    }

    /// Returns the weighted mean push of all levels on the newest price, half a touch of nothing included, and their number.
    ///
    /// With `x` the price's distance above a level in average true ranges, a level pushes by `x·exp(1 − |x|)`. Summed over all
    /// levels on one side this is the push of two sums at the nearest level. For the newest bar that [`Turns::weigh`] was given.
    pub(crate) fn push(&self, newest: &Candle, atr: f64) -> (f64, usize) {
        let push = self.below.push(newest.close, atr) - self.above.push(newest.close, atr);
        // Weights are volumes where there is volume, and a level's pull is a product of two of them.
        let mean = self.mean_volume(newest);
        let scale = if mean > 0.0 { 1.0 / (mean * mean) } else { 1.0 };
        (scale * push / (scale * self.weight + 0.5), self.levels)
    }

    /// Returns how many bytes it has on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.points.capacity() * size_of::<Point>()
    }
}

impl Side {
    /// Sums the pulls of levels, nearest first.
    fn of<'a>(points: impl Iterator<Item = &'a Point> + Clone, atr: f64) -> Self {
        let Some(nearest) = points.clone().next() else { return Self::default() };
        let mut side = Self { price: nearest.price, weight: 0.0, distance: 0.0 };
        for point in points {
            let gap = (point.price - nearest.price).abs() / atr;
            if gap > FAR {
                break;
            }
            let faded = point.pull * exp(-gap);
            side.weight += faded;
            side.distance += gap * faded;
        }
        side
    }

    /// Returns how far they push a price away from themselves.
    fn push(&self, price: f64, atr: f64) -> f64 {
        let x = (price - self.price).abs() / atr;
        exp(1.0 - x) * (x * self.weight + self.distance)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn found(prices: &[f64]) -> Vec<Pivot> {
        Pivots::of(prices, 1.0).to_vec()
    }

    #[test]
    fn a_bar_without_a_range_can_be_either_turn() {
        let mut bars: Vec<Candle> = (0..60)
            .map(|i| {
                let price = if i == 54 { 9.0 } else { 5.0 };
                let start = schema::UnixMs(60_000 * i);
                Candle { start, open: price, high: price, low: price, close: price, volume: 1.0, turnover: 1.0 }
            })
            .collect();
        let newest = bars.pop().unwrap();
        let found = |last: f64| {
            let columns = Columns::of(&bars).ok().unwrap();
            let mut turns = Turns::default();
            turns.find(&columns, &Pivots::of(columns.high(), 1.0), &Pivots::of(columns.low(), -1.0));
            turns.weigh(&Candle { high: last, low: last, close: last, ..newest }, 1.0);
            turns.turns(&newest, 1.0).len()
        };
        assert_eq!(found(5.0), 1, "the high is a turn while nothing exceeds it");
        assert_eq!(found(10.0), 0);
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

//! How much was traded at which price, in 100 bins between the lowest and the highest price.
//!
//! Each bar's volume is spread evenly over its range. The value area is the central 70 % of the volume (from the 15 % to
//! the 85 % quantile): the area grown outwards from the busiest bin jumps when two bins trade places, this one does not.
//! For the same reason the point of control is the mean of the bins weighted by the fourth power of their volume, which
//! is at the busiest bin where there is one.

use schema::{Candle, Why};

use crate::{measure::divisor, stats::sum_of};

const BINS: usize = 100;
const LAST_BIN: i32 = 99;
/// The shares of the volume below the value area's ends.
const QUANTILES: [f64; 2] = [0.15, 0.85];

/// Where the volume lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Profile {
    /// The price around which most was traded (POC).
    pub(crate) control: f64,
    /// The price below which 15 % was traded (VAL).
    pub(crate) value_low: f64,
    /// The price below which 85 % was traded (VAH).
    pub(crate) value_high: f64,
}

impl Profile {
    /// Returns half the width of the value area, at least `least`.
    pub(crate) fn half(&self, least: f64) -> f64 {
        ((self.value_high - self.value_low) / 2.0).max(least)
    }
}

/// The volume of the history by price, between the lowest and the highest price with the newest bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Volumes {
    /// The limits that the bins lie between.
    bottom: f64,
    top: f64,
    bins: [f64; BINS],
    total: f64,
    /// Sums over the bins of the fourth power of their volume, and of that times their place.
    weight: f64,
    moment: f64,
    /// For both quantiles, the bin and what lies below it.
    ends: [(usize, f64); 2],
}

/// A bar's volume, spread evenly between two places.
#[derive(Debug, Clone, Copy)]
struct Spread {
    from: f64,
    to: f64,
    density: f64,
}

impl Spread {
    /// Spreads a bar's volume over its range; that of a bar narrower than a bin over one bin's width around its middle.
    #[inline]
    fn of(high: f64, low: f64, volume: f64, bottom: f64, per_price: f64) -> Self {
        let (high, low) = ((high - bottom) * per_price, (low - bottom) * per_price);
        let half = 0.5 * higher(high - low, 1.0);
        let middle = lower(higher(0.5 * (high + low), half), BINS as f64 - half);
        let (from, to) = (higher(middle - half, 0.0), lower(middle + half, BINS as f64));
        Self { from, to, density: volume / (half + half) }
    }

    /// Returns what lies in a bin.
    fn within(&self, bin: usize) -> f64 {
        let bin = bin as f64;
        self.density * higher(lower(self.to, bin + 1.0) - higher(self.from, bin), 0.0)
    }

    /// Returns what lies below a bin.
    fn below(&self, bin: usize) -> f64 {
        self.density * (lower(higher(bin as f64, self.from), self.to) - self.from)
    }
}

impl Volumes {
    /// Bins without volume, between no prices.
    pub(crate) const NONE: Self = Self {
        bottom: f64::NAN,
        top: f64::NAN,
        bins: [0.0; BINS],
        total: 0.0,
        weight: 0.0,
        moment: 0.0,
        ends: [(0, 0.0); 2],
    };

    /// Returns whether the bins lie between two prices.
    pub(crate) fn lie_between(&self, bottom: f64, top: f64) -> bool {
        self.bottom == bottom && self.top == top
    }

    /// Spreads the volume of bars, each given with its high, low and volume, between two prices.
    pub(crate) fn of(bars: impl Iterator<Item = (f64, f64, f64)>, bottom: f64, top: f64) -> Self {
        let per_price = BINS as f64 / (top - bottom);
        let mut bins = [0.0; BINS];
        // Whole bins are noted where they begin and end, and summed up once.
        let mut steps = [0.0; BINS + 1];
        let mut total = 0.0;
        for (high, low, volume) in bars {
            let Spread { from, to, density } = Spread::of(high, low, volume, bottom, per_price);
            let (first, last) = (bin(from), bin(to));
            // Within one bin these sum to what lies in it, too: the step takes one bin off again.
            bins[index(first)] += density * (f64::from(first + 1) - from);
            bins[index(last)] += density * (to - f64::from(last));
            steps[index(first) + 1] += density;
            steps[index(last)] -= density;
            total += volume;
        }
        let mut running = 0.0;
        for (bin, step) in bins.iter_mut().zip(steps) {
            running += step;
            // Adding and taking off the same density leaves rounding where nothing was traded.
            *bin = higher(*bin + running, 0.0);
        }
        let heavy = bins.map(fourth);
        let places: [f64; BINS] = std::array::from_fn(|i| heavy[i] * (i as f64 + 0.5));
        let (weight, moment) = (sum_of(&heavy, |x| *x), sum_of(&places, |x| *x));
        let mut ends = QUANTILES.map(|_| (BINS - 1, 0.0));
        let mut below = 0.0;
        let mut found = [false; 2];
        for (i, share) in bins.iter().enumerate() {
            for (end, (found, quantile)) in ends.iter_mut().zip(found.iter_mut().zip(QUANTILES)) {
                if !*found && (below + share >= quantile * total || i == BINS - 1) {
                    *found = true;
                    *end = (i, below);
                }
            }
            below += share;
        }
        Self { bottom, top, bins, total, weight, moment, ends }
    }

    /// Returns the profile with one bar more, between the same prices.
    ///
    /// # Errors
    ///
    /// No volume, or prices that are one.
    pub(crate) fn at(&self, newest: &Candle) -> Result<Profile, Why> {
        let total = divisor(self.total + newest.volume, Why::Undefined)?;
        let width = divisor((self.top - self.bottom) / BINS as f64, Why::Flat)?;
        let added =
            Spread::of(newest.high, newest.low, newest.volume, self.bottom, BINS as f64 / (self.top - self.bottom));
        let (mut weight, mut moment) = (self.weight, self.moment);
        for i in index(bin(added.from))..=index(bin(added.to)) {
            let heavier = fourth(self.bins[i] + added.within(i)) - fourth(self.bins[i]);
            weight += heavier;
            moment += heavier * (i as f64 + 0.5);
        }
        let price =
            |(first, below): (usize, f64), q: f64| self.bottom + width * self.quantile(first, below, q * total, &added);
        Ok(Profile {
            control: self.bottom + width * moment / divisor(weight, Why::Undefined)?,
            value_low: price(self.ends[0], QUANTILES[0]),
            value_high: price(self.ends[1], QUANTILES[1]),
        })
    }

    /// Returns the place below which `target` lies, searched for from the bin in which it was before.
    fn quantile(&self, first: usize, below: f64, target: f64, added: &Spread) -> f64 {
        let (mut bin, mut below) = (first, below + added.below(first));
        let share = |bin: usize| self.bins[bin] + added.within(bin);
        while bin > 0 && below >= target {
            bin -= 1;
            below -= share(bin);
        }
        while bin < BINS - 1 && (below + share(bin) < target || share(bin) <= 0.0) {
            below += share(bin);
            bin += 1;
        }
        let share = share(bin);
        bin as f64 + if share > 0.0 { ((target - below) / share).clamp(0.0, 1.0) } else { 1.0 }
    }
}

fn fourth(x: f64) -> f64 {
    let square = x * x;
    square * square
}

// Plain comparisons: candles hold no NaN, and `f64::max` and `clamp` pay for it.
fn higher(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

fn lower(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Returns the bin that a place lies in; in 32 bits, which a processor turns into a float and back in one step.
fn bin(place: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the number of bins, and the rest is cut off")]
    let bin = place as i32;
    bin.min(LAST_BIN)
}

fn index(bin: i32) -> usize {
    #[expect(clippy::cast_sign_loss, reason = "a place is not below zero")]
    let index = bin as usize;
    index.min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    #[test]
    fn volume_is_neither_lost_nor_made() {
        let high = [110.0, 104.0, 200.0, 100.2, 150.0];
        let low = [100.0, 104.0, 100.0, 100.1, 149.5];
        let volume = [3.0, 5.0, 7.0, 11.0, 13.0];
        let bars = high.into_iter().zip(low).zip(volume).map(|((high, low), volume)| (high, low, volume));
        let volumes = Volumes::of(bars, 100.0, 200.0);
        assert!((volumes.bins.iter().sum::<f64>() - 39.0).abs() < 1e-9);
        assert_eq!(volumes.total, 39.0);
    }

    #[test]
    fn an_even_profile_has_its_value_in_the_middle() {
        let newest = |volume| Candle {
            start: UnixMs(0),
            open: 150.0,
            high: 200.0,
            low: 100.0,
            close: 150.0,
            volume,
            turnover: 0.0,
        };
        let profile = Volumes::of([(200.0, 100.0, 1.0); 3].into_iter(), 100.0, 200.0).at(&newest(1.0)).unwrap();
        assert!((profile.value_low - 115.0).abs() < 1e-9);
        assert!((profile.value_high - 185.0).abs() < 1e-9);
        assert!((profile.control - 150.0).abs() < 1e-9);
        let none = Volumes::of([(200.0, 100.0, 0.0)].into_iter(), 100.0, 200.0);
        assert_eq!(none.at(&newest(0.0)), Err(Why::Undefined));
        assert!(none.at(&newest(1.0)).is_ok());
    }
}

//! Volume profile: how much was traded at which price, in 100 bins between the lowest and the highest price.
//!
//! Each bar's volume is spread evenly over its range. The value area is the central 70 % of the volume (from the 15 % to
//! the 85 % quantile): the area grown outwards from the busiest bin jumps when two bins trade places, this one does not.
//! For the same reason the point of control is the mean of the bins weighted by the fourth power of their volume, which
//! lies at the busiest bin where one stands out.

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, divisor},
    stats::sum_of,
};

const BINS: usize = 100;
const LAST_BIN: i32 = 99;
const RECENT: usize = 20;

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
    /// Spreads the volume of every bar over its range.
    pub(crate) fn of(high: &[f64], low: &[f64], volume: &[f64], bottom: f64, top: f64) -> Result<Self, Why> {
        let total = divisor(volume.iter().sum(), Why::Undefined)?;
        let width = divisor((top - bottom) / BINS as f64, Why::Flat)?;
        let bins = spread(high, low, volume, bottom, width);
        let scale = 1.0 / total;
        let heavy = bins.map(|share| (share * scale).powi(4));
        let weight = sum_of(&heavy, |x| *x);
        let places: [f64; BINS] = std::array::from_fn(|i| heavy[i] * (i as f64 + 0.5));
        let moment = sum_of(&places, |x| *x);
        let quantile = |q: f64| {
            let mut below = 0.0;
            for (i, share) in bins.iter().enumerate() {
                if *share > 0.0 && below + share >= q * total {
                    return bottom + width * (i as f64 + (q * total - below) / share);
                }
                below += share;
            }
            top
        };
        Ok(Self {
            control: bottom + width * moment / divisor(weight, Why::Undefined)?,
            value_low: quantile(0.15),
            value_high: quantile(0.85),
        })
    }

    /// Half the width of the value area, at least `least`.
    fn half(&self, least: f64) -> f64 {
        ((self.value_high - self.value_low) / 2.0).max(least)
    }
}

/// The volume in each bin. A bar narrower than a bin is spread over one bin's width around its middle.
fn spread(high: &[f64], low: &[f64], volume: &[f64], bottom: f64, width: f64) -> [f64; BINS] {
    let mut bins = [0.0; BINS];
    // Whole bins are noted where they begin and end, and summed up once.
    let mut steps = [0.0; BINS + 1];
    let per_price = 1.0 / width;
    for ((high, low), volume) in high.iter().zip(low).zip(volume) {
        let (high, low) = ((high - bottom) * per_price, (low - bottom) * per_price);
        let half = 0.5 * higher(high - low, 1.0);
        let middle = lower(higher(0.5 * (high + low), half), BINS as f64 - half);
        let (from, to) = (higher(middle - half, 0.0), lower(middle + half, BINS as f64));
        let density = volume / (half + half);
        let (first, last) = (bin(from), bin(to));
        // Within one bin these sum to what lies in it, too: the step takes one bin off again.
        bins[index(first)] += density * (f64::from(first + 1) - from);
        bins[index(last)] += density * (to - f64::from(last));
        steps[index(first) + 1] += density;
        steps[index(last)] -= density;
    }
    let mut running = 0.0;
    for (bin, step) in bins.iter_mut().zip(steps) {
        running += step;
        *bin += running;
    }
    // Adding and taking off the same density leaves rounding where nothing was traded.
    bins.map(|volume| volume.max(0.0))
}

// Plain comparisons: candles hold no NaN, and `f64::max` and `clamp` pay for it.
fn higher(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

fn lower(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The bin that a place lies in; in 32 bits, which a processor turns into a float and back in one step.
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

/// The close against the point of control, in halves of the value area; `tanh(x/1.5)`.
pub(crate) fn volume_profile(frame: &Frame<'_>) -> Measured {
    let profile = frame.profile.clone()?;
    let raw = (frame.last_close() - profile.control) / profile.half(0.1 * frame.atr);
    Sub::measured(raw, (raw / 1.5).tanh(), frame.len(), frame.as_of)
}

/// Where the market trades now against the value area: the mean price of the last 20 bars, weighted by volume, minus the
/// middle of the area, in halves of the area; `tanh(x/1.5)`. Trading above the area is acceptance of higher prices.
pub(crate) fn value_area(frame: &Frame<'_>) -> Measured {
    let profile = frame.profile.clone()?;
    let (mut sum, mut traded) = (0.0, 0.0);
    for i in frame.len() - RECENT..frame.len() {
        sum += frame.volume[i] * (frame.high[i] + frame.low[i] + frame.close[i]) / 3.0;
        traded += frame.volume[i];
    }
    let recent = sum / divisor(traded, Why::Undefined)?;
    let middle = f64::midpoint(profile.value_low, profile.value_high);
    let raw = (recent - middle) / profile.half(0.1 * frame.atr);
    Sub::measured(raw, (raw / 1.5).tanh(), frame.len(), frame.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_is_neither_lost_nor_made() {
        let high = [110.0, 104.0, 200.0, 100.2, 150.0];
        let low = [100.0, 104.0, 100.0, 100.1, 149.5];
        let volume = [3.0, 5.0, 7.0, 11.0, 13.0];
        let bins = spread(&high, &low, &volume, 100.0, 1.0);
        assert!((bins.iter().sum::<f64>() - 39.0).abs() < 1e-9);
    }

    #[test]
    fn an_even_profile_has_its_value_in_the_middle() {
        let profile = Profile::of(&[200.0; 4], &[100.0; 4], &[1.0; 4], 100.0, 200.0).unwrap();
        assert!((profile.value_low - 115.0).abs() < 1e-9);
        assert!((profile.value_high - 185.0).abs() < 1e-9);
        assert!((profile.control - 150.0).abs() < 1e-9);
        assert_eq!(Profile::of(&[200.0], &[100.0], &[0.0], 100.0, 200.0), Err(Why::Undefined));
    }
}

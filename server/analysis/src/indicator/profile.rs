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
    // Neighbouring bars meet in the same bins, and each would wait for the one before it: an older and a newer bar are
    // spread in turns, each half into bins of its own.
    let half = high.len() / 2;
    let (mut older, mut newer) = (Bins::new(), Bins::new());
    let per_price = 1.0 / width;
    let bar = |i: usize| ((high[i] - bottom) * per_price, (low[i] - bottom) * per_price, volume[i]);
    for i in 0..half {
        older.add(bar(i));
        newer.add(bar(half + i));
    }
    if half + half < high.len() {
        newer.add(bar(half + half));
    }
    let mut running = 0.0;
    std::array::from_fn(|i| {
        running += older.steps[i] + newer.steps[i];
        // Adding and taking off the same density leaves rounding where nothing was traded.
        (older.parts[i] + newer.parts[i] + running).max(0.0)
    })
}

/// Volume by price while it is spread.
struct Bins {
    /// In bins that a bar covers in part.
    parts: [f64; BINS],
    /// What a whole bin of a bar holds, added where the whole bins begin and taken off where they end.
    steps: [f64; BINS + 1],
}

impl Bins {
    const fn new() -> Self {
        Self { parts: [0.0; BINS], steps: [0.0; BINS + 1] }
    }

    /// Spreads a bar: its high and low in bins, and its volume.
    fn add(&mut self, (high, low, volume): (f64, f64, f64)) {
        let middle = 0.5 * (high + low);
        let half = 0.5 * (high - low).max(1.0);
        let middle = middle.clamp(half, (BINS as f64 - half).max(half));
        let (from, to) = (middle - half, (middle + half).min(BINS as f64));
        let density = volume / (half + half);
        let (first, last) = (bin(from), bin(to));
        // Within one bin these sum to what lies in it, too: the step takes one bin off again.
        self.parts[first] += density * ((first + 1) as f64 - from);
        self.parts[last] += density * (to - last as f64);
        self.steps[first + 1] += density;
        self.steps[last] -= density;
    }
}

fn bin(place: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not below zero, and the rest is cut off"
    )]
    let bin = place.max(0.0) as usize;
    bin.min(BINS - 1)
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

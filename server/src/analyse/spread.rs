//! What measures and dimensions said over all bars.

use std::collections::BTreeMap;

use analysis::{Analysis, registry::SATURATED};
use schema::{Lean, Timeframe};

use crate::backtest::candles::DIMENSIONS;

/// How one measure spread.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    /// Observations.
    pub(super) n: u32,
    /// Those beyond ±0.9.
    pub(super) beyond: u32,
    squares: f64,
}

impl Tally {
    fn take(&mut self, lean: f64) {
        self.n += 1;
        self.beyond += u32::from(lean.abs() > SATURATED);
        self.squares += lean * lean;
    }

    /// The root mean square of its lean.
    pub(super) fn strength(&self) -> f64 {
        (self.squares / f64::from(self.n)).sqrt()
    }

    /// The share of observations beyond ±0.9.
    pub(super) fn saturation(&self) -> f64 {
        f64::from(self.beyond) / f64::from(self.n)
    }
}

/// What was seen in all bars.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// Bars in which any dimension was known.
    pub(super) bars: usize,
    /// The leans of the dimensions of candles, in bars where all are known.
    pub(super) leans: Vec<[f64; 3]>,
    /// How each measure spread, by its name and its timeframe; none where it is made of something else than candles.
    pub(super) measures: BTreeMap<(String, Option<usize>), Tally>,
}

impl Spread {
    /// Takes in a bar.
    pub(super) fn take(&mut self, analysis: &Analysis) {
        self.bars += 1;
        let direction = |dimension| analysis.direction_of(dimension).map(Lean::get);
        if let [Some(a), Some(b), Some(c)] = DIMENSIONS.map(direction) {
            self.leans.push([a, b, c]);
        }
        for part in analysis.dimensions.iter().flat_map(|dimension| &dimension.parts) {
            if let Some(finding) = part.finding.value() {
                let place = (part.id.to_string(), part.timeframe.map(Timeframe::index));
                self.measures.entry(place).or_default().take(finding.lean.get());
            }
        }
    }

    /// The leans of one of the dimensions of candles.
    pub(super) fn of(&self, place: usize) -> Vec<f64> {
        self.leans.iter().map(|leans| leans[place]).collect()
    }

    /// How closely two of them go together; `None` where one does not vary.
    pub(super) fn correlation(&self, a: usize, b: usize) -> Option<f64> {
        correlation(&self.of(a), &self.of(b))
    }

    /// The mean correlation of two of them.
    pub(super) fn mean_correlation(&self) -> Option<f64> {
        Some((self.correlation(0, 1)? + self.correlation(1, 2)? + self.correlation(0, 2)?) / 3.0)
    }
}

/// The root mean square.
pub(super) fn strength(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    let size = |values: &[f64], mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
    Some(product / (size(a, mean_a) * size(b, mean_b))).filter(|found| found.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_is_that_of_the_textbook() {
        let found = correlation(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 5.0, 4.0]).unwrap();
        assert!((found - 0.718_184_846_459_607_5).abs() < 1e-12, "{found}");
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), None, "what does not vary goes with nothing");
        assert_eq!(correlation(&[], &[]), None);
    }

    #[test]
    fn a_tally_knows_strength_and_saturation() {
        let mut tally = Tally::default();
        [0.95, -0.95, 0.9, 0.0].into_iter().for_each(|lean| tally.take(lean));
        assert_eq!((tally.n, tally.saturation()), (4, 0.5));
        assert!((tally.strength() - ((2.0 * 0.9025 + 0.81) / 4.0_f64).sqrt()).abs() < 1e-15);
    }
}

//! What is held against the returns that followed: scores, dimensions, factors and every measure.

use analysis::{Analysis, study::Column};
use schema::{Dimension, Factor, Lean, Timeframe};

use crate::backtest::candles::composite;

/// A measure of a score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    pub(super) id: String,
    /// Its candles; none where it is made of something else.
    pub(super) timeframe: Option<Timeframe>,
}

/// The columns of a study, in this order: score, composite of candles, dimensions, factors, measures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// Names of all but the measures.
    readings: Vec<String>,
    measures: Vec<Measure>,
}

impl Columns {
    pub(super) const SCORE: usize = 0;
    const DIMENSIONS: usize = 2;
    const FACTORS: usize = Self::DIMENSIONS + Dimension::ALL.len();
    const MEASURES: usize = Self::FACTORS + Factor::ALL.len();

    /// The columns of a market: the measures are those of any of its bars, known or not.
    pub(super) fn of(analysis: &Analysis) -> Self {
        let mut readings = vec!["Score".to_owned(), "Composite of candles".to_owned()];
        readings.extend(Dimension::ALL.map(|dimension| dimension.label().to_owned()));
        readings.extend(Factor::ALL.map(|factor| format!("Factor: {}", factor.label().to_lowercase())));
        let parts = analysis.dimensions.iter().flat_map(|dimension| dimension.parts.iter());
        let measures = parts.map(|part| Measure { id: part.id.to_string(), timeframe: part.timeframe }).collect();
        Self { readings, measures }
    }

    /// How a study reads them.
    pub(super) fn for_study(&self) -> Vec<Column> {
        let of = |(place, name): (usize, &String)| {
            if place < Self::DIMENSIONS { Column::score(name) } else { Column::direction(name) }
        };
        let measures = self.measures.iter().map(|measure| Column::direction(&measure.id));
        self.readings.iter().enumerate().map(of).chain(measures).collect()
    }

    /// What a bar says, in their order.
    pub(super) fn values(&self, analysis: &Analysis) -> Vec<Option<f64>> {
        let mut values = vec![analysis.score.value().map(|score| score.get()), composite(analysis)];
        values.extend(Dimension::ALL.map(|dimension| analysis.direction_of(dimension).map(Lean::get)));
        values.extend(Factor::ALL.map(|factor| {
            let found = analysis.factors.iter().find(|found| found.factor == factor)?;
            found.direction.value().map(|direction| direction.get())
        }));
        let parts = analysis.dimensions.iter().flat_map(|dimension| dimension.parts.iter());
        values.extend(parts.map(|part| part.finding.value().map(|finding| finding.lean.get())));
        values
    }

    /// Everything but the measures, with its place.
    pub(super) fn readings(&self) -> impl Iterator<Item = (usize, &str)> {
        self.readings.iter().map(String::as_str).enumerate()
    }

    /// Dimensions and factors, with their places.
    pub(super) fn dimensions_and_factors(&self) -> impl Iterator<Item = (usize, &str)> {
        self.readings().skip(Self::DIMENSIONS)
    }

    /// The places of the dimensions.
    pub(super) fn dimensions() -> std::ops::Range<usize> {
        Self::DIMENSIONS..Self::FACTORS
    }

    /// The places of the factors.
    pub(super) fn factors() -> std::ops::Range<usize> {
        Self::FACTORS..Self::MEASURES
    }

    /// The places of the measures.
    pub(super) fn measure_places(&self) -> std::ops::Range<usize> {
        Self::MEASURES..Self::MEASURES + self.measures.len()
    }

    /// The measures, with their places.
    pub(super) fn measures(&self) -> impl Iterator<Item = (usize, &Measure)> {
        self.measure_places().zip(&self.measures)
    }
}

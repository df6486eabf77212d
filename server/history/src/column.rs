//! What is kept of an instrument in a minute, and how exactly.

/// A figure of one instrument in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The score of the bar that closed with the minute, 0 to 100.
    Score,
    /// The technical dimension on the scale of a score.
    Technical,
    /// The volume dimension.
    Volume,
    /// The order flow dimension.
    Orderflow,
    /// The order book dimension.
    Orderbook,
    /// The price structure dimension.
    PriceStructure,
    /// The sentiment dimension.
    Sentiment,
    /// How much the factors agree, 0 to 1.
    Agreement,
    /// The known share of all inputs, 0 to 1.
    Coverage,
    /// How far the reading is trusted, 0 to 1.
    Quality,
    /// −2 (strong short) to 2 (strong long).
    Direction,
    /// The close of the minute, in the quote currency.
    Price,
    /// The first price after the decision, in the quote currency: where an outcome begins.
    Entry,
    /// Turnover of 24 h, USD.
    Turnover,
    /// Open interest, one side, USD.
    OpenInterest,
    /// The funding rate of the running interval, a fraction.
    Funding,
    /// The mark price against the index, a fraction.
    Premium,
    /// Bought less sold by takers in the minute, USD.
    TakerDelta,
    /// Long positions closed by force in the minute, USD.
    LongLiquidations,
    /// Short positions closed by force in the minute, USD.
    ShortLiquidations,
    /// The share of accounts that are long, 0 to 1.
    AccountsLong,
    /// The share of the minute in which its trades were received, 0 to 1.
    MinuteCoverage,
}

/// How a figure becomes a whole number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Multiples of a step.
    Linear {
        /// The step.
        step: f64,
    },
    /// Multiples of the instrument's price increment.
    Ticks,
    /// Multiples of a step of `ln(1 + |x|)`, with the sign of x: what is kept differs by at most half of this share of 1 + |x|.
    Relative {
        /// The step.
        step: f64,
    },
}

impl Column {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 22] = [
        Self::Score,
        Self::Technical,
        Self::Volume,
        Self::Orderflow,
        Self::Orderbook,
        Self::PriceStructure,
        Self::Sentiment,
        Self::Agreement,
        Self::Coverage,
        Self::Quality,
        Self::Direction,
        Self::Price,
        Self::Entry,
        Self::Turnover,
        Self::OpenInterest,
        Self::Funding,
        Self::Premium,
        Self::TakerDelta,
        Self::LongLiquidations,
        Self::ShortLiquidations,
        Self::AccountsLong,
        Self::MinuteCoverage,
    ];

    /// How exactly it is kept.
    #[must_use]
    pub const fn scale(self) -> Scale {
        self.storage().0
    }

    /// What is left of it of five minutes.
    pub(crate) const fn thinned(self) -> Thinned {
        self.storage().1
    }

    const fn storage(self) -> (Scale, Thinned) {
        match self {
            Self::Score
            | Self::Technical
            | Self::Volume
            | Self::Orderflow
            | Self::Orderbook
            | Self::PriceStructure
            | Self::Sentiment => (Scale::Linear { step: 0.01 }, Thinned::Last),
            Self::Agreement | Self::Coverage | Self::Quality => (Scale::Linear { step: 0.001 }, Thinned::Last),
            Self::MinuteCoverage => (Scale::Linear { step: 0.001 }, Thinned::Mean),
            Self::AccountsLong => (Scale::Linear { step: 0.000_1 }, Thinned::Last),
            Self::Direction => (Scale::Linear { step: 1.0 }, Thinned::Last),
            Self::Price | Self::Entry => (Scale::Ticks, Thinned::Last),
            Self::Turnover => (Scale::Relative { step: 0.001 }, Thinned::Last),
            Self::OpenInterest => (Scale::Relative { step: 0.000_1 }, Thinned::Last),
            Self::Funding => (Scale::Linear { step: 1e-8 }, Thinned::Last),
            Self::Premium => (Scale::Linear { step: 1e-6 }, Thinned::Last),
            Self::TakerDelta | Self::LongLiquidations | Self::ShortLiquidations => {
                (Scale::Relative { step: 0.01 }, Thinned::Sum)
            }
        }
    }
}

/// What five minutes together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinned {
    /// What the last of them said.
    Last,
    /// Their sum.
    Sum,
    /// Their mean, what is missing as 0.
    Mean,
}

/// Whole numbers beyond this are not kept: a figure of that size is not one of a market.
const MOST: f64 = 9e15;

impl Scale {
    /// A figure as a whole number; none where it is not finite or far too large.
    #[must_use]
    pub fn units(self, figure: f64, tick: f64) -> Option<i64> {
        let units = match self {
            Self::Linear { step } => figure / step,
            Self::Ticks => figure / tick,
            Self::Relative { step } => figure.abs().ln_1p().copysign(figure) / step,
        };
        #[expect(clippy::cast_possible_truncation, reason = "far inside of what the type holds")]
        (units.is_finite() && units.abs() <= MOST).then(|| units.round() as i64)
    }

    /// The figure of a whole number.
    #[must_use]
    pub fn figure(self, units: i64, tick: f64) -> f64 {
        let units = units as f64;
        match self {
            Self::Linear { step } => units * step,
            Self::Ticks => units * tick,
            Self::Relative { step } => (units.abs() * step).exp_m1().copysign(units),
        }
    }
}

/// What is known of one instrument in one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row([Option<f64>; Column::ALL.len()]);

impl Row {
    /// Nothing known yet.
    pub const EMPTY: Self = Self([None; Column::ALL.len()]);

    /// The figure of a column; none where it is missing.
    #[must_use]
    pub const fn get(&self, column: Column) -> Option<f64> {
        self.0[column as usize]
    }

    /// Sets the figure of a column.
    pub const fn set(&mut self, column: Column, figure: Option<f64>) {
        self.0[column as usize] = figure;
    }

    /// The same with a figure.
    #[must_use]
    pub const fn with(mut self, column: Column, figure: Option<f64>) -> Self {
        self.set(column, figure);
        self
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_listed_in_the_order_of_their_numbers() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, place, "{column:?}");
        }
    }

    #[test]
    fn what_is_no_figure_is_not_kept() {
        for figure in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(Column::Score.scale().units(figure, 0.1), None, "{figure}");
        }
        assert_eq!(Column::Price.scale().units(100.0, 0.0), None, "a price without an increment");
        assert_eq!(Column::TakerDelta.scale().units(0.0, 0.1), Some(0), "zero is a figure");
    }

    proptest! {
        #[test]
        fn each_figure_comes_back_within_half_a_step(column in 0..Column::ALL.len(), share in -1.0..1.0_f64, tick in -8..3_i32) {
            let column = Column::ALL[column];
            let tick = 10.0_f64.powi(tick);
            let (figure, half) = match column.scale() {
                Scale::Linear { step } => (share * 1e6 * step, step / 2.0),
                Scale::Ticks => (share.abs() * 1e6 * tick, tick / 2.0),
                Scale::Relative { step } => {
                    let figure = share.powi(7) * 1e12;
                    (figure, (1.0 + figure.abs()) * (step / 2.0).exp_m1())
                }
            };
            let units = column.scale().units(figure, tick).unwrap();
            let back = column.scale().figure(units, tick);
            prop_assert!((back - figure).abs() <= half * (1.0 + 1e-6), "{column:?} {figure} {back}");
        }
    }
}

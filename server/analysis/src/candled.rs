//! Features of one symbol's candles: every candle measure of every timeframe, and the day's mean price.
//!
//! It is owned, so it outlives the candles it was made from; `follow.rs` makes it and keeps it up to date.

use schema::{Candle, Timeframe, Why};

use crate::{
    frame::Sketch,
    input::PerTimeframe,
    measure::Measured,
    series::{DayMean, Mark},
};

/// Features of the candles of all timeframes.
#[derive(Debug, Clone)]
pub(crate) struct Candled {
    /// Those of each timeframe.
    pub(crate) timeframes: PerTimeframe<BarFeatures>,
    /// The day's mean price.
    pub(crate) day: Result<DayMean, Why>,
}

/// Features of the candles of one timeframe.
#[derive(Debug, Clone)]
pub(crate) struct BarFeatures {
    /// The closed candles it was measured from.
    pub(crate) closed: Option<Mark>,
    /// The open candle, where it counted.
    pub(crate) open: Option<Candle>,
    /// The candles in short.
    pub(crate) sketch: Result<Sketch, Why>,
    /// One finding per candle row of the registry, in its order.
    pub(crate) found: Vec<Measured>,
}

impl Candled {
    /// Returns what other measures need of a timeframe's candles.
    pub(crate) fn sketch(&self, timeframe: Timeframe) -> &Result<Sketch, Why> {
        &self.timeframes.get(timeframe).sketch
    }

    /// Returns what the candle row at a place of the registry's candle rows found.
    pub(crate) fn found(&self, timeframe: Timeframe, row: usize) -> &Measured {
        &self.timeframes.get(timeframe).found[row]
    }
}

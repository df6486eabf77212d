//! What the candles of one symbol say: every candle measure of every timeframe, and the day's mean price.
//!
//! It is owned, so it outlives the candles it was made from; `follow.rs` makes it and keeps it up to date.

use schema::{Candle, Timeframe, Why};

use crate::{
    frame::Sketch,
    input::PerTimeframe,
    measure::Measured,
    series::{DayMean, Mark},
};

/// What the candles of all timeframes say.
#[derive(Debug, Clone)]
pub(crate) struct Candled {
    /// What those of each timeframe say.
    pub(crate) timeframes: PerTimeframe<Told>,
    /// The day's mean price.
    pub(crate) day: Result<DayMean, Why>,
}

/// What the candles of one timeframe say.
#[derive(Debug, Clone)]
pub(crate) struct Told {
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
    /// What other measures need of a timeframe's candles.
    pub(crate) fn sketch(&self, timeframe: Timeframe) -> &Result<Sketch, Why> {
        &self.timeframes.get(timeframe).sketch
    }

    /// What the candle row at a place of the registry's candle rows found.
    pub(crate) fn found(&self, timeframe: Timeframe, row: usize) -> &Measured {
        &self.timeframes.get(timeframe).found[row]
    }
}

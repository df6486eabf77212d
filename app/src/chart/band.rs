//! Places on the picture: what is above what, and where a candle and a value come to lie.

use schema::{Candle, Timeframe};

use super::{CANDLES, Chart};

// One unit is a pixel on a phone of 390.
/// From one candle to the next.
pub(super) const STEP: f64 = 4.0;
/// The width of a body.
pub(super) const BODY: f64 = 3.0;
/// Where the labels of the right side begin.
pub(super) const LABELS: f64 = 277.0;
/// Where lines across the picture end.
pub(super) const EDGE: f64 = LABELS - 5.0;
/// The whole width: the plot and its labels.
pub(super) const WIDTH: f64 = 332.0;
/// Prices, from top to bottom.
pub(super) const PRICE: Band = Band { top: 14.0, bottom: 162.0 };
/// Volume beneath them.
pub(super) const VOLUME: Band = Band { top: 178.0, bottom: 208.0 };
/// What takers bought and sold beneath that, where it is drawn.
pub(super) const FLOW: Band = Band { top: 216.0, bottom: 250.0 };
/// Scores beneath that, where they are drawn.
pub(super) const SCORE: Band = Band { top: 258.0, bottom: 292.0 };

/// What is drawn beneath the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beneath {
    /// Nothing.
    Nothing,
    /// What takers bought and sold.
    Flow,
    /// That, and the recorded scores.
    FlowAndScores,
}

impl Beneath {
    pub(super) const fn of(timeframe: Timeframe) -> Self {
        match timeframe {
            Timeframe::M1 => Self::FlowAndScores,
            _ if Chart::has_cvd(timeframe) => Self::Flow,
            _ => Self::Nothing,
        }
    }

    /// The lower end of the plot.
    pub(super) const fn bottom(self) -> f64 {
        match self {
            Self::Nothing => VOLUME.bottom,
            Self::Flow => FLOW.bottom,
            Self::FlowAndScores => SCORE.bottom,
        }
    }
}

/// A band of the picture, from top to bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Band {
    /// The height of a value between two ends; the middle where they are one.
    pub(super) fn y(&self, value: f64, low: f64, high: f64) -> f64 {
        if high > low {
            self.bottom - (value - low) / (high - low) * (self.bottom - self.top)
        } else {
            f64::midpoint(self.top, self.bottom)
        }
    }
}

/// What the candles reach over.
pub(super) struct Reach {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) volume: f64,
}

impl Reach {
    pub(super) fn of(run: &[Candle]) -> Self {
        let start = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, volume: 0.0 };
        run.iter().fold(start, |reach, candle| Self {
            low: reach.low.min(candle.low),
            high: reach.high.max(candle.high),
            volume: reach.volume.max(candle.volume),
        })
    }

    pub(super) fn y(&self, price: f64) -> f64 {
        PRICE.y(price, self.low, self.high)
    }

    /// The height of a price that is on the picture.
    pub(super) fn y_within(&self, price: f64) -> Option<f64> {
        (self.low..=self.high).contains(&price).then(|| self.y(price))
    }
}

/// The left side of a candle's place. The newest is at the right, so that the picture moves left.
pub(super) fn left(place: usize, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a place among 68")]
    let steps = (CANDLES - count + place) as f64;
    steps * STEP
}

/// The middle of a candle's place.
pub(super) fn middle(place: usize, count: usize) -> f64 {
    left(place, count) + BODY / 2.0
}

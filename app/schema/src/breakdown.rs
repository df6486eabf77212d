//! One symbol's score, taken apart down to the raw figures.
//!
//! The contributions of the parts sum to their dimension's, and those of the dimensions to `score − 50`.

use std::sync::Arc;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use crate::{
    Dimension, FactorReading, Figure, Invalid, Lean, Level, Name, Points, Policy, Price, Ratio, Schema, Score, Symbol,
    Timeframe, UnixMs, Venue, levels::KeyLevels, perps::Liquidated, signals::SignalRow,
};

/// What one part of a dimension found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What a person checks, for example an RSI of 61.3.
    pub raw: f64,
    /// Where it points.
    pub lean: Lean,
    /// What it adds to `score − 50`.
    pub contribution: Points,
    /// Observations behind it.
    pub n: u32,
}

/// One part of a dimension, for one timeframe where it is made of candles.
///
/// Its names come from the registry of measures and point into it; only what was decoded owns them. A market of 600 symbols holds
/// some 55,000 parts and more, and three pointers are a third of what three strings are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the registry, for example `rsi_14`.
    pub id: ArcStr,
    /// Its name for people, for example `RSI (14)`.
    pub label: ArcStr,
    /// The unit of the raw figure, empty where it has none.
    pub unit: ArcStr,
    /// The candles it is made of; none where it is made of trades, the book or derivatives.
    pub timeframe: Option<Timeframe>,
    /// Its share of its dimension. What is missing counts as 0; nothing takes its weight over.
    pub weight: Ratio,
    /// What it found, or why it found nothing.
    pub finding: Figure<Finding>,
}

/// One dimension of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DimensionBreakdown {
    /// Which one.
    pub dimension: Dimension,
    /// Its share of the score. What is missing counts as 0; nothing takes its weight over.
    pub weight: Ratio,
    /// The share of its parts, by weight, that is known.
    pub coverage: Ratio,
    /// Where it points: the weighted mean direction of the known parts, or why there is none. The score counts it times `coverage`.
    pub lean: Figure<Lean>,
    /// What it adds to `score − 50`; none where it is missing.
    pub contribution: Option<Points>,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// A measure without a direction: it never moves the score, only how far it is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name in the registry.
    pub id: ArcStr,
    /// Its name for people.
    pub label: ArcStr,
    /// The unit of the figure, empty where it has none.
    pub unit: ArcStr,
    /// The figure.
    pub value: Figure<f64>,
}

/// A score of the past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScorePoint {
    /// The close of the bar it was recorded at.
    pub at: UnixMs,
    /// The score.
    pub score: Score,
}

/// The top of the order book, best level first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookTop {
    /// What buyers offer.
    pub bids: Vec<Level>,
    /// What sellers offer.
    pub asks: Vec<Level>,
}

/// One symbol's score, taken apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// Where the data comes from.
    pub source: Venue,
    /// The symbol's row on the list: price, score, direction, agreement, coverage.
    pub row: SignalRow,
    /// The last price at which the venue marks positions.
    pub mark_price: Figure<Price>,
    /// The price of the underlying index.
    pub index_price: Figure<Price>,
    /// Holders that are long ÷ all holders: accounts, not size.
    pub accounts_long: Figure<Ratio>,
    /// Positions closed by force within the last 24 hours.
    pub liquidated_24h: Figure<Liquidated>,
    /// The close of the bar that the score was recorded at; missing where there is no score.
    pub bar_closed_at: Option<UnixMs>,
    /// The six dimensions, heaviest first, as they were at that close: shared with whoever recorded them.
    pub dimensions: Arc<[DimensionBreakdown]>,
    /// The four factors whose agreement the score is made with, heaviest first, as of the same close.
    pub factors: Arc<[FactorReading]>,
    /// How far the reading is trusted; it never moves the score.
    pub quality: Figure<Ratio>,
    /// Measures without a direction.
    pub conditions: Vec<Condition>,
    /// One sentence made of these numbers alone.
    pub sentence: String,
    /// The last 60 scores, oldest first.
    pub history: Vec<ScorePoint>,
    /// The top ten levels of the book.
    pub book: Figure<BookTop>,
    /// Prices at which the market turned or mostly traded before.
    pub key_levels: Figure<KeyLevels>,
}

impl Breakdown {
    /// How far the sum of contributions may be from the score, in points: rounding of `f64` only.
    pub const SUM_TOLERANCE: f64 = 1e-9;
}

impl Schema for Breakdown {
    const NAME: Name = Name::new("confluence:breakdown");
    const VERSION: u16 = 3;
    const POLICY: Policy = Policy::secs(1, 10, 120);
    type Scope = (Venue, Symbol);

    fn check(&self) -> Result<(), Invalid> {
        let raw = self.dimensions.iter().flat_map(|d| &d.parts).filter_map(|part| part.finding.value()).map(|f| f.raw);
        let conditions = self.conditions.iter().filter_map(|condition| condition.value.value().copied());
        let book = self.book.value().into_iter().flat_map(|top| top.bids.iter().chain(&top.asks));
        let levels = book.flat_map(|level| [level.price, level.size]);
        if !raw.chain(conditions).chain(levels).all(f64::is_finite) {
            return Err(Invalid::new("parts", "a figure that is not finite"));
        }
        self.key_levels.value().map_or(Ok(()), KeyLevels::check)?;
        self.liquidated_24h.value().map_or(Ok(()), Liquidated::check)?;
        let Some(score) = self.row.score.value() else { return Ok(()) };
        let sum: f64 = self.dimensions.iter().filter_map(|d| d.contribution).map(Points::get).sum();
        if (sum - (score.get() - 50.0)).abs() > Self::SUM_TOLERANCE {
            return Err(Invalid::new("dimensions", format!("contributions sum to {sum}, the score is {score}")));
        }
        for dimension in &*self.dimensions {
            let Some(whole) = dimension.contribution else { continue };
            let sum: f64 =
                dimension.parts.iter().filter_map(|part| part.finding.value()).map(|f| f.contribution.get()).sum();
            if (sum - whole.get()).abs() > Self::SUM_TOLERANCE {
                let name = dimension.dimension.as_str();
                return Err(Invalid::new("parts", format!("the parts of {name} sum to {sum}, not {whole}")));
            }
        }
        Ok(())
    }
}

//! What followed a recorded bar.

use schema::{Symbol, UnixMs};

use crate::RunId;

/// What followed the bar of an instrument over one horizon. One case is open per instrument and horizon, so cases do not overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Where it comes from.
    pub venue: String,
    /// Whose bar.
    pub symbol: Symbol,
    /// The end of the bar.
    pub bar_closed_at: UnixMs,
    /// How long after, in ms.
    pub horizon_ms: i64,
    /// The score of the bar.
    pub score: f64,
    /// The return less the median of all instruments over the same time, a fraction; none where a price is missing.
    pub excess: Option<f64>,
    /// The return itself, a fraction.
    pub gross: Option<f64>,
    /// The highest and the lowest return on the way, fractions.
    pub extremes: Option<(f64, f64)>,
    /// Why it is not known.
    pub why: Option<String>,
    /// The run that measured it.
    pub run: RunId,
}

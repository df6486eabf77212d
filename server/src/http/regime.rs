//! `GET /api/v1/regime`: the market's regime with the numbers that it rests on, in the envelope of every answer.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use schema::{Figure, MarketOverview, Ratio, Reading, Signals, UnixMs, Venue, Why, overview::Regime};
use serde::Serialize;

use super::{error::ApiError, etag::tagged, state::AppState};

/// The answer.
#[derive(Debug, Serialize)]
struct Envelope<'a> {
    as_of: UnixMs,
    age_ms: u64,
    /// `fresh`, `stale` or `expired`.
    state: &'a str,
    source: Venue,
    data: &'a MarketRegime,
}

/// The regime and what it rests on.
#[derive(Debug, PartialEq, Serialize)]
struct MarketRegime {
    /// The label and the rule and numbers that chose it.
    regime: Figure<Regime>,
    /// Contracts with a score, which the mean score is of.
    n: u32,
    /// Contracts that are watched.
    of: u32,
    /// The share of the watched contracts that has a score, times the mean agreement of their dimensions; 0 to 1. It
    /// describes the inputs and is no probability.
    confidence: Figure<Ratio>,
}

impl MarketRegime {
    fn of(overview: &MarketOverview, as_of: UnixMs, agreement: Option<Ratio>) -> Self {
        let (n, of) = (overview.scored_symbols, overview.total_symbols);
        let confidence = agreement.filter(|_| of > 0);
        let confidence =
            confidence.and_then(|agreement| Ratio::clamped(agreement.get() * f64::from(n) / f64::from(of)));
        let confidence =
            confidence.map_or(Figure::Missing(Why::NotYet), |known| Figure::known(known.to_four_decimals(), as_of));
        Self { regime: overview.regime.clone(), n, of, confidence }
    }
}

/// `GET /api/v1/regime`.
pub(crate) async fn regime(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketOverview>(&()).await;
    let held = match &reading {
        Reading::Absent(absence) => return Err(ApiError::Unavailable(absence.clone())),
        Reading::Fresh(held) | Reading::Stale { held, .. } | Reading::Expired { last: held, .. } => held,
    };
    let signals = state.cache.read::<Signals>(&()).await;
    // Of another market's list, nothing belongs to this regime.
    let same = signals.held().filter(|signals| signals.value.source == held.value.source);
    let data = MarketRegime::of(&held.value, held.as_of, same.and_then(|signals| signals.value.stats.mean_agreement));
    let age_ms = u64::try_from(held.as_of.age(state.cache.now()).as_millis()).unwrap_or(u64::MAX);
    let envelope =
        Envelope { as_of: held.as_of, age_ms, state: reading.state(), source: held.value.source, data: &data };
    // The state and the value make two answers the same; the age does not make them differ.
    let encoded =
        serde_json::to_vec(&(&data, reading.state())).and_then(|content| Ok((content, serde_json::to_vec(&envelope)?)));
    match encoded {
        Ok((content, body)) => Ok(tagged(&headers, StatusCode::OK, &content, body)),
        Err(error) => {
            tracing::error!(%error, "the regime cannot be encoded");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

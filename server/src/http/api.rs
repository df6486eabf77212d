//! `GET /api/v1/…`: each schema inside `{as_of, age_ms, state, source, data}`.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use schema::{
    Breakdown, Direction, MarketBreadth, MarketMovers, MarketOverview, Reading, Schema, SignalRow, Signals, Symbol,
    SystemHealth, Venue,
};
use serde::{Deserialize, Serialize};

use super::{error::ApiError, etag::tagged, router::AppState};

/// What every answer about one schema holds.
#[derive(Serialize)]
struct Envelope<'a, T> {
    /// The time of the newest input, ms.
    as_of: schema::UnixMs,
    /// Its age, ms.
    age_ms: u64,
    /// `fresh`, `stale` or `expired`.
    state: &'a str,
    /// The venue, or `sim`; none for what no venue told.
    source: Option<Venue>,
    /// The value.
    data: &'a T,
}

/// `GET /api/v1/overview`.
pub(crate) async fn overview(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketOverview>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source))
}

/// `GET /api/v1/breadth`.
pub(crate) async fn breadth(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketBreadth>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source))
}

/// `GET /api/v1/movers`.
pub(crate) async fn movers(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketMovers>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source))
}

/// `GET /api/v1/health`: how the monitor is doing, as it says itself.
pub(crate) async fn health(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<SystemHealth>(&()).await;
    answer(&state, &headers, &reading, |_| None)
}

/// The query of the list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    sort: Option<String>,
    dir: Option<String>,
    q: Option<String>,
    min_turnover: Option<String>,
    direction: Option<String>,
    limit: Option<String>,
}

/// `GET /api/v1/signals?sort=&dir=&q=&min_turnover=&direction=&limit=`.
pub(crate) async fn signals(
    State(state): State<AppState>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let list = List::parse(&query)?;
    let reading = state.cache.read::<Signals>(&()).await;
    let Some(held) = reading.held() else { return answer(&state, &headers, &reading, |value| Some(value.source)) };
    let chosen = held.with(Signals {
        source: held.value.source,
        rows: list.choose(&held.value.rows),
        stats: held.value.stats.clone(),
    });
    let reading = Reading::judge(Ok(chosen), state.cache.now());
    answer(&state, &headers, &reading, |value| Some(value.source))
}

/// `GET /api/v1/symbols/{symbol}`: one symbol's score, taken apart.
pub(crate) async fn symbol(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let symbol: Symbol = name.parse().map_err(|_| ApiError::UnknownSymbol(name.chars().take(32).collect()))?;
    let found = state.hub.breakdown(symbol).await;
    let listed = state.hub.current().1.signals.is_ok();
    if listed && matches!(found, Err(schema::Absence::NeverWritten)) {
        return Err(ApiError::UnknownSymbol(name));
    }
    let reading: Reading<Breakdown> = Reading::judge(found, state.cache.now());
    answer(&state, &headers, &reading, |value| Some(value.source))
}

/// Anything else under `/api`.
pub(crate) async fn unknown() -> ApiError {
    ApiError::UnknownPath
}

fn answer<T: Schema>(
    state: &AppState,
    headers: &HeaderMap,
    reading: &Reading<T>,
    source: impl FnOnce(&T) -> Option<Venue>,
) -> Result<Response, ApiError> {
    let held = match reading {
        Reading::Absent(absence) => return Err(ApiError::Unavailable(absence.clone())),
        Reading::Fresh(held) | Reading::Stale { held, .. } | Reading::Expired { last: held, .. } => held,
    };
    let age = held.as_of.age(state.cache.now());
    let envelope = Envelope {
        as_of: held.as_of,
        age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
        state: reading.state(),
        source: source(&held.value),
        data: held.value.as_ref(),
    };
    // The state and the stamp make two answers the same; the age does not make them differ.
    let encoded = serde_json::to_vec(&envelope).and_then(|body| {
        let mut content = serde_json::to_vec(held.value.as_ref())?;
        content.extend(reading.state().bytes());
        Ok((content, body))
    });
    match encoded {
        Ok((content, body)) => Ok(tagged(headers, StatusCode::OK, &content, body)),
        Err(error) => {
            tracing::error!(%error, schema = %T::NAME, "an answer cannot be encoded");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// The checked query of the list.
#[derive(Debug, PartialEq)]
struct List {
    sort: Sort,
    ascending: bool,
    q: String,
    min_turnover: f64,
    direction: Option<Direction>,
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sort {
    Score,
    Strength,
    Change,
    Turnover,
    Funding,
    OpenInterest,
    Symbol,
}

impl List {
    fn parse(query: &ListQuery) -> Result<Self, ApiError> {
        let bad = |name: &str, allowed: &str| ApiError::BadParameter(format!("{name}: allowed are {allowed}"));
        let sort = match query.sort.as_deref() {
            None | Some("score") => Sort::Score,
            Some("strength") => Sort::Strength,
            Some("change") => Sort::Change,
            Some("turnover") => Sort::Turnover,
            Some("funding") => Sort::Funding,
            Some("oi") => Sort::OpenInterest,
            Some("symbol") => Sort::Symbol,
            Some(_) => return Err(bad("sort", "score, strength, change, turnover, funding, oi, symbol")),
        };
        let ascending = match query.dir.as_deref() {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(_) => return Err(bad("dir", "asc, desc")),
        };
        let direction = match query.direction.as_deref() {
            None | Some("all") => None,
            Some("long") => Some(Direction::Long),
            Some("neutral") => Some(Direction::Neutral),
            Some("short") => Some(Direction::Short),
            Some(_) => return Err(bad("direction", "all, long, neutral, short")),
        };
        let min_turnover = match query.min_turnover.as_deref() {
            None => 0.0,
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|usd| usd.is_finite() && *usd >= 0.0)
                .ok_or_else(|| bad("min_turnover", "amounts of 0 or more"))?,
        };
        let limit = match query.limit.as_deref() {
            None => 0,
            Some(text) => text.parse().map_err(|_| bad("limit", "whole numbers; 0 is all"))?,
        };
        let q = query.q.as_deref().unwrap_or_default().trim().to_uppercase();
        Ok(Self { sort, ascending, q, min_turnover, direction, limit })
    }

    fn choose(&self, rows: &[SignalRow]) -> Vec<SignalRow> {
        let turnover = |row: &SignalRow| row.quote.turnover_24h.value().map(|usd| usd.get());
        let mut chosen: Vec<&SignalRow> = rows
            .iter()
            .filter(|row| row.symbol.as_str().contains(&self.q))
            .filter(|row| self.min_turnover <= 0.0 || turnover(row).is_some_and(|usd| usd >= self.min_turnover))
            .filter(|row| self.direction.is_none_or(|direction| row.direction == Some(direction)))
            .collect();
        let key = |row: &SignalRow| match self.sort {
            Sort::Score => row.score.value().map(|score| score.get()),
            Sort::Strength => row.score.value().map(|score| (score.get() - 50.0).abs()),
            Sort::Change => row.quote.change_24h.value().map(|pct| pct.get()),
            Sort::Turnover => turnover(row),
            Sort::Funding => row.funding.value().map(|funding| funding.rate.get()),
            Sort::OpenInterest => row.oi_change_1h.value().map(|pct| pct.get()),
            Sort::Symbol => None,
        };
        // What is missing comes last in either direction.
        chosen.sort_by(|a, b| {
            let order = match (key(a), key(b)) {
                (Some(x), Some(y)) if self.ascending => x.total_cmp(&y),
                (Some(x), Some(y)) => y.total_cmp(&x),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) if self.sort == Sort::Symbol && !self.ascending => b.symbol.cmp(&a.symbol),
                (None, None) => a.symbol.cmp(&b.symbol),
            };
            order.then_with(|| a.symbol.cmp(&b.symbol))
        });
        let limit = if self.limit == 0 { chosen.len() } else { self.limit };
        chosen.into_iter().take(limit).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_parameter_is_named_with_what_is_allowed() {
        for (query, expected) in [
            (ListQuery { sort: Some("best".into()), ..ListQuery::default() }, "sort: allowed are score"),
            (ListQuery { dir: Some("up".into()), ..ListQuery::default() }, "dir: allowed are asc, desc"),
            (ListQuery { direction: Some("buy".into()), ..ListQuery::default() }, "direction: allowed are all"),
            (ListQuery { min_turnover: Some("-5".into()), ..ListQuery::default() }, "min_turnover: allowed are"),
            (ListQuery { limit: Some("ten".into()), ..ListQuery::default() }, "limit: allowed are whole numbers"),
        ] {
            let ApiError::BadParameter(message) = List::parse(&query).unwrap_err() else { panic!() };
            assert!(message.starts_with(expected), "{message}");
        }
    }
}

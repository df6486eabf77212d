//! `GET /api/v1/symbols/{symbol}/candles`: the candles behind a score, so that anyone can recompute it.
//!
//! They are the closed candles that the recorded score was made of, no more and no fewer. The running one is left out, since nothing
//! in a breakdown with a closed bar is made of it. The process that watches the market answers from its windows, another one from what
//! that one published.

use std::sync::Arc;

use analysis::TAIL;
use app::chart::{CANDLES, Candles as Charted};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use schema::{Absence, Candle, CandleSeries, Symbol, Timeframe, UnixMs, Venue};
use serde::{Deserialize, Serialize};

use super::{error::ApiError, etag::tagged, query::Query, state::AppState};
use crate::{
    hub::Hub,
    market::{lock, series::series},
    monitor::board::Board,
};

/// The most candles that are kept of a timeframe.
const MOST: usize = 1_000;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CandlesQuery {
    timeframe: Option<String>,
    /// Another name of it.
    tf: Option<String>,
    limit: Option<String>,
}

/// The answer.
#[derive(Serialize)]
struct Envelope {
    /// The close that the score belongs to, ms: `bar_closed_at` of the breakdown with the same candles.
    as_of: UnixMs,
    /// Its age, ms.
    age_ms: u64,
    /// The venue, or `sim`.
    source: Venue,
    /// The candles.
    data: Candles,
}

/// Closed candles of one timeframe.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Candles {
    symbol: Symbol,
    timeframe: Timeframe,
    /// Oldest first, without a gap.
    candles: Vec<Candle>,
}

/// `GET /api/v1/symbols/{symbol}/candles?timeframe=&limit=`: the newest 250 of one minute where nothing is said, which
/// is as many as the smoothed measures look back on. `tf` is another name of `timeframe`.
pub(crate) async fn candles(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(asked): Query<CandlesQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let symbol = Symbol::decoded(&name).map_err(|_| ApiError::UnknownSymbol(name.chars().take(32).collect()))?;
    let (timeframe, limit) = read(&asked)?;
    let (as_of, series) = scored(&state, symbol, timeframe).await?;
    let (source, candles) = (series.source, series.newest(limit));
    let age_ms = u64::try_from(as_of.age(state.clock.now()).as_millis()).unwrap_or(u64::MAX);
    let data = Candles { symbol, timeframe, candles };
    let encoded = serde_json::to_vec(&data).and_then(|mut content| {
        content.extend(as_of.0.to_be_bytes());
        Ok((content, serde_json::to_vec(&Envelope { as_of, age_ms, source, data })?))
    });
    match encoded {
        Ok((content, body)) => Ok(tagged(&headers, StatusCode::OK, &content, body)),
        Err(error) => {
            tracing::error!(%error, "candles cannot be encoded");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// The candles of a recorded score, and the close it belongs to.
async fn scored(
    state: &AppState,
    symbol: Symbol,
    timeframe: Timeframe,
) -> Result<(UnixMs, Arc<CandleSeries>), ApiError> {
    let waiting = || ApiError::Unavailable(Absence::NeverWritten);
    let Some(board) = &state.board else {
        let hub = &state.hubs.live;
        return match hub.candles(symbol, timeframe).await {
            Ok((as_of, held)) => Ok((as_of, held.value)),
            Err(Absence::NeverWritten) if hub.lists(symbol).await == Some(false) => {
                Err(ApiError::UnknownSymbol(symbol.to_string()))
            }
            Err(absence) => Err(ApiError::Unavailable(absence)),
        };
    };
    let market = board.watched().ok_or_else(waiting)?.market;
    // Before the first list of contracts nothing is known to be unknown.
    let window = match market.window(symbol) {
        Some(window) => window,
        None if market.windows().is_empty() => return Err(waiting()),
        None => return Err(ApiError::UnknownSymbol(symbol.to_string())),
    };
    let made = series(market.venue(), &lock(&window), timeframe);
    match made {
        Ok(made) => made.map(|(as_of, series)| (as_of, Arc::new(series))).ok_or_else(waiting),
        Err(invalid) => Err(ApiError::Unavailable(Absence::Unreadable(invalid.to_string()))),
    }
}

/// The newest candles for a chart. Until the universe is known, none is unknown.
pub(super) async fn charted(board: Option<&Board>, hub: &Hub, symbol: Symbol, timeframe: Timeframe) -> Charted {
    let closed = |as_of, series: &CandleSeries| Charted::Closed {
        as_of,
        run: series.newest(CANDLES),
        deltas: series.deltas.clone(),
        tick: series.tick,
    };
    let Some(board) = board else {
        return match hub.candles(symbol, timeframe).await {
            Ok((as_of, held)) => closed(as_of, &held.value),
            Err(Absence::NeverWritten) => Charted::Loading,
            Err(absence) => Charted::Absent(absence),
        };
    };
    let Some(market) = board.watched().map(|watched| watched.market) else { return Charted::Loading };
    let Some(window) = market.window(symbol) else { return Charted::Loading };
    let made = series(market.venue(), &lock(&window), timeframe);
    match made {
        Ok(Some((as_of, series))) => closed(as_of, &series),
        Ok(None) => Charted::Loading,
        Err(invalid) => Charted::Absent(Absence::Unreadable(invalid.to_string())),
    }
}

/// Checks the parameters: which timeframe, and how many candles at most.
fn read(asked: &CandlesQuery) -> Result<(Timeframe, usize), ApiError> {
    let bad = |name: &str, allowed: &str| ApiError::BadParameter(format!("{name}: allowed are {allowed}"));
    if asked.timeframe.is_some() && asked.tf.is_some() {
        return Err(ApiError::BadParameter(
            "timeframe: tf is another name of it, and one of them is allowed".to_owned(),
        ));
    }
    let timeframe = match asked.timeframe.as_deref().or(asked.tf.as_deref()) {
        None => Timeframe::M1,
        Some(text) => Timeframe::ALL
            .into_iter()
            .find(|timeframe| timeframe.as_str() == text)
            .ok_or_else(|| bad("timeframe", &Timeframe::ALL.map(Timeframe::as_str).join(", ")))?,
    };
    let limit = match asked.limit.as_deref() {
        None => TAIL,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| bad("limit", &format!("whole numbers from 1 to {MOST}")))?,
    };
    Ok((timeframe, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(timeframe: &str, limit: &str) -> CandlesQuery {
        CandlesQuery { timeframe: Some(timeframe.to_owned()), tf: None, limit: Some(limit.to_owned()) }
    }

    #[test]
    fn a_timeframe_is_named_as_everywhere_and_a_limit_has_limits() {
        assert_eq!(read(&CandlesQuery::default()), Ok((Timeframe::M1, 250)));
        assert_eq!(read(&query("4h", "1")), Ok((Timeframe::H4, 1)));
        let short = CandlesQuery { tf: Some("4h".to_owned()), ..CandlesQuery::default() };
        assert_eq!(read(&short), Ok((Timeframe::H4, 250)));
        assert!(read(&CandlesQuery { timeframe: Some("4h".to_owned()), ..short }).is_err(), "one of the names");
        for (asked, expected) in [
            (query("1h", "5"), "timeframe: allowed are 1m, 5m, 30m, 4h"),
            (query("5m", "0"), "limit: allowed are whole numbers from 1 to 1000"),
            (query("5m", "1001"), "limit: allowed are"),
            (query("5m", "ten"), "limit: allowed are"),
        ] {
            let ApiError::BadParameter(message) = read(&asked).unwrap_err() else { panic!() };
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_number_is_written_so_that_it_reads_back_the_same() {
        for price in [0.1 + 0.2, 91_234.500_000_000_01, 1.0e-7, f64::MIN_POSITIVE, 5.0] {
            let text = serde_json::to_string(&Candle {
                start: UnixMs(0),
                open: price,
                high: price,
                low: price,
                close: price,
                volume: price,
                turnover: price,
            });
            let text = text.unwrap();
            let read = text.split("\"close\":").nth(1).unwrap().split(',').next().unwrap().parse::<f64>().unwrap();
            assert_eq!(read.to_bits(), price.to_bits(), "{text}");
        }
    }
}

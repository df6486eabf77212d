//! `GET /api/v1/symbols/{symbol}/candles`: the candles behind a score, so that anyone can recompute it.
//!
//! They come from the windows of the process that watches the market: the closed candles that the recorded score was made
//! of, no more and no fewer. The running one is left out, since nothing in a breakdown with a closed bar is made of it.
//! They are not published: four runs of 600 symbols weigh more than everything else in the cache together, and another
//! process says so instead of answering.

use analysis::{TAIL, input::FlowBar};
use app::chart::{CANDLES, Candles as Candled, Chart};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use cache::Cache;
use schema::{Absence, Candle, Price, Symbol, SystemHealth, Timeframe, UnixMs, Venue};
use serde::{Deserialize, Serialize};

use super::{error::ApiError, etag::tagged, router::AppState};
use crate::{
    market::{Market, lock},
    monitor::board::Board,
};

/// The most candles that are kept of a timeframe.
const MOST: usize = 1_000;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CandlesQuery {
    timeframe: Option<String>,
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
/// is as many as the smoothed measures look back on.
pub(crate) async fn candles(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(query): Query<CandlesQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let symbol = Symbol::decoded(&name).map_err(|_| ApiError::UnknownSymbol(name.chars().take(32).collect()))?;
    let (timeframe, limit) = read(&query)?;
    let Some(board) = &state.board else { return Err(elsewhere(&state).await) };
    let waiting = || ApiError::Unavailable(Absence::NeverWritten);
    let market = board.watched().ok_or_else(waiting)?.market;
    let (as_of, candles) = scored(&market, symbol, timeframe, limit)?.ok_or_else(waiting)?;
    let age_ms = u64::try_from(as_of.age(state.clock.now()).as_millis()).unwrap_or(u64::MAX);
    let data = Candles { symbol, timeframe, candles };
    let encoded = serde_json::to_vec(&data).and_then(|mut content| {
        content.extend(as_of.0.to_be_bytes());
        Ok((content, serde_json::to_vec(&Envelope { as_of, age_ms, source: market.venue(), data })?))
    });
    match encoded {
        Ok((content, body)) => Ok(tagged(&headers, StatusCode::OK, &content, body)),
        Err(error) => {
            tracing::error!(%error, "candles cannot be encoded");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// The newest candles of a recorded score; `None` before there is one.
fn scored(
    market: &Market,
    symbol: Symbol,
    timeframe: Timeframe,
    limit: usize,
) -> Result<Option<(UnixMs, Vec<Candle>)>, ApiError> {
    // Before the first list of contracts nothing is known to be unknown.
    let window = match market.window(symbol) {
        Some(window) => window,
        None if market.windows().is_empty() => return Ok(None),
        None => return Err(ApiError::UnknownSymbol(symbol.to_string())),
    };
    let window = lock(&window);
    let found = window.scored_candles(timeframe);
    Ok(found.map(|(as_of, run)| (as_of, newest(run, limit).to_vec())))
}

fn newest(run: &[Candle], limit: usize) -> &[Candle] {
    &run[run.len().saturating_sub(limit)..]
}

/// The newest candles for a chart. Until the universe is known, none is unknown.
pub(super) async fn charted(board: Option<&Board>, cache: &Cache, symbol: Symbol, timeframe: Timeframe) -> Candled {
    let Some(board) = board else { return Candled::Elsewhere(watcher(cache).await) };
    let Some(market) = board.watched().map(|watched| watched.market) else { return Candled::Loading };
    let Some(window) = market.window(symbol) else { return Candled::Loading };
    let window = lock(&window);
    match (window.scored_candles(timeframe), Price::new(window.instrument.tick)) {
        (Some((as_of, run)), Ok(tick)) => {
            let run = newest(run, CANDLES).to_vec();
            let deltas = deltas(window.minutes(), &run, timeframe);
            Candled::Closed { as_of, run, deltas, tick }
        }
        _ => Candled::Loading,
    }
}

/// Volume delta of each candle, where each of its minutes was heard; nothing where CVD is not shown.
fn deltas(minutes: &[FlowBar], run: &[Candle], timeframe: Timeframe) -> Vec<Option<f64>> {
    if !Chart::has_cvd(timeframe) {
        return Vec::new();
    }
    let within = |candle: &Candle| {
        let end = candle.start.0 + timeframe.ms();
        let from = minutes.partition_point(|minute| minute.start < candle.start);
        let to = minutes.partition_point(|minute| minute.start.0 < end);
        let whole = i64::try_from(to - from).is_ok_and(|n| n * Timeframe::M1.ms() == timeframe.ms());
        whole.then(|| minutes[from..to].iter().map(|minute| minute.buy - minute.sell).sum())
    };
    run.iter().map(within).collect()
}

/// Who writes the health of the monitor, where it is known.
async fn watcher(cache: &Cache) -> Option<String> {
    let reading = cache.read::<SystemHealth>(&()).await;
    reading.held().map(|held| held.by.to_string())
}

/// Says that another process keeps the candles, and which one, as far as it is known.
async fn elsewhere(state: &AppState) -> ApiError {
    let who = watcher(&state.cache).await.map_or_else(String::new, |who| format!(", now {who}"));
    ApiError::Elsewhere(format!(
        "candles are kept by the process that watches the market (role monitor or all{who}): ask it for the same path"
    ))
}

/// Checks the query: which timeframe, and how many candles at most.
fn read(asked: &CandlesQuery) -> Result<(Timeframe, usize), ApiError> {
    let bad = |name: &str, allowed: &str| ApiError::BadParameter(format!("{name}: allowed are {allowed}"));
    let timeframe = match asked.timeframe.as_deref() {
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
        CandlesQuery { timeframe: Some(timeframe.to_owned()), limit: Some(limit.to_owned()) }
    }

    #[test]
    fn a_timeframe_is_named_as_everywhere_and_a_limit_has_limits() {
        assert_eq!(read(&CandlesQuery::default()), Ok((Timeframe::M1, 250)));
        assert_eq!(read(&query("4h", "1")), Ok((Timeframe::H4, 1)));
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
    fn a_candle_has_a_delta_where_each_of_its_minutes_was_heard() {
        let minute = |n: i64| FlowBar { start: UnixMs(n * 60_000), buy: 3.0, sell: n as f64 };
        let candle = |n: i64| {
            let start = UnixMs(n * 60_000);
            Candle { start, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0, turnover: 1.0 }
        };
        let heard: Vec<FlowBar> = (2..10).map(minute).collect();
        let fives = [candle(0), candle(5), candle(10)];
        assert_eq!(deltas(&heard, &fives, Timeframe::M5), [None, Some(15.0 - 35.0), None]);
        assert_eq!(deltas(&heard, &[candle(1), candle(2)], Timeframe::M1), [None, Some(1.0)]);
        assert_eq!(deltas(&heard, &fives, Timeframe::H4), []);
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

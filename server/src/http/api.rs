//! `GET /api/v1/…`: each schema inside `{as_of, age_ms, state, source, data}`.

use app::scores::{Query as ScoresQuery, SortBy, order};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use cache::Encoded;
use schema::{
    Absence, ActiveIdeas, AlertLog, BetaTable, Breakdown, MarketBreadth, MarketMovers, MarketOverview, MarketUniverse,
    PerpsPulse, Reading, Schema, Signals, Symbol, SystemHealth, UnixMs, Venue, beta::BetaWindow, breakdown::ScorePoint,
    reading::Found, report::CacheReport,
};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{error::ApiError, etag::by_hash, query::Query, state::AppState};

/// What every answer about one schema holds before its value.
#[derive(Serialize)]
struct Head<'a> {
    /// The time of the newest input, ms.
    as_of: schema::UnixMs,
    /// Its age, ms.
    age_ms: u64,
    /// `fresh`, `stale` or `expired`.
    state: &'a str,
    /// The venue, or `sim`; none for what came from no venue.
    source: Option<Venue>,
}

/// `GET /api/v1/overview`.
pub(crate) async fn overview(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketOverview>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/breadth`.
pub(crate) async fn breadth(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketBreadth>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/movers`.
pub(crate) async fn movers(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketMovers>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/ideas`: the ideas that stand, and what became of earlier ones.
pub(crate) async fn ideas(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<ActiveIdeas>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/alerts`: what turned, which rules were met, and the state of each.
pub(crate) async fn alerts(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<AlertLog>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/perps`.
pub(crate) async fn perps(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<PerpsPulse>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// The query of the betas.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct BetaQuery {
    window: Option<String>,
}

/// `GET /api/v1/beta?window=`: every window, or the one that is asked for.
pub(crate) async fn beta(
    State(state): State<AppState>,
    Query(query): Query<BetaQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let window = read_window(&query)?;
    let found = state.cache.get::<BetaTable>(&()).await;
    let (now, source) = (state.cache.now(), |value: &BetaTable| Some(value.source));
    match window {
        Some(window) => {
            let chosen = found.map(|held| held.with(held.value.only(window)));
            answer_chosen(&state, &headers, &Reading::judge(chosen, now), source)
        }
        None => answer(&state, &headers, &Reading::judge(found, now), source).await,
    }
}

fn read_window(asked: &BetaQuery) -> Result<Option<BetaWindow>, ApiError> {
    let Some(name) = asked.window.as_deref() else { return Ok(None) };
    let allowed = BetaWindow::ALL.map(BetaWindow::as_str).join(", ");
    BetaWindow::named(name).map(Some).ok_or_else(|| ApiError::BadParameter(format!("window: allowed are {allowed}")))
}

/// `GET /api/v1/universe`: every contract of the venue, and why it is watched or not.
pub(crate) async fn universe(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<MarketUniverse>(&()).await;
    answer(&state, &headers, &reading, |value| Some(value.source)).await
}

/// `GET /api/v1/health`: how the monitor is doing, as it says itself.
pub(crate) async fn health(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let reading = state.cache.read::<SystemHealth>(&()).await;
    answer(&state, &headers, &reading, |_| None).await
}

/// `GET /api/v1/cache`: the tiers of this process, and every schema in it with state, age, writer, stamp and size.
pub(crate) async fn cache(State(state): State<AppState>) -> Json<CacheReport> {
    Json(state.cache.report())
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
    let (query, limit) = read_list(&query)?;
    let reading = state.cache.read::<Signals>(&()).await;
    let Some(held) = reading.held() else {
        return answer(&state, &headers, &reading, |value| Some(value.source)).await;
    };
    let mut places = order(&held.value.rows, &query);
    if limit > 0 {
        places.truncate(limit);
    }
    let rows = places.into_iter().map(|place| held.value.rows[place].clone()).collect();
    let chosen = Signals { source: held.value.source, rows, stats: held.value.stats.clone() };
    let reading = Reading::judge(Ok(held.with(chosen)), state.cache.now());
    answer_chosen(&state, &headers, &reading, |value| Some(value.source))
}

/// `GET /api/v1/symbols/{symbol}`: one symbol's score, taken apart.
pub(crate) async fn symbol(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (_, found) = breakdown(&state, name).await?;
    let reading: Reading<Breakdown> = Reading::judge(found, state.cache.now());
    let encoded = match reading.held() {
        Some(held) => Some(state.cache.encoded(&(held.value.source, held.value.row.symbol), held).await),
        None => None,
    };
    respond(&state, &headers, &reading, |value| Some(value.source), encoded.map(Body::published))
}

/// The breakdown of a symbol of the market that is watched.
async fn breakdown(state: &AppState, name: String) -> Result<(Symbol, Found<Breakdown>), ApiError> {
    let symbol = Symbol::decoded(&name).map_err(|_| ApiError::UnknownSymbol(name.chars().take(32).collect()))?;
    // From the cache, not from the hub: a process without pages has none that runs.
    let list = state.cache.get::<Signals>(&()).await;
    let found = match &list {
        Ok(held) => state.cache.get::<Breakdown>(&(held.value.source, symbol)).await,
        Err(absence) => Err(absence.clone()),
    };
    let is_unlisted = list.is_ok_and(|held| held.value.rows.iter().all(|row| row.symbol != symbol));
    if is_unlisted && matches!(found, Err(Absence::NeverWritten)) {
        return Err(ApiError::UnknownSymbol(name));
    }
    Ok((symbol, found))
}

/// From when scores are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct FromQuery {
    from: Option<String>,
}

/// The recorded scores of a symbol.
#[derive(Serialize)]
struct Scores {
    symbol: Symbol,
    /// Oldest first, at most the last hour's.
    scores: Vec<ScorePoint>,
    /// Where the data comes from.
    #[serde(skip)]
    source: Venue,
}

/// `GET /api/v1/symbols/{symbol}/scores?from=`: the scores of the last hour's closed bars, of closes at `from` (Unix ms) or later.
pub(crate) async fn scores(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(asked): Query<FromQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let from = read_from(asked.from.as_deref())?;
    let (symbol, found) = breakdown(&state, name).await?;
    let chosen = found.map(|held| {
        let scores = held.value.history.iter().filter(|point| point.at >= from).copied().collect();
        held.with(Scores { symbol, scores, source: held.value.source })
    });
    answer_chosen(&state, &headers, &Reading::judge(chosen, state.cache.now()), |value| Some(value.source))
}

/// From when scores are asked for.
fn read_from(text: Option<&str>) -> Result<UnixMs, ApiError> {
    let Some(text) = text else { return Ok(UnixMs(0)) };
    let from = text.parse().ok().filter(|ms| *ms >= 0);
    from.map(UnixMs).ok_or_else(|| ApiError::BadParameter("from: allowed are Unix times in milliseconds".to_owned()))
}

/// Anything else under `/api`.
pub(crate) async fn unknown() -> ApiError {
    ApiError::UnknownPath
}

/// A value of a schema of one value as it was published, with the bytes that the cache has of it.
async fn answer<T: Schema<Scope = ()>>(
    state: &AppState,
    headers: &HeaderMap,
    reading: &Reading<T>,
    source: impl FnOnce(&T) -> Option<Venue>,
) -> Result<Response, ApiError> {
    let encoded = match reading.held() {
        Some(held) => Some(state.cache.encoded(&(), held).await),
        None => None,
    };
    respond(state, headers, reading, source, encoded.map(Body::published))
}

/// A value that was put together for one request.
fn answer_chosen<T: Serialize>(
    state: &AppState,
    headers: &HeaderMap,
    reading: &Reading<T>,
    source: impl FnOnce(&T) -> Option<Venue>,
) -> Result<Response, ApiError> {
    respond(state, headers, reading, source, reading.held().map(|held| Body::chosen(held.value.as_ref())))
}

/// The JSON of a value, and the hash of its bytes.
enum Body {
    /// The cache's own, shared with all who ask.
    Published(Encoded),
    Chosen(Vec<u8>),
}

impl Body {
    fn published(encoded: Result<Encoded, serde_json::Error>) -> Result<Self, serde_json::Error> {
        encoded.map(Self::Published)
    }

    fn chosen<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(Self::Chosen)
    }

    fn json(&self) -> &[u8] {
        match self {
            Self::Published(encoded) => encoded.json().get().as_bytes(),
            Self::Chosen(json) => json,
        }
    }

    fn hash(&self) -> u64 {
        match self {
            Self::Published(encoded) => encoded.hash(),
            Self::Chosen(json) => xxh3_64(json),
        }
    }
}

fn respond<T>(
    state: &AppState,
    headers: &HeaderMap,
    reading: &Reading<T>,
    source: impl FnOnce(&T) -> Option<Venue>,
    body: Option<Result<Body, serde_json::Error>>,
) -> Result<Response, ApiError> {
    let (held, body) = match (reading, body) {
        (Reading::Fresh(held) | Reading::Stale { held, .. } | Reading::Expired { last: held, .. }, Some(body)) => {
            (held, body)
        }
        (Reading::Absent(absence), _) => return Err(ApiError::Unavailable(absence.clone())),
        (_, None) => return Err(ApiError::Unavailable(Absence::NeverWritten)),
    };
    let age = held.as_of.age(state.cache.now());
    let head = Head {
        as_of: held.as_of,
        age_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
        state: reading.state(),
        source: source(&held.value),
    };
    match serde_json::to_vec(&head).and_then(|head| Ok((head, body?))) {
        Ok((head, body)) => {
            // The state and the content make two answers the same; the age does not make them differ.
            let hash = xxh3_64(&[&body.hash().to_be_bytes(), reading.state().as_bytes()].concat());
            Ok(by_hash(headers, StatusCode::OK, hash, || enclosed(head, body.json())))
        }
        Err(error) => {
            tracing::error!(%error, value = std::any::type_name::<T>(), "an answer cannot be encoded");
            Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

/// A head with the value as its last member.
fn enclosed(mut head: Vec<u8>, json: &[u8]) -> Vec<u8> {
    head.pop();
    [&head[..], b",\"data\":", json, b"}"].concat()
}

/// Checks the query of the list, which the page reads with more patience; and how many rows are asked for, 0 for all.
fn read_list(asked: &ListQuery) -> Result<(ScoresQuery, usize), ApiError> {
    let check = |name: &str, value: &Option<String>, allowed: &str, ok: &dyn Fn(&str) -> bool| match value.as_deref() {
        Some(text) if !ok(text) => Err(ApiError::BadParameter(format!("{name}: allowed are {allowed}"))),
        _ => Ok(()),
    };
    let sorts = SortBy::ALL.map(SortBy::as_str);
    check("sort", &asked.sort, &sorts.join(", "), &|text| sorts.contains(&text))?;
    check("dir", &asked.dir, "asc, desc", &|text| ["asc", "desc"].contains(&text))?;
    let directions = ["all", "long", "neutral", "short"];
    check("direction", &asked.direction, &directions.join(", "), &|text| directions.contains(&text))?;
    let whole = "whole numbers of 0 or more";
    check("min_turnover", &asked.min_turnover, whole, &|text| text.parse::<u64>().is_ok())?;
    check("limit", &asked.limit, "whole numbers; 0 is all", &|text| text.parse::<usize>().is_ok())?;
    let query = ScoresQuery::read(|name| match name {
        "sort" => asked.sort.clone(),
        "dir" => asked.dir.clone(),
        "q" => asked.q.clone(),
        "min_turnover" => asked.min_turnover.clone(),
        "direction" => asked.direction.clone(),
        _ => None,
    });
    let limit = asked.limit.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok((query, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_last_member_of_its_answer() {
        let head = Head { as_of: schema::UnixMs(7), age_ms: 3, state: "fresh", source: Some(Venue::Sim) };
        let body = enclosed(serde_json::to_vec(&head).unwrap(), b"{\"n\":1}");
        let expected = r#"{"as_of":7,"age_ms":3,"state":"fresh","source":"sim","data":{"n":1}}"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn a_bad_parameter_is_named_with_what_is_allowed() {
        for (query, expected) in [
            (ListQuery { sort: Some("best".into()), ..ListQuery::default() }, "sort: allowed are score"),
            (ListQuery { dir: Some("up".into()), ..ListQuery::default() }, "dir: allowed are asc, desc"),
            (ListQuery { direction: Some("buy".into()), ..ListQuery::default() }, "direction: allowed are all"),
            (ListQuery { min_turnover: Some("-5".into()), ..ListQuery::default() }, "min_turnover: allowed are"),
            (ListQuery { limit: Some("ten".into()), ..ListQuery::default() }, "limit: allowed are whole numbers"),
        ] {
            let ApiError::BadParameter(message) = read_list(&query).unwrap_err() else { panic!() };
            assert!(message.starts_with(expected), "{message}");
        }
        assert_eq!((read_from(None), read_from(Some("1700000000000"))), (Ok(UnixMs(0)), Ok(UnixMs(1_700_000_000_000))));
        assert!(read_from(Some("yesterday")).is_err() && read_from(Some("-1")).is_err());
        let asked = |window: &str| read_window(&BetaQuery { window: Some(window.to_owned()) });
        assert_eq!(asked("7d"), Ok(Some(BetaWindow::D7)));
        let allowed = ApiError::BadParameter("window: allowed are 1h, 4h, 12h, 24h, 7d".to_owned());
        assert_eq!(asked("2h"), Err(allowed));
    }
}

//! `GET /api/dashboard/mobile-data`: the payload that scripts written for this program's ancestor read.
//!
//! Same names, real values. A field without a value is `null`, and `missing` says why; nothing is a default.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use schema::{
    Breakdown, Dimension, Figure, MarketMovers, MarketOverview, PerpsPulse, Reading, SignalRow, Signals, UnixMs, Why,
    movers::Mover, reading::Found, signals::Direction,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{error::ApiError, error::plain, etag::tagged, state::AppState};

/// Scores in an answer unless `limit` says otherwise.
const LIMIT: usize = 20;
/// Movers on each side.
const MOVERS: usize = 5;
/// Breakdowns that are read at a time: each may be a round trip to the shared cache, and 600 of them one after another took as many.
const AT_A_TIME: usize = 32;

/// The query of the payload. Old scripts add parameters of their own, such as the time; they change nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    limit: Option<String>,
}

/// `GET /api/dashboard/mobile-data?limit=`: 20 by default, 0 for all.
pub(crate) async fn mobile_data(
    State(state): State<AppState>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let limit = match asked.limit.as_deref() {
        None => LIMIT,
        Some(text) => match text.parse() {
            Ok(0) => usize::MAX,
            Ok(limit) => limit,
            Err(_) => return Err(ApiError::BadParameter("limit: allowed are whole numbers; 0 is all".to_owned())),
        },
    };
    let overview = state.cache.read::<MarketOverview>(&()).await;
    let signals = state.cache.read::<Signals>(&()).await;
    let movers = state.cache.read::<MarketMovers>(&()).await;
    let pulse = state.cache.read::<PerpsPulse>(&()).await;
    let mut breakdowns = Vec::new();
    if let Some(held) = signals.held() {
        let source = held.value.source;
        let wanted: Vec<_> = best(&held.value.rows, limit).into_iter().map(|row| (source, row.symbol)).collect();
        let reads = wanted.into_iter().map(|scope| {
            let cache = state.cache.clone();
            async move { cache.get::<Breakdown>(&scope).await }
        });
        breakdowns = stream::iter(reads).buffered(AT_A_TIME).collect().await;
    }
    let (status, content) = payload(&overview, &signals, (&movers, &pulse), &breakdowns, limit);
    let mut body = content.clone();
    let as_of = newest(&overview, &signals);
    if let Value::Object(body) = &mut body {
        body.insert("age_ms".to_owned(), as_of.map_or(Value::Null, |as_of| age_ms(as_of, state.cache.now())));
    }
    Ok(tagged(&headers, status, content.to_string().as_bytes(), body.to_string().into_bytes()))
}

fn age_ms(as_of: UnixMs, now: UnixMs) -> Value {
    u64::try_from(as_of.age(now).as_millis()).map_or(Value::Null, Value::from)
}

fn newest(overview: &Reading<MarketOverview>, signals: &Reading<Signals>) -> Option<UnixMs> {
    let overview = overview.held().map(|held| held.as_of);
    overview.max(signals.held().map(|held| held.as_of))
}

/// The scored rows, best first.
fn best(rows: &[SignalRow], limit: usize) -> Vec<&SignalRow> {
    let mut scored: Vec<_> = rows.iter().filter_map(|row| row.score.value().map(|score| (score.get(), row))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.symbol.cmp(&b.1.symbol)));
    scored.into_iter().take(limit).map(|(_, row)| row).collect()
}

/// Known values under their old names, and the reasons of the others.
struct Fields {
    values: Map<String, Value>,
    missing: Map<String, Value>,
}

impl Fields {
    fn new() -> Self {
        Self { values: Map::new(), missing: Map::new() }
    }

    fn put<T>(&mut self, name: &str, figure: &Figure<T>, value: impl FnOnce(&T) -> Value) {
        match figure {
            Figure::Known { value: known, .. } => drop(self.values.insert(name.to_owned(), value(known))),
            Figure::Missing(why) => self.lack(name, why),
        }
    }

    fn some(&mut self, name: &str, value: Option<Value>, why: impl FnOnce() -> String) {
        match value {
            Some(value) => drop(self.values.insert(name.to_owned(), value)),
            None => self.lack(name, &why()),
        }
    }

    fn lack(&mut self, name: &str, why: &impl ToString) {
        self.values.insert(name.to_owned(), Value::Null);
        self.missing.insert(name.to_owned(), why.to_string().into());
    }
}

/// Everything but the age, which would make every answer differ.
fn payload(
    overview: &Reading<MarketOverview>,
    signals: &Reading<Signals>,
    (movers, pulse): (&Reading<MarketMovers>, &Reading<PerpsPulse>),
    breakdowns: &[Found<Breakdown>],
    limit: usize,
) -> (StatusCode, Value) {
    let (status, word) = match (overview, signals) {
        (Reading::Absent(_), Reading::Absent(_)) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (Reading::Fresh(_), Reading::Fresh(held)) if held.value.stats.unscored < rows(held.value.rows.len()) => {
            (StatusCode::OK, "success")
        }
        (Reading::Fresh(_), Reading::Fresh(_)) | (_, Reading::Absent(_)) | (Reading::Absent(_), _) => {
            (StatusCode::OK, "warming")
        }
        _ => (StatusCode::OK, "stale"),
    };
    let mut missing = Map::new();
    let fields = match overview {
        Reading::Absent(absence) => {
            let mut fields = Fields::new();
            for name in MARKET {
                fields.lack(name, &plain(absence));
            }
            missing.insert("market_overview".to_owned(), plain(absence).into());
            fields
        }
        Reading::Fresh(held) | Reading::Stale { held, .. } | Reading::Expired { last: held, .. } => market(&held.value),
    };
    missing.extend(fields.missing);
    let market = fields.values;
    let perps = perps(overview, pulse);
    missing.extend(perps.missing);
    let scores: Vec<Value> = match signals.held() {
        Some(held) => {
            let never = Err(schema::Absence::NeverWritten);
            let breakdowns = breakdowns.iter().chain(std::iter::repeat(&never));
            best(&held.value.rows, limit).into_iter().zip(breakdowns).map(|(row, found)| score(row, found)).collect()
        }
        None => {
            missing.insert("confluence_scores".to_owned(), "waiting for the first scan".into());
            Vec::new()
        }
    };
    let side = |pick: fn(&MarketMovers) -> &Vec<Mover>| -> Vec<Value> {
        movers.held().map_or_else(Vec::new, |held| pick(&held.value).iter().take(MOVERS).map(mover).collect())
    };
    if let Reading::Absent(absence) = movers {
        missing.insert("top_movers".to_owned(), plain(absence).into());
    }
    let source = signals.held().map(|held| held.value.source).or_else(|| overview.held().map(|held| held.value.source));
    let content = json!({
        "status": word,
        "source": "cache",
        "data_source": source,
        "timestamp": newest(overview, signals).map(|as_of| as_of.0.div_euclid(1_000)),
        "market_overview": market,
        "confluence_scores": scores,
        "top_movers": { "gainers": side(|m| &m.day.gainers), "losers": side(|m| &m.day.losers) },
        "perps": perps.values,
        "missing": missing,
    });
    (status, content)
}

fn rows(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The names of the market's fields, for an answer that has no values of them.
const MARKET: [&str; 24] = [
    "market_regime",
    "trend_strength",
    "volatility",
    "current_volatility",
    "avg_volatility",
    "market_dispersion",
    "avg_market_dispersion",
    "btc_dominance",
    "btc_price",
    "btc_volatility",
    "btc_daily_volatility",
    "btc_vol_days",
    "total_volume_24h",
    "average_change",
    "gainers",
    "losers",
    "total_symbols",
    "total_market_cap",
    "market_cap_change_24h",
    "fear_greed_value",
    "fear_greed_label",
    "eth_dominance",
    "stablecoin_dominance",
    "altcoin_dominance",
];

fn market(overview: &MarketOverview) -> Fields {
    let mut fields = Fields::new();
    let pct = |pct: &schema::Pct| json!(pct.get());
    fields.put("market_regime", &overview.regime, |regime| regime.label.as_str().into());
    fields.put("trend_strength", &overview.signal_balance, |score| json!(score.get()));
    // The ancestor called the spread over symbols a volatility under three names.
    fields.put("volatility", &overview.dispersion_24h, pct);
    fields.put("current_volatility", &overview.dispersion_24h, pct);
    fields.put("avg_volatility", &overview.dispersion_24h_mean, pct);
    fields.put("market_dispersion", &overview.dispersion_24h, pct);
    fields.put("avg_market_dispersion", &overview.dispersion_24h_mean, pct);
    fields.put("btc_dominance", &overview.btc_dominance, pct);
    fields.put("btc_price", &overview.btc_price, |price| json!(price.get()));
    fields.put("btc_volatility", &overview.btc_realised_volatility, pct);
    fields.put("btc_daily_volatility", &overview.btc_daily_volatility, pct);
    fields.values.insert("btc_vol_days".to_owned(), overview.btc_volatility_days.into());
    fields.put("total_volume_24h", &overview.total_turnover_24h, |usd| json!(usd.get()));
    fields.put("average_change", &overview.average_change_24h, pct);
    fields.values.insert("gainers".to_owned(), overview.gainers.into());
    fields.values.insert("losers".to_owned(), overview.losers.into());
    fields.values.insert("total_symbols".to_owned(), overview.total_symbols.into());
    fields.put("total_market_cap", &overview.total_market_cap, |usd| json!(usd.get()));
    fields.put("market_cap_change_24h", &overview.market_cap_change_24h, pct);
    fields.put("fear_greed_value", &overview.fear_greed, |index| json!(index.value.get()));
    fields.put("fear_greed_label", &overview.fear_greed, |index| index.label.as_str().into());
    fields.put("eth_dominance", &overview.eth_dominance, pct);
    fields.put("stablecoin_dominance", &overview.stablecoin_dominance, pct);
    match (&overview.btc_dominance, &overview.stablecoin_dominance) {
        (Figure::Known { value: btc, .. }, Figure::Known { value: stable, .. }) => {
            fields.values.insert("altcoin_dominance".to_owned(), json!(100.0 - btc.get() - stable.get()));
        }
        (Figure::Missing(why), _) | (_, Figure::Missing(why)) => fields.lack("altcoin_dominance", why),
    }
    fields
}

/// The pulse under its old names: funding in percent per 8 h, shares of accounts in percent, and what was called the basis,
/// the premium of the mark price, in percent.
fn perps(overview: &Reading<MarketOverview>, pulse: &Reading<PerpsPulse>) -> Fields {
    let mut fields = Fields::new();
    match pulse.held() {
        Some(held) => {
            let pulse = &held.value;
            fields.put("funding_rate", &pulse.funding_per_8h, |pct| json!(pct.get()));
            fields.put("funding_zscore", &pulse.funding_z, |z| json!(z));
            fields.put("long_pct", &pulse.accounts_long, |long| json!(100.0 * long.get()));
            fields.put("short_pct", &pulse.accounts_long, |long| json!(100.0 * (1.0 - long.get())));
            fields.put("open_interest", &pulse.open_interest_usd, |usd| json!(usd.get()));
            fields.put("basis_pct", &pulse.premium_bps, |bps| json!(bps / 100.0));
        }
        None => {
            for name in ["funding_rate", "funding_zscore", "long_pct", "short_pct", "open_interest", "basis_pct"] {
                fields.lack(name, &Why::NotYet);
            }
        }
    }
    match overview.held() {
        Some(held) => fields.put("volume_24h", &held.value.total_turnover_24h, |usd| json!(usd.get())),
        None => fields.lack("volume_24h", &Why::NotYet),
    }
    fields
}

/// One scored row, with the reason of each value that it lacks.
fn score(row: &SignalRow, found: &Found<Breakdown>) -> Value {
    let mut fields = Fields::new();
    fields.put("score", &row.score, |score| json!(score.get()));
    fields.put("confluence_score", &row.score, |score| json!(score.get()));
    let unscored = || row.score.why().map_or_else(|| "not stated".to_owned(), ToString::to_string);
    let direction = row.direction.map(|direction| match direction {
        Direction::Long => "BULLISH",
        Direction::Neutral => "NEUTRAL",
        Direction::Short => "BEARISH",
    });
    fields.some("sentiment", direction.map(Value::from), unscored);
    let reliability = row.agreement.map(|agreement| json!(agreement.get() * row.coverage.get() * 100.0));
    fields.some("reliability", reliability, unscored);
    fields.put("change_24h", &row.quote.change_24h, |pct| json!(pct.get()));
    for name in ["volume_24h", "turnover_24h"] {
        fields.put(name, &row.quote.turnover_24h, |usd| json!(usd.get()));
    }
    fields.put("high_24h", &row.quote.high_24h, |price| json!(price.get()));
    fields.put("low_24h", &row.quote.low_24h, |price| json!(price.get()));
    let mut components = Fields::new();
    for (dimension, score) in row.dimensions.iter() {
        let value = score.map(|score| json!(score.get()));
        components.some(dimension.as_str(), value, || why(dimension, found));
    }
    let history = found.as_ref().map_or(&[][..], |held| held.value.history.as_slice());
    let mut missing = fields.missing;
    if !components.missing.is_empty() {
        missing.insert("components".to_owned(), components.missing.into());
    }
    if let Err(absence) = found {
        missing.insert("score_history".to_owned(), plain(absence).into());
    }
    let mut value = fields.values;
    value.insert("symbol".to_owned(), json!(row.symbol));
    value.insert("price".to_owned(), json!(row.quote.price));
    value.insert("components".to_owned(), components.values.into());
    value.insert("has_breakdown".to_owned(), found.is_ok().into());
    let scores: Vec<f64> = history.iter().map(|point| point.score.get()).collect();
    value.insert("score_history".to_owned(), scores.into());
    value.insert("missing".to_owned(), missing.into());
    value.into()
}

/// Why a dimension has no score: its breakdown says so.
fn why(dimension: Dimension, found: &Found<Breakdown>) -> String {
    match found {
        Ok(held) => {
            let part = held.value.dimensions.iter().find(|part| part.dimension == dimension);
            let why = part.and_then(|part| part.lean.why());
            why.map_or_else(|| "not in the newest breakdown".to_owned(), ToString::to_string)
        }
        Err(absence) => format!("its breakdown is missing: {}", plain(absence)),
    }
}

fn mover(mover: &Mover) -> Value {
    json!({
        "symbol": mover.symbol,
        "price": mover.price,
        "change": mover.change,
        "change_24h": mover.change,
        "turnover_24h": mover.turnover_24h,
        "volume_24h": mover.turnover_24h,
    })
}

#[cfg(test)]
mod tests;

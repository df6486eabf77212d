//! The REST routes: `/v5/market/…`, category `linear`.
//!
//! As on the exchange a request that is wrong is answered with HTTP 200 and a `retCode` other than 0.

use std::collections::{HashMap, VecDeque};

use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use schema::Symbol;

use super::{
    candle::{Bar, HOUR, MINUTE, Span},
    contract::Contract,
    frames::kline_row,
    json::Json,
    market::Market,
    positions::Sample,
    rows,
    shared::Shared,
};

type Params = HashMap<String, String>;

/// Why a request is wrong; always code 10001.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused(String);

impl Refused {
    fn parameter(name: &str) -> Self {
        Self(format!("params error: {name} invalid"))
    }
}

type Answered = Result<String, Refused>;

/// The routes.
pub(crate) fn routes() -> Router<Shared> {
    let route = |answer: fn(&Market, &Params) -> Answered| {
        get(move |State(shared): State<Shared>, Query(params): Query<Params>| async move {
            shared.with(move |exchange| envelope(exchange.market(), answer(exchange.market(), &params))).await
        })
    };
    Router::new()
        .route("/v5/market/time", route(time))
        .route("/v5/market/instruments-info", route(instruments))
        .route("/v5/market/tickers", route(tickers))
        .route("/v5/market/kline", route(kline))
        .route("/v5/market/recent-trade", route(recent_trades))
        .route("/v5/market/open-interest", route(open_interest))
        .route("/v5/market/funding/history", route(funding_history))
        .route("/v5/market/account-ratio", route(account_ratio))
        .route("/v5/market/orderbook", route(order_book))
        .fallback(|| async { StatusCode::NOT_FOUND })
}

fn envelope(market: &Market, answered: Answered) -> Response {
    let (code, message, result) = match answered {
        Ok(result) => (0, "OK".to_owned(), result),
        Err(Refused(message)) => (10_001, message, "{}".to_owned()),
    };
    let mut out = String::with_capacity(result.len() + 128);
    let mut body = Json::object(&mut out);
    body.number("retCode", code).foreign("retMsg", &message);
    body.member("result").push_str(&result);
    body.member("retExtInfo").push_str("{}");
    body.number("time", market.now());
    body.end();
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], out).into_response()
}

fn linear(params: &Params, required: bool) -> Result<(), Refused> {
    match params.get("category").map(String::as_str) {
        Some("linear") => Ok(()),
        None if !required => Ok(()),
        Some("spot" | "inverse" | "option") => {
            Err(Refused("params error: only category linear is simulated".to_owned()))
        }
        _ => Err(Refused("params error: Category is invalid".to_owned())),
    }
}

fn contract<'a>(market: &'a Market, params: &Params) -> Result<&'a Contract, Refused> {
    let symbol = params.get("symbol").and_then(|text| Symbol::new(text).ok());
    symbol.and_then(|symbol| market.contract(symbol)).ok_or_else(|| Refused::parameter("symbol"))
}

fn limit(params: &Params, default: usize, most: usize) -> Result<usize, Refused> {
    params.get("limit").filter(|text| !text.is_empty()).map_or(Ok(default), |text| {
        text.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| Refused::parameter("limit"))
    })
}

fn moment(params: &Params, name: &str) -> Result<Option<i64>, Refused> {
    let text = params.get(name).filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| Refused::parameter(name))).transpose()
}

/// The inclusive range that two parameters ask for.
fn range(params: &Params, from: &str, to: &str) -> Result<std::ops::RangeInclusive<i64>, Refused> {
    let (from, to) = (moment(params, from)?.unwrap_or(i64::MIN), moment(params, to)?.unwrap_or(i64::MAX));
    if from > to { Err(Refused::parameter("time range")) } else { Ok(from..=to) }
}

fn time(market: &Market, _: &Params) -> Answered {
    let now = market.now().0;
    Ok(format!("{{\"timeSecond\":\"{}\",\"timeNano\":\"{now}000000\"}}", now.div_euclid(1_000)))
}

/// An answer of rows: `{"category":"linear","list":[…]}` with what else belongs beside them.
fn listed(write: impl FnOnce(&mut Json<'_>), beside: impl FnOnce(&mut Json<'_>)) -> Answered {
    let mut out = String::new();
    let mut result = Json::object(&mut out);
    result.text("category", "linear");
    let mut list = Json::array(result.member("list"));
    write(&mut list);
    list.end();
    beside(&mut result);
    result.end();
    Ok(out)
}

fn instruments(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let limit = limit(params, 500, 1_000)?;
    if params.get("symbol").is_some_and(|text| !text.is_empty()) {
        contract(market, params)?;
    }
    let asked = |name: &str, value: &str| params.get(name).is_none_or(|text| text.is_empty() || text == value);
    let trading = asked("status", "Trading");
    let contracts = market.contracts();
    // The cursor names the last row of the page before.
    let first = match params.get("cursor").filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => {
            let last = text.replace("%3D", "=").strip_prefix("last=").map(ToOwned::to_owned);
            let place = last.and_then(|last| contracts.iter().position(|one| one.listing().symbol.as_str() == last));
            place.ok_or_else(|| Refused::parameter("cursor"))? + 1
        }
    };
    let mut chosen = contracts[first..]
        .iter()
        .map(Contract::listing)
        .filter(|listing| trading && asked("symbol", listing.symbol.as_str()) && asked("baseCoin", &listing.base));
    let page: Vec<_> = chosen.by_ref().take(limit).collect();
    let more = chosen.next().is_some();
    let cursor = page.last().filter(|_| more).map_or_else(String::new, |last| format!("last%3D{}", last.symbol));
    listed(
        |list| page.iter().for_each(|listing| rows::instrument(listing, list.element())),
        |result| {
            result.text("nextPageCursor", &cursor);
        },
    )
}

fn tickers(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contracts = if params.get("symbol").is_some_and(|text| !text.is_empty()) {
        std::slice::from_ref(contract(market, params)?)
    } else {
        market.contracts()
    };
    listed(|list| contracts.iter().for_each(|one| rows::ticker(one, list.element())), |_| {})
}

fn kline(market: &Market, params: &Params) -> Answered {
    linear(params, false)?;
    let contract = contract(market, params)?;
    let span = params
        .get("interval")
        .and_then(|name| Span::parse(name))
        .ok_or_else(|| Refused("Invalid period!".to_owned()))?;
    let limit = limit(params, 200, 1_000)?;
    let range = range(params, "start", "end")?;
    let series = contract.candles().of(span);
    let newest_first = std::iter::once(series.running()).chain(series.closed().iter().rev());
    let page: Vec<&Bar> = newest_first.filter(|bar| range.contains(&bar.start)).take(limit).collect();
    listed(
        |list| page.iter().for_each(|bar| kline_row(contract.listing(), bar, list.element())),
        |result| {
            result.text("symbol", contract.listing().symbol.as_str());
        },
    )
}

fn recent_trades(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contract = contract(market, params)?;
    let limit = limit(params, 500, 1_000)?;
    let latest = contract.trades().iter().rev().take(limit);
    listed(|list| latest.for_each(|fill| rows::trade(contract, fill, list.element())), |_| {})
}

/// A page of samples, newest first, and the cursor of the next one.
fn page(
    samples: &VecDeque<Sample>,
    params: &Params,
    interval: &str,
    most: usize,
) -> Result<(Vec<Sample>, String), Refused> {
    let every = match params.get(interval).map(String::as_str) {
        Some("5min") => 5 * MINUTE,
        Some("15min") => 15 * MINUTE,
        Some("30min") => 30 * MINUTE,
        Some("1h") => HOUR,
        Some("4h") => 4 * HOUR,
        Some("1d") => 24 * HOUR,
        _ => return Err(Refused::parameter(interval)),
    };
    let limit = limit(params, 50, most)?;
    let range = range(params, "startTime", "endTime")?;
    let before = match params.get("cursor").filter(|text| !text.is_empty()) {
        None => i64::MAX,
        Some(text) => {
            let text = text.replace("%3D", "=").replace("%26", "&");
            let seconds = text.split_once("lasttime=").and_then(|(_, rest)| rest.parse::<i64>().ok());
            seconds.and_then(|seconds| seconds.checked_mul(1_000)).ok_or_else(|| Refused::parameter("cursor"))?
        }
    };
    let wanted = |sample: &Sample| sample.at % every == 0 && sample.at < before && range.contains(&sample.at);
    let mut newest_first = samples.iter().rev().copied().filter(wanted);
    let page: Vec<Sample> = newest_first.by_ref().take(limit).collect();
    let more = newest_first.next().is_some();
    let cursor = page
        .last()
        .filter(|_| more)
        .map_or_else(String::new, |last| format!("lastid%3D0%26lasttime%3D{}", last.at.div_euclid(1_000)));
    Ok((page, cursor))
}

fn open_interest(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contract = contract(market, params)?;
    let (page, cursor) = page(contract.positions().open_history(), params, "intervalTime", 200)?;
    listed(
        |list| page.iter().for_each(|sample| rows::open_interest(contract.listing(), *sample, list.element())),
        |result| {
            result.text("symbol", contract.listing().symbol.as_str()).text("nextPageCursor", &cursor);
        },
    )
}

fn account_ratio(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contract = contract(market, params)?;
    let (page, cursor) = page(contract.positions().long_history(), params, "period", 500)?;
    listed(
        |list| page.iter().for_each(|sample| rows::accounts(contract.listing(), *sample, list.element())),
        |result| {
            result.text("nextPageCursor", &cursor);
        },
    )
}

fn funding_history(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contract = contract(market, params)?;
    let limit = limit(params, 200, 200)?;
    if moment(params, "startTime")?.is_some() && moment(params, "endTime")?.is_none() {
        return Err(Refused("params error: endTime is required with startTime".to_owned()));
    }
    let range = range(params, "startTime", "endTime")?;
    let newest_first = contract.positions().funding_history().iter().rev();
    let page = newest_first.filter(|sample| range.contains(&sample.at)).take(limit);
    listed(|list| page.for_each(|sample| rows::funding(contract.listing(), *sample, list.element())), |_| {})
}

fn order_book(market: &Market, params: &Params) -> Answered {
    linear(params, true)?;
    let contract = contract(market, params)?;
    let depth = limit(params, 25, 1_000)?;
    let mut out = String::new();
    rows::order_book(contract, depth, market.now().0, &mut out);
    Ok(out)
}

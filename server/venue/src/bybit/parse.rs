//! From the wire to events, for HTTP: pure functions from JSON text to values.
//!
//! Strings become numbers here and only here. A number that is not finite or cannot be is an error that names its
//! field; an empty string is no value; nothing is ever filled in.

use schema::{Candle, Invalid, Side, Symbol, Trade, UnixMs};
use serde::Deserialize;

use super::{
    model::{
        AccountsRow, CandleRow, Envelope, FundingRow, InstrumentRow, List, OpenInterestRow, Text, TickerRow, TradeRow,
    },
    ticker::TickerState,
};
pub(super) use crate::wire::{amount, named, number, price, stamp, symbol, time};
use crate::{Accounts, Instrument, OpenInterest, PaidFunding, Ticker};

pub use crate::wire::ParseError;

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows that could be understood.
    pub rows: Vec<T>,
    /// Why others could not.
    pub refused: Vec<Invalid>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

/// Opens the envelope of an answer.
///
/// # Errors
///
/// When the body is not JSON or not the envelope.
pub fn envelope(body: &[u8]) -> Result<Envelope<'_>, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Reads `/v5/market/instruments-info`. A contract that is not understood does not hide the others.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows is understood.
pub fn instruments(result: &str) -> Result<Page<Instrument>, ParseError> {
    page(result, |row: &InstrumentRow<'_>| {
        let filter = row.price_filter.as_ref().and_then(|filter| filter.tick_size.as_ref());
        Ok(Some(Instrument {
            symbol: symbol(row.symbol.as_str())?,
            base: named("baseCoin", row.base_coin.as_ref())?.to_owned(),
            quote: named("quoteCoin", row.quote_coin.as_ref())?.to_owned(),
            perpetual: named("contractType", row.contract_type.as_ref())? == "LinearPerpetual",
            trading: named("status", row.status.as_ref())? == "Trading" && row.is_pre_listing != Some(true),
            kind: row.symbol_type.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
            tick: price("tickSize", named("tickSize", filter)?)?,
            launched_at: time("launchTime", named("launchTime", row.launch_time.as_ref())?)?,
        }))
    })
}

/// How often the contracts of `/v5/market/instruments-info` pay funding, in hours; without those that tell none, as
/// dated ones, or none in whole hours of a day.
///
/// # Errors
///
/// [`ParseError`] when the list is not one.
pub fn funding_intervals(result: &str) -> Result<Vec<(Symbol, u8)>, ParseError> {
    let list: List<'_, InstrumentRow<'_>> = serde_json::from_str(result)?;
    let hours = |row: &InstrumentRow<'_>| {
        let minutes = row.funding_interval.filter(|minutes| *minutes > 0 && minutes % 60 == 0)?;
        let hours = u8::try_from(minutes / 60).ok().filter(|hours| *hours <= 24)?;
        Some((Symbol::new(row.symbol.as_str()).ok()?, hours))
    };
    Ok(list.list.iter().filter_map(hours).collect())
}

/// Reads `/v5/market/tickers`, told at `at`; `funding_hours` is asked where a ticker does not tell its interval. A contract without a last price is left out: it has no state yet.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows is understood.
pub fn tickers(
    result: &str,
    at: UnixMs,
    funding_hours: impl Fn(Symbol) -> Option<u8>,
) -> Result<Page<(Symbol, Ticker)>, ParseError> {
    page(result, |row: &TickerRow<'_>| {
        let symbol = symbol(named("symbol", row.symbol.as_ref())?)?;
        let mut state = TickerState::default();
        state.merge(row)?;
        Ok(state.ticker(at, funding_hours(symbol)).map(|ticker| (symbol, ticker)))
    })
}

/// Reads `/v5/market/kline` at the server's time `now`: oldest first, each start once, candles that ended by `now`.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn candles(result: &str, interval_ms: i64, now: UnixMs) -> Result<Vec<Candle>, ParseError> {
    let list: List<'_, CandleRow<'_>> = serde_json::from_str(result)?;
    let mut candles = Vec::with_capacity(list.list.len());
    for row in &list.list {
        let field = |place: usize, field: &'static str| named(field, row.get(place));
        let candle = Candle {
            start: time("start", field(0, "start")?)?,
            open: number("open", field(1, "open")?)?,
            high: number("high", field(2, "high")?)?,
            low: number("low", field(3, "low")?)?,
            close: number("close", field(4, "close")?)?,
            volume: number("volume", field(5, "volume")?)?,
            turnover: number("turnover", field(6, "turnover")?)?,
        };
        candle.check()?;
        candles.push(candle);
    }
    candles.retain(|candle| candle.start.0.saturating_add(interval_ms) <= now.0);
    candles.sort_by_key(|candle| candle.start);
    candles.dedup_by_key(|candle| candle.start);
    Ok(candles)
}

/// Reads `/v5/market/recent-trade`: oldest first, without trades agreed outside the book.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn trades(result: &str) -> Result<Vec<Trade>, ParseError> {
    let list: List<'_, TradeRow<'_>> = serde_json::from_str(result)?;
    // The newest comes first; reversing keeps the order of trades within one millisecond.
    let rows = list.list.iter().rev().filter(|row| row.is_block_trade != Some(true));
    let mut trades = rows
        .map(|row| trade(time("time", row.time.as_str())?, &row.side, &row.price, &row.size))
        .collect::<Result<Vec<_>, _>>()?;
    trades.sort_by_key(|trade| trade.at);
    Ok(trades)
}

/// Reads a page of `/v5/market/open-interest`: one side, as listed (newest first).
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn open_interest(result: &str) -> Result<Page<OpenInterest>, ParseError> {
    strict(result, |row: &OpenInterestRow<'_>| {
        let single = one_side(row.open_interest.as_ref(), row.single_open_interest.as_ref())?;
        let coins = single.ok_or_else(|| Invalid::new("openInterest", "is missing"))?;
        Ok(OpenInterest { at: time("timestamp", row.timestamp.as_str())?, coins })
    })
}

/// Reads `/v5/market/funding/history`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn funding_history(result: &str) -> Result<Vec<PaidFunding>, ParseError> {
    let mut page = strict(result, |row: &FundingRow<'_>| {
        let at = time("fundingRateTimestamp", row.funding_rate_timestamp.as_str())?;
        Ok(PaidFunding { at, rate: number("fundingRate", row.funding_rate.as_str())? })
    })?;
    page.rows.sort_by_key(|paid| paid.at);
    page.rows.dedup_by_key(|paid| paid.at);
    Ok(page.rows)
}

/// Reads a page of `/v5/market/account-ratio`, as listed (newest first).
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible: the two shares must be shares and make up
/// the whole, but for rounding.
pub fn accounts(result: &str) -> Result<Page<Accounts>, ParseError> {
    strict(result, |row: &AccountsRow<'_>| {
        let long = number("buyRatio", row.buy_ratio.as_str())?;
        let short = number("sellRatio", row.sell_ratio.as_str())?;
        if !(0.0..=1.0).contains(&long) {
            return Err(Invalid::new("buyRatio", format!("{long} is not a share")));
        }
        if (long + short - 1.0).abs() > 0.001 {
            return Err(Invalid::new("sellRatio", format!("{long} and {short} do not make up the whole")));
        }
        Ok(Accounts { at: time("timestamp", row.timestamp.as_str())?, long })
    })
}

/// A list in which a row that is not understood is set aside.
fn page<'a, R: Deserialize<'a>, T>(
    result: &'a str,
    read: impl Fn(&R) -> Result<Option<T>, Invalid>,
) -> Result<Page<T>, ParseError> {
    let list: List<'a, R> = serde_json::from_str(result)?;
    let mut page = Page { rows: Vec::with_capacity(list.list.len()), refused: Vec::new(), next: cursor(&list) };
    for row in &list.list {
        match read(row) {
            Ok(row) => page.rows.extend(row),
            Err(invalid) => page.refused.push(invalid),
        }
    }
    if page.rows.is_empty()
        && let Some(invalid) = page.refused.pop()
    {
        return Err(invalid.into());
    }
    Ok(page)
}

/// A list in which every row must be understood.
fn strict<'a, R: Deserialize<'a>, T>(
    result: &'a str,
    read: impl Fn(&R) -> Result<T, Invalid>,
) -> Result<Page<T>, ParseError> {
    let list: List<'a, R> = serde_json::from_str(result)?;
    let rows = list.list.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { rows, refused: Vec::new(), next: cursor(&list) })
}

fn cursor<R>(list: &List<'_, R>) -> Option<String> {
    list.next_page_cursor.as_ref().map(Text::as_str).filter(|cursor| !cursor.is_empty()).map(str::to_owned)
}

/// One trade of a list or of the stream.
pub(super) fn trade(at: UnixMs, side: &Text<'_>, price_text: &Text<'_>, size: &Text<'_>) -> Result<Trade, Invalid> {
    let side = match side.as_str() {
        "Buy" => Side::Buy,
        "Sell" => Side::Sell,
        other => return Err(Invalid::new("side", format!("`{other}` is not a side"))),
    };
    Ok(Trade::new(at, side, price("price", price_text.as_str())?, amount("size", size.as_str())?))
}

/// Open interest of one side; the venue's own figure, or half of both sides where it does not tell.
pub(super) fn one_side(both: Option<&Text<'_>>, single: Option<&Text<'_>>) -> Result<Option<f64>, Invalid> {
    let read = |field, text: Option<&Text<'_>>| {
        text.map(Text::as_str).filter(|text| !text.is_empty()).map(|text| amount(field, text)).transpose()
    };
    Ok(match read("singleOpenInterest", single)? {
        Some(single) => Some(single),
        None => read("openInterest", both)?.map(|both| both / 2.0),
    })
}

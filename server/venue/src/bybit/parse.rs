//! From the wire to events, for HTTP: pure functions from JSON text to values.
//!
//! Strings become numbers here and only here. A number that is not finite or cannot be is an error that names its
//! field; an empty string is no value; nothing is ever filled in.

use schema::{Candle, Invalid, Side, Symbol, Trade, UnixMs};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    model::{
        AccountsRow, CandleRow, Envelope, FundingRow, InstrumentRow, List, OpenInterestRow, Text, TickerRow, TradeRow,
    },
    ticker::TickerState,
};
pub(super) use crate::wire::{amount, named, number, price, stamp, symbol, time};
use crate::{
    Accounts, Instrument, OpenInterest, PaidFunding, Ticker,
    intervals::funding_hours,
    rows::{Rows, Skipped, usable},
};

pub use crate::wire::ParseError;

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows that could be used.
    pub rows: Vec<T>,
    /// The malformed ones.
    pub skipped: Vec<Skipped>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

/// The state of a contract that is listed for trading and not open to it yet.
const PRE_LISTING: &str = "PreListing";

/// Opens the envelope of an answer.
///
/// # Errors
///
/// When the body is not JSON or not the envelope.
pub fn envelope(body: &[u8]) -> Result<Envelope<'_>, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Reads `/v5/market/instruments-info`: each contract, and how often it pays funding, in hours; none for those that give no
/// whole hours of a day, as dated ones.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn instruments(result: &str) -> Result<Page<(Instrument, Option<u8>)>, ParseError> {
    page(result, |row: &InstrumentRow<'_>| {
        let filter = row.price_filter.as_ref().and_then(|filter| filter.tick_size.as_ref());
        let word = |text: Option<&Text<'_>>| text.map(|text| text.as_str().to_owned()).unwrap_or_default();
        let (contract_type, status) = (word(row.contract_type.as_ref()), word(row.status.as_ref()));
        let minutes = row.funding_interval.filter(|minutes| *minutes > 0 && minutes % 60 == 0);
        let instrument = Instrument {
            symbol: symbol(row.symbol.as_str())?,
            base: named("baseCoin", row.base_coin.as_ref())?.to_owned(),
            quote: named("quoteCoin", row.quote_coin.as_ref())?.to_owned(),
            perpetual: contract_type == "LinearPerpetual",
            trading: status == "Trading" && row.is_pre_listing != Some(true),
            status: if row.is_pre_listing == Some(true) && status == "Trading" {
                PRE_LISTING.to_owned()
            } else {
                status
            },
            contract_type,
            kind: word(row.symbol_type.as_ref()),
            tick: price("tickSize", named("tickSize", filter)?)?,
            launched_at: time("launchTime", named("launchTime", row.launch_time.as_ref())?)?,
            // "0" as long as no end is announced.
            delivery_at: figure("deliveryTime", row.delivery_time.as_ref(), time)?.filter(|at| at.0 > 0),
        };
        Ok(Some((instrument, minutes.and_then(|minutes| funding_hours(minutes / 60)))))
    })
}

/// Reads `/v5/market/tickers` as of `at`; `funding_hours` is used where a ticker does not state its interval. A contract without a last
/// price is left out: it has no state yet.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
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
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn candles(result: &str, interval_ms: i64, now: UnixMs) -> Result<Page<Candle>, ParseError> {
    let mut page = page(result, |row: &CandleRow<'_>| {
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
        Ok(Some(candle).filter(|candle| candle.start.0.saturating_add(interval_ms) <= now.0))
    })?;
    page.rows.sort_by_key(|candle| candle.start);
    page.rows.dedup_by_key(|candle| candle.start);
    Ok(page)
}

/// Reads `/v5/market/recent-trade`: oldest first, without trades agreed outside the book.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn trades(result: &str) -> Result<Page<Trade>, ParseError> {
    let mut page = page(result, |row: &TradeRow<'_>| {
        if row.is_block_trade == Some(true) {
            return Ok(None);
        }
        trade(time("time", row.time.as_str())?, &row.side, &row.price, &row.size).map(Some)
    })?;
    // The newest comes first; reversing keeps the order of trades within one millisecond.
    page.rows.reverse();
    page.rows.sort_by_key(|trade| trade.at);
    Ok(page)
}

/// Reads a page of `/v5/market/open-interest`: one side, as listed (newest first).
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn open_interest(result: &str) -> Result<Page<OpenInterest>, ParseError> {
    page(result, |row: &OpenInterestRow<'_>| {
        let single = one_side(row.open_interest.as_ref(), row.single_open_interest.as_ref())?;
        let coins = single.ok_or_else(|| Invalid::new("openInterest", "is missing"))?;
        Ok(Some(OpenInterest { at: time("timestamp", row.timestamp.as_str())?, coins }))
    })
}

/// Reads a page of `/v5/market/funding/history`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn funding_history(result: &str) -> Result<Page<PaidFunding>, ParseError> {
    let mut page = page(result, |row: &FundingRow<'_>| {
        let at = time("fundingRateTimestamp", row.funding_rate_timestamp.as_str())?;
        Ok(Some(PaidFunding { at, rate: number("fundingRate", row.funding_rate.as_str())? }))
    })?;
    page.rows.sort_by_key(|paid| paid.at);
    page.rows.dedup_by_key(|paid| paid.at);
    Ok(page)
}

/// Reads a page of `/v5/market/account-ratio`, as listed (newest first).
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used: the two shares must be shares and make up the
/// whole, but for rounding.
pub fn accounts(result: &str) -> Result<Page<Accounts>, ParseError> {
    page(result, |row: &AccountsRow<'_>| {
        let long = number("buyRatio", row.buy_ratio.as_str())?;
        let short = number("sellRatio", row.sell_ratio.as_str())?;
        if !(0.0..=1.0).contains(&long) {
            return Err(Invalid::new("buyRatio", format!("{long} is not a share")));
        }
        if (long + short - 1.0).abs() > 0.001 {
            return Err(Invalid::new("sellRatio", format!("{long} and {short} do not make up the whole")));
        }
        Ok(Some(Accounts { at: time("timestamp", row.timestamp.as_str())?, long }))
    })
}

/// A list in which a malformed row is skipped.
fn page<'a, R: Deserialize<'a>, T>(
    result: &'a str,
    read: impl Fn(&R) -> Result<Option<T>, Invalid>,
) -> Result<Page<T>, ParseError> {
    let list: List<'a, &'a RawValue> = serde_json::from_str(result)?;
    let Rows { rows, skipped } = usable(&list.list, read)?;
    Ok(Page { rows, skipped, next: cursor(&list) })
}

/// A field that may be absent or empty.
fn figure<T>(
    field: &'static str,
    text: Option<&Text<'_>>,
    read: impl Fn(&'static str, &str) -> Result<T, Invalid>,
) -> Result<Option<T>, Invalid> {
    text.map(Text::as_str).filter(|text| !text.is_empty()).map(|text| read(field, text)).transpose()
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

/// Open interest of one side; the venue's own figure, or half of both sides where it has none.
pub(super) fn one_side(both: Option<&Text<'_>>, single: Option<&Text<'_>>) -> Result<Option<f64>, Invalid> {
    let read = |field, text: Option<&Text<'_>>| {
        text.map(Text::as_str).filter(|text| !text.is_empty()).map(|text| amount(field, text)).transpose()
    };
    Ok(match read("singleOpenInterest", single)? {
        Some(single) => Some(single),
        None => read("openInterest", both)?.map(|both| both / 2.0),
    })
}

//! From the wire to events, for HTTP: pure functions from JSON text to values.
//!
//! Strings become numbers here and only here; an empty string is no value; nothing is ever filled in.

use std::collections::HashMap;

use schema::{Candle, Invalid, Level, Side, Symbol, Trade, UnixMs};
use serde::Deserialize;

use super::{
    book::Whole,
    model::{
        AccountsRow, CandleRow, Depth, ExchangeInfo, FundingInfoRow, FundingRow, InstrumentRow, OpenInterestNow,
        OpenInterestRow, PremiumRow, Text, TickerRow, TradeRow,
    },
    ticker::{Day, Mark, TickerState},
};
use crate::{
    Accounts, Instrument, OpenInterest, PaidFunding, Ticker,
    wire::{amount, named, number, price, stamp, symbol},
};

pub use crate::wire::ParseError;

/// The rows of a list that could be understood, and why others could not.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// What is wrong with others.
    pub refused: Vec<Invalid>,
}

/// Reads `/fapi/v1/exchangeInfo`. A contract that is not understood does not hide the others.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows is understood.
pub fn instruments(body: &[u8]) -> Result<Rows<Instrument>, ParseError> {
    let info: ExchangeInfo<'_> = serde_json::from_slice(body)?;
    tolerant(&info.symbols, |row| instrument(row).map(Some))
}

fn instrument(row: &InstrumentRow<'_>) -> Result<Instrument, Invalid> {
    let of_price = |filter: &&super::model::Filter<'_>| {
        filter.filter_type.as_ref().is_some_and(|kind| kind.as_str() == "PRICE_FILTER")
    };
    let filter = row.filters.iter().find(of_price).and_then(|filter| filter.tick_size.as_ref());
    let kind = row.underlying_type.as_ref().map(Text::as_str).filter(|kind| *kind != "COIN");
    Ok(Instrument {
        symbol: symbol(row.symbol.as_str())?,
        base: named("baseAsset", row.base_asset.as_ref())?.to_owned(),
        quote: named("quoteAsset", row.quote_asset.as_ref())?.to_owned(),
        perpetual: row.contract_type.as_ref().is_some_and(|kind| kind.as_str() == "PERPETUAL"),
        trading: named("status", row.status.as_ref())? == "TRADING",
        kind: kind.map(str::to_ascii_lowercase).unwrap_or_default(),
        tick: price("tickSize", named("tickSize", filter)?)?,
        launched_at: stamp("onboardDate", row.onboard_date.ok_or_else(|| Invalid::new("onboardDate", "is missing"))?)?,
    })
}

/// Reads `/fapi/v1/fundingInfo`: the contracts whose interval is told, in hours.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or an interval in it is impossible.
pub fn funding_intervals(body: &[u8]) -> Result<Vec<(Symbol, u8)>, ParseError> {
    let rows: Vec<FundingInfoRow<'_>> = serde_json::from_slice(body)?;
    let mut hours = Vec::with_capacity(rows.len());
    for row in &rows {
        // A symbol in letters that no other list has is of no use.
        let Ok(symbol) = symbol(row.symbol.as_str()) else { continue };
        let told = u8::try_from(row.funding_interval_hours).ok().filter(|hours| (1..=24).contains(hours));
        let wrong = || Invalid::new("fundingIntervalHours", format!("{} is not", row.funding_interval_hours));
        hours.push((symbol, told.ok_or_else(wrong)?));
    }
    Ok(hours)
}

/// Reads `/fapi/v1/ticker/24hr` together with `/fapi/v1/premiumIndex`; `interval_hours` tells the interval of funding.
///
/// # Errors
///
/// [`ParseError`] when one of the lists is not one, or no contract is understood.
pub fn tickers(
    days: &[u8],
    premiums: &[u8],
    interval_hours: impl Fn(Symbol) -> Option<u8>,
) -> Result<Rows<(Symbol, Ticker)>, ParseError> {
    let days: Vec<TickerRow<'_>> = serde_json::from_slice(days)?;
    let premiums: Vec<PremiumRow<'_>> = serde_json::from_slice(premiums)?;
    let marks = tolerant(&premiums, |row| Ok(Some((symbol(row.symbol.as_str())?, Mark::of_row(row)?))))?;
    let held: HashMap<Symbol, Mark> = marks.rows.into_iter().collect();
    let mut tickers = tolerant(&days, |row| {
        let symbol = symbol(row.symbol.as_str())?;
        // A contract that has not traded yet has no state yet.
        if number("lastPrice", row.last_price.as_str())? == 0.0 {
            return Ok(None);
        }
        let mut state = TickerState::default();
        state.take_day(Day::of_row(row)?);
        if let Some(mark) = held.get(&symbol) {
            state.take_mark(*mark);
        }
        Ok(state.ticker(interval_hours(symbol)).map(|ticker| (symbol, ticker)))
    })?;
    tickers.refused.extend(marks.refused);
    Ok(tickers)
}

/// Reads `/fapi/v1/klines` at the server's time `now`: oldest first, each start once, candles that ended by `now`.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn candles(body: &[u8], now: UnixMs) -> Result<Vec<Candle>, ParseError> {
    let rows: Vec<CandleRow<'_>> = serde_json::from_slice(body)?;
    let mut candles = Vec::with_capacity(rows.len());
    for (start, open, high, low, close, volume, end, turnover, ..) in &rows {
        let candle = Candle {
            start: stamp("start", *start)?,
            open: number("open", open.as_str())?,
            high: number("high", high.as_str())?,
            low: number("low", low.as_str())?,
            close: number("close", close.as_str())?,
            volume: number("volume", volume.as_str())?,
            turnover: number("turnover", turnover.as_str())?,
        };
        candle.check()?;
        // The closing time is the last millisecond that belongs to it.
        if *end < now.0 {
            candles.push(candle);
        }
    }
    candles.sort_by_key(|candle| candle.start);
    candles.dedup_by_key(|candle| candle.start);
    Ok(candles)
}

/// Reads `/fapi/v1/aggTrades`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn trades(body: &[u8]) -> Result<Vec<Trade>, ParseError> {
    let rows: Vec<TradeRow<'_>> = serde_json::from_slice(body)?;
    let mut trades = rows.iter().map(trade).collect::<Result<Vec<_>, _>>()?;
    trades.sort_by_key(|trade| trade.at);
    Ok(trades)
}

/// Reads `/fapi/v1/openInterest`: one side.
///
/// # Errors
///
/// [`ParseError`] when it is not of the documented shape or impossible.
pub fn open_interest_now(body: &[u8]) -> Result<OpenInterest, ParseError> {
    let row: OpenInterestNow<'_> = serde_json::from_slice(body)?;
    Ok(OpenInterest { at: stamp("time", row.time)?, coins: amount("openInterest", row.open_interest.as_str())? })
}

/// Reads `/futures/data/openInterestHist`: one side, oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn open_interest(body: &[u8]) -> Result<Vec<OpenInterest>, ParseError> {
    let mut points = strict(body, |row: &OpenInterestRow<'_>| {
        let coins = amount("sumOpenInterest", row.sum_open_interest.as_str())?;
        Ok(OpenInterest { at: stamp("timestamp", row.timestamp)?, coins })
    })?;
    points.sort_by_key(|point| point.at);
    points.dedup_by_key(|point| point.at);
    Ok(points)
}

/// Reads `/fapi/v1/fundingRate`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible.
pub fn funding_history(body: &[u8]) -> Result<Vec<PaidFunding>, ParseError> {
    let mut paid = strict(body, |row: &FundingRow<'_>| {
        let rate = number("fundingRate", row.funding_rate.as_str())?;
        Ok(PaidFunding { at: stamp("fundingTime", row.funding_time)?, rate })
    })?;
    paid.sort_by_key(|paid| paid.at);
    paid.dedup_by_key(|paid| paid.at);
    Ok(paid)
}

/// Reads `/futures/data/globalLongShortAccountRatio`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one or a row of it is impossible: the two shares must be shares and make up
/// the whole, but for rounding.
pub fn accounts(body: &[u8]) -> Result<Vec<Accounts>, ParseError> {
    let mut accounts = strict(body, |row: &AccountsRow<'_>| {
        let long = number("longAccount", row.long_account.as_str())?;
        let short = number("shortAccount", row.short_account.as_str())?;
        if !(0.0..=1.0).contains(&long) {
            return Err(Invalid::new("longAccount", format!("{long} is not a share")));
        }
        if (long + short - 1.0).abs() > 0.001 {
            return Err(Invalid::new("shortAccount", format!("{long} and {short} do not make up the whole")));
        }
        Ok(Accounts { at: stamp("timestamp", row.timestamp)?, long })
    })?;
    accounts.sort_by_key(|accounts| accounts.at);
    accounts.dedup_by_key(|accounts| accounts.at);
    Ok(accounts)
}

/// Reads `/fapi/v1/depth`.
///
/// # Errors
///
/// [`ParseError`] when it is not of the documented shape, a level of it is impossible, or its best prices cross.
pub fn depth(body: &[u8]) -> Result<Whole, ParseError> {
    let depth: Depth<'_> = serde_json::from_slice(body)?;
    let (bids, asks) = (levels(&depth.bids)?, levels(&depth.asks)?);
    let best = |side: &[Level]| side.first().map(|level| level.price);
    if let (Some(bid), Some(ask)) = (best(&bids), best(&asks))
        && bid >= ask
    {
        return Err(Invalid::new("bids", format!("the best bid {bid} is not below the best ask {ask}")).into());
    }
    Ok(Whole { at: stamp("E", depth.at)?, last: depth.last_update, bids, asks })
}

/// One trade of a list or of a stream.
pub(super) fn trade(row: &TradeRow<'_>) -> Result<Trade, Invalid> {
    let side = if row.buyer_is_maker { Side::Sell } else { Side::Buy };
    Ok(Trade::new(stamp("T", row.at)?, side, price("p", row.price.as_str())?, amount("q", row.size.as_str())?))
}

/// Levels of a book.
pub(super) fn levels(rows: &[(Text<'_>, Text<'_>)]) -> Result<Vec<Level>, Invalid> {
    let level = |(price_text, size): &(Text<'_>, Text<'_>)| {
        Ok(Level { price: price("price", price_text.as_str())?, size: amount("size", size.as_str())? })
    };
    rows.iter().map(level).collect()
}

/// Rows of which one that is not understood is set aside.
fn tolerant<R, T>(list: &[R], read: impl Fn(&R) -> Result<Option<T>, Invalid>) -> Result<Rows<T>, ParseError> {
    let mut told = Rows { rows: Vec::with_capacity(list.len()), refused: Vec::new() };
    for row in list {
        match read(row) {
            Ok(row) => told.rows.extend(row),
            Err(invalid) => told.refused.push(invalid),
        }
    }
    if told.rows.is_empty()
        && let Some(invalid) = told.refused.pop()
    {
        return Err(invalid.into());
    }
    Ok(told)
}

/// A list in which every row must be understood.
fn strict<'a, R: Deserialize<'a>, T>(
    body: &'a [u8],
    read: impl Fn(&R) -> Result<T, Invalid>,
) -> Result<Vec<T>, ParseError> {
    let rows: Vec<R> = serde_json::from_slice(body)?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

//! From the wire to events, for HTTP: pure functions from JSON text to values.
//!
//! Strings become numbers here and only here; an empty string is no value; nothing is ever filled in.

use std::collections::HashMap;

use schema::{Candle, Invalid, Level, Side, Symbol, Trade, UnixMs};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    book::Whole,
    model::{
        AccountsRow, CandleRow, Depth, ExchangeInfo, FundingInfoRow, FundingRow, InstrumentRow, OpenInterestNow,
        OpenInterestRow, PremiumRow, Text, TickerRow, TradeRow,
    },
    ticker::{Day, Mark, TickerState},
};
use crate::{
    Accounts, Instrument, Kline, OpenInterest, PaidFunding, Ticker,
    intervals::funding_hours,
    rows::{Rows, Skipped, decode, usable},
    wire::{amount, named, number, price, stamp, symbol},
};

pub use crate::wire::ParseError;

/// Contracts whose end is later than this have none: Binance gives them a day in the year 2100.
const NO_END_MS: i64 = 4_000_000_000_000;

/// Reads `/fapi/v1/exchangeInfo`.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn instruments(body: &[u8]) -> Result<Rows<Instrument>, ParseError> {
    let info: ExchangeInfo<'_> = serde_json::from_slice(body)?;
    usable(&info.symbols, |row| instrument(row).map(Some))
}

fn instrument(row: &InstrumentRow<'_>) -> Result<Instrument, Invalid> {
    let of_price = |filter: &&super::model::Filter<'_>| {
        filter.filter_type.as_ref().is_some_and(|kind| kind.as_str() == "PRICE_FILTER")
    };
    let filter = row.filters.iter().find(of_price).and_then(|filter| filter.tick_size.as_ref());
    let word = |text: Option<&Text<'_>>| text.map(|text| text.as_str().to_owned()).unwrap_or_default();
    let (contract_type, status) = (word(row.contract_type.as_ref()), word(row.status.as_ref()));
    let tradifi = contract_type == "TRADIFI_PERPETUAL";
    let kind = match word(row.underlying_type.as_ref()) {
        // A contract on something else than a coin that does not say on what is still none on a coin.
        kind if tradifi && (kind.is_empty() || kind == "COIN") => contract_type.clone(),
        kind if kind == "COIN" => String::new(),
        kind => kind,
    };
    Ok(Instrument {
        symbol: symbol(row.symbol.as_str())?,
        base: named("baseAsset", row.base_asset.as_ref())?.to_owned(),
        quote: named("quoteAsset", row.quote_asset.as_ref())?.to_owned(),
        perpetual: tradifi || contract_type == "PERPETUAL",
        trading: status == "TRADING",
        status,
        contract_type,
        kind,
        tick: price("tickSize", named("tickSize", filter)?)?,
        launched_at: stamp("onboardDate", row.onboard_date.ok_or_else(|| Invalid::new("onboardDate", "is missing"))?)?,
        delivery_at: row.delivery_date.filter(|ms| (1..NO_END_MS).contains(ms)).map(UnixMs),
    })
}

/// Reads `/fapi/v1/fundingInfo`: the contracts that are listed, with their interval in hours. One whose interval is malformed
/// has none, for the usual one is not its own; its row counts as skipped.
///
/// # Errors
///
/// [`ParseError`] when the list is not one.
pub fn funding_intervals(body: &[u8]) -> Result<Rows<(Symbol, Option<u8>)>, ParseError> {
    let list: Vec<&RawValue> = serde_json::from_slice(body)?;
    let (rows, _) = decode(&list, |row: &FundingInfoRow<'_>| {
        let text = row.funding_interval_hours.map_or("null", RawValue::get);
        let hours = text.parse().ok().and_then(funding_hours);
        Ok(Some((symbol(row.symbol.as_str())?, hours.ok_or_else(|| text.chars().take(40).collect::<String>()))))
    });
    let mut intervals = Rows { rows: Vec::with_capacity(rows.rows.len()), skipped: rows.skipped };
    for (symbol, hours) in rows.rows {
        if let Err(text) = &hours {
            intervals.skipped.push(Skipped {
                contract: Some(symbol.to_string()),
                field: "fundingIntervalHours".to_owned(),
                problem: format!("`{text}` does not divide a day into whole hours"),
            });
        }
        intervals.rows.push((symbol, hours.ok()));
    }
    Ok(intervals)
}

/// Reads `/fapi/v1/ticker/24hr` together with `/fapi/v1/premiumIndex`; `interval_hours` returns the interval of funding.
///
/// # Errors
///
/// [`ParseError`] when one of the lists is not one, or no contract can be used.
pub fn tickers(
    days: &[u8],
    premiums: &[u8],
    interval_hours: impl Fn(Symbol) -> Option<u8>,
) -> Result<Rows<(Symbol, Ticker)>, ParseError> {
    let days: Vec<&RawValue> = serde_json::from_slice(days)?;
    let premiums: Vec<&RawValue> = serde_json::from_slice(premiums)?;
    let (marks, _) =
        decode(&premiums, |row: &PremiumRow<'_>| Ok(Some((symbol(row.symbol.as_str())?, Mark::of_row(row)?))));
    let held: HashMap<Symbol, Mark> = marks.rows.into_iter().collect();
    let mut tickers = usable(&days, |row: &TickerRow<'_>| {
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
    tickers.skipped.extend(marks.skipped);
    Ok(tickers)
}

/// Reads `/fapi/v1/klines` at the server's time `now`: oldest first, each start once, candles that ended by `now`. One whose volume
/// of buying takers is malformed stays, without it; its row counts as skipped.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn candles(body: &[u8], now: UnixMs) -> Result<Rows<Kline>, ParseError> {
    let read =
        list(body, |(start, open, high, low, close, volume, end, turnover, _, taker_buy, ..): &CandleRow<'_>| {
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
            let kline = Kline::with_taker_buy(candle, volume.as_str(), "takerBuy", Some(taker_buy));
            Ok(Some(kline).filter(|_| *end < now.0))
        })?;
    let mut candles = Rows { rows: Vec::with_capacity(read.rows.len()), skipped: read.skipped };
    for (kline, wrong) in read.rows {
        candles.rows.push(kline);
        candles.skipped.extend(wrong.map(|Invalid { field, problem }| Skipped {
            contract: None,
            field: field.to_owned(),
            problem,
        }));
    }
    candles.rows.sort_by_key(|kline| kline.candle.start);
    candles.rows.dedup_by_key(|kline| kline.candle.start);
    Ok(candles)
}

/// Reads `/fapi/v1/aggTrades`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn trades(body: &[u8]) -> Result<Rows<Trade>, ParseError> {
    let mut trades = list(body, |row: &TradeRow<'_>| trade(row).map(Some))?;
    trades.rows.sort_by_key(|trade| trade.at);
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
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn open_interest(body: &[u8]) -> Result<Rows<OpenInterest>, ParseError> {
    let mut points = list(body, |row: &OpenInterestRow<'_>| {
        let coins = amount("sumOpenInterest", row.sum_open_interest.as_str())?;
        Ok(Some(OpenInterest { at: stamp("timestamp", row.timestamp)?, coins }))
    })?;
    points.rows.sort_by_key(|point| point.at);
    points.rows.dedup_by_key(|point| point.at);
    Ok(points)
}

/// Reads `/fapi/v1/fundingRate`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used.
pub fn funding_history(body: &[u8]) -> Result<Rows<PaidFunding>, ParseError> {
    let mut paid = list(body, |row: &FundingRow<'_>| {
        let rate = number("fundingRate", row.funding_rate.as_str())?;
        Ok(Some(PaidFunding { at: stamp("fundingTime", row.funding_time)?, rate }))
    })?;
    paid.rows.sort_by_key(|paid| paid.at);
    paid.rows.dedup_by_key(|paid| paid.at);
    Ok(paid)
}

/// Reads `/futures/data/globalLongShortAccountRatio`: oldest first.
///
/// # Errors
///
/// [`ParseError`] when the list is not one, or none of its rows can be used: the two shares must be shares and make up the
/// whole, but for rounding.
pub fn accounts(body: &[u8]) -> Result<Rows<Accounts>, ParseError> {
    let mut accounts = list(body, |row: &AccountsRow<'_>| {
        let long = number("longAccount", row.long_account.as_str())?;
        let short = number("shortAccount", row.short_account.as_str())?;
        if !(0.0..=1.0).contains(&long) {
            return Err(Invalid::new("longAccount", format!("{long} is not a share")));
        }
        if (long + short - 1.0).abs() > 0.001 {
            return Err(Invalid::new("shortAccount", format!("{long} and {short} do not make up the whole")));
        }
        Ok(Some(Accounts { at: stamp("timestamp", row.timestamp)?, long }))
    })?;
    accounts.rows.sort_by_key(|accounts| accounts.at);
    accounts.rows.dedup_by_key(|accounts| accounts.at);
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

/// A list in which a malformed row is skipped.
fn list<'a, R: Deserialize<'a>, T>(
    body: &'a [u8],
    read: impl Fn(&R) -> Result<Option<T>, Invalid>,
) -> Result<Rows<T>, ParseError> {
    let list: Vec<&'a RawValue> = serde_json::from_slice(body)?;
    usable(&list, read)
}

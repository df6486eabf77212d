//! Bybit's messages as they are on the wire.
//!
//! Text is borrowed from the message. Prices, sizes and most times are strings; an empty one means "no value".
//! Fields that are not used are left out, and unknown ones are never refused: several new ones appear each year.

use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::wire::Text;

/// What every HTTP answer is wrapped in. Success is `retCode` 0, whatever `retMsg` says.
///
/// ```json
/// {"retCode":0,"retMsg":"OK","result":{},"retExtInfo":{},"time":1672025956592}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<'a> {
    /// 0 for success.
    pub ret_code: i64,
    /// Words for the log.
    #[serde(borrow, default)]
    pub ret_msg: Option<Text<'a>>,
    /// What was asked for; anything at all where the request failed.
    #[serde(borrow, default)]
    pub result: Option<&'a RawValue>,
    /// The server's time, in milliseconds.
    #[serde(default)]
    pub time: Option<i64>,
}

/// A list, and how to ask for the rest of it.
///
/// ```json
/// {"category":"linear","list":[],"nextPageCursor":""}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<'a, T> {
    /// The rows.
    pub list: Vec<T>,
    /// The cursor of the next page, already percent-encoded; empty, null or absent at the end.
    #[serde(borrow, default)]
    pub next_page_cursor: Option<Text<'a>>,
}

/// A contract of `/v5/market/instruments-info`.
///
/// ```json
/// {"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT",
///  "launchTime":"1585526400000","priceFilter":{"tickSize":"0.10"},"fundingInterval":480,"isPreListing":false,"symbolType":""}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentRow<'a> {
    /// The contract.
    #[serde(borrow)]
    pub symbol: Text<'a>,
    /// `LinearPerpetual` or `LinearFutures`.
    #[serde(borrow, default)]
    pub contract_type: Option<Text<'a>>,
    /// `PreLaunch`, `Trading`, `Delivering` or `Closed`.
    #[serde(borrow, default)]
    pub status: Option<Text<'a>>,
    /// The base coin.
    #[serde(borrow, default)]
    pub base_coin: Option<Text<'a>>,
    /// The quote coin.
    #[serde(borrow, default)]
    pub quote_coin: Option<Text<'a>>,
    /// Milliseconds.
    #[serde(borrow, default)]
    pub launch_time: Option<Text<'a>>,
    /// When it ends, in milliseconds; `0` for a perpetual whose end is not announced.
    #[serde(borrow, default)]
    pub delivery_time: Option<Text<'a>>,
    /// The limits of its price.
    #[serde(borrow, default)]
    pub price_filter: Option<PriceFilter<'a>>,
    /// Minutes between two fundings; 0 for dated contracts.
    #[serde(default)]
    pub funding_interval: Option<i64>,
    /// Whether it is not open to ordinary trading yet.
    #[serde(default)]
    pub is_pre_listing: Option<bool>,
    /// What kind of thing the base is; empty for ordinary coins, for example `stock`.
    #[serde(borrow, default)]
    pub symbol_type: Option<Text<'a>>,
}

/// `{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"}`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceFilter<'a> {
    /// The price increment.
    #[serde(borrow, default)]
    pub tick_size: Option<Text<'a>>,
}

/// The state of a contract: a row of `/v5/market/tickers`, or the `data` of a `tickers.*` message, where an absent
/// field is an unchanged one.
///
/// ```json
/// {"symbol":"BTCUSDT","lastPrice":"83024.60","prevPrice24h":"84057.70","highPrice24h":"84556.00",
///  "lowPrice24h":"82813.80","prevPrice1h":"83275.30","markPrice":"83024.70","indexPrice":"83074.01",
///  "openInterest":"57118.511","singleOpenInterest":"28559.256","turnover24h":"3734121786.2434",
///  "volume24h":"44701.1000","fundingIntervalHour":"8","nextFundingTime":"1790784000000","fundingRate":"-0.00007774"}
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the names are those of the wire")]
pub struct TickerRow<'a> {
    #[serde(borrow)]
    pub symbol: Option<Text<'a>>,
    #[serde(borrow)]
    pub last_price: Option<Text<'a>>,
    #[serde(borrow)]
    pub mark_price: Option<Text<'a>>,
    #[serde(borrow)]
    pub index_price: Option<Text<'a>>,
    #[serde(borrow)]
    pub prev_price24h: Option<Text<'a>>,
    #[serde(borrow)]
    pub prev_price1h: Option<Text<'a>>,
    #[serde(borrow)]
    pub high_price24h: Option<Text<'a>>,
    #[serde(borrow)]
    pub low_price24h: Option<Text<'a>>,
    #[serde(borrow)]
    pub volume24h: Option<Text<'a>>,
    #[serde(borrow)]
    pub turnover24h: Option<Text<'a>>,
    #[serde(borrow)]
    pub open_interest: Option<Text<'a>>,
    #[serde(borrow)]
    pub single_open_interest: Option<Text<'a>>,
    #[serde(borrow)]
    pub funding_rate: Option<Text<'a>>,
    #[serde(borrow)]
    pub funding_interval_hour: Option<Text<'a>>,
    #[serde(borrow)]
    pub next_funding_time: Option<Text<'a>>,
}

/// A row of `/v5/market/kline`: start, open, high, low, close, volume, turnover.
///
/// ```json
/// ["1670608800000","17071","17073","17027","17055.5","268611","15.74462667"]
/// ```
pub type CandleRow<'a> = Vec<Text<'a>>;

/// A row of `/v5/market/recent-trade`.
///
/// ```json
/// {"execId":"a905d5c3-1ed0-4f37-83e4-9c73a2fe2f01","symbol":"BTCUSDT","price":"27450.50","size":"0.005",
///  "side":"Buy","time":"1709891679000","isBlockTrade":false}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeRow<'a> {
    /// In quote currency.
    #[serde(borrow)]
    pub price: Text<'a>,
    /// In base coin.
    #[serde(borrow)]
    pub size: Text<'a>,
    /// The taker's side.
    #[serde(borrow)]
    pub side: Text<'a>,
    /// Milliseconds.
    #[serde(borrow)]
    pub time: Text<'a>,
    /// Whether it was agreed outside the book.
    #[serde(default)]
    pub is_block_trade: Option<bool>,
}

/// A row of `/v5/market/open-interest`.
///
/// ```json
/// {"openInterest":"63910691.00000000","singleOpenInterest":"31955346","timestamp":"1780963200000"}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInterestRow<'a> {
    /// Both sides together.
    #[serde(borrow, default)]
    pub open_interest: Option<Text<'a>>,
    /// One side; younger than the route.
    #[serde(borrow, default)]
    pub single_open_interest: Option<Text<'a>>,
    /// Milliseconds.
    #[serde(borrow)]
    pub timestamp: Text<'a>,
}

/// A row of `/v5/market/funding/history`.
///
/// ```json
/// {"symbol":"ETHPERP","fundingRate":"0.0001","fundingRateTimestamp":"1672041600000"}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FundingRow<'a> {
    /// A fraction per interval.
    #[serde(borrow)]
    pub funding_rate: Text<'a>,
    /// Milliseconds.
    #[serde(borrow)]
    pub funding_rate_timestamp: Text<'a>,
}

/// A row of `/v5/market/account-ratio`.
///
/// ```json
/// {"symbol":"BTCUSDT","buyRatio":"0.49","sellRatio":"0.51","timestamp":"1696262400000"}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountsRow<'a> {
    /// The share of holders that are long.
    #[serde(borrow)]
    pub buy_ratio: Text<'a>,
    /// The share of holders that are short.
    #[serde(borrow)]
    pub sell_ratio: Text<'a>,
    /// Milliseconds.
    #[serde(borrow)]
    pub timestamp: Text<'a>,
}

/// A message of the stream, of any kind: data have a `topic`, answers an `op`.
///
/// ```json
/// {"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"83024.60"},"cs":1,"ts":1790757083083}
/// {"success":true,"ret_msg":"pong","conn_id":"d967ikkn0ine3iqmjc30-koqj","req_id":"p1","op":"ping"}
/// {"success":false,"ret_msg":"Invalid symbol :[orderbook.200.NOSUCHSYM]","conn_id":"x","op":"subscribe"}
/// ```
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// What the data belong to.
    #[serde(borrow, default)]
    pub topic: Option<Text<'a>>,
    /// `snapshot` or `delta`.
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Text<'a>>,
    /// When it was sent, in milliseconds.
    #[serde(default)]
    pub ts: Option<i64>,
    /// The data, in the shape of the topic.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    /// What is being answered.
    #[serde(borrow, default)]
    pub op: Option<Text<'a>>,
    /// Whether what was asked is done.
    #[serde(default)]
    pub success: Option<bool>,
    /// Words about it.
    #[serde(borrow, default)]
    pub ret_msg: Option<Text<'a>>,
    /// The request that is being answered, where it was given a name.
    #[serde(borrow, default)]
    pub req_id: Option<Text<'a>>,
}

/// An element of the `data` of `kline.*`.
///
/// ```json
/// {"start":1672324800000,"end":1672325099999,"interval":"5","open":"16649.5","close":"16677","high":"16677",
///  "low":"16608","volume":"2.081","turnover":"34666.4005","confirm":false,"timestamp":1672324988882}
/// ```
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the wire")]
pub struct CandleData<'a> {
    pub start: i64,
    #[serde(borrow)]
    pub open: Text<'a>,
    #[serde(borrow)]
    pub high: Text<'a>,
    #[serde(borrow)]
    pub low: Text<'a>,
    #[serde(borrow)]
    pub close: Text<'a>,
    #[serde(borrow)]
    pub volume: Text<'a>,
    #[serde(borrow)]
    pub turnover: Text<'a>,
    /// Whether it is final.
    pub confirm: bool,
}

/// An element of the `data` of `publicTrade.*`.
///
/// ```json
/// {"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick",
///  "i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}
/// ```
#[derive(Debug, Deserialize)]
pub struct TradeData<'a> {
    /// Milliseconds.
    #[serde(rename = "T")]
    pub at: i64,
    /// The taker's side.
    #[serde(borrow, rename = "S")]
    pub side: Text<'a>,
    /// The size, in base coin.
    #[serde(borrow, rename = "v")]
    pub size: Text<'a>,
    /// The price, in quote currency.
    #[serde(borrow, rename = "p")]
    pub price: Text<'a>,
    /// Its identity.
    #[serde(borrow, default, rename = "i")]
    pub id: Option<Text<'a>>,
    /// Whether it was agreed outside the book.
    #[serde(default, rename = "BT")]
    pub block: Option<bool>,
}

/// An element of the `data` of `allLiquidation.*`.
///
/// ```json
/// {"T":1739502302929,"s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}
/// ```
#[derive(Debug, Deserialize)]
pub struct LiquidationData<'a> {
    /// Milliseconds.
    #[serde(rename = "T")]
    pub at: i64,
    /// The side of the position, not of an order: `Buy` is a long that was closed.
    #[serde(borrow, rename = "S")]
    pub side: Text<'a>,
    /// The closed size, in base coin.
    #[serde(borrow, rename = "v")]
    pub size: Text<'a>,
    /// The bankruptcy price, in quote currency.
    #[serde(borrow, rename = "p")]
    pub price: Text<'a>,
}

/// The `data` of `orderbook.*`: levels of price and size.
///
/// ```json
/// {"s":"BTCUSDT","b":[["30247.20","30.028"],["30240.00","0"]],"a":[["30248.70","0"]],"u":177400507,"seq":66544703342}
/// ```
#[derive(Debug, Deserialize)]
pub struct BookData<'a> {
    /// Bids.
    #[serde(borrow, default, rename = "b")]
    pub bids: Vec<(Text<'a>, Text<'a>)>,
    /// Asks.
    #[serde(borrow, default, rename = "a")]
    pub asks: Vec<(Text<'a>, Text<'a>)>,
    /// One more than in the message before; 1 when the service was restarted.
    #[serde(rename = "u")]
    pub update: u64,
}

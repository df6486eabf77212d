//! Binance's messages as they are on the wire.
//!
//! Text is borrowed from the message. Prices and sizes are strings, times and numbers of updates are numbers. Fields
//! that are not used are left out, and unknown ones are never refused.

use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::wire::Text;

/// `/fapi/v1/exchangeInfo`.
#[derive(Debug, Deserialize)]
pub struct ExchangeInfo<'a> {
    /// The contracts, each an [`InstrumentRow`].
    #[serde(borrow)]
    pub symbols: Vec<&'a RawValue>,
}

/// A contract of `/fapi/v1/exchangeInfo`.
///
/// ```json
/// {"symbol":"BTCUSDT","contractType":"PERPETUAL","onboardDate":1569398400000,"status":"TRADING","baseAsset":"BTC",
///  "quoteAsset":"USDT","underlyingType":"COIN","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"}]}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentRow<'a> {
    /// The contract.
    #[serde(borrow)]
    pub symbol: Text<'a>,
    /// `PERPETUAL`, `TRADIFI_PERPETUAL`, `CURRENT_QUARTER` …; empty for contracts that are being prepared.
    #[serde(borrow, default)]
    pub contract_type: Option<Text<'a>>,
    /// `TRADING`, `PENDING_TRADING`, `SETTLING` …
    #[serde(borrow, default)]
    pub status: Option<Text<'a>>,
    /// The base coin.
    #[serde(borrow, default)]
    pub base_asset: Option<Text<'a>>,
    /// The quote coin.
    #[serde(borrow, default)]
    pub quote_asset: Option<Text<'a>>,
    /// `COIN` for ordinary coins; `INDEX`, `EQUITY`, `COMMODITY` …
    #[serde(borrow, default)]
    pub underlying_type: Option<Text<'a>>,
    /// Milliseconds.
    #[serde(default)]
    pub onboard_date: Option<i64>,
    /// When it ends, in milliseconds; for a perpetual whose end is not announced a day in the year 2100.
    #[serde(default)]
    pub delivery_date: Option<i64>,
    /// Its limits; the one of its price has the price increment. `pricePrecision` is something else.
    #[serde(borrow, default)]
    pub filters: Vec<Filter<'a>>,
}

/// `{"filterType":"PRICE_FILTER","minPrice":"556.72","maxPrice":"1000000","tickSize":"0.01"}`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter<'a> {
    /// Which limit it is.
    #[serde(borrow, default)]
    pub filter_type: Option<Text<'a>>,
    /// The price increment.
    #[serde(borrow, default)]
    pub tick_size: Option<Text<'a>>,
}

/// A row of `/fapi/v1/ticker/24hr`.
///
/// ```json
/// {"symbol":"BTCUSDT","priceChangePercent":"-0.330","lastPrice":"47028.59","openPrice":"47184.22",
///  "highPrice":"47688.88","lowPrice":"46280.00","volume":"472036.5","quoteVolume":"22175129357.20",
///  "closeTime":1630042423017}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the wire")]
pub struct TickerRow<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(borrow)]
    pub last_price: Text<'a>,
    #[serde(borrow, default)]
    pub open_price: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub high_price: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub low_price: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub volume: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub quote_volume: Option<Text<'a>>,
    pub close_time: i64,
}

/// A row of `/fapi/v1/premiumIndex`.
///
/// ```json
/// {"symbol":"BTCUSDT","markPrice":"26780.82240476","indexPrice":"26798.25197802","lastFundingRate":"0.00001226",
///  "interestRate":"0.00010000","nextFundingTime":1687248000000,"time":1687244112000}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are those of the wire")]
pub struct PremiumRow<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(borrow, default)]
    pub mark_price: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub index_price: Option<Text<'a>>,
    /// Of the running interval; empty for dated contracts.
    #[serde(borrow, default)]
    pub last_funding_rate: Option<Text<'a>>,
    /// 0 for dated contracts.
    #[serde(default)]
    pub next_funding_time: Option<i64>,
    pub time: i64,
}

/// A row of `/fapi/v1/fundingInfo`, which lists only contracts that differ from the default of eight hours.
///
/// ```json
/// {"symbol":"GTCUSDT","adjustedFundingRateCap":"0.03000000","adjustedFundingRateFloor":"-0.03000000",
///  "fundingIntervalHours":8}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FundingInfoRow<'a> {
    /// The contract.
    #[serde(borrow)]
    pub symbol: Text<'a>,
    /// Hours between two fundings.
    #[serde(borrow, default)]
    pub funding_interval_hours: Option<&'a RawValue>,
}

/// A row of `/fapi/v1/klines`: opening time, open, high, low, close, volume, closing time, turnover, number of trades,
/// volume and turnover of buying takers, and a field without a meaning. What takers bought is read apart: a candle counts without it.
///
/// ```json
/// [1602633600000,"11419.36","11550.00","11280.50","11417.13","192936.970",1602719999999,"2198967087.67917",694620,
///  "93295.555","1063382407.09052","0"]
/// ```
pub type CandleRow<'a> = (
    i64,
    Text<'a>,
    Text<'a>,
    Text<'a>,
    Text<'a>,
    Text<'a>,
    i64,
    Text<'a>,
    serde::de::IgnoredAny,
    &'a RawValue,
    serde::de::IgnoredAny,
    serde::de::IgnoredAny,
);

/// A row of `/fapi/v1/aggTrades`, and the data of `@aggTrade` and `@trade`.
///
/// ```json
/// {"a":154676475,"p":"11376.16","q":"0.001","f":230188317,"l":230188317,"T":1602989582346,"m":false}
/// ```
#[derive(Debug, Deserialize)]
pub struct TradeRow<'a> {
    /// Its number; consecutive for each contract.
    #[serde(default, rename = "a")]
    pub id: Option<u64>,
    /// The price, in quote currency.
    #[serde(borrow, rename = "p")]
    pub price: Text<'a>,
    /// The size, in base coin.
    #[serde(borrow, rename = "q")]
    pub size: Text<'a>,
    /// Milliseconds.
    #[serde(rename = "T")]
    pub at: i64,
    /// Whether the buyer was there first, which makes the seller the taker.
    #[serde(rename = "m")]
    pub buyer_is_maker: bool,
    /// Of single trades: `MARKET`, or what else they came from.
    #[serde(borrow, default, rename = "X")]
    pub kind: Option<Text<'a>>,
}

/// `/fapi/v1/openInterest`: one side, in base coin.
///
/// ```json
/// {"openInterest":"83782.317","symbol":"BTCUSDT","time":1702244985273}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInterestNow<'a> {
    /// Contracts open, one side.
    #[serde(borrow)]
    pub open_interest: Text<'a>,
    /// Milliseconds.
    pub time: i64,
}

/// A row of `/futures/data/openInterestHist`: one side, in base coin.
///
/// ```json
/// {"symbol":"BTCUSDT","sumOpenInterest":"36316.87700000","sumOpenInterestValue":"413220015.26744573",
///  "timestamp":1602989400000}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenInterestRow<'a> {
    /// Contracts open, one side.
    #[serde(borrow)]
    pub sum_open_interest: Text<'a>,
    /// Milliseconds.
    pub timestamp: i64,
}

/// A row of `/fapi/v1/fundingRate`.
///
/// ```json
/// {"symbol":"LTCUSDT","fundingRate":"0.00018534","fundingTime":1602806400002}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FundingRow<'a> {
    /// A fraction per interval.
    #[serde(borrow)]
    pub funding_rate: Text<'a>,
    /// Milliseconds; a few after the whole hour.
    pub funding_time: i64,
}

/// A row of `/futures/data/globalLongShortAccountRatio`.
///
/// ```json
/// {"symbol":"BTCUSDT","longShortRatio":"1.3804","longAccount":"0.5799","shortAccount":"0.4201",
///  "timestamp":1602989400000}
/// ```
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountsRow<'a> {
    /// The share of accounts that are long.
    #[serde(borrow)]
    pub long_account: Text<'a>,
    /// The share of accounts that are short.
    #[serde(borrow)]
    pub short_account: Text<'a>,
    /// Milliseconds.
    pub timestamp: i64,
}

/// `/fapi/v1/depth`: a whole book.
///
/// ```json
/// {"lastUpdateId":600859605926,"E":1626992741264,"T":1626992741261,"bids":[["7.6110","6"]],"asks":[["7.6120","297"]]}
/// ```
#[derive(Debug, Deserialize)]
pub struct Depth<'a> {
    /// The number of the last change in it.
    #[serde(rename = "lastUpdateId")]
    pub last_update: u64,
    /// When it was sent, in milliseconds.
    #[serde(rename = "E")]
    pub at: i64,
    /// Bids.
    #[serde(borrow)]
    pub bids: Vec<(Text<'a>, Text<'a>)>,
    /// Asks.
    #[serde(borrow)]
    pub asks: Vec<(Text<'a>, Text<'a>)>,
}

/// A message of a stream of several: `{"stream":"btcusdt@aggTrade","data":{…}}`; or an answer.
///
/// ```json
/// {"result":null,"id":1}
/// {"error":{"code":2,"msg":"Invalid request"},"id":1}
/// {"code":2,"msg":"Invalid request","id":1}
/// ```
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// The data, with the kind of event in them.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    /// The kind of event, where the message is one itself.
    #[serde(borrow, default, rename = "e")]
    pub event: Option<Text<'a>>,
    /// The request that is being answered.
    #[serde(default)]
    pub id: Option<u64>,
    /// What is wrong with the request.
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
    /// The code of what is wrong with the request.
    #[serde(default)]
    pub code: Option<i64>,
    /// Words about it.
    #[serde(borrow, default)]
    pub msg: Option<Text<'a>>,
}

/// What every event begins with.
#[derive(Debug, Deserialize)]
pub struct Event<'a> {
    /// Which kind it is.
    #[serde(borrow, rename = "e")]
    pub kind: Text<'a>,
    /// When it was sent, in milliseconds.
    #[serde(rename = "E")]
    pub at: i64,
    /// The contract; of a liquidated position it is in the order.
    #[serde(borrow, default, rename = "s")]
    pub symbol: Option<Text<'a>>,
}

/// The data of `@ticker`.
///
/// ```json
/// {"e":"24hrTicker","E":1672515782136,"s":"BTCUSDT","c":"16584.60","o":"16716.00","h":"16764.89","l":"16456.51",
///  "v":"122474.816","q":"2036102085.69746400"}
/// ```
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the route")]
pub struct TickerData<'a> {
    #[serde(borrow, rename = "c")]
    pub last_price: Text<'a>,
    #[serde(borrow, default, rename = "o")]
    pub open_price: Option<Text<'a>>,
    #[serde(borrow, default, rename = "h")]
    pub high_price: Option<Text<'a>>,
    #[serde(borrow, default, rename = "l")]
    pub low_price: Option<Text<'a>>,
    #[serde(borrow, default, rename = "v")]
    pub volume: Option<Text<'a>>,
    #[serde(borrow, default, rename = "q")]
    pub quote_volume: Option<Text<'a>>,
}

/// The data of `@markPrice@1s`.
///
/// ```json
/// {"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15","i":"11784.62659091","P":"11784.25641265",
///  "r":"0.00038167","T":1562306400000}
/// ```
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the route")]
pub struct MarkData<'a> {
    #[serde(borrow, rename = "p")]
    pub mark_price: Text<'a>,
    #[serde(borrow, default, rename = "i")]
    pub index_price: Option<Text<'a>>,
    #[serde(borrow, default, rename = "r")]
    pub funding_rate: Option<Text<'a>>,
    #[serde(default, rename = "T")]
    pub next_funding: Option<i64>,
}

/// The data of `@kline_1m`: `{"e":"kline","E":…,"s":…,"k":{…}}`.
#[derive(Debug, Deserialize)]
pub struct CandleEvent<'a> {
    /// The candle.
    #[serde(borrow, rename = "k")]
    pub candle: CandleData<'a>,
}

/// A candle of a stream.
///
/// ```json
/// {"t":1638747660000,"T":1638747719999,"i":"1m","o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0010","v":"1000",
///  "x":true,"q":"1.0000","V":"500"}
/// ```
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the meaning is that of the route's")]
pub struct CandleData<'a> {
    #[serde(rename = "t")]
    pub start: i64,
    #[serde(borrow, rename = "i")]
    pub interval: Text<'a>,
    #[serde(borrow, rename = "o")]
    pub open: Text<'a>,
    #[serde(borrow, rename = "h")]
    pub high: Text<'a>,
    #[serde(borrow, rename = "l")]
    pub low: Text<'a>,
    #[serde(borrow, rename = "c")]
    pub close: Text<'a>,
    #[serde(borrow, rename = "v")]
    pub volume: Text<'a>,
    #[serde(borrow, rename = "q")]
    pub turnover: Text<'a>,
    #[serde(borrow, default, rename = "V")]
    pub taker_buy: Option<&'a RawValue>,
    /// Whether it is final.
    #[serde(rename = "x")]
    pub closed: bool,
}

/// The data of `@forceOrder`: `{"e":"forceOrder","E":…,"o":{…}}`.
#[derive(Debug, Deserialize)]
pub struct LiquidationEvent<'a> {
    /// The order that closed the position.
    #[serde(borrow, rename = "o")]
    pub order: LiquidationData<'a>,
}

/// An order that closed a position by force.
///
/// ```json
/// {"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9910.12345678","X":"FILLED",
///  "l":"0.014","z":"0.014","T":1568014460893}
/// ```
#[derive(Debug, Deserialize)]
pub struct LiquidationData<'a> {
    /// The contract.
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    /// The side of the order, not of the position: `SELL` closed a long.
    #[serde(borrow, rename = "S")]
    pub side: Text<'a>,
    /// The average price of what was filled.
    #[serde(borrow, rename = "ap")]
    pub average_price: Text<'a>,
    /// What was filled, in base coin.
    #[serde(borrow, rename = "z")]
    pub filled: Text<'a>,
    /// Milliseconds.
    #[serde(rename = "T")]
    pub at: i64,
}

/// The data of `@depth@100ms`.
///
/// ```json
/// {"e":"depthUpdate","E":1626992741037,"s":"SUSHIUSDT","U":600859599090,"u":600859600917,"pu":600859598061,
///  "b":[["7.5040","813"],["7.6090","0"]],"a":[["7.6150","1563"]]}
/// ```
#[derive(Debug, Deserialize)]
pub struct BookData<'a> {
    /// The number of the first change in it.
    #[serde(rename = "U")]
    pub first: u64,
    /// The number of the last change in it.
    #[serde(rename = "u")]
    pub last: u64,
    /// The number of the last change in the message before.
    #[serde(rename = "pu")]
    pub previous: u64,
    /// Bids; size 0 removes a level.
    #[serde(borrow, rename = "b")]
    pub bids: Vec<(Text<'a>, Text<'a>)>,
    /// Asks; size 0 removes a level.
    #[serde(borrow, rename = "a")]
    pub asks: Vec<(Text<'a>, Text<'a>)>,
}

/// The data of `@bookTicker`.
///
/// ```json
/// {"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35190000",
///  "B":"31.21000000","a":"25.36520000","A":"40.66000000"}
/// ```
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct BestData<'a> {
    #[serde(borrow, rename = "b")]
    pub bid: Text<'a>,
    #[serde(borrow, rename = "B")]
    pub bid_size: Text<'a>,
    #[serde(borrow, rename = "a")]
    pub ask: Text<'a>,
    #[serde(borrow, rename = "A")]
    pub ask_size: Text<'a>,
}

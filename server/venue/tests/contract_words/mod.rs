//! How each venue says the things that every venue says.
#![allow(dead_code, unreachable_pub)]

use std::{collections::VecDeque, sync::Arc};

use schema::Venue;
use tokio::sync::{Mutex, mpsc};
use venue::{
    BookChange, Exchange, MarketEvent, ReceivedEvent, Subscription, binance::Binance, bybit::Bybit, bybit::StreamConfig,
};

use crate::script::{HttpScript, Peer, Reply, WsScript, any_event, binance_config, config, event, symbol, within};

/// Every venue that has an adapter.
pub const VENUES: [Words; 2] = [Words::Bybit, Words::Binance];

/// A venue's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Bybit,
    Binance,
}

type Rest = Vec<(&'static str, Reply)>;

/// An answer of Bybit.
fn bybit(list: &str) -> Reply {
    Reply::json(format!(
        r#"{{"retCode":0,"retMsg":"OK","result":{{"list":{list},"nextPageCursor":""}},"retExtInfo":{{}},"time":1780000000123}}"#
    ))
}

const BYBIT_PATHS: [&str; 7] = [
    "/v5/market/instruments-info",
    "/v5/market/tickers",
    "/v5/market/kline",
    "/v5/market/recent-trade",
    "/v5/market/open-interest",
    "/v5/market/funding/history",
    "/v5/market/account-ratio",
];
const BINANCE_PATHS: [&str; 8] = [
    "/fapi/v1/exchangeInfo",
    "/fapi/v1/fundingInfo",
    "/fapi/v1/premiumIndex",
    "/fapi/v1/ticker/24hr",
    "/fapi/v1/klines",
    "/fapi/v1/aggTrades",
    "/fapi/v1/fundingRate",
    "/futures/data/openInterestHist",
];

impl Words {
    pub const fn name(self) -> &'static str {
        self.venue().as_str()
    }

    pub const fn venue(self) -> Venue {
        match self {
            Self::Bybit => Venue::Bybit,
            Self::Binance => Venue::Binance,
        }
    }

    /// Connections of one shard.
    pub const fn connections(self) -> usize {
        match self {
            Self::Bybit => 1,
            Self::Binance => 2,
        }
    }

    /// The same answer to everything.
    pub fn always(self, reply: &Reply) -> Rest {
        let paths: &[&str] = match self {
            Self::Bybit => &BYBIT_PATHS,
            Self::Binance => &BINANCE_PATHS,
        };
        paths.iter().map(|path| (*path, reply.clone())).collect()
    }

    /// Two contracts and one that is not understood.
    pub fn instruments(self) -> Rest {
        match self {
            Self::Bybit => vec![(
                "/v5/market/instruments-info",
                bybit(
                    r#"[{"symbol":"AUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"A",
                    "quoteCoin":"USDT","launchTime":"5","priceFilter":{"tickSize":"0.01"},"fundingInterval":240},
                    {"symbol":"BUSDT","contractType":"LinearPerpetual","status":"Closed","baseCoin":"B",
                    "quoteCoin":"USDT","launchTime":"5","priceFilter":{"tickSize":"0.5"}},
                    {"symbol":"CUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"C",
                    "quoteCoin":"USDT","launchTime":"5","priceFilter":{"tickSize":"0"}}]"#,
                ),
            )],
            Self::Binance => vec![
                ("/fapi/v1/fundingInfo", Reply::json(r#"[{"symbol":"AUSDT","fundingIntervalHours":4}]"#)),
                (
                    "/fapi/v1/exchangeInfo",
                    Reply::json(
                        r#"{"symbols":[{"symbol":"AUSDT","contractType":"PERPETUAL","onboardDate":5,"status":"TRADING",
                        "baseAsset":"A","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"}]},
                        {"symbol":"BUSDT","contractType":"PERPETUAL","onboardDate":5,"status":"SETTLING",
                        "baseAsset":"B","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.5"}]},
                        {"symbol":"CUSDT","contractType":"PERPETUAL","onboardDate":5,"status":"TRADING",
                        "baseAsset":"C","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0"}]}]}"#,
                    ),
                ),
            ],
        }
    }

    /// Two contracts, of which one sends little.
    pub fn tickers(self) -> Rest {
        let mut rest = self.instruments();
        match self {
            Self::Bybit => rest.push((
                "/v5/market/tickers",
                bybit(
                    r#"[{"symbol":"AUSDT","lastPrice":"12.50","prevPrice24h":"12.00","markPrice":"12.49",
                    "indexPrice":"12.48","turnover24h":"1250000.5","volume24h":"100000.0",
                    "nextFundingTime":"1780012800000","fundingRate":"-0.00015"},
                    {"symbol":"BUSDT","lastPrice":"0.5","prevPrice24h":"","fundingRate":"","nextFundingTime":""}]"#,
                ),
            )),
            Self::Binance => rest.extend([
                (
                    "/fapi/v1/premiumIndex",
                    Reply::json(
                        r#"[{"symbol":"AUSDT","markPrice":"12.49","indexPrice":"12.48","lastFundingRate":"-0.00015",
                        "nextFundingTime":1780012800000,"time":1780000000123}]"#,
                    ),
                ),
                (
                    "/fapi/v1/ticker/24hr",
                    Reply::json(
                        r#"[{"symbol":"AUSDT","lastPrice":"12.50","openPrice":"12.00","volume":"100000.0",
                        "quoteVolume":"1250000.5","closeTime":1780000000100},
                        {"symbol":"BUSDT","lastPrice":"0.5","openPrice":"","closeTime":1780000000100}]"#,
                    ),
                ),
            ]),
        }
        rest
    }

    /// Three candles of a minute, of which the last one runs.
    pub fn candles(self) -> Rest {
        match self {
            Self::Bybit => vec![(
                "/v5/market/kline",
                Reply::json(
                    r#"{"retCode":0,"result":{"symbol":"AUSDT","category":"linear","list":[
                    ["1779999960000","12.38","12.55","12.35","12.50","120.5","1500.25"],
                    ["1779999900000","12.40","12.40","12.35","12.38","0","0"],
                    ["1779999840000","12.20","12.45","12.10","12.40","300.5","3700.25"]]},"time":1780000011000}"#,
                ),
            )],
            Self::Binance => vec![(
                "/fapi/v1/klines",
                Reply::json(
                    r#"[[1779999840000,"12.20","12.45","12.10","12.40","300.5",1779999899999,"3700.25",42,"0","0","0"],
                    [1779999900000,"12.40","12.40","12.35","12.38","0",1779999959999,"0",0,"0","0","0"],
                    [1779999960000,"12.38","12.55","12.35","12.50","120.5",1780000019999,"1500.25",17,"0","0","0"]]"#,
                )
                .with("date", "Thu, 28 May 2026 20:26:51 GMT"),
            )],
        }
    }

    /// Two of each: trades, open interest, funding, accounts.
    pub fn history(self) -> Rest {
        match self {
            Self::Bybit => vec![
                (
                    "/v5/market/recent-trade",
                    bybit(
                        r#"[{"price":"12.51","size":"0.2","side":"Sell","time":"1780000021002"},
                        {"price":"12.52","size":"1.5","side":"Buy","time":"1780000021000"}]"#,
                    ),
                ),
                (
                    "/v5/market/open-interest",
                    bybit(
                        r#"[{"openInterest":"8000.4","singleOpenInterest":"4000.2","timestamp":"1779999900000"},
                        {"openInterest":"7980","timestamp":"1779999600000"}]"#,
                    ),
                ),
                (
                    "/v5/market/funding/history",
                    bybit(
                        r#"[{"symbol":"AUSDT","fundingRate":"-0.00005","fundingRateTimestamp":"1779984000000"},
                        {"symbol":"AUSDT","fundingRate":"0.0001","fundingRateTimestamp":"1779969600000"}]"#,
                    ),
                ),
                (
                    "/v5/market/account-ratio",
                    bybit(
                        r#"[{"buyRatio":"0.6","sellRatio":"0.4","timestamp":"1779999900000"},
                        {"buyRatio":"0.58","sellRatio":"0.42","timestamp":"1779999600000"}]"#,
                    ),
                ),
            ],
            Self::Binance => vec![
                (
                    "/fapi/v1/aggTrades",
                    Reply::json(
                        r#"[{"a":1,"p":"12.52","q":"1.5","T":1780000021000,"m":false},
                        {"a":2,"p":"12.51","q":"0.2","T":1780000021002,"m":true}]"#,
                    ),
                ),
                (
                    "/futures/data/openInterestHist",
                    Reply::json(
                        r#"[{"sumOpenInterest":"3990","timestamp":1779999600000},
                        {"sumOpenInterest":"4000.2","timestamp":1779999900000}]"#,
                    ),
                ),
                (
                    "/fapi/v1/fundingRate",
                    Reply::json(
                        r#"[{"fundingRate":"0.0001","fundingTime":1779969600000},
                        {"fundingRate":"-0.00005","fundingTime":1779984000000}]"#,
                    ),
                ),
                (
                    "/futures/data/globalLongShortAccountRatio",
                    Reply::json(
                        r#"[{"longAccount":"0.58","shortAccount":"0.42","timestamp":1779999600000},
                        {"longAccount":"0.6","shortAccount":"0.4","timestamp":1779999900000}]"#,
                    ),
                ),
            ],
        }
    }

    /// To wait for a second.
    pub fn slow_down(self) -> Reply {
        match self {
            Self::Bybit => Reply::code(10_006).with("x-bapi-limit-reset-timestamp", "1780000001000"),
            Self::Binance => Reply::html(429).with("retry-after", "1"),
        }
    }

    /// That there is no such contract.
    pub fn wrong(self) -> Reply {
        match self {
            Self::Bybit => Reply::code(10_001),
            Self::Binance => Reply { status: 400, ..Reply::json(r#"{"code":-1121,"msg":"Invalid symbol."}"#) },
        }
    }

    pub fn ticker(self, last: f64, at: i64) -> String {
        match self {
            Self::Bybit => crate::script::ticker("AUSDT", "snapshot", &format!(r#""lastPrice":"{last}""#), at),
            Self::Binance => format!(r#"{{"e":"24hrTicker","E":{at},"s":"AUSDT","c":"{last}"}}"#),
        }
    }

    pub fn candle(self, start: i64, price: f64, closed: bool, at: i64) -> String {
        match self {
            Self::Bybit => format!(
                r#"{{"topic":"kline.1.AUSDT","type":"snapshot","ts":{at},"data":[{{"start":{start},"end":0,"interval":"1","open":"{price}","close":"{price}","high":"{price}","low":"{price}","volume":"1","turnover":"1","confirm":{closed},"timestamp":{at}}}]}}"#
            ),
            Self::Binance => format!(
                r#"{{"e":"kline","E":{at},"s":"AUSDT","k":{{"t":{start},"i":"1m","o":"{price}","c":"{price}","h":"{price}","l":"{price}","v":"1","q":"1","x":{closed}}}}}"#
            ),
        }
    }

    /// A trade with this number.
    pub fn trade(self, number: u64, bought: bool, at: i64) -> String {
        let side = if bought { "Buy" } else { "Sell" };
        match self {
            Self::Bybit => format!(
                r#"{{"topic":"publicTrade.AUSDT","type":"snapshot","ts":{at},"data":[{{"T":{at},"s":"AUSDT","S":"{side}","v":"1","p":"10","i":"{number}","BT":false}}]}}"#
            ),
            Self::Binance => {
                format!(
                    r#"{{"e":"aggTrade","E":{at},"s":"AUSDT","a":{number},"p":"10","q":"1","T":{at},"m":{}}}"#,
                    !bought
                )
            }
        }
    }

    /// Three coins at ten.
    pub fn liquidation(self, long: bool, at: i64) -> String {
        match self {
            Self::Bybit => {
                let side = if long { "Buy" } else { "Sell" };
                format!(
                    r#"{{"topic":"allLiquidation.AUSDT","type":"snapshot","ts":{at},"data":[{{"T":{at},"s":"AUSDT","S":"{side}","v":"3","p":"10"}}]}}"#
                )
            }
            Self::Binance => {
                let side = if long { "SELL" } else { "BUY" };
                format!(
                    r#"{{"e":"forceOrder","E":{at},"o":{{"s":"AUSDT","S":"{side}","q":"4","p":"11","ap":"10","z":"3","T":{at}}}}}"#
                )
            }
        }
    }

    /// A change of one bid.
    pub fn change(self, number: u64, price: f64, size: f64) -> String {
        match self {
            Self::Bybit => crate::script::book("AUSDT", "delta", number, &format!(r#"[["{price}","{size}"]]"#)),
            Self::Binance => format!(
                r#"{{"e":"depthUpdate","E":{},"s":"AUSDT","U":{number},"u":{number},"pu":{},"b":[["{price}","{size}"]],"a":[]}}"#,
                1_000 + number,
                number - 1
            ),
        }
    }

    /// Where a whole book is asked for, if it is.
    pub const fn depth_path(self) -> &'static str {
        "/fapi/v1/depth"
    }

    /// A whole book of one bid.
    pub fn depth(self, number: u64, bid: f64) -> Reply {
        Reply::json(format!(
            r#"{{"lastUpdateId":{number},"E":{},"T":1,"bids":[["{bid}","1"]],"asks":[["100","1"]]}}"#,
            1_000 + number
        ))
    }
}

/// One direction of a connection that several may speak over.
#[derive(Clone)]
pub struct Voice(Arc<Mutex<Peer>>);

impl Voice {
    pub async fn say(&mut self, text: impl Into<String>) {
        self.0.lock().await.say(text).await;
    }

    pub async fn ended(&mut self) {
        self.0.lock().await.ended().await;
    }
}

/// The connections of a shard: where the market is sent, and where its books are.
pub struct Line {
    pub market: Voice,
    pub book: Voice,
}

impl Line {
    /// The next connections, their first requests granted and the news of them read.
    pub async fn connected(stage: &mut Stage) -> Self {
        let mut peers = Vec::new();
        for _ in 0..stage.words.connections() {
            let mut peer = stage.ws.accept().await;
            peer.accept_request().await;
            peers.push(peer);
        }
        for _ in 0..peers.len() {
            loop {
                match event(&mut stage.events).await {
                    MarketEvent::Connected { .. } => break,
                    other => stage.early.push_back(other),
                }
            }
        }
        peers.sort_by(|a, b| a.path.cmp(&b.path));
        let mut voices = peers.into_iter().map(|peer| Voice(Arc::new(Mutex::new(peer))));
        let market = voices.next().unwrap();
        let book = voices.next().unwrap_or_else(|| market.clone());
        Self { market, book }
    }
}

/// An adapter between scripted servers.
pub struct Stage {
    pub words: Words,
    pub exchange: Arc<dyn Exchange>,
    pub http: HttpScript,
    ws: WsScript,
    events: mpsc::Receiver<ReceivedEvent>,
    /// Events that came before the connection was reported.
    early: VecDeque<MarketEvent>,
    watch: Option<Subscription>,
}

impl Stage {
    /// An adapter that is answered so.
    pub async fn asking(words: Words, rest: Rest) -> Self {
        Self::new(words, rest, 1, |_| {}).await
    }

    async fn new(words: Words, rest: Rest, capacity: usize, change: impl FnOnce(&mut StreamConfig)) -> Self {
        let http = HttpScript::routes(rest).await;
        let ws = WsScript::start().await;
        let exchange: Arc<dyn Exchange> = match words {
            Words::Bybit => {
                let mut config = config(http.addr, ws.addr);
                change(&mut config.stream);
                Arc::new(Bybit::new(config).unwrap())
            }
            Words::Binance => {
                let mut config = binance_config(http.addr, ws.addr);
                change(&mut config.stream);
                Arc::new(Binance::new(config).unwrap())
            }
        };
        let (_, events) = mpsc::channel(capacity);
        Self { words, exchange, http, ws, events, early: VecDeque::new(), watch: None }
    }

    /// An adapter that watches contracts, connected.
    pub async fn watching(
        words: Words,
        symbols: &[&str],
        capacity: usize,
        change: impl FnOnce(&mut StreamConfig),
    ) -> (Self, Line) {
        let mut stage = Self::new(words, Vec::new(), capacity, change).await;
        let (sender, events) = mpsc::channel(capacity);
        stage.watch = Some(stage.exchange.watch(symbols.iter().map(|text| symbol(text)).collect(), sender));
        assert_eq!(stage.watch.as_ref().unwrap().connections(), words.connections());
        stage.events = events;
        let line = Line::connected(&mut stage).await;
        (stage, line)
    }

    pub fn unwatch(&mut self) {
        self.watch = None;
    }

    pub async fn next(&mut self) -> MarketEvent {
        match self.early.pop_front() {
            Some(event) => event,
            None => event(&mut self.events).await,
        }
    }

    /// Waits for an event, whatever comes before it.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&MarketEvent) -> bool) {
        within(what, async { while !wanted(&any_event(&mut self.events).await) {} }).await;
    }

    pub async fn book(&mut self) -> BookChange {
        match self.next().await {
            MarketEvent::Book { change, .. } => change,
            other => panic!("not a book: {other:?}"),
        }
    }

    /// A full book of one bid is sent, in the way of the venue.
    pub async fn whole_book(&mut self, line: &mut Line, number: u64, bid: f64) {
        match self.words {
            Words::Bybit => {
                let text = crate::script::book("AUSDT", "snapshot", number, &format!(r#"[["{bid}","1"]]"#))
                    .replace(r#""a":[]"#, r#""a":[["100","1"]]"#);
                line.book.say(text).await;
            }
            Words::Binance => self.http.set(self.words.depth_path(), self.words.depth(number, bid)),
        }
        let BookChange::Snapshot { bids, .. } = self.book().await else { panic!("not a whole book") };
        assert_eq!(bids.iter().map(|level| level.price).collect::<Vec<_>>(), [bid]);
    }

    /// The venue is asked for a book anew, where it is asked over the stream.
    pub async fn asked_again(&mut self, line: &mut Line) {
        if self.words == Words::Bybit {
            let mut peer = line.book.0.lock().await;
            let ops = [peer.accept_request().await.op, peer.accept_request().await.op];
            assert_eq!(ops, ["unsubscribe", "subscribe"]);
        }
    }
}

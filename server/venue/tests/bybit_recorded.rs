//! Bybit's messages as they were recorded, each figure followed to the value it ends in.
//!
//! The recordings are not part of the project; a test whose recording is absent says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{collections::BTreeSet, time::Duration};

use schema::{Side, Timeframe, UnixMs, signals::Funding, unit::Rate};
use script::{HttpScript, Reply, WsScript, config, event, fixture, symbol, within};
use tokio::sync::mpsc;
use venue::{
    BookChange, Exchange, Interval, MarketEvent, PositionSide,
    bybit::{
        Bybit,
        frame::{self, Data, Frame},
        parse,
    },
};

async fn asking(body: String) -> (Bybit, HttpScript) {
    // Some examples were cut off a longer list and name a further page.
    let end = r#"{"retCode":0,"retMsg":"OK","result":{"list":[],"nextPageCursor":""},"time":1}"#;
    let server = HttpScript::start([Reply::json(body), Reply::json(end)]).await;
    (Bybit::new(config(server.addr, server.addr)).unwrap(), server)
}

#[tokio::test]
async fn the_whole_market_of_2023() {
    let Some(body) = fixture("rest-v5/tickers-2023-08-16-linear.json") else { return };
    let (bybit, _server) = asking(body).await;
    let tickers = bybit.tickers().await.unwrap();
    assert_eq!(tickers.len(), 259);
    assert_eq!(bybit.counters().snapshot().malformed, 0);
    let (symbol, ladys) = &tickers[0];
    assert_eq!(symbol.as_str(), "10000LADYSUSDT");
    assert_eq!(ladys.at, UnixMs(1_692_163_167_245));
    assert_eq!((ladys.last, ladys.mark, ladys.index), (0.000_263_5, Some(0.000_263_5), Some(0.000_263_3)));
    assert_eq!((ladys.prev_24h, ladys.prev_1h), (Some(0.000_294), Some(0.000_264_5)));
    assert_eq!((ladys.high_24h, ladys.low_24h), (Some(0.000_296_5), Some(0.000_262)));
    assert_eq!((ladys.turnover_24h, ladys.volume_24h), (Some(5_506_985.849_8), Some(19_735_379_600.0)));
    assert_eq!(ladys.open_interest, Some(4_840_085_200.0), "recorded before the one-sided field: half of both sides");
    assert!(tickers.iter().all(|(_, t)| t.funding.is_none()), "recorded before the interval was sent");
    assert!(tickers.iter().all(|(_, t)| t.turnover_24h.is_some() && t.open_interest.is_some()));
}

#[tokio::test]
async fn instruments_of_every_sample() {
    if let Some(body) = fixture("rest-v5/samples/http_get_instruments_linear.json") {
        let (bybit, _server) = asking(body).await;
        let all = bybit.instruments().await.unwrap();
        let seen: Vec<_> = all.iter().map(|i| (i.symbol.as_str(), i.base.as_str(), i.tick, i.launched_at.0)).collect();
        assert_eq!(seen, [("BTCUSDT", "BTC", 0.5, 1_699_990_000_000), ("ETHUSDT", "ETH", 0.05, 1_699_990_000_000)]);
        assert!(all.iter().all(|i| i.trading && i.perpetual && i.kind.is_empty()));
    }
    if let Some(body) = fixture("rest-v5/samples/http_get_instruments_linear_symbol_type.json") {
        let (bybit, _server) = asking(body).await;
        let all = bybit.instruments().await.unwrap();
        assert_eq!(
            (all[0].symbol.as_str(), all[0].kind.as_str(), all[0].launched_at),
            ("TSLAUSDT", "stock", UnixMs(0))
        );
    }
    if let Some(body) = fixture("doc-examples/market-instrument-1.json") {
        let (bybit, _server) = asking(body).await;
        let all = bybit.instruments().await.unwrap();
        assert_eq!((all[0].symbol.as_str(), all[0].tick, all[0].trading), ("BTCUSDT", 0.1, true));
    }
    if let Some(body) = fixture("doc-examples/market-instrument-2.json") {
        let (bybit, _server) = asking(body).await;
        let all = bybit.instruments().await.unwrap();
        assert_eq!(
            (all[0].symbol.as_str(), all[0].tick, all[0].trading),
            ("BIOUSDT", 0.0001, false),
            "before its launch"
        );
    }
}

#[test]
fn every_linear_instrument_of_2023() {
    let Some(body) = fixture("rest-v5/golden/v5-market-get-instruments-info-inverse.json") else { return };
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let page = parse::instruments(&json["LinearInverse"].to_string()).unwrap();
    assert_eq!((page.rows.len(), page.skipped.len(), page.next), (214, 0, None));
    assert!(page.rows.iter().all(|(i, _)| i.perpetual && i.trading && i.tick > 0.0));
    let (nft, _) = &page.rows[0];
    assert_eq!((nft.symbol.as_str(), nft.base.as_str(), nft.tick), ("10000NFTUSDT", "10000NFT", 0.000_005));
    assert!(page.rows.iter().any(|(i, _)| i.symbol.as_str() == "SHIB1000USDT" && i.base == "SHIB1000"));
    let quotes: BTreeSet<_> = page.rows.iter().map(|(i, _)| i.quote.as_str()).collect();
    assert!(quotes.contains("USDT"), "{quotes:?}");
}

#[tokio::test]
async fn candles_of_every_sample() {
    if let Some(body) = fixture("doc-examples/market-kline-1.json") {
        let (bybit, _server) = asking(body).await;
        let candles = bybit.candles(symbol("BTCUSD"), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        let seen: Vec<_> = candles.iter().map(|c| c.candle).map(|c| (c.start.0, c.open, c.close, c.volume)).collect();
        assert_eq!(
            seen,
            [
                (1_670_601_600_000, 17_086.5, 17_071.5, 6_356.0),
                (1_670_605_200_000, 17_071.5, 17_071.0, 4_177.0),
                (1_670_608_800_000, 17_071.0, 17_055.5, 268_611.0),
            ]
        );
    }
    if let Some(body) = fixture("rest-v5/samples/http_get_klines_linear.json") {
        let (bybit, _server) = asking(body).await;
        let candles = bybit.candles(symbol("BTCUSDT"), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        assert_eq!(candles, [], "its only candle began 50 ms before the answer: it runs");
    }
    // Recorded as objects; put back into the rows of the wire.
    if let Some(body) = fixture("rest-v5/golden/v5-market-get-kline.json") {
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let names = ["StartTime", "Open", "High", "Low", "Close", "Volume", "Turnover"];
        let list = json["list"].as_array().unwrap();
        let rows: Vec<Vec<&str>> =
            list.iter().map(|row| names.map(|name| row[name].as_str().unwrap()).to_vec()).collect();
        let result = serde_json::json!({ "list": rows }).to_string();
        let candles = parse::candles(&result, 86_400_000, UnixMs(i64::MAX)).unwrap().rows;
        assert_eq!(candles.len(), list.len());
        let last = candles.last().unwrap();
        assert_eq!((last.start.0, last.open, last.low), (1_713_744_000_000, 38_515.14, 29_496.53));
        assert!(candles.is_sorted_by_key(|candle| candle.start));
    }
}

#[tokio::test]
async fn trades_of_every_sample() {
    if let Some(body) = fixture("rest-v5/samples/http_get_trades_recent.json") {
        let (bybit, _server) = asking(body).await;
        let trades = bybit.recent_trades(symbol("BTCUSDT"), 10).await.unwrap();
        assert_eq!(
            (trades.len(), trades[0].side(), trades[0].price, trades[0].size()),
            (1, Side::Buy, 27_450.5, 0.005)
        );
        assert_eq!(trades[0].at, UnixMs(1_709_891_679_000));
    }
    if let Some(body) = fixture("doc-examples/market-recent-trade-1.json") {
        let (bybit, _server) = asking(body).await;
        assert_eq!(bybit.recent_trades(symbol("BTCUSDT"), 10).await.unwrap()[0].price, 16_618.49);
    }
    if let Some(result) = fixture("rest-v5/golden/v5-market-get-public-trading-history.json") {
        let trades = parse::trades(&result).unwrap().rows;
        let seen: Vec<_> = trades.iter().map(|t| (t.at.0 % 1_000_000, t.price)).collect();
        assert_eq!(
            seen,
            [(409_725, 27_858.1), (411_330, 27_826.1), (412_331, 27_825.5), (412_331, 27_825.3), (414_058, 27_858.1)],
            "oldest first, and within one millisecond in the order they happened"
        );
    }
}

#[tokio::test]
async fn open_interest_funding_and_accounts_of_every_sample() {
    if let Some(body) = fixture("doc-examples/market-open-interest-1.json") {
        let (bybit, server) = asking(body).await;
        let points = bybit.open_interest(symbol("BTCUSD"), 5).await.unwrap();
        let seen: Vec<_> = points.iter().map(|p| (p.at.0, p.coins)).collect();
        assert_eq!(seen[0], (1_780_617_600_000, 31_971_156.0));
        assert_eq!(seen[4], (1_780_963_200_000, 31_955_346.0));
        assert_eq!((seen.len(), server.asked().len()), (5, 1), "five are enough: no further page");
    }
    if let Some(result) = fixture("rest-v5/golden/v5-market-get-open-interest.json") {
        let page = parse::open_interest(&result).unwrap();
        assert_eq!((page.rows.len(), page.rows[0].coins), (5, 30_464.172), "half of both sides");
        assert_eq!(page.next.as_deref(), Some("lastid%3D48598748"));
    }
    if let Some(body) = fixture("doc-examples/market-history-fund-rate-1.json") {
        let (bybit, _server) = asking(body).await;
        let paid = bybit.funding_history(symbol("ETHPERP"), 5).await.unwrap();
        assert_eq!((paid[0].at, paid[0].rate), (UnixMs(1_672_041_600_000), 0.000_1));
    }
    if let Some(body) = fixture("rest-v5/samples/http_get_funding_history.json") {
        let (bybit, _server) = asking(body).await;
        let paid = bybit.funding_history(symbol("BTCUSDT"), 5).await.unwrap();
        assert_eq!(paid.iter().map(|p| p.rate).collect::<Vec<_>>(), [0.000_15, 0.000_1]);
    }
    if let Some(result) = fixture("rest-v5/golden/v5-market-get-funding-rate-history.json") {
        let paid = parse::funding_history(&result).unwrap().rows;
        assert_eq!((paid.len(), paid[1].rate, paid[3].rate), (5, -0.003_214_2, -0.002_303_79));
    }
    if let Some(body) = fixture("doc-examples/market-long-short-ratio-1.json") {
        let (bybit, _server) = asking(body).await;
        let accounts = bybit.accounts(symbol("BTCUSDT"), 2).await.unwrap();
        let seen: Vec<_> = accounts.iter().map(|a| (a.at.0, a.long)).collect();
        assert_eq!(seen, [(1_696_258_800_000, 0.4927), (1_696_262_400_000, 0.49)]);
    }
}

#[tokio::test]
async fn the_ticker_stream_of_2026_goes_through_the_adapter() {
    let Some(lines) = fixture("ws-v5/tickers-linear-mainnet-2026-09-30.head.jsonl") else { return };
    let server = WsScript::start().await;
    let bybit = Bybit::new(config(server.addr, server.addr)).unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let _watch = bybit.watch(vec![symbol("BTCUSDT"), symbol("ETHUSDT")], sender);
    let mut peer = server.accept().await;
    peer.request().await;
    for line in lines.lines() {
        peer.say(line.split_once('\t').unwrap().1).await;
    }
    assert_eq!(event(&mut events).await, MarketEvent::Connected { connection: 0 });
    let (mut btc, mut eth) = (Vec::new(), Vec::new());
    for _ in 0..42 {
        match event(&mut events).await {
            MarketEvent::Ticker { symbol, ticker } if symbol.as_str() == "BTCUSDT" => btc.push(*ticker),
            MarketEvent::Ticker { ticker, .. } => eth.push(*ticker),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((btc.len(), eth.len()), (19, 23), "the 43rd line is an answer to the subscription");

    let rate = Rate::new(-0.000_077_74).unwrap();
    let first = &btc[0];
    assert_eq!((first.at, first.last, first.mark), (UnixMs(1_790_757_082_283), 83_024.6, Some(83_024.7)));
    assert_eq!((first.open_interest, first.turnover_24h), (Some(28_559.256), Some(3_734_121_786.243_4)));
    assert_eq!(first.funding, Some(Funding { rate, interval_hours: 8, next: UnixMs(1_790_784_000_000) }));

    let last = btc.last().unwrap();
    assert_eq!((last.at, last.last, last.mark), (UnixMs(1_790_757_084_283), 83_032.5, Some(83_032.5)));
    assert_eq!((last.index, last.turnover_24h), (Some(83_086.98), Some(3_734_216_104.725_8)));
    assert_eq!((last.prev_24h, last.high_24h, last.funding), (first.prev_24h, first.high_24h, first.funding));

    let last = eth.last().unwrap();
    assert_eq!((last.last, last.mark, last.turnover_24h), (2_665.42, Some(2_665.41), Some(2_751_546_819.325_3)));
    assert!(last.turnover_24h < eth[0].turnover_24h, "the 24 h window rolls, so turnover may fall");
    assert_eq!(bybit.counters().snapshot().malformed, 0);
}

#[tokio::test]
async fn a_recorded_session_with_a_book_goes_through_the_adapter() {
    let Some(lines) = fixture("ws-v5/spot-testnet-2026-09-13.jsonl") else { return };
    let server = WsScript::start().await;
    let bybit = Bybit::new(config(server.addr, server.addr)).unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let _watch = bybit.watch(vec![symbol("BTCUSDT")], sender);
    let mut peer = server.accept().await;
    peer.request().await;
    for line in lines.lines() {
        peer.say(line).await;
    }
    assert_eq!(event(&mut events).await, MarketEvent::Connected { connection: 0 });
    let (mut whole, mut changes, mut trades) = (Vec::new(), Vec::new(), Vec::new());
    // One whole book, eighteen changes and seven messages of trades.
    for _ in 0..26 {
        match event(&mut events).await {
            MarketEvent::Book { change: BookChange::Snapshot { bids, asks }, .. } => whole.push((bids, asks)),
            MarketEvent::Book { change: BookChange::Delta { bids, asks }, .. } => {
                changes.push((bids.len(), asks.len()));
            }
            MarketEvent::Trades { trades: more, .. } => trades.extend(more),
            other => panic!("{other:?}"),
        }
    }
    let (bids, asks) = &whole[0];
    assert_eq!((whole.len(), bids.len(), asks.len(), changes.len()), (1, 50, 50, 18));
    assert_eq!((bids[0].price, bids[0].size, asks[0].price), (77_140.5, 0.216_593, 77_140.6));
    assert_eq!((changes[0], changes[17]), ((4, 2), (1, 0)));
    assert_eq!((trades.len(), trades[0].side(), trades[0].size()), (8, Side::Sell, 0.003_89));
    let counters = bybit.counters();
    within("the last message", async {
        while counters.snapshot().messages < 43 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    // The message is counted before it is read; what the client sends next shows that it was read.
    assert_eq!(peer.request().await.op, "subscribe", "a refused topic divides the request it was in");
    assert_eq!(counters.snapshot().malformed, 14, "the messages of orderbook.1, which is not watched");
}

#[test]
fn single_frames_of_every_sample() {
    let read = |name: &str, see: &dyn Fn(Frame<'_>)| {
        if let Some(text) = fixture(name) {
            see(frame::read(&text).unwrap_or_else(|error| panic!("{name}: {error}")));
        }
    };
    for name in ["ws-v5/samples/ws_kline.json", "doc-examples/websocket-public-kline-1.json"] {
        read(name, &|frame| {
            let Frame::Data { data: Data::Candles(timeframe, candles), at, .. } = frame else { panic!("{frame:?}") };
            let (candle, closed) = candles[0];
            assert_eq!((timeframe, closed, at), (Timeframe::M5, false, UnixMs(1_672_324_988_882)));
            assert_eq!((candle.start.0, candle.close, candle.turnover), (1_672_324_800_000, 16_677.0, 34_666.400_5));
        });
    }
    read("doc-examples/websocket-public-trade-1.json", &|frame| {
        let Frame::Data { data: Data::Trades(trades, _), .. } = frame else { panic!("{frame:?}") };
        assert_eq!((trades[0].side(), trades[0].price, trades[0].at.0), (Side::Buy, 16_578.5, 1_672_304_486_865));
    });
    read("doc-examples/websocket-public-orderbook-1.json", &|frame| {
        let Frame::Data { data: Data::Book { update, bids, asks }, snapshot, .. } = frame else { panic!("{frame:?}") };
        assert_eq!((snapshot, update, bids.len(), asks.len()), (false, 177_400_507, 5, 7));
        assert_eq!((bids[4].price, bids[4].size), (30_240.0, 0.0));
    });
    read("ws-v5/samples/ws_ticker_linear.json", &|frame| {
        let Frame::Data { data: Data::Ticker(row), snapshot, .. } = frame else { panic!("{frame:?}") };
        assert!(snapshot && row.single_open_interest.is_none());
        assert_eq!(row.last_price.unwrap().as_str(), "17216.00");
    });
    read("ws-v5/samples/ws_subscription_ack.json", &|frame| {
        let Frame::Answer(answer) = frame else { panic!("{frame:?}") };
        assert!(answer.success && answer.request.as_deref() == Some("sub-orderbook-1"));
    });
    read("ws-v5/samples/ws_subscription_failure.json", &|frame| {
        let Frame::Answer(answer) = frame else { panic!("{frame:?}") };
        assert_eq!((answer.success, answer.message.as_str()), (false, "Invalid topic: invalid.topic.BTCUSDT"));
    });
    for name in ["ws_orderbook_snapshot", "ws_orderbook_delta", "ws_public_trade"] {
        if let Some(text) = fixture(&format!("ws-v5/samples/{name}.json")) {
            assert_eq!(frame::read(&text).unwrap_err().kind(), "unknown message", "a topic that is not watched");
        }
    }
}

#[test]
fn liquidations_as_recorded_and_as_documented() {
    let read = |text: &str| match frame::read(text).unwrap() {
        Frame::Data { topic, data: Data::Liquidations(all), .. } => {
            let rows: Vec<_> = all.iter().map(|l| (l.at.0, l.side, l.price, l.size)).collect();
            (topic.symbol.as_str().to_owned(), rows, all.iter().map(venue::Liquidation::notional).sum::<f64>())
        }
        other => panic!("{other:?}"),
    };
    if let Some(text) = fixture("../liquidation-frames-2026-10/bybit-allLiquidation.jsonl") {
        let (symbol, rows, notional) = read(&text);
        assert_eq!(symbol, "BTCUSDT");
        assert_eq!(
            rows,
            [
                (1_791_565_600_992, PositionSide::Long, 82_396.9, 0.006),
                (1_791_565_601_058, PositionSide::Long, 82_394.3, 0.038),
            ],
            "`Buy` is the side of the position: longs were closed"
        );
        assert!((notional - 3_625.364_8).abs() < 1e-6, "{notional}");
    }
    if let Some(text) = fixture("doc-examples/websocket-public-all-liquidation-1.json") {
        let (symbol, rows, _) = read(&text);
        assert_eq!(
            (symbol.as_str(), rows[0]),
            ("ROSEUSDT", (1_739_502_302_929, PositionSide::Short, 0.044_99, 20_000.0))
        );
    }
}

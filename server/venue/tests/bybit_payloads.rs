//! Bybit's messages in every documented shape, each figure followed to the event it ends in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use schema::{Candle, Level, Side, Timeframe, UnixMs, signals::Funding, unit::Rate};
use script::{HttpScript, Reply, WsScript, config, event, payload, symbol};
use tokio::sync::mpsc;
use venue::{
    Accounts, BookChange, Exchange, Interval, Liquidation, MarketEvent, OpenInterest, PaidFunding, PositionSide,
    VenueError, bybit::Bybit,
};

/// An adapter whose HTTP server answers these, one after the other.
async fn asking(replies: impl IntoIterator<Item = Reply>) -> (Bybit, HttpScript) {
    let server = HttpScript::start(replies).await;
    (Bybit::new(config(server.addr, server.addr)).unwrap(), server)
}

fn ok(name: &str) -> Reply {
    Reply::json(payload(name))
}

#[tokio::test]
async fn instruments_are_paged_and_an_odd_one_does_not_hide_the_others() {
    let last = r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"LASTUSDT","contractType":"LinearPerpetual",
        "status":"Closed","baseCoin":"LAST","quoteCoin":"USDT","launchTime":"5","priceFilter":{"tickSize":"1"}}],
        "nextPageCursor":null},"time":1}"#;
    let (bybit, server) = asking([ok("instruments-info.json"), Reply::json(last)]).await;
    let all = bybit.instruments().await.unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|i| {
            (i.symbol.as_str(), i.base.as_str(), i.quote.as_str(), i.perpetual, i.trading, i.kind.as_str(), i.tick)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("ALPHAUSDT", "ALPHA", "USDT", true, true, "", 0.01),
            ("1000BETAUSDT", "1000BETA", "USDT", true, false, "innovation", 0.000_001),
            ("ACMEUSDT", "ACME", "USDT", true, true, "stock", 0.05),
            ("ALPHA-26MAR27", "ALPHA", "USDC", false, false, "", 0.5),
            ("ÄPFELUSDT", "ÄPFEL", "USDT", true, true, "", 0.5),
            ("LASTUSDT", "LAST", "USDT", true, false, "", 1.0),
        ]
    );
    assert_eq!(all[0].launched_at, UnixMs(1_650_000_000_000));
    assert_eq!(bybit.counters().snapshot().malformed, 1, "a tick of zero");
    assert_eq!(
        server.asked(),
        [
            "/v5/market/instruments-info?category=linear&limit=1000",
            "/v5/market/instruments-info?category=linear&limit=1000&cursor=first%3DALPHAUSDT%26last%3DBADUSDT",
        ]
    );
}

#[tokio::test]
async fn paid_funding_of_thirty_days_is_fetched_by_its_end() {
    let page = |newest: i64, rows: i64| {
        let rows: Vec<String> = (0..rows)
            .map(|n| {
                format!(
                    r#"{{"symbol":"A","fundingRate":"0.0001","fundingRateTimestamp":"{}"}}"#,
                    (newest - n) * 3_600_000
                )
            })
            .collect();
        Reply::json(format!(r#"{{"retCode":0,"retMsg":"OK","result":{{"list":[{}]}},"time":9}}"#, rows.join(",")))
    };
    let (bybit, server) = asking([page(1_000, 200), page(800, 200), page(600, 200), page(400, 120)]).await;
    let paid = bybit.funding_history(symbol("A"), 720).await.unwrap();
    assert_eq!((paid.len(), paid[0].at.0, paid[719].at.0), (720, 281 * 3_600_000, 1_000 * 3_600_000));
    assert!(paid.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 == 3_600_000));
    let query = "/v5/market/funding/history?category=linear&symbol=A&limit=";
    let asked = |limit: i64, newest: i64| format!("{query}{limit}&endTime={}", newest * 3_600_000 + 3_600_000 - 1);
    assert_eq!(server.asked(), [format!("{query}200"), asked(200, 800), asked(200, 600), asked(120, 400)]);
    // A contract that is younger ends sooner, and an answer that does not move on ends it too.
    let (bybit, server) = asking([page(1_000, 200), page(1_000, 200)]).await;
    assert_eq!(bybit.funding_history(symbol("A"), 720).await.unwrap().len(), 200);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn tickers_keep_what_was_told_and_invent_nothing() {
    let (bybit, _server) = asking([ok("tickers.json")]).await;
    let tickers = bybit.tickers().await.unwrap();
    assert_eq!(
        tickers.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>(),
        ["ALPHAUSDT", "YOUNGUSDT", "ALPHA-26MAR27"]
    );

    let alpha = &tickers[0].1;
    assert_eq!(alpha.at, UnixMs(1_780_000_000_123));
    assert_eq!((alpha.last, alpha.mark, alpha.index), (12.5, Some(12.49), Some(12.48)));
    assert_eq!((alpha.prev_24h, alpha.prev_1h), (Some(12.0), Some(12.55)));
    assert_eq!((alpha.high_24h, alpha.low_24h), (Some(12.75), Some(11.9)));
    assert_eq!((alpha.volume_24h, alpha.turnover_24h), (Some(100_000.0), Some(1_250_000.5)));
    assert_eq!(alpha.open_interest, Some(4_000.2));
    let funding = Funding { rate: Rate::new(-0.000_15).unwrap(), interval_hours: 4, next: UnixMs(1_780_012_800_000) };
    assert_eq!(alpha.funding, Some(funding));

    let young = &tickers[1].1;
    assert_eq!((young.last, young.index, young.prev_24h, young.prev_1h), (0.000_264, None, None, None));
    assert_eq!((young.volume_24h, young.turnover_24h), (Some(0.0), Some(0.0)), "an amount of zero is a value");
    assert_eq!(young.open_interest, Some(4_840_085_200.0), "half of both sides");
    assert_eq!(young.funding, None, "a rate without its interval says nothing");

    assert_eq!(tickers[2].1.funding, None, "a dated contract has none");
    assert_eq!(bybit.counters().snapshot().malformed, 1, "the price with a comma");
}

#[tokio::test]
async fn candles_come_oldest_first_each_once_and_without_the_running_one() {
    let (bybit, server) = asking([ok("kline.json"), ok("kline.json")]).await;
    let interval = Interval::Timeframe(Timeframe::M1);
    let candles = bybit.candles(symbol("ALPHAUSDT"), interval, 200).await.unwrap();
    let starts: Vec<_> = candles.iter().map(|kline| kline.candle.start.0).collect();
    assert_eq!(starts, [1_780_000_020_000, 1_780_000_080_000, 1_780_000_140_000]);
    let last = Candle {
        start: UnixMs(1_780_000_140_000),
        open: 12.4,
        high: 12.55,
        low: 12.35,
        close: 12.5,
        volume: 120.5,
        turnover: 1_500.25,
    };
    assert_eq!(candles[2], last.into());
    assert_eq!((candles[1].candle.volume, candles[1].candle.close), (0.0, 12.4), "a quiet minute has a candle");
    assert_eq!(bybit.candles(symbol("ALPHAUSDT"), interval, 1).await.unwrap(), [last.into()], "the newest closed one");
    assert_eq!(
        server.asked(),
        [
            "/v5/market/kline?category=linear&symbol=ALPHAUSDT&interval=1&limit=201",
            "/v5/market/kline?category=linear&symbol=ALPHAUSDT&interval=1&limit=2",
        ]
    );
}

#[tokio::test]
async fn skips_a_malformed_candle_and_names_contract_and_field() {
    let body = payload("kline.json");
    for (good, bad, field) in [
        ("\"120.5\"", "\"-1\"", "volume"),
        ("\"12.55\",\"12.35\"", "\"12.45\",\"12.35\"", "high"),
        ("\"1500.25\"", "\"\"", "turnover"),
        ("\"12.40\",\"12.55\"", "\"NaN\",\"12.55\"", "open"),
    ] {
        let (bybit, server) = asking([Reply::json(body.replacen(good, bad, 1))]).await;
        let candles = bybit.candles(symbol("ALPHAUSDT"), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        assert_eq!(candles.len(), 2, "{field}");
        let skipped = bybit.skipped_rows();
        let named: Vec<_> = skipped.iter().map(|row| (row.list.as_str(), row.field.as_str(), row.rows)).collect();
        assert_eq!((named, skipped[0].contract.as_deref()), (vec![("kline", field, 1)], Some("ALPHAUSDT")));
        assert_eq!(server.asked().len(), 1, "asking again does not help");
    }
}

#[tokio::test]
async fn trades_come_oldest_first_and_without_block_trades() {
    let (bybit, server) = asking([ok("recent-trade.json")]).await;
    let trades = bybit.recent_trades(symbol("ALPHAUSDT"), 60).await.unwrap();
    let seen: Vec<_> = trades.iter().map(|t| (t.at.0 - 1_780_000_000_000, t.side(), t.price, t.size())).collect();
    assert_eq!(seen, [(1_200, Side::Buy, 12.5, 0.1), (1_200, Side::Sell, 12.51, 0.2), (1_300, Side::Buy, 12.52, 1.5)]);
    assert_eq!(server.asked(), ["/v5/market/recent-trade?category=linear&symbol=ALPHAUSDT&limit=60"]);
}

#[tokio::test]
async fn open_interest_is_one_sided_and_paged() {
    let older = r#"{"retCode":0,"retMsg":"OK","result":{"list":[
        {"openInterest":"8000.5","timestamp":"1779999900000"},{"openInterest":"7000","timestamp":"1779999600000"}],
        "nextPageCursor":""},"time":1780000230000}"#;
    let (bybit, server) = asking([ok("open-interest.json"), Reply::json(older)]).await;
    let points = bybit.open_interest(symbol("ALPHAUSDT"), 288).await.unwrap();
    let point = |at, coins| OpenInterest { at: UnixMs(at), coins };
    assert_eq!(
        points,
        [point(1_779_999_600_000, 3_500.0), point(1_779_999_900_000, 4_000.25), point(1_780_000_200_000, 4_005.1)]
    );
    let query = "/v5/market/open-interest?category=linear&symbol=ALPHAUSDT&intervalTime=5min&limit=200";
    assert_eq!(server.asked(), [query.to_owned(), format!("{query}&cursor=lastid%3D7%26lasttime%3D1779999900")]);
}

#[tokio::test]
async fn funding_history_and_accounts_come_oldest_first() {
    let (bybit, server) = asking([ok("funding-history.json"), ok("account-ratio.json")]).await;
    let paid = bybit.funding_history(symbol("ALPHAUSDT"), 5).await.unwrap();
    let rate = |at, rate| PaidFunding { at: UnixMs(at), rate };
    assert_eq!(paid, [rate(1_779_984_000_000, 0.000_1), rate(1_779_998_400_000, -0.000_22)]);
    let accounts = bybit.accounts(symbol("ALPHAUSDT"), 5).await.unwrap();
    let share = |at, long| Accounts { at: UnixMs(at), long };
    assert_eq!(accounts, [share(1_779_999_900_000, 0.6), share(1_780_000_200_000, 0.6203)]);
    assert_eq!(
        server.asked(),
        [
            "/v5/market/funding/history?category=linear&symbol=ALPHAUSDT&limit=5",
            "/v5/market/account-ratio?category=linear&symbol=ALPHAUSDT&period=5min&limit=5",
        ]
    );
}

#[tokio::test]
async fn skips_shares_that_do_not_make_up_the_whole_and_fails_where_no_row_can_be_used() {
    let one = payload("account-ratio.json").replace("0.3797", "0.9");
    let (bybit, _server) = asking([Reply::json(&one), Reply::json(one.replace("\"0.4\"", "\"0.9\""))]).await;
    assert_eq!(bybit.accounts(symbol("ALPHAUSDT"), 5).await.unwrap().len(), 1);
    assert_eq!(bybit.skipped_rows()[0].field, "sellRatio");
    let error = bybit.accounts(symbol("ALPHAUSDT"), 5).await.unwrap_err();
    assert!(matches!(&error, VenueError::Impossible { source, .. } if source.field == "sellRatio"), "{error:?}");
    assert_eq!(error.plain(), "its answer holds an impossible `sellRatio`");
}

#[tokio::test]
async fn a_stream_in_the_documented_shapes_becomes_events() {
    let server = WsScript::start().await;
    let bybit = Bybit::new(config(server.addr, server.addr)).unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let _watch = bybit.watch(vec![symbol("ALPHAUSDT")], sender);
    let mut peer = server.accept().await;
    let request = peer.request().await;
    assert_eq!(request.op, "subscribe");
    assert_eq!(
        request.args,
        ["tickers.", "kline.1.", "publicTrade.", "orderbook.200.", "allLiquidation."]
            .map(|topic| format!("{topic}ALPHAUSDT"))
    );
    for line in payload("stream.jsonl").lines() {
        peer.say(line).await;
    }
    assert_eq!(event(&mut events).await, MarketEvent::Connected { connection: 0 });

    let mut states = Vec::new();
    for _ in 0..3 {
        let MarketEvent::Ticker { ticker, .. } = event(&mut events).await else { panic!("not a ticker") };
        states.push((
            ticker.at.0,
            ticker.last,
            ticker.mark.unwrap(),
            ticker.turnover_24h.unwrap(),
            ticker.funding.is_some(),
        ));
        assert_eq!((ticker.index, ticker.open_interest), (Some(12.48), Some(4_000.2)));
    }
    assert_eq!(
        states,
        [
            (1_780_000_000_100, 12.5, 12.49, 1_250_000.5, true),
            (1_780_000_000_200, 12.5, 12.47, 1_250_000.5, true),
            (1_780_000_000_300, 12.52, 12.47, 1_249_000.5, false),
        ],
        "the change before the snapshot was not used, and an empty rate is none"
    );

    for (start, close, closed) in [(1_779_999_960_000, 12.5, true), (1_780_000_020_000, 12.52, false)] {
        let MarketEvent::Candle { timeframe, candle, closed: is_closed, at, .. } = event(&mut events).await else {
            panic!("not a candle")
        };
        assert_eq!((timeframe, candle.start.0, candle.close, is_closed), (Timeframe::M1, start, close, closed));
        assert_eq!(at, UnixMs(1_780_000_020_501));
    }

    let MarketEvent::Trades { trades, .. } = event(&mut events).await else { panic!("not trades") };
    let seen: Vec<_> = trades.iter().map(|trade| (trade.side(), trade.size())).collect();
    assert_eq!(seen, [(Side::Buy, 1.5), (Side::Sell, 0.2)], "without the block trade");

    let level = |price, size| Level { price, size };
    let book = |at, change| MarketEvent::Book { symbol: symbol("ALPHAUSDT"), at: UnixMs(at), change };
    let whole =
        BookChange::Snapshot { bids: vec![level(12.49, 3.0), level(12.48, 10.5)], asks: vec![level(12.51, 7.0)] };
    assert_eq!(event(&mut events).await, book(1_780_000_022_000, whole));
    let gone = BookChange::Delta { bids: vec![level(12.49, 0.0)], asks: vec![] };
    assert_eq!(event(&mut events).await, book(1_780_000_022_020, gone));
    let anew = BookChange::Snapshot { bids: vec![], asks: vec![level(12.53, 4.0)] };
    assert_eq!(event(&mut events).await, book(1_780_000_022_040, anew), "number 1 is a new book");
    let closed = |at, side, price, size| Liquidation { at: UnixMs(at), side, price, size };
    let liquidations = vec![
        closed(1_780_000_023_050, PositionSide::Short, 12.75, 8.0),
        closed(1_780_000_023_100, PositionSide::Long, 12.25, 200.0),
    ];
    assert_eq!(liquidations[1].notional(), 2_450.0);
    let expected = MarketEvent::Liquidations { symbol: symbol("ALPHAUSDT"), liquidations };
    assert_eq!(event(&mut events).await, expected, "the side is that of the position, and the oldest comes first");
    let counters = bybit.counters().snapshot();
    assert_eq!((counters.messages, counters.malformed, counters.dropped), (12, 0, 0));
}

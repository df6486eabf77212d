//! Binance's messages in every documented shape, each figure followed to the event it ends in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use schema::{Candle, Level, Side, Timeframe, UnixMs, signals::Funding, unit::Rate};
use script::{HttpScript, Reply, WsScript, binance_config, binance_payload, event, symbol};
use tokio::sync::mpsc;
use venue::{
    BookChange, Exchange, Interval, Liquidation, MarketEvent, OpenInterest, PaidFunding, PositionSide, VenueError,
    binance::Binance,
};

/// An adapter whose HTTP server answers these, one after the other.
async fn asking(replies: impl IntoIterator<Item = Reply>) -> (Binance, HttpScript) {
    let server = HttpScript::start(replies).await;
    (Binance::new(binance_config(server.addr, server.addr)).unwrap(), server)
}

fn ok(name: &str) -> Reply {
    Reply::json(binance_payload(name))
}

#[tokio::test]
async fn an_odd_instrument_does_not_hide_the_others() {
    let (binance, server) = asking([ok("funding-info.json"), ok("exchange-info.json")]).await;
    let all = binance.instruments().await.unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|i| (i.symbol.as_str(), i.base.as_str(), i.perpetual, i.trading, i.kind.as_str(), i.tick))
        .collect();
    assert_eq!(
        seen,
        [
            ("ALPHAUSDT", "ALPHA", true, true, "", 0.01),
            ("1000BETAUSDT", "1000BETA", true, false, "", 0.000_001),
            ("DOMUSDT", "DOM", true, true, "INDEX", 0.1),
            ("ALPHAUSDT_260925", "ALPHA", false, true, "", 0.1),
            ("SOONUSDT", "SOON", false, false, "", 0.1),
            ("bad symbol", "BAD", true, true, "", 1.0),
        ]
    );
    assert!(all.iter().all(|i| i.quote == "USDT"));
    assert_eq!(all[0].launched_at, UnixMs(1_650_000_000_000));
    assert_eq!(binance.counters().snapshot().malformed, 1, "one without an increment");
    let skipped = &binance.skipped_rows()[0];
    assert_eq!((skipped.field.as_str(), skipped.contract.as_deref()), ("tickSize", Some("NOTICKUSDT")));
    assert_eq!(server.asked(), ["/fapi/v1/fundingInfo", "/fapi/v1/exchangeInfo"]);
}

#[tokio::test]
async fn a_contract_on_metal_is_a_perpetual_of_its_kind() {
    let row = r#"{"symbol":"XAUUSDT","contractType":"TRADIFI_PERPETUAL","onboardDate":1767225600000,"status":"TRADING",
        "baseAsset":"XAU","quoteAsset":"USDT","underlyingType":"COMMODITY","deliveryDate":4133404800000,
        "filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"}]}"#;
    let no_kind = row.replace("\"COMMODITY\"", "null").replace("4133404800000", "1800000000000");
    let no_kind = no_kind.replace("XAUUSDT", "XAGUSDT");
    let body = format!(r#"{{"symbols":[{row},{no_kind}]}}"#);
    let (binance, _server) = asking([Reply::json("[]"), Reply::json(body)]).await;
    let all = binance.instruments().await.unwrap();
    assert!(all.iter().all(|i| i.perpetual && i.trading && i.contract_type == "TRADIFI_PERPETUAL"));
    assert_eq!((all[0].kind.as_str(), all[0].delivery_at), ("COMMODITY", None));
    assert_eq!((all[1].kind.as_str(), all[1].delivery_at), ("TRADIFI_PERPETUAL", Some(UnixMs(1_800_000_000_000))));
}

#[tokio::test]
async fn a_malformed_interval_of_funding_costs_that_contract_its_interval_and_nothing_else() {
    for interval in ["0", "null", "-1", "5", "1e9", "\"8\"", "{}", "8.5"] {
        let hours = format!(
            r#"[{{"symbol":"ALPHAUSDT","fundingIntervalHours":{interval}}},{{"symbol":"X","fundingIntervalHours":4}},7]"#
        );
        let replies = [Reply::json(&hours), ok("exchange-info.json"), ok("premium-index.json"), ok("ticker-24hr.json")];
        let (binance, _server) = asking(replies).await;
        assert_eq!(binance.instruments().await.unwrap().len(), 6, "{interval}");
        let tickers = binance.tickers().await.unwrap();
        assert_eq!((tickers.len(), tickers[0].0.as_str()), (3, "ALPHAUSDT"));
        assert_eq!(tickers[0].1.funding, None, "its rate means nothing without its own interval");
        let skipped = binance.skipped_rows();
        let named = skipped.iter().find(|row| row.field == "fundingIntervalHours").unwrap();
        assert_eq!(named.contract.as_deref(), Some("ALPHAUSDT"), "{interval}");
    }
}

#[tokio::test]
async fn tickers_are_put_together_from_two_lists_and_invent_nothing() {
    let (binance, server) = asking([
        ok("funding-info.json"),
        ok("premium-index.json"),
        ok("ticker-24hr.json"),
        ok("premium-index.json"),
        ok("ticker-24hr.json"),
    ])
    .await;
    let tickers = binance.tickers().await.unwrap();
    assert_eq!(tickers.len(), 3, "without the one that has not traded and the one that is not understood");
    let (name, alpha) = &tickers[0];
    assert_eq!(name.as_str(), "ALPHAUSDT");
    assert_eq!(alpha.at, UnixMs(1_780_000_000_123), "the newer of the two");
    assert_eq!((alpha.last, alpha.mark, alpha.index), (12.5, Some(12.49), Some(12.48)));
    assert_eq!(
        (alpha.prev_24h, alpha.prev_1h, alpha.high_24h, alpha.low_24h),
        (Some(12.0), None, Some(12.75), Some(11.9))
    );
    assert_eq!((alpha.volume_24h, alpha.turnover_24h, alpha.open_interest), (Some(100_000.0), Some(1_250_000.5), None));
    let next = UnixMs(1_780_012_800_000);
    let funding = |rate, interval_hours| Some(Funding { rate: Rate::new(rate).unwrap(), interval_hours, next });
    assert_eq!(alpha.funding, funding(-0.000_15, 4));
    let beta = &tickers[1].1;
    assert_eq!((beta.prev_24h, beta.index), (None, None), "a price of zero is no price");
    assert_eq!(beta.funding, funding(0.000_1, 8), "what the list of intervals leaves out pays every eight hours");
    assert_eq!(tickers[2].1.funding, None, "a dated contract pays none");
    assert_eq!(binance.counters().snapshot().malformed, 1);
    binance.tickers().await.unwrap();
    assert_eq!(server.asked().iter().filter(|asked| asked.contains("fundingInfo")).count(), 1);
}

#[tokio::test]
async fn without_the_list_of_intervals_no_interval_is_assumed() {
    let (binance, server) = asking([Reply::html(500), Reply::html(500), Reply::html(500)]).await;
    assert!(matches!(binance.tickers().await, Err(VenueError::Failing { code: 500, .. })));
    assert!(server.asked().iter().all(|asked| asked == "/fapi/v1/fundingInfo"), "{:?}", server.asked());
}

#[tokio::test]
async fn candles_come_without_the_running_one() {
    // By the date of the answer the last of them runs for another nine seconds.
    let dated = ok("klines.json").with("date", "Thu, 28 May 2026 20:26:51 GMT");
    let (binance, server) = asking([dated]).await;
    let candles = binance.candles(symbol("ALPHAUSDT"), Interval::Timeframe(Timeframe::M1), 150).await.unwrap();
    let first = Candle {
        start: UnixMs(1_779_999_840_000),
        open: 12.2,
        high: 12.45,
        low: 12.1,
        close: 12.4,
        volume: 300.5,
        turnover: 3_700.25,
    };
    assert_eq!((candles.len(), candles[0].candle, candles[1].candle.close), (2, first, 12.38));
    assert_eq!((candles[0].taker_buy, candles[1].taker_buy), (Some(150.0), Some(0.0)));
    assert_eq!(server.asked(), ["/fapi/v1/klines?symbol=ALPHAUSDT&interval=1m&limit=151"]);

    let later = ok("klines.json").with("date", "Thu, 28 May 2026 20:27:00 GMT");
    let (binance, _server) = asking([later]).await;
    let candles = binance.candles(symbol("ALPHAUSDT"), Interval::Timeframe(Timeframe::M1), 2).await.unwrap();
    assert_eq!(candles.iter().map(|c| c.candle.close).collect::<Vec<_>>(), [12.38, 12.5]);
}

#[tokio::test]
async fn a_candle_counts_where_what_takers_bought_of_it_is_impossible() {
    let body = binance_payload("klines.json");
    for impossible in ["\"301\"", "\"-1\"", "\"NaN\"", "\"\"", "null", "150"] {
        let (binance, server) = asking([Reply::json(body.replacen("\"150\"", impossible, 1))]).await;
        let candles = binance.candles(symbol("ALPHAUSDT"), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        let seen: Vec<_> = candles.iter().map(|kline| (kline.candle.volume, kline.taker_buy)).collect();
        assert_eq!(seen, [(300.5, None), (0.0, Some(0.0)), (120.5, Some(60.0))], "{impossible}");
        let skipped = binance.skipped_rows();
        let named: Vec<_> = skipped.iter().map(|row| (row.list.as_str(), row.field.as_str(), row.rows)).collect();
        assert_eq!((named, skipped[0].contract.as_deref()), (vec![("klines", "takerBuy", 1)], Some("ALPHAUSDT")));
        assert_eq!(server.asked().len(), 1, "asking again does not help");
    }
}

#[tokio::test]
async fn every_other_route_is_understood() {
    let alpha = symbol("ALPHAUSDT");
    let (binance, server) = asking([
        ok("agg-trades.json"),
        ok("open-interest-hist.json"),
        ok("open-interest.json"),
        ok("funding-rate.json"),
        ok("account-ratio.json"),
    ])
    .await;
    let trades = binance.recent_trades(alpha, 1_000).await.unwrap();
    let seen: Vec<_> = trades.iter().map(|t| (t.at.0, t.side(), t.price, t.size())).collect();
    assert_eq!(seen, [(1_780_000_021_000, Side::Buy, 12.52, 1.5), (1_780_000_021_002, Side::Sell, 12.51, 0.2)]);
    let point = |at, coins| OpenInterest { at: UnixMs(at), coins };
    assert_eq!(
        binance.open_interest(alpha, 288).await.unwrap(),
        [point(1_779_999_600_000, 3_990.0), point(1_779_999_900_000, 4_000.2)]
    );
    assert_eq!(binance.open_interest(alpha, 1).await.unwrap(), [point(1_780_000_000_100, 4_000.2)]);
    let paid = |at, rate| PaidFunding { at: UnixMs(at), rate };
    assert_eq!(
        binance.funding_history(alpha, 100).await.unwrap(),
        [paid(1_779_969_600_002, 0.000_1), paid(1_779_984_000_006, -0.000_05)]
    );
    let accounts = binance.accounts(alpha, 288).await.unwrap();
    assert_eq!(accounts.iter().map(|a| a.long).collect::<Vec<_>>(), [0.5799, 0.6]);
    assert_eq!(
        server.asked(),
        [
            "/fapi/v1/aggTrades?symbol=ALPHAUSDT&limit=1000",
            "/futures/data/openInterestHist?symbol=ALPHAUSDT&period=5m&limit=288",
            "/fapi/v1/openInterest?symbol=ALPHAUSDT",
            "/fapi/v1/fundingRate?symbol=ALPHAUSDT&limit=100",
            "/futures/data/globalLongShortAccountRatio?symbol=ALPHAUSDT&period=5m&limit=288",
        ]
    );
}

#[tokio::test]
async fn a_wrong_request_is_told_in_the_venues_own_words() {
    let wrong = Reply { status: 400, ..Reply::json(r#"{"code":-1121,"msg":"Invalid symbol."}"#) };
    let (binance, server) = asking([wrong]).await;
    let error = binance.candles(symbol("NOSUCH"), Interval::Day, 5).await.unwrap_err();
    assert!(
        matches!(&error, VenueError::Rejected { code: -1_121, message, .. } if message == "Invalid symbol."),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn streams_in_the_documented_shapes_become_events() {
    let http = HttpScript::routes([
        ("/fapi/v1/depth", ok("depth.json")),
        ("/fapi/v1/fundingInfo", ok("funding-info.json")),
        ("/fapi/v1/exchangeInfo", ok("exchange-info.json")),
    ])
    .await;
    let server = WsScript::start().await;
    let binance = Binance::new(binance_config(http.addr, server.addr)).unwrap();
    binance.instruments().await.unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let watch = binance.watch(vec![symbol("ALPHAUSDT")], sender);
    assert_eq!(watch.connections(), 2);
    let mut peers = [server.accept().await, server.accept().await];
    peers.sort_by(|a, b| a.path.cmp(&b.path));
    let [market, public] = &mut peers;
    assert_eq!((market.path.as_str(), public.path.as_str()), ("/market/stream", "/public/stream"));
    let suffixes = ["ticker", "markPrice@1s", "kline_1m", "aggTrade", "forceOrder"];
    assert_eq!(market.accept_request().await.args, suffixes.map(|suffix| format!("alphausdt@{suffix}")));
    assert_eq!(public.accept_request().await.args, ["alphausdt@depth@100ms"]);
    for _ in 0..2 {
        assert!(matches!(event(&mut events).await, MarketEvent::Connected { .. }));
    }

    // The whole book is fetched although nothing has changed yet.
    let level = |price, size| Level { price, size };
    let book = |at, change| MarketEvent::Book { symbol: symbol("ALPHAUSDT"), at: UnixMs(at), change };
    let whole =
        BookChange::Snapshot { bids: vec![level(12.49, 3.0), level(12.48, 10.5)], asks: vec![level(12.51, 7.0)] };
    assert_eq!(event(&mut events).await, book(1_780_000_022_000, whole));
    public
        .say(r#"{"stream":"alphausdt@depth@100ms","data":{"e":"depthUpdate","E":1780000022020,"T":1,"s":"ALPHAUSDT","U":499,"u":502,"pu":498,"b":[["12.49","0"]],"a":[],"ps":"ALPHAUSDT","st":1}}"#)
        .await;
    let gone = BookChange::Delta { bids: vec![level(12.49, 0.0)], asks: vec![] };
    assert_eq!(event(&mut events).await, book(1_780_000_022_020, gone));

    for line in binance_payload("market.jsonl").lines() {
        market.say(line).await;
    }
    let mut states = Vec::new();
    for _ in 0..2 {
        let MarketEvent::Ticker { ticker, .. } = event(&mut events).await else { panic!("not a ticker") };
        states.push((ticker.at.0, ticker.last, ticker.mark.unwrap(), ticker.funding.map(|f| f.interval_hours)));
        assert_eq!((ticker.turnover_24h, ticker.prev_24h), (Some(1_250_000.5), Some(12.0)));
    }
    assert_eq!(
        states,
        [(1_780_000_000_100, 12.5, 12.49, Some(4)), (1_780_000_001_000, 12.5, 12.47, None)],
        "there is no state before the last price is sent, and an empty rate is none"
    );
    let MarketEvent::Candle { timeframe, candle, taker_buy, closed, at, .. } = event(&mut events).await else {
        panic!("no candle")
    };
    assert_eq!((timeframe, candle.start.0, candle.close, closed), (Timeframe::M1, 1_779_999_960_000, 12.5, true));
    assert_eq!((candle.volume, candle.turnover, at), (120.5, 1_500.25, UnixMs(1_780_000_020_501)));
    assert_eq!(taker_buy, Some(60.0));
    for (side, size) in [(Side::Buy, 1.5), (Side::Sell, 0.2)] {
        let MarketEvent::Trades { trades, .. } = event(&mut events).await else { panic!("not trades") };
        assert_eq!((trades.len(), trades[0].side(), trades[0].size()), (1, side, size));
    }
    let closed = Liquidation { at: UnixMs(1_780_000_023_100), side: PositionSide::Long, price: 12.375, size: 200.0 };
    let expected = MarketEvent::Liquidations { symbol: symbol("ALPHAUSDT"), liquidations: vec![closed] };
    assert_eq!(event(&mut events).await, expected, "a sold order closed a long, at its average price");
    let counters = binance.counters().snapshot();
    assert_eq!((counters.messages, counters.dropped), (10, 0));
    assert_eq!(counters.malformed, 1, "the instrument without an increment");
}

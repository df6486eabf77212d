//! Binance's messages as they were recorded, each figure followed to the value it ends in.
//!
//! The recordings are not part of the project; a test whose recording is absent says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::collections::{BTreeMap, HashMap};

use schema::{Level, Side, UnixMs};
use script::{binance_fixture, symbol};
use serde_json::Value;
use venue::{
    Kline, PositionSide,
    binance::{
        book::{Sequence, Step, Whole},
        frame::{self, Data, Frame},
        parse,
        ticker::TickerState,
    },
};

/// The answers that were recorded of a route: what was asked, and what was answered.
fn answers(route: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let text = binance_fixture("rest/gocryptotrader-http-mock.public-routes.json.gz")?;
    let json: Value = serde_json::from_str(&text).unwrap();
    let methods = json["routes"][route].as_object().unwrap();
    let entry =
        |entry: &Value| (entry["queryString"].as_str().unwrap().to_owned(), entry["data"].to_string().into_bytes());
    Some(methods.values().flat_map(|entries| entries.as_array().unwrap().iter().map(entry)).collect())
}

/// The one answer to a request.
fn answer<'a>(answers: &'a [(String, Vec<u8>)], asked: &str) -> &'a [u8] {
    &answers.iter().find(|(query, _)| query == asked).unwrap_or_else(|| panic!("{asked}")).1
}

const NOW: UnixMs = UnixMs(1_900_000_000_000);

#[test]
fn every_contract_of_2021() {
    let Some(text) = binance_fixture("rest/BINANCE_FUTURES.0.gz") else { return };
    let line = text.lines().find(|line| line.contains("exchangeInfo")).unwrap();
    let body = line.split_once(": ").unwrap().1;
    let all = parse::instruments(body.as_bytes()).unwrap();
    assert_eq!((all.rows.len(), all.skipped.len()), (122, 0));
    let count = |wanted: &dyn Fn(&venue::Instrument) -> bool| all.rows.iter().filter(|i| wanted(i)).count();
    assert_eq!(count(&|i| i.perpetual && i.trading && i.quote == "USDT" && i.kind.is_empty()), 115);
    assert_eq!(count(&|i| i.kind == "INDEX"), 2);
    assert_eq!(count(&|i| i.quote == "BUSD"), 2);
    assert_eq!(count(&|i| !i.perpetual && i.trading), 2, "dated ones");
    assert_eq!(count(&|i| !i.trading), 1, "one that is being prepared");
    let bitcoin = &all.rows[0];
    assert_eq!((bitcoin.symbol.as_str(), bitcoin.base.as_str(), bitcoin.tick), ("BTCUSDT", "BTC", 0.01));
    assert_eq!(bitcoin.launched_at, UnixMs(1_569_398_400_000));
}

#[test]
fn every_answer_about_contracts_and_their_state() {
    let Some(info) = answers("/fapi/v1/exchangeInfo") else { return };
    let instruments = parse::instruments(&info[0].1).unwrap();
    assert_eq!((instruments.rows.len(), instruments.skipped.len()), (25, 0));
    assert!(instruments.rows.iter().all(|i| i.perpetual && i.trading && i.kind.is_empty()));

    let hours = parse::funding_intervals(&answers("/fapi/v1/fundingInfo").unwrap()[0].1).unwrap().rows;
    assert_eq!(hours.len(), 25);
    assert_eq!((hours[0], hours[1]), ((symbol("GTCUSDT"), Some(8)), (symbol("LPTUSDT"), Some(4))));
    assert_eq!(hours.iter().filter(|(_, hours)| *hours == Some(4)).count(), 7);

    let days = answers("/fapi/v1/ticker/24hr").unwrap();
    let premiums = answers("/fapi/v1/premiumIndex").unwrap();
    let tickers = parse::tickers(answer(&days, ""), answer(&premiums, ""), |_| Some(8)).unwrap();
    assert_eq!((tickers.rows.len(), tickers.skipped.len()), (5, 0));
    let (name, bitcoin) = &tickers.rows[0];
    assert_eq!((name.as_str(), bitcoin.at), ("BTCUSDT", UnixMs(1_611_715_406_239)));
    assert_eq!((bitcoin.last, bitcoin.prev_24h), (32_141.43, Some(32_379.0)));
    assert_eq!((bitcoin.high_24h, bitcoin.low_24h), (Some(32_950.0), Some(30_810.0)));
    assert_eq!((bitcoin.volume_24h, bitcoin.turnover_24h), (Some(343_392.042), Some(10_941_924_833.36)));
    assert_eq!((bitcoin.mark, bitcoin.funding), (None, None), "recorded apart: other contracts");

    // One contract each: a list of one.
    let one = |answers: &[(String, Vec<u8>)]| [b"[", answer(answers, "symbol=BTCUSDT"), b"]"].concat();
    let ticker = parse::tickers(&one(&days), &one(&premiums), |_| Some(8)).unwrap().rows[0].1.clone();
    assert_eq!((ticker.last, ticker.mark, ticker.index), (47_028.59, Some(26_780.822_404_76), Some(26_798.251_978_02)));
    let funding = ticker.funding.unwrap();
    assert_eq!((funding.rate.get(), funding.next), (0.000_012_26, UnixMs(1_687_248_000_000)));
    assert_eq!(ticker.turnover_24h, Some(22_175_129_357.2));
    // And one that the venue refuses.
    assert!(parse::tickers(answer(&days, "symbol=BTCUSD_201225"), b"[]", |_| None).is_err());
}

#[test]
fn every_answer_about_candles() {
    let Some(all) = answers("/fapi/v1/klines") else { return };
    let found: Vec<_> = all
        .iter()
        .map(|(_, body)| {
            let read = parse::candles(body, NOW).unwrap();
            assert!(read.skipped.is_empty(), "{:?}", read.skipped);
            assert!(read.rows.iter().all(|kline| kline.taker_buy.is_some()), "each says what takers bought");
            let candles: Vec<_> = read.rows.into_iter().map(|kline| kline.candle).collect();
            assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
            let last = candles.last().unwrap();
            let volume: f64 = candles.iter().map(|c| c.volume).sum();
            (candles.len(), candles[0].start.0, last.close, last.turnover, (volume * 1_000.0).round() / 1_000.0)
        })
        .collect();
    assert_eq!(
        found,
        [
            (500, 1_602_669_900_000, 49.73, 91_754.480_13, 1_913_265.086),
            (500, 1_602_670_200_000, 49.74, 6_151.032_29, 1_909_577.259),
            (116, 1_567_900_800_000, 7_197.57, 409_678_760.569_57, 11_211_662.348),
            (6, 1_672_531_200_000, 16_943.8, 5_333_655_035.269_37, 1_366_825.16),
            (5, 1_602_633_600_000, 11_375.0, 129_475_118.112_11, 727_811.368),
            (6, 1_602_839_700_000, 46.77, 445_587.028_58, 79_234.354),
        ]
    );
    let five = answer(&all, "interval=1d&limit=5&symbol=BTCUSDT");
    assert_eq!(parse::candles(five, UnixMs(1_602_990_000_000)).unwrap().rows.len(), 4, "the last of them runs");
}

#[test]
fn every_answer_about_trades_and_positions() {
    let Some(trades) = answers("/fapi/v1/aggTrades") else { return };
    let found: Vec<_> = trades
        .iter()
        .map(|(_, body)| {
            let trades = parse::trades(body).unwrap().rows;
            let size: f64 = trades.iter().map(schema::Trade::size).sum();
            let sold = trades.iter().filter(|t| t.side() == Side::Sell).count();
            (trades.len(), (size * 1_000.0).round() / 1_000.0, sold, trades[0].at.0, trades.last().unwrap().at.0)
        })
        .collect();
    assert_eq!(
        found,
        [
            (500, 744.396, 243, 1_602_819_697_783, 1_602_819_862_086),
            (5, 1.768, 1, 1_602_989_582_346, 1_602_989_583_660),
            (6, 2.047, 3, 1_602_989_282_797, 1_602_989_283_589),
        ]
    );

    let now = parse::open_interest_now(&answers("/fapi/v1/openInterest").unwrap()[0].1).unwrap();
    assert_eq!((now.at, now.coins), (UnixMs(1_702_244_985_273), 83_782.317));
    let history: Vec<_> = answers("/futures/data/openInterestHist")
        .unwrap()
        .iter()
        .map(|(_, body)| {
            let points = parse::open_interest(body).unwrap().rows;
            (points.len(), points[0].coins, points.last().unwrap().at.0)
        })
        .collect();
    assert_eq!(
        history,
        [
            (10, 286_060.674, 1_602_806_400_000),
            (1, 36_316.877, 1_602_989_400_000),
            (10, 300_147.752, 1_602_979_200_000),
            (6, 284_391.0, 1_602_986_100_000),
            (6, 284_391.0, 1_602_986_100_000),
        ]
    );

    let mut points = 0;
    for (asked, body) in answers("/futures/data/globalLongShortAccountRatio").unwrap() {
        let accounts = parse::accounts(&body).unwrap_or_else(|error| panic!("{asked}: {error}")).rows;
        assert!(accounts.windows(2).all(|pair| pair[0].at < pair[1].at));
        points += accounts.len();
        if asked == "limit=3&period=5m&symbol=BTCUSDT" {
            assert_eq!((accounts[0].long, accounts[2].long), (0.5799, 0.581));
        }
    }
    assert_eq!(points, 30 + 10 + 10 + 6 + 6 + 3 + 28);

    let paid: Vec<_> = answers("/fapi/v1/fundingRate")
        .unwrap()
        .iter()
        .filter_map(|(_, body)| Some(parse::funding_history(body).ok()?.rows))
        .map(|paid| (paid.len(), paid[0].rate, paid.last().unwrap().at.0))
        .collect();
    assert_eq!(
        paid,
        [
            (1, 0.000_185_34, 1_602_806_400_002),
            (100, -0.000_222_7, 1_602_979_200_006),
            (1, 0.000_1, 1_698_220_800_000),
            (6, -0.000_123_59, 1_577_980_800_000),
            (1, 0.000_1, 1_698_710_400_001),
            (1, 0.000_1, 1_602_979_200_006),
        ],
        "three more were recorded without an answer"
    );

    let books: Vec<_> = answers("/fapi/v1/depth")
        .unwrap()
        .iter()
        .map(|(_, body)| {
            let whole = parse::depth(body).unwrap();
            (whole.last, whole.at.0, whole.bids.len(), whole.asks.len(), whole.bids[0].price, whole.asks[0].price)
        })
        .collect();
    assert_eq!(
        books,
        [
            (78_378_956_573, 1_602_818_750_782, 5, 5, 11_492.09, 11_492.1),
            (5_643_869_211_110, 1_730_440_386_483, 100, 100, 69_607.7, 69_607.8),
            (177_584_518_166, 1_611_715_367_932, 28, 28, 32_090.35, 32_090.36),
        ]
    );
}

/// One side of a book, by price.
#[derive(Default)]
struct Held {
    bids: BTreeMap<u64, f64>,
    asks: BTreeMap<u64, f64>,
}

impl Held {
    fn of(whole: &Whole) -> Self {
        let mut held = Self::default();
        held.change(&whole.bids, &whole.asks);
        held
    }

    fn change(&mut self, bids: &[Level], asks: &[Level]) {
        for (side, levels) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for level in levels {
                // Positive numbers are ordered like their bits.
                if level.size == 0.0 {
                    side.remove(&level.price.to_bits());
                } else {
                    side.insert(level.price.to_bits(), level.size);
                }
            }
        }
    }

    fn best(&self) -> (f64, f64) {
        let price = |entry: Option<(&u64, &f64)>| f64::from_bits(*entry.unwrap().0);
        (price(self.bids.last_key_value()), price(self.asks.first_key_value()))
    }

    fn totals(&self) -> (f64, f64) {
        (self.bids.values().sum(), self.asks.values().sum())
    }
}

fn data(text: &str) -> (schema::Symbol, Data) {
    match frame::read(text) {
        Ok(Frame::Data { symbol, data, .. }) => (symbol, data),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn half_a_minute_of_four_contracts_joins_with_their_whole_books() {
    let Some(frames) = binance_fixture("ws/BINANCE_FUTURES.ws.1.0.gz") else { return };
    let Some(books) = binance_fixture("rest/BINANCE_FUTURES.http.0.0.gz") else { return };
    let mut sequences: HashMap<schema::Symbol, Sequence> = HashMap::new();
    let (mut size, mut bought, mut closed, mut best, mut last_id) = (0.0, 0, Vec::new(), 0, HashMap::new());
    for line in frames.lines().skip(1) {
        let (symbol, data) = data(line.split_once(": ").unwrap().1);
        match data {
            Data::Trade(trade, id) => {
                let id = id.unwrap();
                let before = last_id.insert(symbol, id);
                assert!(before.is_none_or(|before| before + 1 == id), "the numbers of trades are consecutive");
                size += trade.size();
                bought += usize::from(trade.side() == Side::Buy);
            }
            Data::Candle { kline: Kline { candle, taker_buy }, closed: true, .. } => {
                assert!(taker_buy.is_some(), "{symbol} says what takers bought");
                closed.push((symbol.to_string(), candle.start.0, candle.close, candle.volume));
            }
            Data::Candle { closed: false, wrong, .. } => assert_eq!(wrong, None),
            Data::Book(diff) => assert_eq!(sequences.entry(symbol).or_default().take(diff), Step::KeptBack),
            Data::Best(bid, ask) => {
                assert!(bid.price < ask.price);
                best += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((size, bought, best), (177_768.0, 47, 613));
    closed.sort_by(|a, b| a.0.cmp(&b.0));
    let start = 1_626_992_700_000;
    assert_eq!(
        closed,
        [
            ("AKROUSDT".to_owned(), start, 0.017_33, 235_736.0),
            ("CTKUSDT".to_owned(), start, 1.012, 11_074.0),
            ("KEEPUSDT".to_owned(), start, 0.2466, 8_464.0),
            ("SUSHIUSDT".to_owned(), start, 7.617, 3_005.0),
        ]
    );

    let mut found = Vec::new();
    for line in books.lines().filter(|line| line.contains("depth?symbol=")) {
        let (url, rest) = line.split_once(" -> ").unwrap();
        let name = url.split("symbol=").nth(1).unwrap().split('&').next().unwrap();
        let whole = parse::depth(rest.split_once(": ").unwrap().1.as_bytes()).unwrap();
        let mut held = Held::of(&whole);
        let diffs = sequences.get_mut(&symbol(name)).unwrap().join(whole.last).unwrap();
        for diff in &diffs {
            held.change(&diff.bids, &diff.asks);
        }
        found.push((name.to_owned(), diffs.len(), held.bids.len(), held.asks.len(), held.best(), held.totals()));
    }
    assert_eq!(
        found,
        [
            ("SUSHIUSDT".to_owned(), 252, 1_006, 1_000, (7.612, 7.616), (444_353.0, 468_185.0)),
            ("AKROUSDT".to_owned(), 188, 613, 761, (0.017_34, 0.017_35), (918_300_169.0, 69_384_043.0)),
            ("KEEPUSDT".to_owned(), 132, 401, 614, (0.2463, 0.2467), (7_200_262.0, 3_437_416.0)),
            ("CTKUSDT".to_owned(), 180, 486, 742, (1.011, 1.012), (425_802_270.0, 1_565_206.0)),
        ]
    );
}

#[test]
fn six_minutes_of_one_contract_without_a_gap() {
    let Some(text) = binance_fixture("ws/ethusdt_20240808.gz") else { return };
    let (mut sequence, mut held, mut last) = (Sequence::default(), Held::default(), 0);
    let (mut trades, mut bought, mut size, mut changes, mut best, mut wholes) = (0, 0, 0.0, 0, 0, 0);
    for line in text.lines() {
        let message = line.split_once(' ').unwrap().1;
        if message.starts_with("{\"lastUpdateId\"") {
            let whole = parse::depth(message.as_bytes()).unwrap();
            assert_eq!((whole.last, whole.bids.len(), whole.asks.len()), (5_123_107_856_276, 1_000, 1_000));
            held = Held::of(&whole);
            for diff in sequence.join(whole.last).unwrap() {
                held.change(&diff.bids, &diff.asks);
            }
            wholes += 1;
            continue;
        }
        match data(message).1 {
            Data::Trade(trade, None) => {
                trades += 1;
                bought += usize::from(trade.side() == Side::Buy);
                size += trade.size();
            }
            Data::Book(diff) => {
                changes += 1;
                last = diff.last;
                match sequence.take(diff) {
                    Step::Change(diff) => {
                        held.change(&diff.bids, &diff.asks);
                        let (bid, ask) = held.best();
                        assert!(bid < ask, "crossed at {last}");
                    }
                    Step::KeptBack if wholes == 0 => {}
                    Step::Known => {}
                    other => panic!("{other:?} at {last}"),
                }
            }
            Data::Best(..) => best += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((trades, bought, changes, best, wholes), (14_076, 6_984, 6_586, 53_992, 1));
    assert!((size - 9_164.948).abs() < 1e-6, "{size}");
    assert_eq!(last, 5_123_135_545_737);
    assert!(sequence.holds());
}

#[test]
fn mark_prices_of_2026() {
    let Some(lines) = binance_fixture("ws/mark-price-2026-09-30.jsonl") else { return };
    let mut states: HashMap<String, TickerState> = HashMap::new();
    let mut count = 0;
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let (symbol, Data::Mark(mark)) = data(line) else { panic!("{line}") };
        assert!(states.entry(symbol.to_string()).or_default().take_mark(mark));
        count += 1;
    }
    assert_eq!((count, states.len()), (20, 2));
    let (_, Data::Mark(first)) = data(lines.lines().next().unwrap()) else { unreachable!() };
    let day = r#"{"e":"24hrTicker","E":1790757176000,"s":"BTCUSDT","c":"83000"}"#;
    let Data::Day(day) = data(day).1 else { unreachable!() };
    let mut state = TickerState::default();
    state.take_mark(first);
    state.take_day(day);
    let ticker = state.ticker(Some(8)).unwrap();
    assert_eq!(
        (ticker.at, ticker.mark, ticker.index),
        (UnixMs(1_790_757_176_000), Some(83_003.1), Some(83_045.690_434_78))
    );
    let funding = ticker.funding.unwrap();
    assert_eq!((funding.rate.get(), funding.next), (-0.000_010_12, UnixMs(1_790_784_000_000)));
}

#[test]
fn single_frames_of_every_sample() {
    let read = |name: &str, see: &dyn Fn(&str, Data)| {
        if let Some(text) = binance_fixture(&format!("ws/samples/{name}.json")) {
            let (symbol, data) = data(&text);
            see(symbol.as_str(), data);
        }
    };
    read("agg_trade_stream", &|symbol, data| {
        let Data::Trade(trade, id) = data else { panic!("{data:?}") };
        assert_eq!(
            (symbol, id, trade.side(), trade.price, trade.size()),
            ("BTCUSDT", Some(5_933_014), Side::Sell, 0.001, 100.0)
        );
    });
    read("trade_stream", &|_, data| {
        let Data::Trade(trade, id) = data else { panic!("{data:?}") };
        assert_eq!((id, trade.side(), trade.at), (None, Side::Sell, UnixMs(123_456_785)));
    });
    read("book_ticker_stream", &|symbol, data| {
        let Data::Best(bid, ask) = data else { panic!("{data:?}") };
        assert_eq!((symbol, bid.price, bid.size, ask.price, ask.size), ("BNBUSDT", 25.3519, 31.21, 25.3652, 40.66));
    });
    read("depth_update_stream", &|_, data| {
        let Data::Book(diff) = data else { panic!("{data:?}") };
        assert_eq!((diff.first, diff.last, diff.previous), (157, 160, 149));
        assert_eq!((diff.bids[0].price, diff.asks[0].size), (0.0024, 100.0));
    });
    read("kline_stream_closed", &|_, data| {
        let Data::Candle { kline: Kline { candle, taker_buy }, closed, .. } = data else { panic!("{data:?}") };
        assert_eq!((closed, candle.start.0, candle.close, candle.turnover), (true, 1_638_747_660_000, 0.002, 1.0));
        assert_eq!((candle.volume, taker_buy), (1_000.0, Some(500.0)));
    });
    if let Some(text) = binance_fixture("ws/samples/kline_stream_open.json") {
        // An invented candle: it opens at 0.0010 and its low is 0.0015.
        assert_eq!(frame::read(&text).unwrap_err().kind(), "kline high");
    }
    read("liquidation_stream", &|symbol, data| {
        let Data::Liquidation(one) = data else { panic!("{data:?}") };
        assert_eq!((symbol, one.side, one.price, one.size), ("BTCUSDT", PositionSide::Long, 9_910.123_456_78, 0.014));
    });
    read("mark_price_stream", &|_, data| assert!(matches!(data, Data::Mark(_)), "{data:?}"));
    read("ticker_stream", &|_, data| {
        let Data::Day(day) = data else { panic!("{data:?}") };
        let mut state = TickerState::default();
        state.take_day(day);
        let ticker = state.ticker(None).unwrap();
        assert_eq!(
            (ticker.last, ticker.prev_24h, ticker.turnover_24h),
            (16_584.6, Some(16_716.0), Some(2_036_102_085.697_464))
        );
    });
}

#[test]
fn a_liquidation_of_2026() {
    let Some(text) = binance_fixture("../liquidation-frames-2026-10/binance-forceOrder.jsonl") else { return };
    let (symbol, Data::Liquidation(one)) = data(text.trim()) else { panic!("{text}") };
    assert_eq!((symbol.as_str(), one.side, one.at), ("BTCUSDT", PositionSide::Long, UnixMs(1_791_565_602_120)));
    assert_eq!((one.price, one.size), (82_651.9, 0.19));
    assert!((one.notional() - 15_703.861).abs() < 1e-6, "{}", one.notional());
}

//! What every adapter guarantees, as the same stories over each of them.
//!
//! A story uses the words of a venue, in `contract_words`: how it says the things that every venue says. A new
//! adapter is one more row in [`VENUES`] and one more way to say things.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod contract_words;
mod script;

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use contract_words::{Line, Stage, VENUES};
use schema::{Level, Side, Timeframe};
use script::{Reply, symbol, within};
use venue::{BookChange, Crossed, Interval, LocalBook, MarketEvent, PositionSide, VenueError};

/// Runs a story over every venue.
macro_rules! over_every_venue {
    ($(async fn $story:ident($words:ident: Words) $body:block)*) => {$(
        #[tokio::test]
        async fn $story() {
            for $words in VENUES {
                eprintln!("over {}", $words.name());
                $body
            }
        }
    )*};
}

const A: &str = "AUSDT";

over_every_venue! {
    async fn instruments_are_told_in_the_same_terms(words: Words) {
        let stage = Stage::asking(words, words.instruments()).await;
        let all = stage.exchange.instruments().await.unwrap();
        let seen: Vec<_> = all.iter().map(|i| (i.symbol.as_str(), i.base.as_str(), i.quote.as_str(), i.perpetual, i.trading, i.tick)).collect();
        assert_eq!(seen, [("AUSDT", "A", "USDT", true, true, 0.01), ("BUSDT", "B", "USDT", true, false, 0.5)]);
        assert_eq!(stage.exchange.counters().malformed, 1, "one is not understood, and hides no other");
        assert_eq!(stage.exchange.venue(), words.venue());
    }

    async fn a_ticker_has_its_funding_with_its_interval_and_no_invented_figure(words: Words) {
        let stage = Stage::asking(words, words.tickers()).await;
        stage.exchange.instruments().await.unwrap();
        let tickers = stage.exchange.tickers().await.unwrap();
        let (name, a) = &tickers[0];
        assert_eq!((name.as_str(), a.last, a.mark, a.index, a.prev_24h), (A, 12.5, Some(12.49), Some(12.48), Some(12.0)));
        assert_eq!((a.turnover_24h, a.volume_24h), (Some(1_250_000.5), Some(100_000.0)));
        let funding = a.funding.unwrap();
        assert_eq!((funding.rate.get(), funding.interval_hours, funding.next.0), (-0.000_15, 4, 1_780_012_800_000));
        let b = &tickers[1].1;
        assert_eq!((b.last, b.mark, b.prev_24h, b.funding), (0.5, None, None, None));
    }

    async fn candles_come_oldest_first_and_without_the_running_one(words: Words) {
        let stage = Stage::asking(words, words.candles()).await;
        let candles = stage.exchange.candles(symbol(A), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        let seen: Vec<_> = candles.iter().map(|c| c.candle).map(|c| (c.start.0, c.open, c.high, c.low, c.close, c.volume, c.turnover)).collect();
        assert_eq!(seen, [
            (1_779_999_840_000, 12.2, 12.45, 12.1, 12.4, 300.5, 3_700.25),
            (1_779_999_900_000, 12.4, 12.4, 12.35, 12.38, 0.0, 0.0),
        ]);
    }

    async fn trades_carry_the_takers_side_and_positions_one_side(words: Words) {
        let stage = Stage::asking(words, words.history()).await;
        let trades = stage.exchange.recent_trades(symbol(A), 10).await.unwrap();
        let seen: Vec<_> = trades.iter().map(|t| (t.at.0, t.side(), t.price, t.size())).collect();
        assert_eq!(seen, [(1_780_000_021_000, Side::Buy, 12.52, 1.5), (1_780_000_021_002, Side::Sell, 12.51, 0.2)]);
        let open: Vec<_> = stage.exchange.open_interest(symbol(A), 10).await.unwrap().iter().map(|p| (p.at.0, p.coins)).collect();
        assert_eq!(open, [(1_779_999_600_000, 3_990.0), (1_779_999_900_000, 4_000.2)]);
        let paid: Vec<_> = stage.exchange.funding_history(symbol(A), 10).await.unwrap().iter().map(|p| (p.at.0, p.rate)).collect();
        assert_eq!(paid, [(1_779_969_600_000, 0.000_1), (1_779_984_000_000, -0.000_05)]);
        let long: Vec<_> = stage.exchange.accounts(symbol(A), 10).await.unwrap().iter().map(|a| a.long).collect();
        assert_eq!(long, [0.58, 0.6]);
    }

    async fn a_refusal_stops_everything_and_says_why(words: Words) {
        let stage = Stage::asking(words, words.always(&Reply::html(403))).await;
        let error = stage.exchange.tickers().await.unwrap_err();
        assert!(matches!(error, VenueError::Refused { status: 403, .. }), "{error:?}");
        let pause = stage.exchange.pause().unwrap();
        assert!(pause.reason.starts_with("HTTP 403: ") && pause.left > Duration::ZERO, "{pause:?}");
        let asked = stage.http.asked().len();
        assert!(stage.exchange.instruments().await.is_err());
        assert_eq!(stage.http.asked().len(), asked, "nothing is asked meanwhile");
    }

    async fn being_asked_to_slow_down_is_waited_out(words: Words) {
        let stage = Stage::asking(words, words.candles()).await;
        stage.http.first(words.slow_down());
        let started = Instant::now();
        stage.exchange.candles(symbol(A), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
    }

    async fn a_wrong_request_is_asked_once_and_a_fault_again(words: Words) {
        let stage = Stage::asking(words, words.always(&words.wrong())).await;
        let error = stage.exchange.candles(symbol("NOSUCH"), Interval::Day, 5).await.unwrap_err();
        assert!(matches!(error, VenueError::Rejected { .. }), "{error:?}");
        assert_eq!(stage.http.asked().len(), 1);
        let stage = Stage::asking(words, words.candles()).await;
        stage.http.first(Reply::html(502));
        stage.exchange.candles(symbol(A), Interval::Timeframe(Timeframe::M1), 10).await.unwrap();
        assert_eq!(stage.http.asked().len(), 2);
    }

    async fn an_answer_that_cannot_be_understood_is_an_error_and_never_an_empty_market(words: Words) {
        for body in ["", "null", "{\"retCode\":0", "5", "[{}]"] {
            let stage = Stage::asking(words, words.always(&Reply::json(body))).await;
            let error = stage.exchange.candles(symbol(A), Interval::Day, 5).await.unwrap_err();
            assert!(matches!(error, VenueError::Undecodable { .. }), "{body}: {error:?}");
        }
    }

    async fn a_stream_tells_of_everything_in_the_same_terms(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        line.market.say(words.ticker(12.5, 1_000)).await;
        let MarketEvent::Ticker { ticker, .. } = stage.next().await else { panic!("no ticker") };
        assert_eq!((ticker.last, ticker.at.0), (12.5, 1_000));
        line.market.say(words.candle(60_000, 12.5, true, 2_000)).await;
        let MarketEvent::Candle { timeframe, candle, closed, .. } = stage.next().await else { panic!("no candle") };
        assert_eq!((timeframe, candle.start.0, candle.close, closed), (Timeframe::M1, 60_000, 12.5, true));
        line.market.say(words.trade(1, true, 3_000)).await;
        let MarketEvent::Trades { trades, .. } = stage.next().await else { panic!("no trade") };
        assert_eq!((trades.len(), trades[0].side(), trades[0].at.0), (1, Side::Buy, 3_000));
        for (long, side) in [(true, PositionSide::Long), (false, PositionSide::Short)] {
            line.market.say(words.liquidation(long, 4_000 + i64::from(!long))).await;
            let MarketEvent::Liquidations { liquidations, .. } = stage.next().await else { panic!("no liquidation") };
            assert_eq!((liquidations[0].side, liquidations[0].price, liquidations[0].size), (side, 10.0, 3.0));
            assert_eq!(liquidations[0].notional(), 30.0);
        }
        assert_eq!(stage.exchange.counters().malformed, 0);
    }

    async fn trades_are_told_from_the_answer_on_and_one_that_finds_no_room_is_told_as_missed(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 1, |_| {}).await;
        stage.until("the answer", |event| matches!(event, MarketEvent::Hearing { symbols } if **symbols == [symbol(A)])).await;
        line.market.say(words.trade(1, true, 3_000)).await;
        line.market.say(words.trade(2, true, 3_001)).await;
        within("the drop to be counted", async {
            while stage.exchange.counters().dropped == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        stage.until("the news", |event| *event == MarketEvent::Missed { symbol: symbol(A) }).await;
        assert_eq!(stage.exchange.counters().dropped, 1);
    }

    async fn a_gap_in_a_book_is_told_and_a_new_whole_one_replaces_it(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        stage.whole_book(&mut line, 10, 5.0).await;
        line.book.say(words.change(11, 5.0, 0.0)).await;
        assert_eq!(stage.book().await, BookChange::Delta { bids: vec![Level { price: 5.0, size: 0.0 }], asks: vec![] });
        stage.http.set(words.depth_path(), words.depth(30, 7.0));
        line.book.say(words.change(13, 6.0, 1.0)).await;
        assert_eq!(stage.book().await, BookChange::Lost);
        stage.asked_again(&mut line).await;
        line.book.say(words.change(14, 6.0, 2.0)).await;
        stage.whole_book(&mut line, 30, 7.0).await;
        line.book.say(words.change(31, 7.5, 1.0)).await;
        assert_eq!(stage.book().await, BookChange::Delta { bids: vec![Level { price: 7.5, size: 1.0 }], asks: vec![] });
    }

    async fn a_book_that_its_reader_finds_crossed_is_lost_although_no_number_is_missing(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        stage.whole_book(&mut line, 10, 5.0).await;
        stage.http.set(words.depth_path(), words.depth(30, 7.0));
        // The ask of the whole book is at 100.
        line.book.say(words.change(11, 100.0, 1.0)).await;
        let mut held = LocalBook::new(NonZeroUsize::MIN);
        let [bids, asks] = [5.0, 100.0].map(|price| vec![Level { price, size: 1.0 }]);
        held.apply(BookChange::Snapshot { bids, asks }).unwrap();
        assert_eq!(held.apply(stage.book().await), Err(Crossed { bid: 100.0, ask: 100.0 }));
        stage.exchange.resync_book(symbol(A));
        assert_eq!(stage.book().await, BookChange::Lost);
        stage.asked_again(&mut line).await;
        stage.whole_book(&mut line, 30, 7.0).await;
        line.book.say(words.change(31, 99.0, 1.0)).await;
        assert_eq!(stage.book().await, BookChange::Delta { bids: vec![Level { price: 99.0, size: 1.0 }], asks: vec![] });
    }

    async fn after_a_lost_connection_everything_begins_anew(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        stage.whole_book(&mut line, 10, 5.0).await;
        line.market.say(words.ticker(1.0, 1_000)).await;
        stage.next().await;
        drop(line);
        let mut lost_book = false;
        within("the losses", async {
            for _ in 0..words.connections() {
                loop {
                    match stage.next().await {
                        MarketEvent::Book { change: BookChange::Lost, .. } => lost_book = true,
                        MarketEvent::Lost { symbols, cause, .. } => {
                            assert_eq!(&*symbols, [symbol(A)]);
                            assert!(cause.contains("connection"), "{cause}");
                            break;
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
        })
        .await;
        assert!(lost_book, "its book is lost with it");
        stage.http.set(words.depth_path(), words.depth(50, 9.0));
        let mut line = Line::connected(&mut stage).await;
        stage.whole_book(&mut line, 50, 9.0).await;
        assert_eq!(stage.exchange.counters().reconnects, words.connections() as u64);
    }

    async fn what_is_told_twice_counts_once_and_nothing_old_replaces_anything_newer(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        stage.whole_book(&mut line, 10, 5.0).await;
        for _ in 0..2 {
            line.book.say(words.change(11, 5.0, 0.0)).await;
            line.market.say(words.trade(1, true, 3_000)).await;
            line.market.say(words.liquidation(true, 4_000)).await;
            line.market.say(words.candle(60_000, 12.5, true, 70_000)).await;
        }
        line.market.say(words.candle(60_000, 99.0, false, 69_000)).await;
        line.market.say(words.trade(2, false, 3_001)).await;
        line.book.say(words.change(12, 4.0, 1.0)).await;
        let (mut changes, mut trades, mut liquidations, mut candles) = (0, 0, 0, 0);
        while changes < 2 || trades < 2 {
            match stage.next().await {
                MarketEvent::Book { change: BookChange::Delta { .. }, .. } => changes += 1,
                MarketEvent::Trades { trades: received, .. } => trades += received.len(),
                MarketEvent::Liquidations { .. } => liquidations += 1,
                MarketEvent::Candle { .. } => candles += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((changes, trades, liquidations, candles), (2, 2, 1, 1));
    }

    async fn what_cannot_be_understood_is_counted_and_the_stream_goes_on(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        for text in ["hello", "", "{", "[1]", "{}", r#"{"topic":"weather.AUSDT"}"#, r#"{"e":"weather","E":1}"#] {
            line.market.say(text).await;
        }
        line.market.say(words.ticker(1.0, 5).replacen('{', r#"{"brandNew":{"a":[null]},"#, 1)).await;
        let MarketEvent::Ticker { ticker, .. } = stage.next().await else { panic!("no ticker") };
        assert_eq!(ticker.last, 1.0);
        assert_eq!(stage.exchange.counters().malformed, 7);
    }

    async fn a_silent_connection_is_made_again(words: Words) {
        let (mut stage, line) = Stage::watching(words, &[A], 64, |stream| {
            stream.silent_after = Duration::from_millis(300);
            stream.ping_every = Duration::from_secs(60);
        })
        .await;
        let lost = within("the loss", async {
            loop {
                if let MarketEvent::Lost { cause, .. } = stage.next().await {
                    return cause;
                }
            }
        })
        .await;
        assert_eq!(lost, "no message for 0.3 s");
        drop(line);
    }

    async fn dropping_the_subscription_ends_its_connections(words: Words) {
        let (mut stage, mut line) = Stage::watching(words, &[A], 64, |_| {}).await;
        stage.unwatch();
        line.market.ended().await;
        if words.connections() > 1 {
            line.book.ended().await;
        }
    }
}

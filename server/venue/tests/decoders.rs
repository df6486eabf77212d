//! Whatever bytes arrive, a decoder neither panics nor lets an impossible number through.
//!
//! The bytes are arbitrary, or the documented payloads with some of them damaged: such get deeper.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use proptest::prelude::*;
use schema::{Candle, Level, Trade, UnixMs};
use script::{binance_payload, payload};
use venue::{Liquidation, binance, bybit};

/// A way to damage bytes.
#[derive(Debug, Clone)]
enum Damage {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<prop::sample::Index>;
    // What a number, a text or a list may be replaced by, besides any byte.
    let words = prop::sample::select(vec![
        "-",
        "e999",
        "null",
        "\"",
        "[",
        "}",
        "0",
        "99999999999999999999",
        "NaN",
        "\\u0000",
        ".",
    ]);
    let one = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        4 => (place(), words).prop_map(|(at, word)| Damage::Insert(at, word.as_bytes().to_vec())),
        3 => (place(), 1_usize..12).prop_map(|(at, many)| Damage::Remove(at, many)),
        1 => place().prop_map(Damage::Cut),
    ];
    prop::collection::vec(one, 1..5)
}

fn damaged(text: &str, damage: &[Damage]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for damage in damage {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Replace(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
            Damage::Remove(at, many) => {
                let at = at.index(length);
                bytes.drain(at..(at + many).min(length));
            }
            Damage::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

fn possible_trade(trade: &Trade) {
    assert!(trade.price.is_finite() && trade.price > 0.0 && trade.size.is_finite() && trade.size >= 0.0, "{trade:?}");
    assert!(trade.at.0 >= 0);
}

fn possible_candle(candle: &Candle) {
    candle.check().unwrap();
}

fn possible_levels(levels: &[Level]) {
    assert!(levels.iter().all(|l| l.price.is_finite() && l.price > 0.0 && l.size.is_finite() && l.size >= 0.0));
}

fn possible_liquidation(one: &Liquidation) {
    assert!(one.notional().is_finite() && one.price > 0.0 && one.size >= 0.0 && one.at.0 >= 0, "{one:?}");
}

fn possible_ticker(ticker: &venue::Ticker) {
    let prices = [ticker.mark, ticker.index, ticker.prev_24h, ticker.prev_1h, ticker.high_24h, ticker.low_24h];
    assert!(
        prices.into_iter().flatten().chain([ticker.last]).all(|price| price.is_finite() && price > 0.0),
        "{ticker:?}"
    );
    let amounts = [ticker.volume_24h, ticker.turnover_24h, ticker.open_interest];
    assert!(amounts.into_iter().flatten().all(|amount| amount.is_finite() && amount >= 0.0), "{ticker:?}");
}

fn bybit_frame(text: &str) {
    use bybit::frame::{Data, Frame, read};
    match read(text) {
        Ok(Frame::Data { data, at, .. }) => {
            assert!(at.0 > 0);
            match data {
                Data::Ticker(row) => {
                    let mut state = bybit::ticker::TickerState::default();
                    // What cannot be is named; the rest is taken in.
                    let _ = state.merge(&row);
                    state.ticker(at, Some(8)).iter().for_each(possible_ticker);
                }
                Data::Candles(_, candles) => candles.iter().for_each(|(candle, _)| possible_candle(candle)),
                Data::Trades(trades, ids) => {
                    assert_eq!(trades.len(), ids.len());
                    trades.iter().for_each(possible_trade);
                }
                Data::Liquidations(all) => all.iter().for_each(possible_liquidation),
                Data::Book { bids, asks, .. } => [bids, asks].iter().for_each(|side| possible_levels(side)),
            }
        }
        Ok(Frame::Answer(_) | Frame::Pong) => {}
        Err(error) => assert!(!error.kind().is_empty()),
    }
}

fn binance_frame(text: &str) {
    use binance::frame::{Data, Frame, read};
    match read(text) {
        Ok(Frame::Data { data, .. }) => match data {
            Data::Day(day) => {
                let mut state = binance::ticker::TickerState::default();
                state.take_day(day);
                state.ticker(None).iter().for_each(possible_ticker);
            }
            Data::Candle(candle, _) => possible_candle(&candle),
            Data::Trade(trade, _) => possible_trade(&trade),
            Data::Liquidation(one) => possible_liquidation(&one),
            Data::Book(diff) => {
                assert!(diff.first <= diff.last);
                [diff.bids, diff.asks].iter().for_each(|side| possible_levels(side));
            }
            Data::Best(bid, ask) => possible_levels(&[bid, ask]),
            Data::Mark(_) | Data::NoTrade => {}
        },
        Ok(Frame::Answer(_)) => {}
        Err(error) => assert!(!error.kind().is_empty()),
    }
}

const NOW: UnixMs = UnixMs(1_900_000_000_000);

fn bybit_body(bytes: &[u8]) {
    let Ok(envelope) = bybit::parse::envelope(bytes) else { return };
    let Some(result) = envelope.result.map(serde_json::value::RawValue::get) else { return };
    let _ = bybit::parse::instruments(result);
    let _ = bybit::parse::funding_intervals(result);
    if let Ok(page) = bybit::parse::tickers(result, NOW, |_| Some(8)) {
        page.rows.iter().for_each(|(_, ticker)| possible_ticker(ticker));
    }
    if let Ok(candles) = bybit::parse::candles(result, 60_000, NOW) {
        candles.iter().for_each(possible_candle);
        assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
    }
    if let Ok(trades) = bybit::parse::trades(result) {
        trades.iter().for_each(possible_trade);
    }
    if let Ok(page) = bybit::parse::open_interest(result) {
        assert!(page.rows.iter().all(|point| point.coins.is_finite() && point.coins >= 0.0));
    }
    if let Ok(page) = bybit::parse::accounts(result) {
        assert!(page.rows.iter().all(|accounts| (0.0..=1.0).contains(&accounts.long)));
    }
    if let Ok(paid) = bybit::parse::funding_history(result) {
        assert!(paid.iter().all(|paid| paid.rate.is_finite()));
    }
}

fn binance_body(bytes: &[u8]) {
    use binance::parse;
    let _ = parse::instruments(bytes);
    if let Ok(hours) = parse::funding_intervals(bytes) {
        assert!(hours.iter().all(|(_, hours)| (1..=24).contains(hours)));
    }
    if let Ok(tickers) = parse::tickers(bytes, binance_payload("premium-index.json").as_bytes(), |_| Some(8)) {
        tickers.rows.iter().for_each(|(_, ticker)| possible_ticker(ticker));
    }
    if let Ok(tickers) = parse::tickers(binance_payload("ticker-24hr.json").as_bytes(), bytes, |_| Some(8)) {
        tickers.rows.iter().for_each(|(_, ticker)| possible_ticker(ticker));
    }
    if let Ok(candles) = parse::candles(bytes, NOW) {
        candles.iter().for_each(possible_candle);
        assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
    }
    if let Ok(trades) = parse::trades(bytes) {
        trades.iter().for_each(possible_trade);
    }
    if let Ok(whole) = parse::depth(bytes) {
        possible_levels(&whole.bids);
        possible_levels(&whole.asks);
    }
    if let Ok(point) = parse::open_interest_now(bytes) {
        assert!(point.coins.is_finite() && point.coins >= 0.0);
    }
    if let Ok(points) = parse::open_interest(bytes) {
        assert!(points.iter().all(|point| point.coins.is_finite() && point.coins >= 0.0));
    }
    if let Ok(accounts) = parse::accounts(bytes) {
        assert!(accounts.iter().all(|accounts| (0.0..=1.0).contains(&accounts.long)));
    }
    if let Ok(paid) = parse::funding_history(bytes) {
        assert!(paid.iter().all(|paid| paid.rate.is_finite()));
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn bybit_bodies() -> Vec<String> {
    ["account-ratio", "funding-history", "instruments-info", "kline", "open-interest", "recent-trade", "tickers"]
        .map(|name| payload(&format!("{name}.json")))
        .to_vec()
}

fn binance_bodies() -> Vec<String> {
    ["account-ratio", "agg-trades", "depth", "exchange-info", "funding-info", "funding-rate", "klines", "open-interest"]
        .into_iter()
        .chain(["open-interest-hist", "premium-index", "ticker-24hr"])
        .map(|name| binance_payload(&format!("{name}.json")))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        bybit_frame(&text);
        binance_frame(&text);
        bybit_body(&bytes);
        binance_body(&bytes);
    }

    #[test]
    fn damaged_messages_of_bybit(text in prop::sample::select(lines(&payload("stream.jsonl"))), damage in damage()) {
        bybit_frame(&String::from_utf8_lossy(&damaged(&text, &damage)));
    }

    #[test]
    fn damaged_messages_of_binance(text in prop::sample::select(lines(&binance_payload("market.jsonl"))), damage in damage()) {
        binance_frame(&String::from_utf8_lossy(&damaged(&text, &damage)));
    }

    #[test]
    fn damaged_answers_of_bybit(text in prop::sample::select(bybit_bodies()), damage in damage()) {
        bybit_body(&damaged(&text, &damage));
    }

    #[test]
    fn damaged_answers_of_binance(text in prop::sample::select(binance_bodies()), damage in damage()) {
        binance_body(&damaged(&text, &damage));
    }
}

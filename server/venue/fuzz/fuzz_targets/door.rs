//! What a decoder meets: any bytes in the place of a message or an answer. Shared with the tests that run on stable
//! (`tests/decoders.rs`).
//!
//! Each function reads them with every reader of its venue, asserts that no figure it gets is impossible, and says what
//! was understood.

use std::fmt;

use schema::{Candle, Level, Trade, UnixMs};
use venue::{Liquidation, binance, bybit};

/// What was understood, or only that nothing was: errors say where in a text they are.
fn understood<T: fmt::Debug, E>(read: Result<T, E>, check: impl FnOnce(&T)) -> String {
    match read {
        Ok(value) => {
            check(&value);
            format!("{value:?}")
        }
        Err(_) => "nothing".to_owned(),
    }
}

fn possible_trade(trade: &Trade) {
    assert!(
        trade.price.is_finite() && trade.price > 0.0 && trade.size().is_finite() && trade.size() >= 0.0,
        "{trade:?}"
    );
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

/// A message of Bybit's stream.
pub(crate) fn bybit_frame(text: &str) -> String {
    use bybit::frame::{Data, Frame, read};
    let frame = match read(text) {
        Ok(frame) => frame,
        Err(error) => {
            assert!(!error.kind().is_empty());
            return error.kind();
        }
    };
    if let Frame::Data { data, at, .. } = &frame {
        assert!(at.0 > 0);
        match data {
            Data::Ticker(row) => {
                let mut state = bybit::ticker::TickerState::default();
                // What cannot be is named; the rest is taken in.
                let _ = state.merge(row);
                state.ticker(*at, Some(8)).iter().for_each(possible_ticker);
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
    format!("{frame:?}")
}

/// A message of Binance's streams.
pub(crate) fn binance_frame(text: &str) -> String {
    use binance::{
        frame::{Data, Frame, read},
        ticker::TickerState,
    };
    /// A state that a mark price can be added to.
    const DAY: &str = r#"{"e":"24hrTicker","E":1,"s":"AUSDT","c":"1"}"#;
    let frame = match read(text) {
        Ok(frame) => frame,
        Err(error) => {
            assert!(!error.kind().is_empty());
            return error.kind();
        }
    };
    if let Frame::Data { data, .. } = &frame {
        let mut state = TickerState::default();
        match data {
            Data::Day(day) => drop(state.take_day(*day)),
            Data::Mark(mark) => {
                if let Ok(Frame::Data { data: Data::Day(day), .. }) = read(DAY) {
                    state.take_day(day);
                }
                state.take_mark(*mark);
                assert!(state.ticker(Some(8)).is_some());
            }
            Data::Candle { kline, .. } => {
                possible_candle(&kline.candle);
                assert!(kline.taker_buy.is_none_or(|bought| (0.0..=kline.candle.volume).contains(&bought)));
            }
            Data::Trade(trade, _) => possible_trade(trade),
            Data::Liquidation(one) => possible_liquidation(one),
            Data::Book(diff) => {
                assert!(diff.first <= diff.last);
                [&diff.bids, &diff.asks].iter().for_each(|side| possible_levels(side));
            }
            Data::Best(bid, ask) => possible_levels(&[*bid, *ask]),
            Data::NoTrade => {}
        }
        state.ticker(Some(8)).iter().for_each(possible_ticker);
    }
    format!("{frame:?}")
}

const NOW: UnixMs = UnixMs(1_900_000_000_000);

fn possible_candles(candles: &[Candle]) {
    candles.iter().for_each(possible_candle);
    assert!(candles.windows(2).all(|pair| pair[0].start < pair[1].start));
}

fn possible_trades(trades: &[Trade]) {
    trades.iter().for_each(possible_trade);
}

fn possible_interest(points: &[venue::OpenInterest]) {
    assert!(points.iter().all(|point| point.coins.is_finite() && point.coins >= 0.0));
}

fn possible_accounts(points: &[venue::Accounts]) {
    assert!(points.iter().all(|point| (0.0..=1.0).contains(&point.long)));
}

fn possible_funding(paid: &[venue::PaidFunding]) {
    assert!(paid.iter().all(|paid| paid.rate.is_finite()));
}

fn possible_instruments(rows: &[venue::Instrument]) {
    assert!(rows.iter().all(|row| row.tick.is_finite() && row.tick > 0.0 && row.launched_at.0 >= 0));
}

fn possible_hours(hours: &[(schema::Symbol, Option<u8>)]) {
    assert!(hours.iter().filter_map(|(_, hours)| *hours).all(|hours| hours > 0 && 24 % hours == 0));
}

/// An answer of Bybit over HTTP.
pub(crate) fn bybit_body(bytes: &[u8]) -> Vec<String> {
    use bybit::parse;
    let Ok(envelope) = parse::envelope(bytes) else { return Vec::new() };
    let Some(result) = envelope.result.map(serde_json::value::RawValue::get) else { return Vec::new() };
    vec![
        understood(parse::instruments(result), |page| {
            let (rows, hours): (Vec<_>, Vec<_>) = page
                .rows
                .iter()
                .cloned()
                .map(|(row, hours)| {
                    let symbol = row.symbol;
                    (row, (symbol, hours))
                })
                .unzip();
            possible_instruments(&rows);
            possible_hours(&hours);
        }),
        understood(parse::tickers(result, NOW, |_| Some(8)), |page| {
            page.rows.iter().for_each(|(_, ticker)| possible_ticker(ticker));
        }),
        understood(parse::candles(result, 60_000, NOW), |page| possible_candles(&page.rows)),
        understood(parse::trades(result), |page| possible_trades(&page.rows)),
        understood(parse::open_interest(result), |page| possible_interest(&page.rows)),
        understood(parse::accounts(result), |page| possible_accounts(&page.rows)),
        understood(parse::funding_history(result), |page| possible_funding(&page.rows)),
    ]
}

/// An answer of Binance over HTTP.
pub(crate) fn binance_body(bytes: &[u8]) -> Vec<String> {
    use binance::parse;
    const DAYS: &[u8] = include_bytes!("../../tests/payloads/binance/ticker-24hr.json");
    const MARKS: &[u8] = include_bytes!("../../tests/payloads/binance/premium-index.json");
    let tickers = |days: &[u8], marks: &[u8]| {
        understood(parse::tickers(days, marks, |_| Some(8)), |rows| {
            rows.rows.iter().for_each(|(_, ticker)| possible_ticker(ticker));
        })
    };
    vec![
        understood(parse::instruments(bytes), |rows| possible_instruments(&rows.rows)),
        understood(parse::funding_intervals(bytes), |rows| possible_hours(&rows.rows)),
        tickers(bytes, MARKS),
        tickers(DAYS, bytes),
        understood(parse::candles(bytes, NOW), |rows| {
            possible_candles(&rows.rows.iter().map(|kline| kline.candle).collect::<Vec<_>>());
        }),
        understood(parse::trades(bytes), |rows| possible_trades(&rows.rows)),
        understood(parse::depth(bytes), |whole| {
            possible_levels(&whole.bids);
            possible_levels(&whole.asks);
        }),
        understood(parse::open_interest_now(bytes), |point| possible_interest(std::slice::from_ref(point))),
        understood(parse::open_interest(bytes), |rows| possible_interest(&rows.rows)),
        understood(parse::accounts(bytes), |rows| possible_accounts(&rows.rows)),
        understood(parse::funding_history(bytes), |rows| possible_funding(&rows.rows)),
    ]
}

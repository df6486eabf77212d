//! Contracts, prices and candles for tests.

use schema::{Candle, Symbol, UnixMs};
use venue::{Instrument, Ticker};

/// A contract that is listed and trades.
pub(crate) fn instrument(symbol: &str) -> Instrument {
    Instrument::usdt_perpetual(Symbol::new(symbol).unwrap(), 0.1, UnixMs(0))
}

/// The state of a contract of which nothing but a price is known.
pub(crate) fn ticker(at: UnixMs) -> Ticker {
    Ticker {
        at,
        last: 1.0,
        mark: None,
        index: None,
        prev_24h: None,
        prev_1h: None,
        high_24h: None,
        low_24h: None,
        volume_24h: None,
        turnover_24h: None,
        open_interest: None,
        funding: None,
    }
}

/// A candle of 100 that closed at a price.
pub(crate) fn candle(start: i64, close: f64) -> Candle {
    Candle { start: UnixMs(start), open: 100.0, high: 110.0, low: 90.0, close, volume: 1.0, turnover: 100.0 }
}

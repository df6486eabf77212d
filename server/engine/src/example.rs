//! What tests watch.

use schema::{Symbol, UnixMs};
use venue::Instrument;

/// A contract that is listed and trades.
pub(crate) fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: Symbol::new(symbol).unwrap(),
        base: symbol.trim_end_matches("USDT").to_owned(),
        quote: "USDT".to_owned(),
        perpetual: true,
        trading: true,
        status: "Trading".to_owned(),
        contract_type: "LinearPerpetual".to_owned(),
        kind: String::new(),
        tick: 0.1,
        launched_at: UnixMs(0),
        delivery_at: None,
    }
}

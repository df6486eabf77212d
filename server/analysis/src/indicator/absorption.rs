//! Absorption: taking that does not move the price was met by resting size.

use schema::{Timeframe, Why};

use crate::{
    context::Context,
    measure::{Measured, Sub, divisor},
};

const TRADES: usize = 100;

/// With `q` the net share of the last 100 trades and `m` their price change in average true ranges of one minute,
/// `−q·exp(−|m|/0.5)`: buying that leaves the price where it was is bearish, selling likewise bullish; `tanh(x)`.
pub(crate) fn absorption(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let sketch = context.sketch(Timeframe::M1)?;
    let first = tape.trades.len() - TRADES;
    let signed = &tape.signed[tape.signed.len() - TRADES..];
    let net = signed.iter().sum::<f64>() / divisor(signed.iter().map(|x| x.abs()).sum(), Why::Undefined)?;
    let moved = (tape.trades[tape.trades.len() - 1].price - tape.trades[first].price) / sketch.atr;
    let raw = -net * (-moved.abs() / 0.5).exp();
    Sub::measured(raw, raw.tanh(), TRADES, tape.as_of)
}

//! Net of the large trades: those beyond the symbol's own 99th percentile of size.

use schema::Why;

use crate::{
    context::Context,
    measure::{Measured, Sub, divisor, ramp},
};

/// Bought minus sold in large trades ÷ everything traded in the window; `tanh(x/0.1)`.
///
/// A trade counts in proportion from the percentile on and fully from a quarter above it, so that none steps over an edge.
pub(crate) fn large_trades(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let (edge, largest) = &tape.largest;
    let edge = divisor(*edge, Why::Undefined)?;
    let net: f64 = largest.iter().map(|x| x * ramp((x.abs() / edge - 1.0) / 0.25)).sum();
    let raw = net / tape.gross;
    Sub::measured(raw, (raw / 0.1).tanh(), tape.trades.len(), tape.as_of)
}

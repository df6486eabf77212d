//! Net of the large trades: those beyond the symbol's own 99th percentile of size.

use schema::Why;

use crate::{
    context::Context,
    measure::{Measured, Sub, ramp},
    stats::quantile,
};

/// Bought minus sold in large trades ÷ everything traded in the window; `tanh(x/0.1)`.
///
/// A trade counts in proportion from the percentile on and fully from a quarter above it, so that none steps over an edge.
pub(crate) fn large_trades(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let Some(edge) = quantile(tape.signed.iter().map(|x| x.abs()), 0.99) else { return Err(Why::NotYet) };
    let net: f64 = if edge > 0.0 {
        tape.signed.iter().filter(|x| x.abs() > edge).map(|x| x * ramp((x.abs() / edge - 1.0) / 0.25)).sum()
    } else {
        return Err(Why::Undefined);
    };
    let raw = net / tape.gross;
    Sub::measured(raw, (raw / 0.1).tanh(), tape.trades.len(), tape.as_of)
}

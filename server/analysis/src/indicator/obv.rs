//! On-balance volume (Granville, 1963): volume added when the close rises, taken off when it falls.

use schema::Why;

use crate::{
    frame::Frame,
    indicator::accumulation::LEAST,
    measure::{Measured, Sub, at_least, lean_of_z},
    series::{EDGE, split::Step},
};

/// Change of the OBV over 20 bars, in units of the usual size of such a change; `tanh(z/2)`.
///
/// A change of the close below half an average true range counts in proportion, so that one tick does not
/// turn a whole bar's volume round.
pub(crate) fn obv_slope(frame: &Frame<'_>) -> Measured {
    let Some(last) = frame.before.last() else { return Err(Why::NotYet) };
    let steps = frame.before.len();
    at_least(steps, LEAST)?;
    let step = Step::balance(last, &frame.newest);
    let z = frame.history.balances.at(&step, EDGE * frame.atr).in_spreads()?;
    Sub::measured(z, lean_of_z(z), steps, frame.as_of)
}

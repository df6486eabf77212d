//! Where in its range a bar closes, weighted by volume: accumulation/distribution (ADL) and Chaikin money flow (CMF).
//!
//! Chaikin's money flow volume of a bar is `((C − L) − (H − C))/(H − L) · V`. A range below half an average true range is
//! divided by that instead: the place of the close says little in a narrow bar, and nothing in one without a range.

use schema::Why;

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub, at_least, divisor, lean_of_z},
    series::split::WINDOW,
};

/// Bars from which the usual size of a change is measured.
pub(crate) const LEAST: usize = 100;

/// Change of the ADL over 20 bars, in units of the usual size of such a change; `tanh(z/2)`.
///
/// The ADL's level depends on where it began; its change over a window does not.
pub(crate) fn adl_slope(frame: &Frame<'_>) -> Measured {
    at_least(frame.len(), LEAST)?;
    let z = frame.history.flow.in_spreads()?;
    Sub::measured(z, lean_of_z(z), frame.len(), frame.as_of)
}

/// Chaikin money flow over 20 bars: `Σ money flow ÷ Σ volume`; `tanh(CMF/0.25)`.
pub(crate) fn cmf(frame: &Frame<'_>) -> Measured {
    let traded = divisor(frame.history.windows.traded(&frame.newest), Why::Undefined)?;
    let raw = frame.history.flow.change / traded;
    Sub::measured(raw, tanh(raw / 0.25), WINDOW, frame.as_of)
}

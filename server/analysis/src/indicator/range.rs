//! The place in the range of 50 bars, and sweeps beyond earlier extremes that did not hold.

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, ramp},
};

const RANGE: usize = 50;
const BEFORE: usize = 20;
const SWEEPS: usize = 5;
const FADE: f64 = 0.8;

/// `0.6·place + 0.4·tanh(failed sweeps below − failed sweeps above)`, place from −1 (lowest low) to 1 (highest high); the
/// lean is the raw figure.
///
/// A failed sweep is a bar that goes beyond the extreme of the 20 bars before it (full from 0.5 ATR) and closes back inside
/// (full from 0.25 ATR); the last five bars count, fading by a fifth a bar.
pub(crate) fn range(frame: &Frame<'_>) -> Measured {
    let top = Frame::last(&frame.high, RANGE).iter().copied().fold(f64::MIN, f64::max);
    let bottom = Frame::last(&frame.low, RANGE).iter().copied().fold(f64::MAX, f64::min);
    if top <= bottom {
        return Err(Why::Flat);
    }
    let place = ((frame.last_close() - bottom) - (top - frame.last_close())) / (top - bottom);
    let (mut sweeps, mut weight) = (0.0, 1.0);
    for bar in (frame.len() - SWEEPS..frame.len()).rev() {
        let ceiling = frame.high[bar - BEFORE..bar].iter().copied().fold(f64::MIN, f64::max);
        let floor = frame.low[bar - BEFORE..bar].iter().copied().fold(f64::MAX, f64::min);
        let failed = |beyond: f64, back: f64| ramp(beyond / (0.5 * frame.atr)) * ramp(back / (0.25 * frame.atr));
        let above = failed(frame.high[bar] - ceiling, ceiling - frame.close[bar]);
        let below = failed(floor - frame.low[bar], frame.close[bar] - floor);
        sweeps += weight * (below - above);
        weight *= FADE;
    }
    let raw = 0.6 * place + 0.4 * sweeps.tanh();
    Sub::measured(raw, raw, RANGE, frame.as_of)
}

//! Where in its range a bar closes, weighted by volume: accumulation/distribution (ADL) and Chaikin money flow (CMF).

use schema::Why;

use crate::{
    frame::{Column, EDGE, Frame},
    measure::{Measured, Sub, divisor, lean_of_z},
    stats::change_in_spreads,
};

const WINDOW: usize = 20;

/// Chaikin's money flow volume of each bar: `((C − L) − (H − C))/(H − L) · V`.
///
/// A range below `narrow` is divided by `narrow` instead: the place of the close says little in a narrow bar, and
/// nothing in one without a range. With `narrow` 0 this is TA-Lib's form.
fn money_flow<'a>(frame: &'a Frame<'_>, narrow: f64) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator + 'a {
    (0..frame.len()).map(move |i| {
        let (high, low, close) = (frame.high[i], frame.low[i], frame.close[i]);
        let range = (high - low).max(narrow);
        if range > 0.0 { ((close - low) - (high - close)) / range * frame.volume[i] } else { 0.0 }
    })
}

/// Change of the ADL over 20 bars, in units of the usual size of such a change; `tanh(z/2)`.
///
/// The ADL's level depends on where it began; its change over a window does not.
pub(crate) fn adl_slope(frame: &Frame<'_>) -> Measured {
    let steps: Column = money_flow(frame, EDGE * frame.atr).collect();
    let z = change_in_spreads(&steps, WINDOW)?;
    Sub::measured(z, lean_of_z(z), steps.len(), frame.as_of)
}

/// Chaikin money flow over 20 bars: `Σ money flow ÷ Σ volume`; `tanh(CMF/0.25)`.
pub(crate) fn cmf(frame: &Frame<'_>) -> Measured {
    let raw = cmf_of(frame, EDGE * frame.atr)?;
    Sub::measured(raw, (raw / 0.25).tanh(), WINDOW, frame.as_of)
}

fn cmf_of(frame: &Frame<'_>, narrow: f64) -> Result<f64, Why> {
    let traded = divisor(Frame::last(&frame.volume, WINDOW).iter().sum(), Why::Undefined)?;
    Ok(money_flow(frame, narrow).rev().take(WINDOW).sum::<f64>() / traded)
}

#[cfg(test)]
mod tests {
    use schema::{Timeframe, UnixMs};

    use super::*;
    use crate::{frame::TA, indicator::tests::walk};

    #[test]
    fn without_the_narrow_rule_both_are_ta_libs() {
        let candles = walk(7, 250);
        let now = UnixMs(candles[249].start.0 + 60_000);
        let frame = Frame::of(Timeframe::M1, &candles, None, now).unwrap();
        let mut out = vec![0.0; 250];
        TA.ad(0, 249, &frame.high, &frame.low, &frame.close, &frame.volume, &mut out).unwrap();
        let ours: f64 = money_flow(&frame, 0.0).sum();
        assert!((ours - out[249]).abs() < 1e-9 * ours.abs().max(1.0), "{ours} {}", out[249]);
        let found = TA.cmf(0, 249, &frame.high, &frame.low, &frame.close, &frame.volume, 20, &mut out).unwrap();
        let theirs = out[found.count - 1];
        assert!((cmf_of(&frame, 0.0).unwrap() - theirs).abs() < 1e-9);
    }
}

//! On-balance volume (Granville, 1963): volume added when the close rises, taken off when it falls.

use crate::{
    frame::{Column, EDGE, Frame},
    measure::{Measured, Sub, lean_of_z, soft_sign},
    stats::change_in_spreads,
};

/// Change of the OBV over 20 bars, in units of the usual size of such a change; `tanh(z/2)`.
///
/// A change of the close below half an average true range counts in proportion, so that one tick does not
/// turn a whole bar's volume round.
pub(crate) fn obv_slope(frame: &Frame<'_>) -> Measured {
    let steps: Column = steps(frame, EDGE * frame.atr).collect();
    let z = change_in_spreads(&steps, 20)?;
    Sub::measured(z, lean_of_z(z), steps.len(), frame.as_of)
}

fn steps<'a>(frame: &'a Frame<'_>, edge: f64) -> impl Iterator<Item = f64> + 'a {
    frame.close.windows(2).zip(&frame.volume[1..]).map(move |(c, volume)| soft_sign(c[1] - c[0], edge) * volume)
}

#[cfg(test)]
mod tests {
    use schema::{Timeframe, UnixMs};

    use super::*;
    use crate::{frame::TA, indicator::tests::walk};

    #[test]
    fn with_a_sharp_edge_it_is_ta_libs() {
        let candles = walk(11, 250);
        let frame = Frame::of(Timeframe::M1, &candles, None, UnixMs(candles[249].start.0 + 60_000)).unwrap();
        let mut out = vec![0.0; 250];
        TA.obv(0, 249, &frame.close, &frame.volume, &mut out).unwrap();
        let ours: f64 = frame.volume[0] + steps(&frame, f64::MIN_POSITIVE).sum::<f64>();
        assert!((ours - out[249]).abs() < 1e-9 * ours.abs().max(1.0), "{ours} {}", out[249]);
    }
}

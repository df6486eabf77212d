//! Average directional index over 14 bars with its two directional indicators (Wilder, 1978).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub, divisor},
};

/// The raw figure is the ADX with the sign and the share of the stronger side:
/// `(DI⁺ − DI⁻)/(DI⁺ + DI⁻) · min(ADX, 50)`; the lean is that ÷ 50.
pub(crate) fn adx(frame: &Frame<'_>) -> Measured {
    let (high, low, close) = (&frame.high, &frame.low, &frame.close);
    // DI is smoothed movement ÷ smoothed range; the range is the same on both sides and cancels out.
    let (plus, minus) = movement(high, low);
    let adx = frame.smoothed(|ta, last, out| ta.adx(0, last, high, low, close, 14, out))?;
    let raw = (plus - minus) / divisor(plus + minus, Why::Flat)? * adx.min(50.0);
    Sub::measured(raw, raw / 50.0, frame.len(), frame.as_of)
}

const BARS: f64 = 14.0;

/// Directional movement up and down, both with Wilder's smoothing in TA-Lib's form: a sum of 13 bars, which then loses a
/// fourteenth of itself with each bar. Both in one pass, where the library needs two.
fn movement(high: &[f64], low: &[f64]) -> (f64, f64) {
    let (mut plus, mut minus) = (0.0, 0.0);
    for (bar, (high, low)) in high.windows(2).zip(low.windows(2)).enumerate() {
        let (up, down) = (high[1] - high[0], low[0] - low[1]);
        let kept = if bar < 13 { 1.0 } else { 1.0 - 1.0 / BARS };
        plus = plus * kept + if up > down { up.max(0.0) } else { 0.0 };
        minus = minus * kept + if down > up { down.max(0.0) } else { 0.0 };
    }
    (plus, minus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frame::TA, indicator::tests::walk};

    #[test]
    fn movement_is_ta_libs() {
        for seed in 0..20 {
            let candles = walk(seed, 250);
            let (high, low): (Vec<f64>, Vec<f64>) = candles.iter().map(|candle| (candle.high, candle.low)).unzip();
            let mut out = vec![0.0; 250];
            let (plus, minus) = movement(&high, &low);
            let filled = TA.plus_dm(0, 249, &high, &low, 14, &mut out).unwrap().count;
            assert!((plus - out[filled - 1]).abs() < 1e-12, "{plus} {}", out[filled - 1]);
            let filled = TA.minus_dm(0, 249, &high, &low, 14, &mut out).unwrap().count;
            assert!((minus - out[filled - 1]).abs() < 1e-12, "{minus} {}", out[filled - 1]);
        }
    }
}

//! Trend position: the close against its means of 20 and 50 bars, their order, and whether highs and lows climb.

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
    series::windows::{Place, Reach},
};

/// A quarter each of four parts in −1..1; the lean is their sum.
///
/// `tanh((C − MA20)/2ATR)`, `tanh((C − MA50)/3ATR)`, `tanh((MA20 − MA50)/2ATR)`, and the climb of highs and lows over
/// five blocks of ten bars: the mean of `tanh(difference/ATR)` over neighbouring blocks, highs and lows alike.
pub(crate) fn trend_position(frame: &Frame<'_>) -> Measured {
    let windows = frame.history.windows;
    let (close, Place { mean20, mean50 }) = (frame.last_close(), windows.means(&frame.newest));
    let against20 = tanh((close - mean20) / (2.0 * frame.atr));
    let against50 = tanh((close - mean50) / (3.0 * frame.atr));
    let order = tanh((mean20 - mean50) / (2.0 * frame.atr));
    let raw = (against20 + against50 + order + climb(&windows.blocks(&frame.newest), frame.atr)) / 4.0;
    Sub::measured(raw, raw, 50, frame.as_of)
}

/// The mean climb of highs and lows over neighbouring blocks, −1 to 1.
fn climb(blocks: &[Reach], atr: f64) -> f64 {
    let (mut highs, mut lows) = (0.0, 0.0);
    for pair in blocks.windows(2) {
        highs += tanh((pair[1].high - pair[0].high) / atr);
        lows += tanh((pair[1].low - pair[0].low) / atr);
    }
    f64::midpoint(highs, lows) / (blocks.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rising_highs_and_lows_climb_and_equal_ones_do_not() {
        let rising: [Reach; 5] = std::array::from_fn(|i| Reach { low: 9.0 * i as f64, high: 10.0 + 9.0 * i as f64 });
        assert!(climb(&rising, 1.0) > 0.99);
        assert_eq!(climb(&[Reach { low: 7.0, high: 7.0 }; 5], 1.0), 0.0);
    }
}

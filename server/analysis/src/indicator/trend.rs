//! Trend position: the close against its means of 20 and 50 bars, their order, and whether highs and lows climb.

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

const BLOCK: usize = 10;
const BLOCKS: usize = 5;

/// A quarter each of four parts in −1..1; the lean is their sum.
///
/// `tanh((C − MA20)/2ATR)`, `tanh((C − MA50)/3ATR)`, `tanh((MA20 − MA50)/2ATR)`, and the climb of highs and lows over
/// five blocks of ten bars: the mean of `tanh(difference/ATR)` over neighbouring blocks, highs and lows alike.
pub(crate) fn trend_position(frame: &Frame<'_>) -> Measured {
    let mean = |n: usize| Frame::last(&frame.close, n).iter().sum::<f64>() / n as f64;
    let (close, mean20, mean50) = (frame.last_close(), mean(20), mean(50));
    let against20 = ((close - mean20) / (2.0 * frame.atr)).tanh();
    let against50 = ((close - mean50) / (3.0 * frame.atr)).tanh();
    let order = ((mean20 - mean50) / (2.0 * frame.atr)).tanh();
    let highs = climb(&frame.high, frame.atr, f64::max);
    let lows = climb(&frame.low, frame.atr, f64::min);
    let raw = (against20 + against50 + order + f64::midpoint(highs, lows)) / 4.0;
    Sub::measured(raw, raw, 50, frame.as_of)
}

fn climb(prices: &[f64], atr: f64, extreme: fn(f64, f64) -> f64) -> f64 {
    let blocks = Frame::last(prices, BLOCK * BLOCKS).chunks(BLOCK);
    let mut ends = blocks.map(|block| block.iter().copied().reduce(extreme).unwrap_or(f64::NAN));
    let mut before = ends.next().unwrap_or(f64::NAN);
    let mut sum = 0.0;
    for end in ends {
        sum += ((end - before) / atr).tanh();
        before = end;
    }
    sum / (BLOCKS - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rising_highs_climb_and_equal_ones_do_not() {
        let rising: Vec<f64> = (0..50).map(f64::from).collect();
        assert!(climb(&rising, 1.0, f64::max) > 0.99);
        assert_eq!(climb(&[7.0; 50], 1.0, f64::max), 0.0);
    }
}

//! Order blocks: the last bar against a strong move, whose range price often meets again.

use crate::{
    frame::{EDGE, Frame},
    measure::{Measured, Sub, ramp},
};

const BARS: usize = 60;
const MOVE: usize = 3;

/// Over the last 60 bars: a falling bar whose high is left behind by more than one average true range within three bars is
/// a bullish block; mirrored, a bearish one.
///
/// Its strength is the bar's body (full from 0.2 ATR) times the move (0 at one ATR, full at two) times the part of its
/// range that price has not entered since. It counts by its nearness, `exp(−|distance|/2)` in ATR. Bullish minus bearish;
/// `tanh(x)`. A block is known three bars after its bar.
pub(crate) fn order_blocks(frame: &Frame<'_>) -> Measured {
    let last = frame.len() - 1;
    let first = last.saturating_sub(BARS);
    let (close, atr) = (frame.last_close(), frame.atr);
    let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
    let mut raw = 0.0;
    for bar in (first..=last.saturating_sub(MOVE)).rev() {
        // The extremes of everything after the move; a move that ends now has nothing after it.
        if bar + MOVE < last {
            lowest = lowest.min(frame.low[bar + MOVE + 1]);
            highest = highest.max(frame.high[bar + MOVE + 1]);
        }
        let (high, low) = (frame.high[bar], frame.low[bar]);
        let body = (frame.close[bar] - frame.open[bar]) / (0.2 * atr);
        let height = (high - low).max(EDGE * atr);
        let moved = frame.close[bar + MOVE];
        let bullish = ramp(-body) * ramp((moved - high) / atr - 1.0) * (1.0 - ramp((high - lowest) / height));
        let bearish = ramp(body) * ramp((low - moved) / atr - 1.0) * (1.0 - ramp((highest - low) / height));
        // Most bars are no block, and their nearness need not be known.
        if bullish > 0.0 || bearish > 0.0 {
            let near = (-((close - f64::midpoint(high, low)) / atr).abs() / 2.0).exp();
            raw += (bullish - bearish) * near;
        }
    }
    Sub::measured(raw, raw.tanh(), frame.len().min(BARS), frame.as_of)
}

//! Order blocks: the last bar against a strong move, whose range price often meets again.

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

const BARS: usize = 60;

/// Over the last 60 bars: a falling bar whose high is left behind by more than one average true range within three bars is
/// a bullish block; mirrored, a bearish one.
///
/// Its strength is the bar's body (full from 0.2 ATR) times the move (0 at one ATR, full at two) times the part of its
/// range that price has not entered since. It counts by its nearness, `exp(−|distance|/2)` in ATR. Bullish minus bearish;
/// `tanh(x)`. A block is known three bars after its bar.
pub(crate) fn order_blocks(frame: &Frame<'_>) -> Measured {
    let raw = frame.history.blocks.at(&frame.newest, frame.atr);
    Sub::measured(raw, tanh(raw), frame.len().min(BARS), frame.as_of)
}

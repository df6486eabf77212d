//! Relative strength index, Wilder's smoothing over 14 bars (Wilder, *New Concepts in Technical Trading Systems*, 1978).

use schema::Why;

use crate::{
    frame::Frame,
    math::tanh,
    measure::{Measured, Sub},
};

/// `tanh((RSI − 50)/20)`: odd around 50, in the trend reading.
pub(crate) fn rsi(frame: &Frame<'_>) -> Measured {
    // Closes that never change are no measurement.
    let rsi = frame.history.smoothed.rsi.ok_or(Why::Flat)?;
    Sub::measured(rsi, lean(rsi), frame.len(), frame.as_of)
}

fn lean(rsi: f64) -> f64 {
    tanh((rsi - 50.0) / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_says_nothing_and_the_sides_mirror() {
        assert_eq!(lean(50.0), 0.0);
        assert_eq!(lean(70.0), -lean(30.0));
        assert!((lean(70.0) - 0.761_594_155_955_764_9).abs() < 1e-15);
    }
}

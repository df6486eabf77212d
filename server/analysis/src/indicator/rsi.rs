//! Relative strength index, Wilder's smoothing over 14 bars (Wilder, *New Concepts in Technical Trading Systems*, 1978).

use schema::Why;

use crate::{
    frame::Frame,
    measure::{Measured, Sub},
};

/// `tanh((RSI − 50)/20)`: odd around 50, in the trend reading.
pub(crate) fn rsi(frame: &Frame<'_>) -> Measured {
    // The library answers 50 where closes never change; that is no measurement.
    if frame.close.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(Why::Flat);
    }
    let rsi = frame.smoothed(|ta, last, out| ta.rsi(0, last, &frame.close, 14, out))?;
    Sub::measured(rsi, lean(rsi), frame.len(), frame.as_of)
}

fn lean(rsi: f64) -> f64 {
    ((rsi - 50.0) / 20.0).tanh()
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

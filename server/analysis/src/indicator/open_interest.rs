//! Price and open interest together: who opens and who closes positions.

use schema::{Timeframe, Why};

use crate::{
    context::Context,
    frame::Sketch,
    measure::{Measured, Sub, at_least, divisor, lean_of_z, not_older},
    stats::root_mean_square,
};

const POINTS: usize = Sketch::STEPS + 1;
const LIMIT_MS: i64 = 15 * 60_000;

/// The change of open interest over the last 12 points (55 minutes, in coins), with the change of price over as many bars
/// of five minutes. The raw figure is the change in percent.
///
/// With `p` the price change in average true ranges ÷ √11 and `o` the change in its usual size (rms of one step · √11), the
/// lean is `tanh(p)·(0.75 + 0.25·tanh(o/2))`: rising price with rising interest is bullish (1) and with falling interest
/// half bullish (0.5, short covering); falling price with rising interest is bearish (−1), with falling half bearish (−0.5).
/// Odd and monotone in price, smooth at both axes.
pub(crate) fn open_interest(context: &Context<'_>) -> Measured {
    let points = context.input.derivatives.open_interest;
    at_least(points.len(), POINTS)?;
    let newest = points[points.len() - 1];
    let oldest = points[points.len() - POINTS];
    not_older(newest.at, context.input.as_of, LIMIT_MS)?;
    if !points.iter().fold(true, |sound, point| sound & (point.coins >= 0.0) & (point.coins < f64::INFINITY)) {
        return Err(Why::NotFinite);
    }
    let sketch = context.sketch(Timeframe::M5)?;
    let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].coins - pair[0].coins).collect();
    let root = ((POINTS - 1) as f64).sqrt();
    let usual = divisor(root_mean_square(&steps, |step| *step), Why::Flat)? * root;
    let change = newest.coins - oldest.coins;
    let move_of_price = (sketch.last_close - sketch.earlier_close) / (sketch.atr * root);
    let raw = 100.0 * change / divisor(oldest.coins, Why::Undefined)?;
    Sub::measured(raw, lean(move_of_price, change / usual), points.len(), newest.at)
}

fn lean(price: f64, interest: f64) -> f64 {
    price.tanh() * (0.75 + 0.25 * lean_of_z(interest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_quadrants_have_their_signs_and_sizes() {
        assert!(lean(5.0, 9.0) > 0.98);
        assert!(lean(-5.0, 9.0) < -0.98);
        assert!((0.5..0.52).contains(&lean(5.0, -9.0)));
        assert!((-0.52..-0.5).contains(&lean(-5.0, -9.0)));
        assert_eq!(lean(0.0, 9.0), 0.0);
    }
}

//! Turning points of price, the support and resistance they make, and breaks of them.

use crate::{
    frame::{Column, EDGE, Frame, TAIL},
    measure::{Measured, Sub, ramp},
};

/// Bars on each side that a turning point must exceed; it is known only this many bars later.
pub(crate) const WINGS: usize = 5;
const BREAK_BARS: usize = 100;
const BREAK_FADE: f64 = 0.97;

/// A high above (or a low below) its neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pivot {
    /// Its bar.
    pub(crate) bar: usize,
    /// Its price.
    pub(crate) price: f64,
    /// 0 to 1: how far it exceeds its neighbours, full from half an average true range on.
    pub(crate) strength: f64,
}

/// The turning points of both sides, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pivots {
    /// Of the highs.
    pub(crate) highs: Vec<Pivot>,
    /// Of the lows.
    pub(crate) lows: Vec<Pivot>,
}

/// Finds turning points of up to [`TAIL`] prices: of highs with `side` 1, of lows with `side` −1.
pub(crate) fn pivots(prices: &[f64], side: f64, atr: f64) -> Vec<Pivot> {
    let mut found = Vec::with_capacity(prices.len() / (2 * WINGS));
    // The highest of `WINGS` bars from each bar on, in steps of two, four and five bars: no branch depends on a price.
    let higher = |a: f64, b: f64| if a > b { a } else { b };
    let signed: Column = prices.iter().map(|price| side * price).collect();
    let [mut pairs, mut fives] = [[0.0; TAIL]; 2];
    for ((out, a), b) in pairs.iter_mut().zip(&*signed).zip(signed.get(1..).unwrap_or_default()) {
        *out = higher(*a, *b);
    }
    let last = signed.get(WINGS - 1..).unwrap_or_default();
    for (((out, a), b), c) in fives.iter_mut().zip(&pairs).zip(&pairs[2..]).zip(last) {
        *out = higher(higher(*a, *b), *c);
    }
    for bar in WINGS..prices.len().saturating_sub(WINGS) {
        let prominence = signed[bar] - higher(fives[bar - WINGS], fives[bar + 1]);
        if prominence > 0.0 {
            found.push(Pivot { bar, price: prices[bar], strength: ramp(prominence / (EDGE * atr)) });
        }
    }
    found
}

/// A turning point as a level sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turn {
    pub(crate) price: f64,
    /// Its strength times its bar's volume, in mean volumes; without any volume its strength.
    pub(crate) weight: f64,
}

/// Every turning point of both sides.
pub(crate) fn turns(frame: &Frame<'_>) -> impl Iterator<Item = Turn> {
    let mean = frame.volume.iter().sum::<f64>() / frame.len() as f64;
    // Without any volume touches alone count.
    let volume = move |bar: usize| if mean > 0.0 { frame.volume[bar] / mean } else { 1.0 };
    let both = frame.pivots.highs.iter().chain(&frame.pivots.lows);
    both.map(move |pivot| Turn { price: pivot.price, weight: pivot.strength * volume(pivot.bar) })
}

/// Support and resistance: the pull of all levels on the price.
///
/// A turning point weighs its strength times its bar's volume (in mean volumes), times how many others lie within half an
/// average true range (each in proportion to its nearness). With `x` the close's distance above the level in average true
/// ranges, a level pushes by `x·exp(1 − |x|)`: most at one range, and not at all at the level itself or far away. The raw
/// figure is the weighted mean push; `tanh(3·x)`. Where there is no turning point, nothing pushes.
pub(crate) fn support_resistance(frame: &Frame<'_>) -> Measured {
    let mut levels: Vec<(f64, f64)> = Vec::with_capacity(frame.pivots.highs.len() + frame.pivots.lows.len());
    levels.extend(turns(frame).map(|turn| (turn.price / frame.atr, turn.weight)));
    levels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let close = frame.last_close() / frame.atr;
    let (mut push, mut weight) = (0.0, 0.0);
    let mut first = 0;
    for (price, own) in &levels {
        while levels[first].0 < price - 0.5 {
            first += 1;
        }
        let near = levels[first..].iter().take_while(|other| other.0 < price + 0.5);
        let touches: f64 = near.map(|other| other.1 * (1.0 - (other.0 - price).abs() / 0.5)).sum();
        let x = close - price;
        push += own * touches * x * (1.0 - x.abs()).exp();
        weight += own * touches;
    }
    // Half a touch of nothing: the push of a single faint level is faint.
    let raw = push / (weight + 0.5);
    Sub::measured(raw, (3.0 * raw).tanh(), levels.len(), frame.as_of)
}

/// Breaks of structure on closes, with the trend (BOS) or against it (CHoCH): closes beyond a turning point that was known
/// before.
///
/// A break counts in proportion up to one average true range beyond the level, at the bar that made it, and fades by
/// 3 % a bar. Breaks upwards minus breaks downwards; `tanh(x/2)`.
pub(crate) fn structure_breaks(frame: &Frame<'_>) -> Measured {
    let mut fade = [0.0; BREAK_BARS + 1];
    let mut weight = 1.0;
    for slot in &mut fade {
        *slot = weight;
        weight *= BREAK_FADE;
    }
    let raw = broken(frame, &frame.pivots.highs, 1.0, &fade) - broken(frame, &frame.pivots.lows, -1.0, &fade);
    Sub::measured(raw, (raw / 2.0).tanh(), frame.len().min(BREAK_BARS), frame.as_of)
}

fn broken(frame: &Frame<'_>, pivots: &[Pivot], side: f64, fade: &[f64; BREAK_BARS + 1]) -> f64 {
    let last = frame.len() - 1;
    let mut total = 0.0;
    for pivot in pivots.iter().rev().take_while(|pivot| pivot.bar + BREAK_BARS >= last) {
        let mut held = 0.0;
        for bar in pivot.bar + WINGS + 1..=last {
            let beyond = ramp(side * (frame.close[bar] - pivot.price) / frame.atr);
            if beyond > held {
                total += pivot.strength * (beyond - held) * fade[last - bar];
                held = beyond;
                if held >= 1.0 {
                    break;
                }
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn a_peak_is_known_only_when_its_wings_are_there() {
        let mut prices = vec![1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 5.0, 4.0, 3.0, 2.0];
        assert!(pivots(&prices, 1.0, 1.0).is_empty());
        prices.push(1.0);
        assert_eq!(pivots(&prices, 1.0, 1.0), [Pivot { bar: 5, price: 9.0, strength: 1.0 }]);
    }

    proptest! {
        #[test]
        fn later_bars_never_change_known_turning_points(
            prices in proptest::collection::vec(90.0..110.0f64, 12..120), cut in 0.0..1.0f64,
        ) {
            let whole = pivots(&prices, 1.0, 2.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
            let seen = (prices.len() as f64 * cut) as usize;
            let then = pivots(&prices[..seen], 1.0, 2.0);
            prop_assert_eq!(&whole[..then.len()], &then[..]);
        }
    }
}

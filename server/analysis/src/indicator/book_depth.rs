//! What rests in the book: imbalances of depth near the price.

use schema::{Level, Why};

use crate::{
    context::Context,
    measure::{Measured, Sub, at_least, divisor, lean_of_z, ramp},
    stats::median_and_spread,
};

const LEVEL_FADE: f64 = 0.95;
const HISTORY_LEAST: usize = 100;

fn imbalance(bid: f64, ask: f64) -> Result<f64, Why> {
    Ok((bid - ask) / divisor(bid + ask, Why::Undefined)?)
}

/// How much of a level counts within `band` of mid: all of it up to four fifths of the band, then less, nothing beyond.
fn within(level: &Level, mid: f64, band: f64) -> f64 {
    let distance = (level.price - mid).abs() / mid;
    level.size * ramp((1.0 - distance / band) / 0.2)
}

/// (bid − ask)/(bid + ask) of the sizes within ±0.5 % of mid, each level weighing .95 of the one before it; `tanh(1.5·x)`.
pub(crate) fn weighted_imbalance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let side = |levels: &[Level]| {
        let (mut sum, mut weight) = (0.0, 1.0);
        for level in levels {
            sum += weight * within(level, depth.mid, 0.005);
            weight *= LEVEL_FADE;
        }
        sum
    };
    let raw = imbalance(side(depth.bids), side(depth.asks))?;
    Sub::measured(raw, (1.5 * raw).tanh(), depth.bids.len() + depth.asks.len(), depth.as_of)
}

/// (bid − ask)/(bid + ask) of the first five levels; `tanh(1.5·x)`.
pub(crate) fn top5_imbalance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let side = |levels: &[Level]| levels[..5].iter().map(|level| level.size).sum::<f64>();
    let raw = imbalance(side(depth.bids), side(depth.asks))?;
    Sub::measured(raw, (1.5 * raw).tanh(), 10, depth.as_of)
}

/// The share of the depth within ±1 % of mid that rests on the bid side, in coins; `None` where nothing rests there.
///
/// Whoever keeps [`Book::depth_history`](crate::input::Book::depth_history) takes its points from here, so that now and
/// before are measured alike. A level counts fully up to ±0.8 % and in proportion from there to ±1 %.
#[must_use]
pub fn bid_depth_share(bids: &[Level], asks: &[Level]) -> Option<f64> {
    let (bid, ask) = (bids.first()?, asks.first()?);
    let mid = f64::midpoint(bid.price, ask.price);
    let side = |levels: &[Level]| levels.iter().map(|level| within(level, mid, 0.01)).sum::<f64>();
    let (bid, ask) = (side(bids), side(asks));
    let share = bid / (bid + ask);
    share.is_finite().then_some(share)
}

/// The bid side's share of the depth within ±1 % against its own history: distance from the median in spreads of
/// 1.4826 · median distance; `tanh(z/2)`.
pub(crate) fn depth_balance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let history = context.input.book.map_or(&[][..], |book| book.depth_history);
    at_least(history.len(), HISTORY_LEAST)?;
    if !history.iter().fold(true, |sound, share| sound & share.is_finite()) {
        return Err(Why::NotFinite);
    }
    let (bids, asks) = context.input.book.map_or((depth.bids, depth.asks), |book| (book.bids, book.asks));
    let share = bid_depth_share(bids, asks).ok_or(Why::Undefined)?;
    let (usual, spread) = median_and_spread(history.iter().copied()).ok_or(Why::NotYet)?;
    let z = (share - usual) / divisor(spread, Why::Flat)?;
    Sub::measured(100.0 * share, lean_of_z(z), history.len(), depth.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_fades_out_towards_the_edge_of_its_band() {
        let level = |price| Level { price, size: 10.0 };
        assert_eq!(within(&level(100.0), 100.0, 0.01), 10.0);
        assert!((within(&level(100.9), 100.0, 0.01) - 5.0).abs() < 1e-9);
        assert_eq!(within(&level(101.5), 100.0, 0.01), 0.0);
    }

    #[test]
    fn an_empty_side_has_no_share() {
        assert_eq!(bid_depth_share(&[], &[Level { price: 1.0, size: 1.0 }]), None);
        let (bid, ask) = (Level { price: 99.9, size: 3.0 }, Level { price: 100.1, size: 1.0 });
        assert_eq!(bid_depth_share(&[bid], &[ask]), Some(0.75));
    }
}

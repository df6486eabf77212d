//! How far from mid the order book is known, and the bands that its depth is compared in.
//!
//! A feed gives some number of levels, not a band: two hundred levels of a contract with a small tick may end two hundredths
//! of a percent from mid. So every measure of depth uses a band that both sides cover, and names it.

use std::sync::LazyLock;

use arcstr::ArcStr;
use schema::{Level, Why};
use serde::{Deserialize, Serialize};

use crate::measure::ramp;

/// The bands that depth is compared in, in basis points from mid on either side: of any two measurements some are the same.
pub const LADDER: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0];
/// The narrowest band that says anything, in basis points.
const LEAST_BPS: f64 = LADDER[0];

/// The bid side's share of the depth within each band that the book covered at one moment, in coins.
///
/// Whoever keeps [`Book::depth_history`](crate::input::Book::depth_history) takes its points from here, so that now and before
/// are measured alike. Fourteen bytes: a market of 600 contracts keeps 300,000 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepthShares([u16; LADDER.len()]);

/// What a share of 1 is kept as; 0 is kept for a band that was not covered.
const WHOLE: f64 = 65_534.0;

impl DepthShares {
    /// Measures a book, best level first on both sides; `None` where it covers no band.
    #[must_use]
    pub fn of(bids: &[Level], asks: &[Level]) -> Option<Self> {
        let mid = f64::midpoint(bids.first()?.price, asks.first()?.price);
        let covered = covered_bps(bids, asks, mid);
        let shares = Self::build(|bps| (bps <= covered).then(|| bid_share(bids, asks, mid, bps)).flatten());
        (shares.0 != [0; LADDER.len()]).then_some(shares)
    }

    /// Makes shares from one for each band of [`LADDER`]; `None` where the band is not covered.
    pub fn build(mut share: impl FnMut(f64) -> Option<f64>) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 65,535")]
        let kept = |share: f64| (1.0 + WHOLE * share.clamp(0.0, 1.0)).round() as u16;
        Self(LADDER.map(|bps| share(bps).filter(|share| share.is_finite()).map_or(0, kept)))
    }

    /// The share within a band, by its place in [`LADDER`]; `None` where it was not covered.
    #[must_use]
    pub fn get(&self, band: usize) -> Option<f64> {
        let kept = *self.0.get(band)?;
        (kept > 0).then(|| f64::from(kept - 1) / WHOLE)
    }
}

/// How far from mid both sides are known, in basis points: up to the last level of the side that ends first.
pub(crate) fn covered_bps(bids: &[Level], asks: &[Level], mid: f64) -> f64 {
    match (bids.last(), asks.last()) {
        (Some(bid), Some(ask)) => 10_000.0 * (mid - bid.price).min(ask.price - mid) / mid,
        _ => 0.0,
    }
}

/// The widest band of [`LADDER`] that is covered, as its place.
///
/// # Errors
///
/// [`Why::ShallowBook`] where not even the narrowest one is.
pub(crate) fn widest(covered_bps: f64) -> Result<usize, Why> {
    match LADDER.iter().rposition(|bps| *bps <= covered_bps) {
        Some(band) => Ok(band),
        None => Err(shallow(covered_bps)),
    }
}

/// A band of up to `target_bps` that is covered.
///
/// # Errors
///
/// [`Why::ShallowBook`] below the narrowest of [`LADDER`].
pub(crate) fn at_most(target_bps: f64, covered_bps: f64) -> Result<f64, Why> {
    if covered_bps >= LEAST_BPS { Ok(target_bps.min(covered_bps)) } else { Err(shallow(covered_bps)) }
}

fn shallow(covered_bps: f64) -> Why {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hundredths, 0 to 100")]
    let hundredths = |bps: f64| (100.0 * bps.max(0.0)).floor() as u32;
    Why::ShallowBook { have: hundredths(covered_bps), need: hundredths(LEAST_BPS) }
}

/// How much of a level counts within a band: all of it up to four fifths of the band, then less, nothing beyond. So nothing
/// jumps when a level, or the band, moves by a hair.
pub(crate) fn within(level: &Level, mid: f64, bps: f64) -> f64 {
    let distance = 10_000.0 * (level.price - mid).abs() / mid;
    level.size * ramp((1.0 - distance / bps) / 0.2)
}

/// The levels of one side up to a band's edge.
pub(crate) fn near(side: &[Level], mid: f64, bps: f64) -> &[Level] {
    &side[..side.partition_point(|level| 10_000.0 * (level.price - mid).abs() <= bps * mid)]
}

/// The bid side's share of what rests within a band; `None` where nothing does.
pub(crate) fn bid_share(bids: &[Level], asks: &[Level], mid: f64, bps: f64) -> Option<f64> {
    let side = |levels: &[Level]| near(levels, mid, bps).iter().map(|level| within(level, mid, bps)).sum::<f64>();
    let (bid, ask) = (side(bids), side(asks));
    let share = bid / (bid + ask);
    share.is_finite().then_some(share)
}

/// The labels of one measure for every band: `Name (±12 bps)`, by whole basis points up to 100.
pub(crate) struct Labels {
    whole: LazyLock<Vec<ArcStr>>,
    between: LazyLock<Vec<ArcStr>>,
}

impl Labels {
    /// Labels for bands in whole basis points, and for two neighbours of [`LADDER`], made at the first use.
    pub(crate) const fn new(whole: fn() -> Vec<ArcStr>, between: fn() -> Vec<ArcStr>) -> Self {
        Self { whole: LazyLock::new(whole), between: LazyLock::new(between) }
    }

    /// The label of a band, rounded down to whole basis points.
    pub(crate) fn of(&'static self, bps: f64) -> Option<&'static ArcStr> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        self.whole.get(bps.clamp(0.0, 100.0).floor() as usize)
    }

    /// The label of what was measured in two neighbouring bands of [`LADDER`], by the place of the narrower.
    pub(crate) fn between(&'static self, narrower: usize) -> Option<&'static ArcStr> {
        self.between.get(narrower)
    }
}

/// `Name (±n bps)` for n from 0 to 100.
pub(crate) fn whole_labels(name: &str) -> Vec<ArcStr> {
    (0..=100).map(|bps| arcstr::format!("{name} (±{bps} bps)")).collect()
}

/// `Name (±n to m bps)` for every two neighbours of [`LADDER`].
pub(crate) fn between_labels(name: &str) -> Vec<ArcStr> {
    LADDER.windows(2).map(|pair| arcstr::format!("{name} (±{} to {} bps)", pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assume, proptest};

    use super::*;

    fn side(away: f64, levels: usize, step: f64) -> Vec<Level> {
        (1..=levels).map(|n| Level { price: 100.0 + away * step * n as f64, size: 1.0 }).collect()
    }

    #[test]
    fn a_level_fades_out_towards_the_edge_of_its_band() {
        let level = |price| Level { price, size: 10.0 };
        assert_eq!(within(&level(100.0), 100.0, 100.0), 10.0);
        assert!((within(&level(100.9), 100.0, 100.0) - 5.0).abs() < 1e-9);
        assert_eq!(within(&level(101.5), 100.0, 100.0), 0.0);
    }

    #[test]
    fn a_band_is_covered_only_where_both_sides_reach_it() {
        let (bids, asks) = (side(-1.0, 50, 0.01), side(1.0, 8, 0.01));
        let covered = covered_bps(&bids, &asks, 100.0);
        assert!((covered - 8.0).abs() < 1e-9, "{covered}");
        assert_eq!(widest(covered).map(|band| LADDER[band]), Ok(5.0));
        let shares = DepthShares::of(&bids, &asks).unwrap();
        assert!(shares.get(2).is_some() && shares.get(3).is_none(), "5 bps are covered, 10 are not");
    }

    #[test]
    fn fifty_levels_of_a_small_tick_cover_no_band() {
        // Fifty levels of 0.1 at 91,000 end 0.55 bps from mid.
        let level = |n: f64| Level { price: 91_000.0 + 0.1 * n, size: 1.0 };
        let (bids, asks): (Vec<_>, Vec<_>) =
            ((0..50).map(|n| level(-f64::from(n))).collect(), (1..51).map(|n| level(f64::from(n))).collect());
        assert_eq!(DepthShares::of(&bids, &asks), None);
        let why = widest(covered_bps(&bids, &asks, 91_000.05)).unwrap_err();
        assert_eq!(why.to_string(), "book known within ±0.54 bps, ±1 needed");
    }

    #[test]
    fn an_empty_side_has_no_share() {
        assert_eq!(DepthShares::of(&[], &side(1.0, 50, 0.01)), None);
        let (bids, asks) = ([Level { price: 99.9, size: 3.0 }; 1], [Level { price: 100.1, size: 1.0 }; 1]);
        assert_eq!(bid_share(&bids, &asks, 100.0, 25.0), Some(0.75));
    }

    proptest! {
        #[test]
        fn a_share_is_kept_to_a_thousandth_of_a_percent_and_mirrored_exactly(share in 0.0..=1.0f64) {
            let kept = DepthShares::build(|_| Some(share)).get(3).unwrap();
            prop_assert!((kept - share).abs() < 1e-5);
            let mirrored = DepthShares::build(|_| Some(1.0 - kept)).get(3).unwrap();
            prop_assert!((kept + mirrored - 1.0).abs() < 1e-12);
        }

        #[test]
        fn levels_beyond_a_band_do_not_matter(step in 0.001..0.05f64, bps in 1.0..50.0f64) {
            let (bids, asks) = (side(-1.0, 200, step), side(1.0, 200, step));
            prop_assume!(covered_bps(&bids, &asks, 100.0) >= bps);
            let cut = |side: &[Level]| near(side, 100.0, bps).to_vec();
            prop_assert!(bid_share(&bids, &asks, 100.0, bps) == bid_share(&cut(&bids), &cut(&asks), 100.0, bps));
        }
    }
}

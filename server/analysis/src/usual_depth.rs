//! What is usual of a depth history, kept beside it: the history grows once a minute and is compared with each second.

use std::cell::OnceCell;

use crate::{
    band::{DepthShares, LADDER},
    stats::median_and_spread,
};

/// What was usual in one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    /// How many points cover the band.
    pub(crate) n: usize,
    /// The median of the bid side's share and its robust spread; none of no points.
    pub(crate) middle: Option<(f64, f64)>,
}

impl Usual {
    /// Measures a history in a band.
    pub(crate) fn of(history: &[DepthShares], band: usize) -> Self {
        let known = || history.iter().filter_map(|shares| shares.get(band));
        Self { n: known().count(), middle: median_and_spread(known()) }
    }
}

/// What was usual in each band of [`LADDER`], measured at the first use. It belongs to one history: whoever changes that takes a new
/// one.
#[derive(Debug, Clone, Default)]
pub struct UsualDepth([OnceCell<Usual>; LADDER.len()]);

impl UsualDepth {
    /// What was usual in a band of the history that it belongs to.
    pub(crate) fn get(&self, history: &[DepthShares], band: usize) -> Usual {
        *self.0[band].get_or_init(|| Usual::of(history, band))
    }
}

/// It follows from the history: two inputs do not differ by how much of it was measured.
impl PartialEq for UsualDepth {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_is_measured_in_every_band() {
        let shares =
            |n: usize| DepthShares::build(|bps| (bps < (n % 120) as f64).then(|| (n * 37 % 101) as f64 / 100.0));
        let history: Vec<DepthShares> = (0..300).map(shares).collect();
        let kept = UsualDepth::default();
        for band in (0..LADDER.len()).chain(0..LADDER.len()) {
            assert_eq!(kept.get(&history, band), Usual::of(&history, band));
        }
        assert_eq!(Usual::of(&[], 0), Usual { n: 0, middle: None });
    }
}

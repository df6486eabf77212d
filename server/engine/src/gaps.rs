//! Stretches of time of which nothing was received.

use schema::UnixMs;
use serde::{Deserialize, Serialize};

/// Stretches that are remembered; the oldest two are joined beyond that.
const KEPT: usize = 256;

/// A stretch of time without data: from its beginning up to its end, neither included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gap {
    /// The newest moment before it of which data was received.
    from: UnixMs,
    /// The first moment after it of which data was received; none while it lasts.
    to: Option<UnixMs>,
}

impl Gap {
    const fn end(self) -> i64 {
        match self.to {
            Some(to) => to.0,
            None => i64::MAX,
        }
    }
}

/// The stretches of time of which nothing was received, in order. What was received stays received, whatever is lost later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gaps(Vec<Gap>);

impl Gaps {
    /// Nothing was received yet.
    pub(crate) fn everything() -> Self {
        Self(vec![Gap { from: UnixMs(i64::MIN), to: None }])
    }

    /// Whether data is missing right now.
    pub(crate) fn is_open(&self) -> bool {
        self.0.last().is_some_and(|last| last.to.is_none())
    }

    /// Data is missing from a moment on. One gap at a time is open: a second loss changes nothing.
    pub(crate) fn open(&mut self, from: UnixMs) {
        if self.is_open() {
            return;
        }
        let from = self.0.last().map_or(from, |last| UnixMs(from.0.max(last.end())));
        self.0.push(Gap { from, to: None });
        if self.0.len() > KEPT {
            self.0[1].from = self.0[0].from;
            self.0.remove(0);
        }
    }

    /// Data is received again from a moment on.
    pub(crate) fn close(&mut self, to: UnixMs) {
        if let Some(last) = self.0.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(UnixMs(to.0.max(last.from.0)));
        }
    }

    /// Data of the stretch up to `to` came after all.
    pub(crate) fn fill(&mut self, from: UnixMs, to: UnixMs) {
        if from >= to {
            return;
        }
        let mut left = Vec::with_capacity(self.0.len() + 1);
        for gap in self.0.drain(..) {
            if gap.end() <= from.0 || gap.from >= to {
                left.push(gap);
                continue;
            }
            if gap.from < from {
                left.push(Gap { from: gap.from, to: Some(from) });
            }
            if gap.end() > to.0 {
                left.push(Gap { from: to, to: gap.to });
            }
        }
        self.0 = left;
    }

    /// Of what was received before a moment nothing is known any more.
    pub(crate) fn forget_before(&mut self, moment: UnixMs) {
        self.0.retain(|gap| gap.end() > moment.0);
        let first = Gap { from: UnixMs(i64::MIN), to: Some(moment) };
        match self.0.first_mut().filter(|gap| gap.from <= moment) {
            Some(gap) => gap.from = first.from,
            None => self.0.insert(0, first),
        }
    }

    /// Whether a moment lies in a gap.
    pub(crate) fn contains(&self, at: UnixMs) -> bool {
        self.0.iter().any(|gap| gap.from < at && at.0 < gap.end())
    }

    /// The first moment at or after another of which data is missing.
    pub(crate) fn next_missing(&self, from: UnixMs) -> UnixMs {
        let gap = self.0.iter().find(|gap| gap.end() > from.0);
        gap.map_or(UnixMs(i64::MAX), |gap| gap.from.max(from))
    }

    /// The share of a stretch of time, 0 to 1, of which data was received; of no time at all, nothing.
    pub(crate) fn coverage(&self, from: UnixMs, to: UnixMs) -> f64 {
        let length = to.0.saturating_sub(from.0);
        if length <= 0 {
            return 0.0;
        }
        let missing = |gap: &Gap| (gap.end().min(to.0)).saturating_sub(gap.from.0.max(from.0)).max(0);
        let missing: i64 = self.0.iter().map(missing).sum();
        (length.saturating_sub(missing)) as f64 / length as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn at(ms: i64) -> UnixMs {
        UnixMs(ms)
    }

    #[test]
    fn data_is_complete_up_to_the_next_gap() {
        let mut gaps = Gaps::everything();
        assert_eq!(gaps.next_missing(at(5)), at(5));
        gaps.close(at(10));
        gaps.open(at(20));
        assert_eq!([5, 10, 15, 25].map(|from| gaps.next_missing(at(from)).0), [5, 20, 20, 25]);
        gaps.close(at(30));
        assert_eq!(gaps.next_missing(at(30)), at(i64::MAX));
    }

    #[test]
    fn a_minute_that_lost_a_quarter_is_covered_to_three_quarters() {
        let mut gaps = Gaps::everything();
        gaps.close(at(0));
        assert_eq!(gaps.coverage(at(0), at(60_000)), 1.0);
        gaps.open(at(30_000));
        gaps.close(at(45_000));
        assert_eq!(gaps.coverage(at(0), at(60_000)), 0.75);
        assert_eq!(gaps.coverage(at(60_000), at(120_000)), 1.0);
        assert_eq!(gaps.coverage(at(-60_000), at(0)), 0.0, "of the time before the first data nothing is known");
    }

    #[test]
    fn a_gap_that_is_filled_is_none() {
        let mut gaps = Gaps::everything();
        gaps.close(at(100_000));
        gaps.fill(at(40_000), at(100_000));
        assert_eq!(gaps.coverage(at(40_000), at(160_000)), 1.0);
        assert_eq!(gaps.0, [Gap { from: at(i64::MIN), to: Some(at(40_000)) }]);
        assert!(!gaps.contains(at(50_000)) && gaps.contains(at(39_999)));
    }

    #[test]
    fn what_came_while_data_is_still_missing_ends_at_its_answer() {
        let mut gaps = Gaps::everything();
        gaps.fill(at(10), at(50));
        assert!(gaps.is_open());
        assert_eq!((gaps.contains(at(20)), gaps.contains(at(60))), (false, true));
    }

    proptest! {
        /// Whatever is lost and filled, gaps are apart and in order, bounded in number, and coverage is a share.
        #[test]
        fn gaps_stay_apart_in_order_and_few(steps in prop::collection::vec((0..3u8, 0..10_000i64, 0..3_000i64), 0..200)) {
            let (mut gaps, mut now) = (Gaps::everything(), 0);
            for (kind, by, length) in steps {
                now += by;
                match kind {
                    0 => gaps.open(at(now)),
                    1 => gaps.close(at(now)),
                    _ => gaps.fill(at(now - length), at(now)),
                }
                prop_assert!(gaps.0.len() <= KEPT + 2);
                for pair in gaps.0.windows(2) {
                    prop_assert!(pair[0].to.is_some_and(|to| to <= pair[1].from), "{:?}", gaps);
                }
                let share = gaps.coverage(at(now - 60_000), at(now));
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}

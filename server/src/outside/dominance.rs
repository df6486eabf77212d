//! A day of Bitcoin's share of the market capitalisation, from which its change over 24 h is computed.

use std::{collections::VecDeque, time::Duration};

use schema::{Figure, Pct, UnixMs, Why};

const DAY: Duration = Duration::from_secs(86_400);
/// One share is kept for each of these.
const SLOT: Duration = Duration::from_secs(300);
/// How far from 24 h ago the share may be with which the newest is compared.
const TOLERANCE: Duration = Duration::from_secs(1_800);
/// Slots in a day.
const DAY_OF_SLOTS: u32 = 288;
/// Slots in a day and the tolerance, both ends included.
const CAPACITY: usize = 288 + 6 + 1;

/// Shares of the last day, oldest first, at most one for each five minutes; kept in memory only.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DominanceDay(VecDeque<(UnixMs, f64)>);

impl DominanceDay {
    /// Notes a share. The newest of five minutes stays; one that is older than the last known is left out.
    pub(super) fn note(&mut self, at: UnixMs, share: Pct) {
        let slot = |at: UnixMs| at.0.div_euclid(ms(SLOT));
        match self.0.back() {
            Some((last, _)) if *last > at => return,
            Some((last, _)) if slot(*last) == slot(at) => drop(self.0.pop_back()),
            _ => {}
        }
        let oldest = slot(at.minus(DAY + TOLERANCE));
        while self.0.front().is_some_and(|(first, _)| slot(*first) < oldest) || self.0.len() >= CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back((at, share.get()));
    }

    /// The newest share minus the one of 24 h before, in percent points; the nearest within half an hour is used instead
    /// for that one.
    pub(super) fn change(&self) -> Figure<f64> {
        let (Some((first, _)), Some((newest, share))) = (self.0.front(), self.0.back()) else {
            return Figure::Missing(Why::NotYet);
        };
        let wanted = newest.minus(DAY);
        let distance = |at: UnixMs| at.0.abs_diff(wanted.0);
        let nearest = self.0.iter().min_by_key(|(at, _)| distance(*at));
        match nearest.filter(|(at, _)| distance(*at) <= ms(TOLERANCE).unsigned_abs()) {
            Some((_, before)) => Figure::known(share - before, *newest),
            None => {
                let have = (newest.0 - first.0) / ms(SLOT);
                Figure::Missing(Why::TooFewSamples { have: u32::try_from(have).unwrap_or(0), need: DAY_OF_SLOTS })
            }
        }
    }
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_795_165_800_000;

    fn minute(minute: i64) -> UnixMs {
        UnixMs(START + minute * 60_000)
    }

    fn noted(shares: impl IntoIterator<Item = (i64, f64)>) -> DominanceDay {
        let mut day = DominanceDay::default();
        for (at, share) in shares {
            day.note(minute(at), Pct::new(share).unwrap());
        }
        day
    }

    #[test]
    fn the_change_waits_for_a_day_and_says_how_far_it_is() {
        assert_eq!(noted([]).change(), Figure::Missing(Why::NotYet));
        let missing = |day: &DominanceDay| day.change().why().cloned();
        let too_few = |have| Some(Why::TooFewSamples { have, need: 288 });
        assert_eq!(missing(&noted([(0, 57.0)])), too_few(0));
        assert_eq!(missing(&noted([(0, 57.0), (720, 57.5)])), too_few(144));
        assert_eq!(missing(&noted([(0, 57.0), (1_405, 57.5)])), too_few(281));
        let change = noted([(0, 57.0), (1_410, 57.5)]).change();
        assert_eq!(change, Figure::known(0.5, minute(1_410)), "half an hour short is near enough");
    }

    #[test]
    fn the_nearest_share_of_a_day_before_is_compared_with() {
        let day = noted([(0, 50.0), (10, 55.0), (20, 56.0), (1_000, 60.0), (1_452, 54.0)]);
        assert_eq!(day.change(), Figure::known(-1.0, minute(1_452)));
    }

    #[test]
    fn a_hole_of_a_day_before_is_not_bridged() {
        let day = noted([(0, 50.0), (120, 51.0), (1_480, 54.0)]);
        assert_eq!(day.change(), Figure::Missing(Why::TooFewSamples { have: 272, need: 288 }));
    }

    #[test]
    fn five_minutes_have_one_share_and_an_older_one_changes_nothing() {
        let day = noted([(0, 50.0), (1, 51.0), (2, 52.0), (1, 53.0)]);
        assert_eq!(day, DominanceDay(VecDeque::from([(minute(2), 52.0)])));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_in_order_bounded_and_of_the_last_day(steps in prop::collection::vec(0_i64..40, 1..2_000)) {
            let mut at = 0;
            let shares: Vec<_> = steps.into_iter().map(|step| { at += step; (at, 50.0) }).collect();
            let day = noted(shares);
            prop_assert!(day.0.len() <= CAPACITY);
            prop_assert!(day.0.iter().is_sorted_by(|a, b| a.0.0 / 300_000 < b.0.0 / 300_000));
            let oldest = minute(at).minus(DAY + TOLERANCE + SLOT);
            prop_assert!(day.0.iter().all(|(kept, _)| *kept >= oldest));
        }
    }
}

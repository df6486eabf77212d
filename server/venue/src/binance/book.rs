//! Joining a whole book with the changes after it.
//!
//! The whole book comes over HTTP while changes arrive, so these are kept back until it is there. Of them only those
//! count that are not in it yet, and the first of these must begin at or before its number; from then on each names
//! the one before it.

use std::collections::VecDeque;

use schema::{Level, UnixMs};

/// Some changes of a book, with the numbers of the first and the last of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// When they were sent.
    pub at: UnixMs,
    /// The number of the first change.
    pub first: u64,
    /// The number of the last change.
    pub last: u64,
    /// The number of the last change in the message before.
    pub previous: u64,
    /// Changed bids.
    pub bids: Vec<Level>,
    /// Changed asks.
    pub asks: Vec<Level>,
}

/// A whole book.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// When it was sent.
    pub at: UnixMs,
    /// The number of the last change in it.
    pub last: u64,
    /// Bids.
    pub bids: Vec<Level>,
    /// Asks.
    pub asks: Vec<Level>,
}

/// What a message means for the book that is held.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It changes what is held.
    Change(Diff),
    /// It was kept back until the whole book is there.
    KeptBack,
    /// It is in what is held already.
    Known,
    /// A message between it and the last one is missing: what is held may not be used any more.
    Gap,
}

/// A whole book does not reach up to the changes that were kept back: another one is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld;

/// Which changes have been seen of a book.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence(State);

#[derive(Debug, Clone, PartialEq)]
enum State {
    /// There is no whole book.
    Waiting(VecDeque<Diff>),
    /// There is a whole book up to this number, and no change was joined to it yet.
    Whole(u64),
    /// The number of the last change.
    Joined(u64),
}

impl Default for Sequence {
    fn default() -> Self {
        Self(State::Waiting(VecDeque::new()))
    }
}

impl Sequence {
    /// Messages that are kept back: a minute of them.
    pub const KEPT_BACK_MAX: usize = 600;

    /// Takes a message.
    pub fn take(&mut self, diff: Diff) -> Step {
        match &mut self.0 {
            State::Waiting(kept) => {
                // A hole among them would be found when they are joined; the oldest are the least of use.
                if kept.len() == Self::KEPT_BACK_MAX {
                    kept.pop_front();
                }
                kept.push_back(diff);
                Step::KeptBack
            }
            State::Whole(whole) if diff.last < *whole => Step::Known,
            State::Whole(whole) if joins(&diff, *whole) => self.change(diff),
            State::Joined(last) if diff.last <= *last => Step::Known,
            // One that begins before the last change and ends after it comes from another connection, which cuts the changes
            // differently: its levels are absolute, so that those in what is held are only set again.
            State::Joined(last) if diff.previous <= *last => self.change(diff),
            State::Whole(_) | State::Joined(_) => {
                self.0 = State::Waiting(VecDeque::from([diff]));
                Step::Gap
            }
        }
    }

    /// Takes a whole book; the changes that were kept back and are not in it.
    ///
    /// # Errors
    ///
    /// [`TooOld`] when a change between it and those is missing; they are kept, but for the ones before the hole.
    pub fn join(&mut self, whole: u64) -> Result<Vec<Diff>, TooOld> {
        let State::Waiting(kept) = &mut self.0 else {
            // A book that is held needs no other one.
            return Ok(Vec::new());
        };
        kept.retain(|diff| diff.last >= whole);
        if kept.front().is_some_and(|first| !joins(first, whole)) {
            return Err(TooOld);
        }
        let (mut joined, mut last) = (Vec::new(), None);
        while let Some(diff) = kept.pop_front() {
            match last {
                Some(last) if diff.last <= last => continue,
                Some(last) if diff.previous != last => {
                    kept.push_front(diff);
                    return Err(TooOld);
                }
                _ => {}
            }
            last = Some(diff.last);
            joined.push(diff);
        }
        self.0 = last.map_or(State::Whole(whole), State::Joined);
        Ok(joined)
    }

    /// Forgets the book, and the changes that were kept back.
    pub fn lose(&mut self) {
        *self = Self::default();
    }

    /// Whether a book is held.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self.0, State::Whole(_) | State::Joined(_))
    }

    fn change(&mut self, diff: Diff) -> Step {
        self.0 = State::Joined(diff.last);
        Step::Change(diff)
    }
}

/// Whether a message is the first after a whole book: it contains the book's last change or follows it at once.
const fn joins(diff: &Diff, whole: u64) -> bool {
    (diff.first <= whole && whole <= diff.last) || diff.previous == whole
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn diff(first: u64, last: u64, previous: u64) -> Diff {
        Diff { at: UnixMs(1), first, last, previous, bids: vec![], asks: vec![] }
    }

    #[test]
    fn changes_before_the_whole_book_are_kept_back_and_those_in_it_dropped() {
        let mut sequence = Sequence::default();
        for diff in [diff(1, 5, 0), diff(6, 10, 5), diff(11, 20, 10)] {
            assert_eq!(sequence.take(diff), Step::KeptBack);
        }
        assert!(!sequence.holds());
        assert_eq!(sequence.join(8).unwrap(), [diff(6, 10, 5), diff(11, 20, 10)]);
        assert!(sequence.holds());
        assert_eq!(sequence.take(diff(21, 25, 20)), Step::Change(diff(21, 25, 20)));
        assert_eq!(sequence.take(diff(21, 25, 20)), Step::Known, "sent twice");
        assert_eq!(sequence.take(diff(30, 31, 29)), Step::Gap);
        assert!(!sequence.holds());
        assert_eq!(sequence.join(30).unwrap(), [diff(30, 31, 29)], "the one that showed the gap is kept");
    }

    #[test]
    fn a_whole_book_that_does_not_reach_the_changes_is_too_old() {
        let mut sequence = Sequence::default();
        sequence.take(diff(11, 20, 10));
        assert_eq!(sequence.join(5), Err(TooOld));
        assert_eq!(sequence.join(10).unwrap(), [diff(11, 20, 10)], "it follows at once");

        let mut holed = Sequence::default();
        for diff in [diff(1, 5, 0), diff(9, 12, 8)] {
            holed.take(diff);
        }
        assert_eq!(holed.join(3), Err(TooOld), "a hole among those kept back");
        assert_eq!(holed.join(9).unwrap(), [diff(9, 12, 8)]);
    }

    #[test]
    fn a_whole_book_before_any_change_waits_for_the_one_that_joins_it() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.join(10).unwrap(), []);
        assert_eq!(sequence.take(diff(5, 8, 4)), Step::Known);
        assert_eq!(sequence.take(diff(9, 12, 8)), Step::Change(diff(9, 12, 8)));
        let mut sequence = Sequence::default();
        sequence.join(10).unwrap();
        assert_eq!(sequence.take(diff(13, 15, 12)), Step::Gap);
    }

    #[test]
    fn a_message_that_overlaps_what_is_held_continues_it() {
        let mut sequence = Sequence::default();
        sequence.join(10).unwrap();
        assert_eq!(sequence.take(diff(11, 20, 10)), Step::Change(diff(11, 20, 10)));
        assert_eq!(sequence.take(diff(16, 25, 15)), Step::Change(diff(16, 25, 15)));
        assert_eq!(sequence.take(diff(21, 24, 20)), Step::Known);
        assert_eq!(sequence.take(diff(27, 30, 26)), Step::Gap);
    }

    #[test]
    fn what_is_kept_back_is_bounded() {
        let mut sequence = Sequence::default();
        for n in 1..=2_000 {
            sequence.take(diff(n, n, n - 1));
        }
        assert_eq!(sequence.join(1_990).unwrap().len(), 11);
        let State::Joined(2_000) = sequence.0 else { panic!("{:?}", sequence.0) };
    }

    /// A change of one bid.
    type Change = (u64, u64);

    proptest! {
        /// Whatever is lost, comes twice, or is asked for when: the book that is held is the exchange's own.
        #[test]
        fn what_is_held_is_what_the_exchange_has(
            changes in prop::collection::vec((0_u64..20, 0_u64..5), 2..120),
            fate in prop::collection::vec((1_usize..4, 0_u8..20, prop::bool::weighted(0.3)), 120),
        ) {
            let mut exchange: BTreeMap<u64, u64> = BTreeMap::new();
            let mut held: BTreeMap<u64, u64> = BTreeMap::new();
            let (mut sequence, mut number, mut rest) = (Sequence::default(), 0_u64, &changes[..]);
            let apply = |book: &mut BTreeMap<u64, u64>, changes: &[Change]| for (price, size) in changes {
                if *size == 0 { book.remove(price) } else { book.insert(*price, *size) };
            };
            let levels = |changes: &[Change]| changes.iter().map(|(p, s)| Level { price: *p as f64, size: *s as f64 }).collect::<Vec<_>>();
            let apply_diff = |held: &mut BTreeMap<u64, u64>, diff: &Diff| for level in &diff.bids {
                let (price, size) = (level.price.to_bits(), level.size.to_bits());
                if level.size == 0.0 { held.remove(&price) } else { held.insert(price, size) };
            };
            for (many, luck, snapshot) in fate {
                if rest.is_empty() { break }
                let (now, later) = rest.split_at(many.min(rest.len()));
                rest = later;
                let previous = number;
                number += now.len() as u64;
                apply(&mut exchange, now);
                let message = Diff { at: UnixMs(1), first: previous + 1, last: number, previous, bids: levels(now), asks: vec![] };
                let copies = match luck { 0 => 0, 1 => 2, _ => 1 };
                for _ in 0..copies {
                    match sequence.take(message.clone()) {
                        Step::Change(diff) => apply_diff(&mut held, &diff),
                        Step::KeptBack | Step::Known | Step::Gap => {}
                    }
                }
                if snapshot && !sequence.holds() && let Ok(joined) = sequence.join(number) {
                    held = exchange.iter().map(|(p, s)| ((*p as f64).to_bits(), (*s as f64).to_bits())).collect();
                    for diff in &joined { apply_diff(&mut held, diff); }
                }
                if sequence.holds() && copies > 0 {
                    let expected: BTreeMap<u64, u64> =
                        exchange.iter().map(|(p, s)| ((*p as f64).to_bits(), (*s as f64).to_bits())).collect();
                    prop_assert_eq!(&held, &expected);
                }
            }
        }
    }
}

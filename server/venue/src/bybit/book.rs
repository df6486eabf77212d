//! Whether the messages of a book follow on one another.

/// What a message means for the book that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It replaces what is held.
    Replace,
    /// It changes what is held.
    Change,
    /// It was taken in already.
    Repeated,
    /// It changes something that is not held: wait for the next whole book.
    Skip,
    /// A message between it and the last one is missing: what is held may not be used any more.
    Gap,
}

/// The number of the last message of a book; none while no book is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sequence(Option<u64>);

impl Sequence {
    /// Takes the number of a message. Number 1 means that the service was restarted, whatever the message calls itself.
    pub fn advance(&mut self, snapshot: bool, update: u64) -> Step {
        if snapshot || update == 1 {
            self.0 = Some(update);
            return Step::Replace;
        }
        match self.0 {
            None => Step::Skip,
            Some(last) if last.checked_add(1) == Some(update) => {
                self.0 = Some(update);
                Step::Change
            }
            Some(last) if last == update => Step::Repeated,
            // A number that goes back is as suspicious as one that jumps: the book may be of two services.
            Some(_) => {
                self.0 = None;
                Step::Gap
            }
        }
    }

    /// Forgets the book.
    pub const fn lose(&mut self) {
        self.0 = None;
    }

    /// Whether a book is held.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_follow_one_by_one_and_a_jump_ends_the_book_until_the_next_whole_one() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.advance(false, 5), Step::Skip);
        assert_eq!(sequence.advance(true, 10), Step::Replace);
        assert_eq!(sequence.advance(true, 10), Step::Replace, "a repeated snapshot");
        assert_eq!(sequence.advance(false, 11), Step::Change);
        assert_eq!(sequence.advance(false, 13), Step::Gap);
        assert_eq!(sequence.advance(false, 14), Step::Skip);
        assert_eq!(sequence.advance(false, 1), Step::Replace, "the service was restarted");
        assert_eq!(sequence.advance(false, 2), Step::Change);
        assert_eq!(sequence.advance(false, 2), Step::Repeated, "sent twice");
        assert_eq!(sequence.advance(false, 3), Step::Change);
        assert_eq!(sequence.advance(false, 2), Step::Gap, "back");
        assert!(!sequence.holds());
    }

    proptest! {
        /// Whatever is lost on the way, a change is only used when every message since the last whole book arrived.
        #[test]
        fn a_change_is_used_only_without_a_hole_behind_it(
            arrived in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.1)), 1..200)
        ) {
            let mut sequence = Sequence::default();
            let mut whole = false;
            for (number, (arrives, snapshot)) in (2_u64..).zip(arrived) {
                if !arrives {
                    whole = false;
                    continue;
                }
                let step = sequence.advance(snapshot, number);
                whole |= snapshot;
                match step {
                    Step::Replace => prop_assert!(snapshot),
                    Step::Change => prop_assert!(whole),
                    Step::Skip | Step::Gap => prop_assert!(!whole),
                    Step::Repeated => prop_assert!(false, "no number comes twice"),
                }
                prop_assert_eq!(sequence.holds(), whole);
            }
        }
    }
}

//! The last so many of something, side by side in memory.

use serde::{Deserialize, Serialize};

/// Room for this part of what is kept is held beside it: of 1,280 trades, 40 that come before 30 KB are moved.
const SLACK: usize = 32;

/// The last values, oldest first, in one slice.
///
/// A ring would keep them in two slices, and the analysis reads one. So room for some more is held, and when it is full the oldest
/// are moved out at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Stored<T>", bound(serialize = "T: Serialize", deserialize = "T: Copy + Deserialize<'de>"))]
pub(crate) struct Recent<T> {
    keep: usize,
    values: Vec<T>,
}

/// What is saved of it: all values, for when the oldest are moved out depends on those that are not shown any more as well.
#[derive(Deserialize)]
struct Stored<T> {
    keep: usize,
    values: Vec<T>,
}

impl<T: Copy> From<Stored<T>> for Recent<T> {
    fn from(Stored { keep, values }: Stored<T>) -> Self {
        let mut recent = Self::new(keep);
        if !values.is_empty() {
            recent.fill();
            recent.values.extend(values);
        }
        recent
    }
}

impl<T: Copy> Recent<T> {
    /// Nothing yet; the last `keep` values will be kept.
    pub(crate) const fn new(keep: usize) -> Self {
        Self { keep, values: Vec::new() }
    }

    /// The last values, oldest first, at most as many as are to be kept.
    pub(crate) fn as_slice(&self) -> &[T] {
        &self.values[self.values.len().saturating_sub(self.keep)..]
    }

    /// The newest.
    pub(crate) fn last(&self) -> Option<&T> {
        self.values.last()
    }

    /// Adds one; the oldest is evicted.
    pub(crate) fn push(&mut self, value: T) {
        let room = self.room();
        if self.values.len() == room {
            self.values.drain(..room - self.keep);
        }
        if self.values.is_empty() {
            self.fill();
        }
        self.values.push(value);
    }

    /// Adds one behind the last that may come before it. One that would come before all of a full store is older than what is kept.
    pub(crate) fn insert_by(&mut self, value: T, before: impl Fn(&T) -> bool) {
        let place = self.values.iter().rposition(before).map_or(0, |place| place + 1);
        if place == self.values.len() {
            return self.push(value);
        }
        if place == 0 && self.values.len() >= self.keep {
            return;
        }
        let room = self.room();
        let gone = if self.values.len() == room { room - self.keep } else { 0 };
        self.values.drain(..gone);
        self.values.insert(place.saturating_sub(gone), value);
    }

    /// Takes all the room it will ever need: growing leaves holes in the heap, and room that was never written to is not
    /// resident.
    fn fill(&mut self) {
        self.values.reserve_exact(self.room());
    }

    /// How many are held before the oldest are moved out.
    const fn room(&self) -> usize {
        self.keep + self.keep / SLACK + 1
    }

    /// Puts others in the place of all.
    pub(crate) fn replace(&mut self, values: impl IntoIterator<Item = T>) {
        self.values.clear();
        for value in values {
            self.push(value);
        }
    }

    /// Lets the oldest go, as long as they are `old`.
    pub(crate) fn drop_while(&mut self, old: impl Fn(&T) -> bool) {
        let gone = self.values.iter().take_while(|value| old(value)).count();
        // Moved out rarely, like any other.
        if gone > self.keep / SLACK {
            self.values.drain(..gone);
        }
    }

    /// The newest values as they can be rewritten.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        let first = self.values.len().saturating_sub(self.keep);
        &mut self.values[first..]
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_kept_in_order_and_in_bounded_room() {
        for keep in [1, 2, 15, 16, 17, 300] {
            let mut recent = Recent::new(keep);
            for n in 0..2_000_usize {
                recent.push(n);
                assert!(recent.values.capacity() <= keep + keep / SLACK + 1, "{}", recent.values.capacity());
                let expected: Vec<usize> = ((n + 1).saturating_sub(keep)..=n).collect();
                assert_eq!(recent.as_slice(), expected);
            }
        }
    }

    #[test]
    fn one_that_comes_late_takes_its_place() {
        let mut recent = Recent::new(4);
        for value in [1, 3, 5, 4, 2, 9, 7] {
            recent.insert_by(value, |kept| *kept <= value);
        }
        assert_eq!(recent.as_slice(), [4, 5, 7, 9]);
        recent.insert_by(0, |kept| *kept <= 0);
        assert_eq!(recent.as_slice(), [4, 5, 7, 9]);
    }

    #[test]
    fn what_is_old_goes_once_it_is_enough() {
        let mut recent = Recent::new(64);
        recent.replace(0..64);
        recent.drop_while(|n| *n < 2);
        assert_eq!(recent.as_slice().len(), 64, "two are not worth moving sixty");
        recent.drop_while(|n| *n < 20);
        assert_eq!(recent.as_slice(), (20..64).collect::<Vec<_>>());
    }
}

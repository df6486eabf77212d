//! Session time: once a second, from what was received.

use schema::UnixMs;

const SECOND_MS: i64 = 1_000;
/// Seconds that are made up for one by one; after a longer standstill the session goes on with the last of them.
const MADE_UP: i64 = 120;

/// The last second that was stepped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(UnixMs);

impl Seconds {
    /// The seconds of a session whose first input was received at a moment.
    #[must_use]
    pub const fn from(received: UnixMs) -> Self {
        Self(received.floor(SECOND_MS))
    }

    /// The next one to be stepped.
    #[must_use]
    pub const fn next(&self) -> UnixMs {
        UnixMs(self.0.0 + SECOND_MS)
    }

    /// The seconds that began since, up to a moment. A clock that was set back a little makes none until it has caught up; one that
    /// was set back or ahead by more goes on from there.
    pub fn up_to(&mut self, moment: UnixMs) -> impl Iterator<Item = UnixMs> + use<> {
        let second = moment.floor(SECOND_MS).0;
        // Bars end by the exchange's time: they must not wait until this machine's clock is where it was.
        let is_set_back = second < self.0.0 - MADE_UP * SECOND_MS;
        let last = if is_set_back { second } else { second.max(self.0.0) };
        let first = if is_set_back { second } else { (self.0.0 + SECOND_MS).max(last - (MADE_UP - 1) * SECOND_MS) };
        self.0 = UnixMs(last);
        (0..=(last - first).div_euclid(SECOND_MS)).map(move |n| UnixMs(first + n * SECOND_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_is_stepped_once_and_in_order_whatever_the_clock_does() {
        let mut seconds = Seconds::from(UnixMs(10_400));
        let mut up_to = |moment: i64| seconds.up_to(UnixMs(moment)).map(|second| second.0).collect::<Vec<_>>();
        assert_eq!(up_to(10_900), [0_i64; 0]);
        assert_eq!(up_to(11_000), [11_000]);
        assert_eq!(up_to(13_500), [12_000, 13_000]);
        assert_eq!(up_to(9_000), [0_i64; 0], "set back");
        assert_eq!(up_to(14_000), [14_000]);
        let ahead = up_to(1_000_000_000);
        assert_eq!((ahead.len(), ahead.last()), (120, Some(&1_000_000_000)), "set ahead, or asleep for long");
        assert_eq!(up_to(20_500), [20_000], "set back by days");
        assert_eq!(up_to(22_000), [21_000, 22_000]);
    }
}

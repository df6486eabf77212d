//! Round numbers along the sides of the chart.

use schema::{Timeframe, UnixMs, Zone};

use crate::format;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// How far apart times may stand: what divides a day, and whole days.
const SPANS_MS: [i64; 12] = [
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    60 * MINUTE_MS,
    120 * MINUTE_MS,
    180 * MINUTE_MS,
    360 * MINUTE_MS,
    720 * MINUTE_MS,
    DAY_MS,
    2 * DAY_MS,
    3 * DAY_MS,
    7 * DAY_MS,
];

/// Round prices inside a range, lowest first: multiples of 1, 2 or 5 times a power of ten, and of the increment at least.
///
/// `most` is how many there are at most, give or take one; none for a range that is empty or not finite.
pub(super) fn prices(low: f64, high: f64, tick: f64, most: u32) -> Vec<f64> {
    let range = high - low;
    if !(range.is_finite() && range > 0.0 && tick > 0.0) {
        return Vec::new();
    }
    let rough = range / f64::from(most.max(1));
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough).unwrap_or(rough);
    // An increment such as 0.05 has no multiple of 0.02: whole increments, one at least.
    let step = (step / tick).round().max(1.0) * tick;
    let first = (low / step).ceil();
    (0..=most + 1).map(|n| (first + f64::from(n)) * step).take_while(|price| *price <= high).collect()
}

/// A time to mark, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: UnixMs,
    pub(super) text: String,
}

/// Round times of a clock from `first` to `last`, `apart` candles or more from one another.
pub(super) fn times(first: UnixMs, last: UnixMs, timeframe: Timeframe, apart: u16, zone: Zone) -> Vec<Mark> {
    let least = i64::from(apart) * timeframe.ms();
    let Some(span) = SPANS_MS.into_iter().find(|span| *span >= least) else { return Vec::new() };
    let start = UnixMs(first.0 + zone.ahead_ms()).floor(span).0 - zone.ahead_ms();
    (0..)
        .map(|n| UnixMs(start + n * span))
        .take_while(|at| *at <= last)
        .filter(|at| *at >= first)
        .map(|at| {
            let midnight = (at.0 + zone.ahead_ms()).rem_euclid(DAY_MS) == 0;
            Mark { at, text: if midnight { format::day(at, zone) } else { format::minute(at, zone) } }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices_are_round_and_whole_increments() {
        assert_eq!(prices(91_180.0, 91_342.0, 0.1, 4), [91_200.0, 91_250.0, 91_300.0]);
        assert_eq!(prices(3.02, 3.31, 0.05, 4), [3.1, 3.2, 3.3].map(|p: f64| (p / 0.1).round() * 0.1));
        assert_eq!(prices(1.0, 1.0, 0.1, 4), [0.0; 0], "a flat range has nothing between its ends");
    }

    #[test]
    fn times_are_round_by_the_readers_clock_and_midnight_is_a_day() {
        // 21 Nov 2026, 23:20 UTC, and 68 minutes on.
        let first = UnixMs(1_795_303_200_000);
        let texts = |zone| {
            let marks = times(first, UnixMs(first.0 + 67 * MINUTE_MS), Timeframe::M1, 14, zone);
            marks.into_iter().map(|mark| mark.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(Zone::UTC), ["23:30", "23:45", "22 Nov", "00:15"]);
        assert_eq!(texts(Zone::ahead(345).unwrap()), ["05:15", "05:30", "05:45", "06:00"]);
    }

    proptest! {
        #[test]
        fn prices_lie_in_their_range_on_whole_increments(
            low in 0.000_01..90_000.0f64, part in 0.000_1..0.5f64, ticks in 5.0..5_000.0f64,
        ) {
            let high = low * (1.0 + part);
            let tick = (high - low) / ticks;
            let found = prices(low, high, tick, 4);
            prop_assert!(found.len() <= 6 && !found.is_empty(), "{:?}", found);
            for price in found {
                prop_assert!(price >= low * (1.0 - 1e-12) && price <= high);
                let steps = price / tick;
                prop_assert!((steps - steps.round()).abs() < steps * 1e-9 + 1e-6, "{} is {} increments", price, steps);
            }
        }

        #[test]
        fn times_never_crowd(start in 0..30_000_000i64, which in 0..4usize) {
            let timeframe = Timeframe::ALL[which];
            let first = UnixMs(start * timeframe.ms());
            let last = UnixMs(first.0 + 67 * timeframe.ms());
            let marks = times(first, last, timeframe, 14, Zone::UTC);
            prop_assert!(!marks.is_empty() && marks.len() <= 5, "{:?}", marks);
            for pair in marks.windows(2) {
                prop_assert!(pair[1].at.0 - pair[0].at.0 >= 14 * timeframe.ms());
            }
        }
    }
}

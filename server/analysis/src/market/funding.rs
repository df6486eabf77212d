//! What funding was: the turnover-weighted mean of the rates that were paid, at each eight hours of the last 30 days.

use schema::{Candle, Pct, Timeframe, UnixMs};

use crate::input::FundingPoint;

const HOUR_MS: i64 = 3_600_000;
const STEP_MS: i64 = 8 * HOUR_MS;
/// 30 days at eight hours.
const STEPS: usize = 90;
/// Candles of four hours in a day.
const DAY: usize = 6;
/// A payment is published to the minute.
const JITTER_MS: i64 = 60_000;
/// The part of a moment's turnover whose rate has to be known.
const LEAST_KNOWN: f64 = 0.5;
/// Intervals that venues pay at, in hours. Between payments that are further apart one is missing.
const INTERVALS: [i64; 4] = [1, 2, 4, 8];

/// Sums up contract by contract, so that the windows of a market are read one after the other.
///
/// A rate counts at the moment it was paid, brought to 8 h by the time since the payment before it, and weighs what the
/// contract turned over in the 24 hours up to then, by its candles. What either is unknown of does not count there.
#[derive(Debug, Clone, PartialEq)]
pub struct FundingPast {
    newest: UnixMs,
    moments: Vec<Moment>,
}

/// One moment, summed over contracts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    weighted: f64,
    known: f64,
    turnover: f64,
}

impl FundingPast {
    /// The moments up to `as_of`, with no contract yet.
    #[must_use]
    pub fn before(as_of: UnixMs) -> Self {
        Self { newest: as_of.floor(STEP_MS), moments: vec![Moment { weighted: 0.0, known: 0.0, turnover: 0.0 }; STEPS] }
    }

    /// Adds one contract: the rates it paid and its candles of four hours.
    pub fn add(&mut self, paid: &[FundingPoint], candles: &[Candle]) {
        for (at, moment) in (0..).map(|step| UnixMs(self.newest.0 - step * STEP_MS)).zip(&mut self.moments) {
            let Some(turnover) = day_of_turnover(candles, at) else { continue };
            moment.turnover += turnover;
            if let Some(rate) = per_8h(paid, at) {
                moment.weighted += rate * turnover;
                moment.known += turnover;
            }
        }
    }

    /// The means in percent per 8 h, newest first, of those moments where the rate of at least half of the turnover is known.
    #[must_use]
    pub fn means(&self) -> Vec<Pct> {
        let known =
            self.moments.iter().filter(|moment| moment.known > 0.0 && moment.known >= LEAST_KNOWN * moment.turnover);
        known.filter_map(|moment| Pct::new(moment.weighted / moment.known).ok()).collect()
    }
}

/// What was turned over in the 24 hours up to a moment, by six candles without a gap.
fn day_of_turnover(candles: &[Candle], at: UnixMs) -> Option<f64> {
    let step = Timeframe::H4.ms();
    let first = UnixMs(at.0 - 24 * HOUR_MS);
    let from = candles.partition_point(|candle| candle.start < first);
    let day = candles.get(from..from + DAY)?;
    let whole = day.iter().zip(0..).all(|(candle, place)| candle.start.0 == first.0 + place * step);
    whole.then(|| day.iter().map(|candle| candle.turnover).sum()).filter(|sum: &f64| sum.is_finite())
}

/// The rate paid at a moment, brought to 8 h, in percent.
fn per_8h(paid: &[FundingPoint], at: UnixMs) -> Option<f64> {
    let place = paid.partition_point(|point| point.at.0 < at.0 - JITTER_MS);
    let now = paid.get(place).filter(|point| point.at.0 <= at.0 + JITTER_MS)?;
    let before = paid.get(place.checked_sub(1)?)?;
    let hours = (now.at.0 - before.at.0 + HOUR_MS / 2) / HOUR_MS;
    let interval = INTERVALS.into_iter().find(|interval| *interval == hours)?;
    Some(100.0 * now.rate * 8.0 / interval as f64).filter(|rate| rate.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_763_654_400_000 + 5 * HOUR_MS);

    fn candles(turnover: f64) -> Vec<Candle> {
        let step = Timeframe::H4.ms();
        let newest = NOW.floor(STEP_MS).0;
        let candle = |back: i64| Candle {
            start: UnixMs(newest - back * step),
            open: 1.0,
            high: 1.0,
            low: 1.0,
            close: 1.0,
            volume: turnover,
            turnover,
        };
        (1..=300).rev().map(candle).collect()
    }

    fn paid(every_hours: i64, n: i64, rate: f64) -> Vec<FundingPoint> {
        let newest = NOW.floor(STEP_MS).0;
        // Some venues stamp a payment some milliseconds late.
        (0..n).rev().map(|back| FundingPoint { at: UnixMs(newest - back * every_hours * HOUR_MS + 3), rate }).collect()
    }

    #[test]
    fn past_rates_of_different_intervals_weigh_what_was_turned_over_then() {
        let mut past = FundingPast::before(NOW);
        past.add(&paid(8, 91, 0.0001), &candles(3.0));
        past.add(&paid(4, 182, 0.0002), &candles(1.0));
        let means = past.means();
        assert_eq!(means.len(), 90);
        // 0.01 % and 0.04 % per 8 h.
        assert!(means.iter().all(|mean| (mean.get() - (0.01 * 3.0 + 0.04) / 4.0).abs() < 1e-12), "{means:?}");
    }

    #[test]
    fn a_moment_counts_only_where_half_of_the_turnover_has_a_rate() {
        let mut past = FundingPast::before(NOW);
        past.add(&paid(1, 200, 0.0001), &candles(3.0));
        past.add(&paid(8, 91, 0.0001), &candles(1.0));
        // 200 hours are 24 payments at a multiple of eight that have one before them, and the newest.
        assert_eq!(past.means().len(), 25);
        past.add(&paid(8, 91, 0.0001), &candles(2.0));
        assert_eq!(past.means().len(), 90, "now the others are half");
    }

    #[test]
    fn what_is_not_known_of_a_contract_is_not_assumed() {
        let mut past = FundingPast::before(NOW);
        past.add(&[], &candles(3.0));
        assert_eq!(past.means(), []);
        past.add(&paid(8, 91, 0.0001), &[]);
        assert_eq!(past.means(), [], "a rate of unknown weight");
        let mut holed = paid(8, 91, 0.0001);
        holed.remove(80);
        let mut past = FundingPast::before(NOW);
        past.add(&holed, &candles(3.0));
        assert_eq!(
            past.means().len(),
            88,
            "neither the missing payment nor the one after it, whose interval is unknown"
        );
    }
}

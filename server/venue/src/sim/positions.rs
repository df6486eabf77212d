//! What is held in a contract: open interest, funding and the share of accounts that are long.
//!
//! Each returns to its mean and follows the price's recent trend: longs pay when a price has risen, positions are
//! opened into a move, and more accounts (which are small ones) bet against it.

use std::collections::VecDeque;

use super::{
    candle::{HOUR, MINUTE},
    catalogue::Listing,
    noise::{Noise, whole},
};

/// A figure at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// When, in ms.
    pub(crate) at: i64,
    /// How much, in the unit of its history.
    pub(crate) amount: i64,
}

/// Samples held of open interest and of accounts, one each five minutes.
pub(crate) const SAMPLES: usize = 288;
/// Fundings held: thirty days at one an hour.
pub(crate) const FUNDINGS: usize = 720;
/// Between two samples.
pub(crate) const SAMPLE_MS: i64 = 5 * MINUTE;

/// The positions of one contract.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    /// Open contracts, one side, in lots.
    open: f64,
    usual_open: f64,
    /// The funding rate of the running interval, as a fraction.
    rate: f64,
    rate_cap: f64,
    funding_ms: i64,
    next_funding: i64,
    /// Long accounts ÷ all accounts.
    long: f64,
    usual_long: f64,
    /// The recent change of the logarithmic price.
    trend: f64,
    open_history: VecDeque<Sample>,
    long_history: VecDeque<Sample>,
    funding_history: VecDeque<Sample>,
}

fn push(ring: &mut VecDeque<Sample>, capacity: usize, at: i64, amount: i64) {
    if ring.len() == capacity {
        ring.pop_front();
    }
    ring.push_back(Sample { at, amount });
}

impl Positions {
    /// The positions of a contract at `at`, before any history.
    pub(crate) fn new(listing: &Listing, at: i64, noise: &mut Noise) -> Self {
        let funding_ms = i64::from(listing.funding_hours) * HOUR;
        let usual_open = listing.turnover * noise.between(0.15, 0.9) / (listing.price * listing.lot.value());
        let usual_long = noise.between(0.48, 0.66);
        Self {
            open: usual_open * noise.skewed(0.1),
            usual_open,
            rate: 0.0001 * f64::from(listing.funding_hours) / 8.0,
            rate_cap: listing.funding_cap as f64 / 1e8,
            funding_ms,
            next_funding: (at.div_euclid(funding_ms) + 1) * funding_ms,
            long: usual_long,
            usual_long,
            trend: 0.0,
            open_history: VecDeque::with_capacity(SAMPLES),
            long_history: VecDeque::with_capacity(SAMPLES),
            funding_history: VecDeque::with_capacity(FUNDINGS),
        }
    }

    /// Time passes in which the logarithmic price changed by `change`.
    pub(crate) fn advance(&mut self, minutes: f64, change: f64, noise: &mut Noise) {
        let root = minutes.sqrt();
        self.trend = self.trend * (1.0 - minutes / 300.0).max(0.0) + change;
        let push = (self.trend / 0.025).tanh();
        let back = (self.usual_open / self.open).ln() * minutes / 2_880.0;
        let opened = 0.000_12 * push.abs() * minutes + 0.02 * change.abs();
        self.open *= (back + opened + 0.000_5 * root * noise.normal()).exp();

        let hours = self.funding_ms as f64 / HOUR as f64;
        let target = (0.000_08 + 0.000_45 * push) * hours / 8.0;
        self.rate += (target - self.rate) * (minutes / 240.0).min(1.0);
        self.rate += 0.000_004 * hours / 8.0 * root * noise.normal();
        self.rate = self.rate.clamp(-self.rate_cap, self.rate_cap);

        let target = self.usual_long - 0.07 * push;
        self.long += (target - self.long) * (minutes / 180.0).min(1.0) + 0.000_5 * root * noise.normal();
        self.long = self.long.clamp(0.2, 0.8);
    }

    /// Notes what a moment asks for: a sample every five minutes, a funding at the end of its interval.
    pub(crate) fn note(&mut self, at: i64) {
        if at % SAMPLE_MS == 0 {
            let open = self.open_lots();
            push(&mut self.open_history, SAMPLES, at, open);
            push(&mut self.long_history, SAMPLES, at, whole(self.long * 10_000.0));
        }
        if at >= self.next_funding {
            let rate = self.rate();
            push(&mut self.funding_history, FUNDINGS, self.next_funding, rate);
            self.next_funding = (at.div_euclid(self.funding_ms) + 1) * self.funding_ms;
        }
    }

    /// Open interest, one side, in lots.
    pub(crate) fn open_lots(&self) -> i64 {
        whole(self.open).max(1)
    }

    /// The funding rate of the running interval, in 10^−8.
    pub(crate) fn rate(&self) -> i64 {
        whole(self.rate * 1e8)
    }

    /// When it will be paid.
    pub(crate) const fn next_funding(&self) -> i64 {
        self.next_funding
    }

    /// Open interest, in lots, oldest first.
    pub(crate) const fn open_history(&self) -> &VecDeque<Sample> {
        &self.open_history
    }

    /// Long accounts ÷ all accounts, in 10^−4, oldest first.
    pub(crate) const fn long_history(&self) -> &VecDeque<Sample> {
        &self.long_history
    }

    /// Rates that were paid, in 10^−8, oldest first.
    pub(crate) const fn funding_history(&self) -> &VecDeque<Sample> {
        &self.funding_history
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{candle::DAY, catalogue::listings};

    #[test]
    fn figures_stay_plausible_and_fundings_fall_on_their_hours() {
        for listing in listings(1, 20, 20_000 * DAY) {
            let mut noise = Noise::new(1, 4);
            let mut positions = Positions::new(&listing, 0, &mut noise);
            let usual = positions.open;
            for step in 1..=(40 * DAY / SAMPLE_MS) {
                positions.advance(5.0, 0.002 * noise.normal(), &mut noise);
                positions.note(step * SAMPLE_MS);
                assert!((0.2..6.0).contains(&(positions.open / usual)), "{}", listing.symbol);
            }
            let interval = i64::from(listing.funding_hours) * HOUR;
            let paid = positions.funding_history();
            assert_eq!(paid.len(), FUNDINGS.min(usize::try_from(40 * DAY / interval).unwrap()));
            assert!(paid.iter().all(|funding| funding.at % interval == 0));
            assert!(paid.iter().all(|funding| funding.amount.abs() <= listing.funding_cap));
            assert_eq!(positions.next_funding(), 40 * DAY + interval);
            assert_eq!(positions.open_history().len(), SAMPLES);
            assert!(positions.long_history().iter().all(|share| (2_000..=8_000).contains(&share.amount)));
        }
    }
}

//! Derivatives data of one contract: open interest, funding, accounts and liquidations.

use analysis::{
    input::{AccountsPoint, Derivatives, FundingPoint, Liquidation, OpenInterestPoint},
    market::HeardLiquidations,
};
use schema::{Figure, Pct, Ratio, UnixMs, Why};
use serde::{Deserialize, Serialize};
use venue::{Accounts, OpenInterest, PaidFunding, PositionSide, Ticker};

use crate::{gaps::Gaps, recent::Recent};

const STEP_MS: i64 = 300_000;
const POINTS: usize = 288;
/// Liquidations are reported for a day.
const LIQUIDATIONS_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many are kept at most; in a crash the oldest of the day are dropped.
const LIQUIDATIONS: usize = 2_048;

/// A list that an answer replaces, with the list before it until the next bar is decided.
#[derive(Debug, Serialize, Deserialize)]
struct Versioned<T> {
    current: T,
    /// When the current list was received; none before the first.
    received: Option<UnixMs>,
    before: Option<T>,
}

impl<T> Versioned<T> {
    const fn new(empty: T) -> Self {
        Self { current: empty, received: None, before: None }
    }

    fn replace(&mut self, list: T, received: UnixMs) {
        let before = std::mem::replace(&mut self.current, list);
        self.before.get_or_insert(before);
        self.received = Some(received);
    }

    /// The list that was known at a moment.
    fn known_at(&self, moment: UnixMs) -> &T {
        match &self.before {
            Some(before) if self.received.is_some_and(|received| received > moment) => before,
            _ => &self.current,
        }
    }
}

/// Open interest, funding, accounts and liquidations of one contract.
#[derive(Debug, Serialize, Deserialize)]
pub struct DerivativesData {
    open_interest: Versioned<Recent<OpenInterestPoint>>,
    funding_history: Versioned<Vec<FundingPoint>>,
    accounts: Versioned<Vec<AccountsPoint>>,
    /// By time.
    liquidations: Vec<Liquidation>,
    /// Stretches without liquidations: nobody lists those that were missed.
    gaps: Gaps,
}

impl DerivativesData {
    /// Nothing known.
    pub(crate) fn new() -> Self {
        Self {
            open_interest: Versioned::new(Recent::new(POINTS)),
            funding_history: Versioned::new(Vec::new()),
            accounts: Versioned::new(Vec::new()),
            liquidations: Vec::new(),
            gaps: Gaps::everything(),
        }
    }

    /// Whether each list was fetched at least once.
    pub(crate) const fn is_loaded(&self) -> bool {
        self.open_interest.received.is_some()
            && self.funding_history.received.is_some()
            && self.accounts.received.is_some()
    }

    /// Replaces open interest by what the venue lists.
    pub(crate) fn load_open_interest(&mut self, points: Vec<OpenInterest>, received: UnixMs) {
        let mut list = Recent::new(POINTS);
        list.replace(points.into_iter().map(|point| OpenInterestPoint { at: point.at, coins: point.coins }));
        self.open_interest.replace(list, received);
    }

    /// Replaces paid funding by what the venue lists.
    pub(crate) fn load_funding(&mut self, points: Vec<PaidFunding>, received: UnixMs) {
        let mut list: Vec<_> =
            points.into_iter().map(|point| FundingPoint { at: point.at, rate: point.rate }).collect();
        list.shrink_to_fit();
        self.funding_history.replace(list, received);
    }

    /// Replaces accounts by what the venue lists.
    pub(crate) fn load_accounts(&mut self, points: Vec<Accounts>, received: UnixMs) {
        let mut list: Vec<_> = points
            .into_iter()
            .filter_map(|point| Some(AccountsPoint { at: point.at, long: Ratio::new(point.long).ok()? }))
            .collect();
        list.shrink_to_fit();
        self.accounts.replace(list, received);
    }

    /// A bar was decided: earlier lists are not needed any more.
    pub(crate) fn settle(&mut self) {
        self.open_interest.before = None;
        self.funding_history.before = None;
        self.accounts.before = None;
    }

    /// The contract's streams are on: from now on its liquidations are received.
    pub(crate) fn resume(&mut self, at: UnixMs) {
        self.gaps.close(at);
    }

    /// Liquidations are missing from a moment on.
    pub(crate) fn pause(&mut self, at: UnixMs) {
        self.gaps.open(at);
    }

    /// Sums of liquidations up to a moment, with the share of the time that was received.
    #[must_use]
    pub fn liquidated(&self, as_of: UnixMs) -> HeardLiquidations {
        HeardLiquidations::of(&self.liquidations, |from, to| self.gaps.coverage(from, to), as_of)
    }

    /// Adds positions that were closed by force.
    pub(crate) fn take_liquidations(&mut self, closed: &[venue::Liquidation]) {
        for one in closed {
            let place = self.liquidations.partition_point(|kept| kept.at <= one.at);
            let long = one.side == PositionSide::Long;
            self.liquidations.insert(place, Liquidation { at: one.at, long, usd: one.notional() });
        }
        let Some(newest) = self.liquidations.last().map(|one| one.at.0) else { return };
        if self.liquidations.len() > LIQUIDATIONS {
            self.liquidations.retain(|one| newest - one.at.0 <= LIQUIDATIONS_MS);
            let surplus = self.liquidations.len().saturating_sub(LIQUIDATIONS / 2);
            self.liquidations.drain(..surplus);
            // What was dropped was received, and is no longer known.
            if let Some(oldest) = self.liquidations.first() {
                self.gaps.forget_before(oldest.at);
            }
        }
    }

    /// Adds a live reading of open interest at each five minutes.
    pub(crate) fn note_open_interest(&mut self, at: UnixMs, coins: f64) {
        let at = at.floor(STEP_MS);
        let list = &mut self.open_interest.current;
        if list.last().is_none_or(|last| last.at < at) {
            list.push(OpenInterestPoint { at, coins });
        }
    }

    /// The share of accounts that are long.
    #[must_use]
    pub fn accounts_long(&self) -> Figure<Ratio> {
        self.accounts.current.last().map_or(Figure::Missing(Why::NotYet), |last| Figure::known(last.long, last.at))
    }

    /// The newest open interest, in coins.
    #[must_use]
    pub fn open_interest(&self) -> Option<OpenInterestPoint> {
        self.open_interest.current.last().copied()
    }

    /// Change of open interest in coins over the last hour, in percent.
    #[must_use]
    pub fn change_1h(&self) -> Figure<Pct> {
        let need = 13;
        let points = self.open_interest.current.as_slice();
        let have = points.len();
        let Some(now) = points.last().filter(|_| have >= need) else {
            return Figure::Missing(Why::TooFewSamples { have: u32::try_from(have).unwrap_or(u32::MAX), need: 13 });
        };
        let before = points[have - need];
        if now.at.0 - before.at.0 != 12 * STEP_MS {
            return Figure::Missing(Why::TooFewSamples { have: 0, need: 13 });
        }
        if before.coins <= 0.0 {
            return Figure::Missing(Why::Undefined);
        }
        Pct::new((now.coins / before.coins - 1.0) * 100.0)
            .map_or(Figure::Missing(Why::NotFinite), |change| Figure::known(change, now.at))
    }

    /// Rates that were paid, oldest first.
    #[must_use]
    pub fn funding_history(&self) -> &[FundingPoint] {
        &self.funding_history.current
    }

    /// All of it, as the analysis reads it now.
    pub(crate) fn read<'a>(&'a self, ticker: Option<&Ticker>) -> Derivatives<'a> {
        self.read_at(ticker, UnixMs(i64::MAX), UnixMs(i64::MAX))
    }

    /// What was measured by the end of a bar and known at a moment.
    pub(crate) fn read_at<'a>(&'a self, ticker: Option<&Ticker>, end: UnixMs, known_at: UnixMs) -> Derivatives<'a> {
        let open_interest = self.open_interest.known_at(known_at).as_slice();
        let funding = self.funding_history.known_at(known_at);
        let accounts = self.accounts.known_at(known_at);
        Derivatives {
            open_interest: &open_interest[..open_interest.partition_point(|point| point.at <= end)],
            funding: ticker.and_then(|ticker| ticker.funding.map(|funding| (ticker.at, funding))),
            funding_history: &funding[..funding.partition_point(|point| point.at <= end)],
            accounts: &accounts[..accounts.partition_point(|point| point.at <= end)],
            liquidations: Some(&self.liquidations[..self.liquidations.partition_point(|one| one.at < end)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_of_open_interest_needs_a_whole_hour() {
        let mut data = DerivativesData::new();
        for n in 0..12 {
            data.note_open_interest(UnixMs(n * STEP_MS + 7), 100.0);
        }
        assert_eq!(data.change_1h(), Figure::Missing(Why::TooFewSamples { have: 12, need: 13 }));
        data.note_open_interest(UnixMs(12 * STEP_MS + 9), 105.0);
        data.note_open_interest(UnixMs(12 * STEP_MS + 10), 999.0);
        let Figure::Known { value, as_of } = data.change_1h() else { panic!("missing") };
        assert!((value.get() - 5.0).abs() < 1e-9);
        assert_eq!(as_of, UnixMs(12 * STEP_MS));
    }

    fn closed(at: i64, side: PositionSide) -> venue::Liquidation {
        venue::Liquidation { at: UnixMs(at), side, price: 2.0, size: 50.0 }
    }

    /// One reconnect used to delete the liquidations of a day.
    #[test]
    fn liquidations_outlive_a_lost_connection_and_say_which_share_of_the_time_was_received() {
        let hour = 3_600_000;
        let mut data = DerivativesData::new();
        data.resume(UnixMs(0));
        data.take_liquidations(&[closed(hour, PositionSide::Long)]);
        data.pause(UnixMs(6 * hour));
        data.resume(UnixMs(12 * hour));
        data.take_liquidations(&[closed(13 * hour, PositionSide::Short)]);
        let Figure::Known { value, .. } = data.liquidated(UnixMs(24 * hour)).last_day() else { panic!("missing") };
        assert_eq!((value.longs.get(), value.shorts.get(), value.n), (100.0, 100.0, 2));
        assert_eq!(value.heard.get(), 0.75);
    }

    #[test]
    fn liquidations_are_bounded_and_what_was_dropped_is_not_known() {
        let mut data = DerivativesData::new();
        data.resume(UnixMs(0));
        for n in 0..10_000 {
            data.take_liquidations(&[closed(n, PositionSide::Long)]);
            assert!(data.read(None).liquidations.unwrap().len() <= LIQUIDATIONS);
        }
        let kept = data.read(None).liquidations.unwrap();
        assert_eq!(kept.last().unwrap().at, UnixMs(9_999));
        assert_eq!(data.gaps.coverage(UnixMs(0), kept[0].at), 0.0);
        assert_eq!(data.gaps.coverage(kept[0].at, UnixMs(10_000)), 1.0);
    }

    #[test]
    fn a_list_that_came_after_a_bar_ended_does_not_count_for_it() {
        let mut data = DerivativesData::new();
        let points = |coins| vec![OpenInterest { at: UnixMs(0), coins }];
        data.load_open_interest(points(1.0), UnixMs(10));
        data.settle();
        data.load_open_interest(points(2.0), UnixMs(60_010));
        data.load_open_interest(points(3.0), UnixMs(60_020));
        let coins = |data: &DerivativesData, known_at: i64| {
            data.read_at(None, UnixMs(60_000), UnixMs(known_at)).open_interest.first().map(|point| point.coins)
        };
        assert_eq!(coins(&data, 60_000), Some(1.0));
        assert_eq!(coins(&data, 61_000), Some(3.0));
        data.settle();
        assert_eq!(coins(&data, 60_000), Some(3.0), "settled, there is but one");
    }

    #[test]
    fn accounts_that_nobody_listed_are_missing_and_not_half() {
        assert_eq!(DerivativesData::new().accounts_long(), Figure::Missing(Why::NotYet));
    }
}

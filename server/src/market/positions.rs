//! What is known of a contract's positions: open interest, funding and accounts.

use analysis::{
    input::{AccountsPoint, Derivatives, FundingPoint, Liquidation, OpenInterestPoint},
    market::HeardLiquidations,
};
use schema::{Figure, Pct, Ratio, UnixMs, Why};
use venue::{Accounts, OpenInterest, PaidFunding, PositionSide, Ticker};

use super::recent::Recent;

const STEP_MS: i64 = 300_000;
const POINTS: usize = 288;
/// Liquidations are told of for a day.
const LIQUIDATIONS_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many are kept at most; in a crash the oldest of the day give way.
const LIQUIDATIONS: usize = 2_048;

/// Open interest, funding and accounts of one symbol.
#[derive(Debug)]
pub(crate) struct Positions {
    open_interest: Recent<OpenInterestPoint>,
    funding_history: Vec<FundingPoint>,
    accounts: Vec<AccountsPoint>,
    liquidations: Vec<Liquidation>,
    /// From when on no liquidation was missed; none before the stream spoke.
    heard_since: Option<UnixMs>,
}

impl Positions {
    /// Nothing known.
    pub(crate) const fn new() -> Self {
        Self {
            open_interest: Recent::new(POINTS),
            funding_history: Vec::new(),
            accounts: Vec::new(),
            liquidations: Vec::new(),
            heard_since: None,
        }
    }

    /// Replaces open interest by what the venue tells.
    pub(crate) fn load_open_interest(&mut self, points: Vec<OpenInterest>) {
        self.open_interest
            .replace(points.into_iter().map(|point| OpenInterestPoint { at: point.at, coins: point.coins }));
    }

    /// Replaces paid funding by what the venue tells.
    pub(crate) fn load_funding(&mut self, points: Vec<PaidFunding>) {
        self.funding_history =
            points.into_iter().map(|point| FundingPoint { at: point.at, rate: point.rate }).collect();
        self.funding_history.shrink_to_fit();
    }

    /// Replaces accounts by what the venue tells.
    pub(crate) fn load_accounts(&mut self, points: Vec<Accounts>) {
        self.accounts = points
            .into_iter()
            .filter_map(|point| Some(AccountsPoint { at: point.at, long: Ratio::new(point.long).ok()? }))
            .collect();
        self.accounts.shrink_to_fit();
    }

    /// The stream of the contract spoke: from now on its liquidations are heard.
    pub(crate) fn hear(&mut self, at: UnixMs) {
        self.heard_since.get_or_insert(at);
    }

    /// Sums of liquidations up to a moment; before the stream spoke, of no time at all.
    pub(crate) fn heard_liquidations(&self, as_of: UnixMs) -> HeardLiquidations {
        HeardLiquidations::of(&self.liquidations, self.heard_since.unwrap_or(as_of), as_of)
    }

    /// Adds positions that were closed by force.
    pub(crate) fn take_liquidations(&mut self, closed: &[venue::Liquidation]) {
        self.liquidations.extend(closed.iter().map(|one| Liquidation {
            at: one.at,
            long: one.side == PositionSide::Long,
            usd: one.notional(),
        }));
        let Some(newest) = self.liquidations.iter().map(|one| one.at.0).max() else { return };
        if self.liquidations.len() > LIQUIDATIONS {
            self.liquidations.retain(|one| newest - one.at.0 <= LIQUIDATIONS_MS);
            let surplus = self.liquidations.len().saturating_sub(LIQUIDATIONS / 2);
            self.liquidations.drain(..surplus);
            // What gave way was heard, and is no longer known.
            self.heard_since = self.heard_since.max(self.liquidations.first().map(|oldest| oldest.at));
        }
    }

    /// Forgets what may have a hole after a lost connection: nobody tells of liquidations that were missed.
    pub(crate) fn lose(&mut self) {
        self.liquidations.clear();
        self.heard_since = None;
    }

    /// Adds a live reading of open interest at each five minutes.
    pub(crate) fn note_open_interest(&mut self, at: UnixMs, coins: f64) {
        let at = at.floor(STEP_MS);
        if self.open_interest.last().is_none_or(|last| last.at < at) {
            self.open_interest.push(OpenInterestPoint { at, coins });
        }
    }

    /// The share of accounts that are long.
    pub(crate) fn accounts_long(&self) -> Figure<Ratio> {
        self.accounts.last().map_or(Figure::Missing(Why::NotYet), |last| Figure::known(last.long, last.at))
    }

    /// The newest open interest, in coins.
    pub(crate) fn open_interest(&self) -> Option<OpenInterestPoint> {
        self.open_interest.last().copied()
    }

    /// Change of open interest in coins over the last hour, in percent.
    pub(crate) fn change_1h(&self) -> Figure<Pct> {
        let need = 13;
        let points = self.open_interest.as_slice();
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

    /// All of it, as the analysis reads it.
    pub(crate) fn read<'a>(&'a self, ticker: Option<&Ticker>) -> Derivatives<'a> {
        Derivatives {
            open_interest: self.open_interest.as_slice(),
            funding: ticker.and_then(|ticker| ticker.funding.map(|funding| (ticker.at, funding))),
            funding_history: &self.funding_history,
            accounts: &self.accounts,
            liquidations: Some(&self.liquidations),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_of_open_interest_needs_a_whole_hour() {
        let mut positions = Positions::new();
        for n in 0..12 {
            positions.note_open_interest(UnixMs(n * STEP_MS + 7), 100.0);
        }
        assert_eq!(positions.change_1h(), Figure::Missing(Why::TooFewSamples { have: 12, need: 13 }));
        positions.note_open_interest(UnixMs(12 * STEP_MS + 9), 105.0);
        positions.note_open_interest(UnixMs(12 * STEP_MS + 10), 999.0);
        let Figure::Known { value, as_of } = positions.change_1h() else { panic!("missing") };
        assert!((value.get() - 5.0).abs() < 1e-9);
        assert_eq!(as_of, UnixMs(12 * STEP_MS));
    }

    #[test]
    fn liquidations_keep_the_side_that_was_closed_are_bounded_and_end_with_the_connection() {
        let mut positions = Positions::new();
        let closed = |n: i64, side| venue::Liquidation { at: UnixMs(n), side, price: 2.0, size: 50.0 };
        positions.take_liquidations(&[closed(1, PositionSide::Long), closed(2, PositionSide::Short)]);
        let told = positions.read(None).liquidations.unwrap();
        assert_eq!(told.iter().map(|one| (one.long, one.usd)).collect::<Vec<_>>(), [(true, 100.0), (false, 100.0)]);
        for n in 0..10_000 {
            positions.take_liquidations(&[closed(n, PositionSide::Long)]);
            assert!(positions.read(None).liquidations.unwrap().len() <= LIQUIDATIONS);
        }
        assert_eq!(positions.read(None).liquidations.unwrap().last().unwrap().at, UnixMs(9_999));
        positions.lose();
        assert_eq!(positions.read(None).liquidations, Some(&[][..]));
    }

    #[test]
    fn liquidations_say_from_when_on_they_were_heard() {
        let (hour, day) = (3_600_000, 24 * 3_600_000);
        let mut positions = Positions::new();
        let heard = |positions: &Positions, at| positions.heard_liquidations(UnixMs(at));
        let since = |at, now| HeardLiquidations::of(&[], UnixMs(at), UnixMs(now));
        assert_eq!(heard(&positions, day), since(day, day), "nothing was heard yet");
        positions.hear(UnixMs(hour));
        positions.hear(UnixMs(2 * hour));
        assert_eq!(heard(&positions, day), since(hour, day));
        positions.lose();
        positions.hear(UnixMs(5 * hour));
        assert_eq!(heard(&positions, day), since(5 * hour, day), "what came before has a hole");
        let closed = |n: i64| venue::Liquidation { at: UnixMs(n), side: PositionSide::Long, price: 1.0, size: 0.0 };
        let many: Vec<_> = (0..=i64::try_from(LIQUIDATIONS).unwrap()).map(|n| closed(20 * hour + n)).collect();
        positions.take_liquidations(&many);
        let oldest = positions.read(None).liquidations.unwrap()[0].at.0;
        let kept: Vec<_> = positions.liquidations.clone();
        assert!(oldest > 20 * hour);
        assert_eq!(heard(&positions, day), HeardLiquidations::of(&kept, UnixMs(oldest), UnixMs(day)));
    }

    #[test]
    fn accounts_nobody_told_are_missing_and_not_half() {
        assert_eq!(Positions::new().accounts_long(), Figure::Missing(Why::NotYet));
    }
}

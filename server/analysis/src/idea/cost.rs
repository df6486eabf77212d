//! What trading an idea costs: fees, half the spread and funding, and what is left of a result in R.
//!
//! `fee + spread = (taker fee + spread ÷ 2) · (1 + exit ÷ entry)`: both are paid on the notional at entry and at exit, and stated in bps
//! of the notional at entry. `funding = ∓ Σ rate` over the settlements between entry and exit, above zero where it is received: a
//! long pays a rate above zero, a short receives it. `net R = gross R − (fee + spread − funding) ÷ risk`, with the risk in bps from
//! entry to stop. A part that is not known makes the net missing; a cost of zero is only one that was measured or configured.

use schema::{
    Bps, CostModel, Costs, Figure, Net, Price, UnixMs, Venue, Why, ideas::IdeaSide, signals::Funding, unit::RMultiple,
};
use serde::{Deserialize, Serialize};

use crate::input::FundingPoint;

const HOUR_MS: i64 = 3_600_000;
/// How much later than its hour a settlement may be listed.
const LISTED_WITHIN_MS: i64 = 60_000;

/// What is configured of the cost model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostSettings {
    /// The taker fee of one side; none where it is the venue's.
    pub taker_fee: Option<Bps>,
    /// The spread that is assumed; none where it is measured.
    pub assumed_spread: Option<Bps>,
}

impl CostSettings {
    /// The venue's fee and the measured spread.
    pub const MEASURED: Self = Self { taker_fee: None, assumed_spread: None };

    /// The model for the contracts of a venue.
    #[must_use]
    pub fn of(self, venue: Venue) -> CostModel {
        CostModel { taker_fee: self.taker_fee.or_else(|| taker_fee(venue)), assumed_spread: self.assumed_spread }
    }
}

/// What a taker without any discount pays on one side.
///
/// Bybit linear perpetuals 0.055 % (<https://www.bybit.com/en/help-center/article/Trading-Fee-Structure>, non-VIP); Binance USDT-M
/// futures 0.05 % (<https://www.binance.com/en/fee/futureFee>, regular user). The simulated exchange lists Bybit's contracts and
/// charges its fee. A recording that is played back does not say whose it is.
#[must_use]
pub fn taker_fee(venue: Venue) -> Option<Bps> {
    match venue {
        Venue::Bybit | Venue::Sim => Bps::new(5.5).ok(),
        Venue::Binance => Bps::new(5.0).ok(),
        Venue::Replay => None,
    }
}

/// The difference of two quotes in bps of their mid price; none where they are no quotes of one book.
#[must_use]
pub fn spread(bid: f64, ask: f64) -> Option<Bps> {
    let mid = f64::midpoint(bid, ask);
    (bid > 0.0 && ask > bid).then(|| Bps::new((ask - bid) / mid * 1e4).ok())?
}

/// The settlements of funding of one contract, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub struct Settlements<'a> {
    /// What was paid, oldest first.
    pub paid: &'a [FundingPoint],
    /// The running interval.
    pub running: Option<Funding>,
}

impl Settlements<'_> {
    /// What a side of one unit of notional received between two moments, neither included, in bps.
    #[must_use]
    pub fn received(&self, side: IdeaSide, from: UnixMs, to: UnixMs) -> Figure<Bps> {
        if !self.covers(from, to) {
            return Figure::Missing(Why::NotYet);
        }
        let between = self.paid.iter().filter(|paid| from < paid.at && paid.at < to);
        let rates: f64 = between.map(|paid| paid.rate).sum();
        let sign = match side {
            IdeaSide::Long => -1.0,
            IdeaSide::Short => 1.0,
        };
        // A zero has no sign.
        Bps::new(sign * rates * 1e4 + 0.0).map_or(Figure::Missing(Why::NotFinite), |bps| Figure::known(bps, to))
    }

    /// Whether each settlement between two moments is known: it is listed, or none was due.
    fn covers(&self, from: UnixMs, to: UnixMs) -> bool {
        let last = self.paid.last().map_or(i64::MIN, |paid| paid.at.0);
        if to.0 <= last {
            return true;
        }
        let Some(running) = self.running.filter(|running| running.interval_hours > 0 && to <= running.next) else {
            return false;
        };
        let interval = i64::from(running.interval_hours) * HOUR_MS;
        // The newest one that was due before the end.
        let due = running.next.0 - interval * (running.next.0 - to.0).div_euclid(interval).max(0);
        let due = if due >= to.0 { due - interval } else { due };
        due <= from.0 || last.saturating_add(LISTED_WITHIN_MS) >= due
    }
}

/// What a side received between two moments; not offered where the source does not report settlements.
pub(super) fn funding(settlements: Option<&Settlements<'_>>, side: IdeaSide, from: UnixMs, to: UnixMs) -> Figure<Bps> {
    settlements.map_or(Figure::Missing(Why::NotOffered), |settlements| settlements.received(side, from, to))
}

/// The parts of what an idea costs that is left at a price.
pub(super) fn costs(
    model: &CostModel,
    spread: &Figure<Bps>,
    funding: Figure<Bps>,
    entry: Price,
    exit: Price,
    at: UnixMs,
) -> Costs {
    let both = |one: f64| {
        let bps = Bps::new(one * (1.0 + exit.get() / entry.get()));
        bps.map_or(Figure::Missing(Why::NotFinite), |bps| Figure::known(bps, at))
    };
    let spread = match spread {
        Figure::Known { value, .. } => both(value.get() / 2.0),
        Figure::Missing(why) => Figure::Missing(why.clone()),
    };
    let fee = model.taker_fee.map_or(Figure::Missing(Why::NotOffered), |fee| both(fee.get()));
    Costs { fee, spread, funding }
}

/// What is left of a result in R after costs.
pub(super) fn net(gross: RMultiple, entry: Price, stop: Price, costs: Costs, at: UnixMs) -> Net {
    let risk = (entry.get() - stop.get()).abs() / entry.get() * 1e4;
    let r = match (&costs.fee, &costs.spread, &costs.funding) {
        (
            Figure::Known { value: fee, .. },
            Figure::Known { value: spread, .. },
            Figure::Known { value: funding, .. },
        ) => {
            let left = gross.get() - (fee.get() + spread.get() - funding.get()) / risk;
            RMultiple::new(left).map_or(Figure::Missing(Why::NotFinite), |r| Figure::known(r, at))
        }
        (Figure::Missing(why), ..) | (_, Figure::Missing(why), _) | (.., Figure::Missing(why)) => {
            Figure::Missing(why.clone())
        }
    };
    Net { costs, r }
}

/// Costs and what is left, where there is no price to end at.
pub(super) fn unknown(why: &Why) -> Net {
    let missing = || Figure::Missing(why.clone());
    Net { costs: Costs { fee: missing(), spread: missing(), funding: missing() }, r: Figure::Missing(why.clone()) }
}

/// The parts of what an idea costs that do not follow from its prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    /// The spread that counts for it: the assumed one, or that of its decision.
    pub(super) spread: Figure<Bps>,
    /// What it received, as of the last time it was looked at.
    pub(super) funding: Figure<Bps>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = HOUR_MS;

    fn paid(hours: &[i64]) -> Vec<FundingPoint> {
        hours.iter().map(|hour| FundingPoint { at: UnixMs(hour * HOUR), rate: 1e-4 }).collect()
    }

    fn running(next: i64) -> Option<Funding> {
        Some(Funding { rate: schema::Rate::new(1e-4).unwrap(), interval_hours: 8, next: UnixMs(next * HOUR) })
    }

    fn received(paid: &[FundingPoint], running: Option<Funding>, from: i64, to: i64) -> Option<f64> {
        let settlements = Settlements { paid, running };
        let [long, short] = [IdeaSide::Long, IdeaSide::Short].map(|side| {
            settlements.received(side, UnixMs(from * HOUR), UnixMs(to * HOUR)).value().map(|bps| bps.get())
        });
        assert_eq!(long.map(|bps| 0.0 - bps), short, "what one side pays the other receives");
        short
    }

    #[test]
    fn funding_is_received_at_each_settlement_between_entry_and_exit() {
        let list = paid(&[0, 8, 16]);
        assert_eq!(received(&list, running(24), 1, 7), Some(0.0));
        assert_eq!(received(&list, running(24), 1, 9), Some(1.0));
        assert_eq!(received(&list, running(24), 1, 20), Some(2.0));
        assert_eq!(
            received(&list, running(24), 8, 16),
            Some(0.0),
            "who enters or leaves at a settlement was not there"
        );
    }

    #[test]
    fn funding_is_not_known_where_a_settlement_was_due_and_is_not_listed_yet() {
        let list = paid(&[0, 8]);
        assert_eq!(received(&list, running(24), 9, 17), None, "that of 16:00 is not listed");
        assert_eq!(received(&list, running(24), 17, 18), Some(0.0), "none was due since 16:00");
        assert_eq!(received(&list, running(24), 9, 15), Some(0.0), "16:00 came later");
        assert_eq!(received(&list, running(16), 9, 17), None, "what follows the running interval is not known");
        assert_eq!(received(&list, None, 9, 10), None);
        assert_eq!(received(&[], None, 9, 10), None);
        assert_eq!(received(&[], running(16), 9, 10), Some(0.0));
    }

    #[test]
    fn a_net_result_is_the_gross_one_minus_each_part_in_units_of_the_risk() {
        let price = |price: f64| Price::new(price).unwrap();
        let at = UnixMs(1);
        let bps = |value: f64| Figure::known(Bps::new(value).unwrap(), at);
        let model = CostSettings::MEASURED.of(Venue::Bybit);
        // One R is 100 bps, and the exit 2 R above the entry.
        let (entry, stop, exit) = (price(100.0), price(99.0), price(102.0));
        let costs = costs(&model, &bps(2.0), bps(-1.0), entry, exit, at);
        let known = |figure: &Figure<Bps>| figure.value().unwrap().get();
        assert!((known(&costs.fee) - 5.5 * 2.02).abs() < 1e-9);
        assert!((known(&costs.spread) - 2.02).abs() < 1e-9);
        let net = net(RMultiple::new(2.0).unwrap(), entry, stop, costs, at);
        let left = net.r.value().unwrap().get();
        assert!((left - (2.0 - (5.5 * 2.02 + 2.02 + 1.0) / 100.0)).abs() < 1e-9, "{left}");
    }

    #[test]
    fn a_part_that_is_missing_leaves_the_net_missing_and_the_others_known() {
        let (price, at) = (Price::new(100.0).unwrap(), UnixMs(1));
        let zero = Figure::known(Bps::new(0.0).unwrap(), at);
        let model = CostSettings::MEASURED.of(Venue::Binance);
        let costs = costs(&model, &Figure::Missing(Why::NotOffered), zero, price, price, at);
        assert_eq!(costs.fee.value().map(|fee| fee.get()), Some(10.0));
        let net = net(RMultiple::new(1.0).unwrap(), price, Price::new(99.0).unwrap(), costs, at);
        assert_eq!(net.r, Figure::Missing(Why::NotOffered));
        assert_eq!(CostSettings::MEASURED.of(Venue::Replay).taker_fee, None);
    }

    #[test]
    fn a_spread_is_known_of_two_quotes_that_do_not_cross() {
        assert!((spread(99.99, 100.01).unwrap().get() - 2.0).abs() < 1e-9);
        assert_eq!(spread(100.0, 100.0), None);
        assert_eq!(spread(101.0, 100.0), None);
    }
}

//! The pulse of the perpetual contracts: what positions cost, who holds them, what was closed by force.

use schema::{Figure, Pct, Ratio, SignalRow, UnixMs, Usd, Venue, Why};

use crate::{
    input::Liquidation,
    measure::{at_least, count, divisor},
    stats::{median, median_and_spread},
};

const HOUR_MS: i64 = 3_600_000;
/// Past values that a z-score needs.
const HISTORY_LEAST: usize = 30;
/// The narrowest spread of funding that counts, in percent per 8 h: rates rest at the venue's base rate for days.
const LEAST_SPREAD: f64 = 0.002_5;

/// One contract as the pulse sees it.
#[derive(Debug, Clone, Copy)]
pub struct Perp<'a> {
    /// Its row on the list: turnover, funding, open interest.
    pub row: &'a SignalRow,
    /// The price at which the venue marks positions.
    pub mark_price: Option<f64>,
    /// The price of the underlying index.
    pub index_price: Option<f64>,
    /// The share of its holders that are long: accounts, not size.
    pub accounts_long: Option<Ratio>,
    /// Its liquidations of the last 24 h; none where the source does not tell them.
    pub liquidations: Option<&'a [Liquidation]>,
}

/// What was closed by force, by the side of the position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Liquidated {
    /// Positions that were long.
    pub longs: Usd,
    /// Positions that were short.
    pub shorts: Usd,
    /// How many.
    pub n: u32,
}

/// All perpetual contracts in one look.
#[derive(Debug, Clone, PartialEq)]
pub struct PerpsPulse {
    /// Where the data comes from.
    pub source: Venue,
    /// Contracts looked at.
    pub universe: u32,
    /// Mean funding per 8 h weighted by turnover, in percent.
    pub funding_per_8h: Figure<Pct>,
    /// Its distance from the median of its past 30 days, in spreads of 1.4826 · median distance.
    pub funding_z: Figure<f64>,
    /// Accounts that are long ÷ all, weighted by turnover.
    pub accounts_long: Figure<Ratio>,
    /// Median of `(mark − index)/index` over contracts, in basis points.
    pub premium_bps: Figure<f64>,
    /// Open interest, one side.
    pub open_interest_usd: Figure<Usd>,
    /// Its change over 1 h in coins, weighted by what the coins are worth now, in percent: no price effect.
    pub open_interest_change_1h: Figure<Pct>,
    /// Liquidations of the last hour.
    pub liquidations_1h: Figure<Liquidated>,
    /// Liquidations of the last 24 hours.
    pub liquidations_24h: Figure<Liquidated>,
}

/// The pulse of some contracts as of a moment.
///
/// `history` are earlier values of [`PerpsPulse::funding_per_8h`], up to 30 days back and evenly spaced.
#[must_use]
pub fn perps_pulse(source: Venue, perps: &[Perp<'_>], history: &[Pct], as_of: UnixMs) -> PerpsPulse {
    let funding = weighted(perps, |perp| {
        let funding = perp.row.funding.value().filter(|funding| funding.interval_hours > 0)?;
        Some(100.0 * funding.rate.get() * 8.0 / f64::from(funding.interval_hours))
    });
    let accounts = weighted(perps, |perp| perp.accounts_long.map(Ratio::get));
    let told = |found: Result<f64, Why>| found.and_then(|value| Pct::new(value).map_err(|_| Why::NotFinite));
    PerpsPulse {
        source,
        universe: count(perps.len()),
        funding_z: figure(funding.clone().and_then(|now| funding_z(now, history)), as_of),
        funding_per_8h: figure(told(funding), as_of),
        accounts_long: figure(accounts.and_then(|share| Ratio::clamped(share).ok_or(Why::NotFinite)), as_of),
        premium_bps: figure(premium_bps(perps), as_of),
        open_interest_usd: figure(open_interest(perps), as_of),
        open_interest_change_1h: figure(told(open_interest_change(perps)), as_of),
        liquidations_1h: figure(liquidated(perps, as_of, HOUR_MS), as_of),
        liquidations_24h: figure(liquidated(perps, as_of, 24 * HOUR_MS), as_of),
    }
}

/// The mean of a figure over the contracts that have it, weighted by turnover.
fn weighted(perps: &[Perp<'_>], of: impl Fn(&Perp<'_>) -> Option<f64>) -> Result<f64, Why> {
    let known = perps.iter().filter_map(|perp| of(perp).zip(perp.row.quote.turnover_24h.value()));
    let (sum, weight) = known
        .fold((0.0, 0.0), |(sum, weight), (value, turnover)| (sum + value * turnover.get(), weight + turnover.get()));
    Ok(sum / divisor(weight, Why::NotYet)?)
}

fn funding_z(now: f64, history: &[Pct]) -> Result<f64, Why> {
    at_least(history.len(), HISTORY_LEAST)?;
    let (usual, spread) = median_and_spread(history.iter().map(|pct| pct.get())).ok_or(Why::NotYet)?;
    Ok((now - usual) / spread.max(LEAST_SPREAD))
}

fn premium_bps(perps: &[Perp<'_>]) -> Result<f64, Why> {
    let premium = |perp: &Perp<'_>| {
        let index = perp.index_price.filter(|index| *index > 0.0)?;
        Some(10_000.0 * (perp.mark_price? - index) / index).filter(|bps| bps.is_finite())
    };
    median(perps.iter().filter_map(premium)).ok_or(Why::NotYet)
}

fn open_interest(perps: &[Perp<'_>]) -> Result<Usd, Why> {
    let mut known = perps.iter().filter_map(|perp| perp.row.quote.open_interest_usd.value()).peekable();
    known.peek().ok_or(Why::NotYet)?;
    Usd::new(known.map(|usd| usd.get()).sum()).map_err(|_| Why::NotFinite)
}

fn open_interest_change(perps: &[Perp<'_>]) -> Result<f64, Why> {
    let (mut now, mut before) = (0.0, 0.0);
    for row in perps.iter().map(|perp| perp.row) {
        let known = row.quote.open_interest_usd.value().zip(row.oi_change_1h.value());
        // A contract whose interest was nothing an hour ago has no change in percent.
        if let Some((usd, change)) = known.filter(|(_, change)| change.get() > -100.0) {
            now += usd.get();
            before += usd.get() / (1.0 + change.get() / 100.0);
        }
    }
    Ok(100.0 * (now / divisor(before, Why::NotYet)? - 1.0))
}

fn liquidated(perps: &[Perp<'_>], as_of: UnixMs, within_ms: i64) -> Result<Liquidated, Why> {
    if perps.iter().all(|perp| perp.liquidations.is_none()) {
        return Err(if perps.is_empty() { Why::NotYet } else { Why::NotOffered });
    }
    let events = perps.iter().filter_map(|perp| perp.liquidations).flatten();
    let (mut longs, mut shorts, mut n) = (0.0, 0.0, 0);
    for event in events.filter(|event| event.at > UnixMs(as_of.0 - within_ms) && event.at <= as_of) {
        *(if event.long { &mut longs } else { &mut shorts }) += event.usd;
        n += 1;
    }
    let usd = |sum: f64| Usd::new(sum).map_err(|_| Why::NotFinite);
    Ok(Liquidated { longs: usd(longs)?, shorts: usd(shorts)?, n })
}

fn figure<T>(found: Result<T, Why>, as_of: UnixMs) -> Figure<T> {
    found.map_or_else(Figure::Missing, |value| Figure::known(value, as_of))
}

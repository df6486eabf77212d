//! The pulse of the perpetual contracts: what positions cost, who holds them, what was closed by force.

use schema::{
    Figure, Pct, PerpsPulse, Price, Ratio, SignalRow, UnixMs, Usd, Venue, Why, perps::Liquidated, signals::Funding,
};

use super::{OPEN_INTEREST_MS, QUOTE_MS, enough};
use crate::{
    input::Liquidation,
    measure::{at_least, count, divisor, not_older},
    stats::{median, median_and_spread},
};

const HOUR_MS: i64 = 3_600_000;
/// Accounts are published every five minutes.
const ACCOUNTS_MS: i64 = 30 * 60_000;
/// Past values that a z-score needs.
const HISTORY_LEAST: usize = 30;
/// The narrowest spread of funding that counts, in percent per 8 h: rates rest at the venue's base rate for days.
const LEAST_SPREAD: f64 = 0.002_5;

/// One contract as the pulse sees it.
#[derive(Debug, Clone)]
pub struct Perp<'a> {
    /// Its row on the list: turnover, funding, open interest.
    pub row: &'a SignalRow,
    /// The price at which the venue marks positions.
    pub mark_price: Figure<Price>,
    /// The price of the underlying index.
    pub index_price: Figure<Price>,
    /// The share of its holders that are long: accounts, not size.
    pub accounts_long: Figure<Ratio>,
    /// Its liquidations; none where the source does not report them.
    pub liquidations: Option<HeardLiquidations>,
}

/// One contract's liquidations of the last hour and the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeardLiquidations {
    hour: Window,
    day: Window,
    as_of: UnixMs,
}

/// What was liquidated of one contract within the last hour, longs and shorts together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeardHour {
    /// How much; at least this where only a part of the hour was covered.
    pub usd: Usd,
    /// The part of the hour that was covered.
    pub heard: Ratio,
    /// The end of the hour.
    pub as_of: UnixMs,
}

/// Sums over a window, and the part of it that was covered.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Window {
    longs: f64,
    shorts: f64,
    n: usize,
    share: f64,
}

impl Window {
    /// Returns the sums; none of a window that was not covered at all.
    fn liquidated(&self) -> Result<Liquidated, Why> {
        let usd = |sum: f64| Usd::new(sum).map_err(|_| Why::NotFinite);
        let heard = Ratio::clamped(self.share).filter(|heard| heard.get() > 0.0).ok_or(Why::NotYet)?;
        Ok(Liquidated { longs: usd(self.longs)?, shorts: usd(self.shorts)?, n: count(self.n), heard })
    }
}

impl HeardLiquidations {
    /// Sums up what was received up to `as_of`; `coverage` is the share of a stretch of time, 0 to 1, that was received.
    #[must_use]
    pub fn of(liquidations: &[Liquidation], coverage: impl Fn(UnixMs, UnixMs) -> f64, as_of: UnixMs) -> Self {
        let window = |hours: i64| {
            let from = UnixMs(as_of.0 - hours * HOUR_MS);
            let within = |event: &&Liquidation| event.at > from && event.at <= as_of;
            let side = |long: bool| {
                let of_side = liquidations.iter().filter(within).filter(|event| event.long == long);
                // A sum of nothing would be minus zero.
                of_side.fold(0.0, |sum, event| sum + event.usd)
            };
            Window {
                longs: side(true),
                shorts: side(false),
                n: liquidations.iter().filter(within).count(),
                share: coverage(from, as_of).clamp(0.0, 1.0),
            }
        };
        Self { hour: window(1), day: window(24), as_of }
    }

    /// The last 24 hours, by side.
    #[must_use]
    pub fn last_day(&self) -> Figure<Liquidated> {
        figure(self.day.liquidated().map(|sums| (sums, self.as_of)))
    }

    /// The last hour, both sides together; none where the sum is no amount.
    #[must_use]
    pub fn last_hour(&self) -> Option<HeardHour> {
        let usd = Usd::new(self.hour.longs + self.hour.shorts).ok()?;
        Some(HeardHour { usd, heard: Ratio::clamped(self.hour.share)?, as_of: self.as_of })
    }
}

/// The pulse of some contracts as of a moment.
///
/// A figure that is older than ten minutes then (half an hour for accounts and open interest, which are published every five
/// minutes) says what was, and its contract is left out. Each figure of the pulse carries the time of the newest that it
/// is made of. `history` are earlier values of [`PerpsPulse::funding_per_8h`], up to 30 days back and evenly spaced, as
/// [`FundingPast`](super::FundingPast) makes them.
#[must_use]
pub fn perps_pulse(source: Venue, perps: &[Perp<'_>], history: &[Pct], as_of: UnixMs) -> PerpsPulse {
    let funding = recent(perps, as_of, QUOTE_MS, |perp| of_figure(&perp.row.funding, per_8h));
    let funding = weighted(enough_of(perps, funding));
    let accounts = recent(perps, as_of, ACCOUNTS_MS, |perp| of_figure(&perp.accounts_long, |long| Some(long.get())));
    let accounts = weighted(enough_of(perps, accounts));
    PerpsPulse {
        source,
        universe: count(perps.len()),
        funding_z: figure(funding.clone().and_then(|(now, at)| Ok((funding_z(now, history)?, at)))),
        funding_per_8h: figure(funding.and_then(percent)),
        accounts_long: figure(accounts.and_then(|(long, at)| Ok((Ratio::clamped(long).ok_or(Why::NotFinite)?, at)))),
        premium_bps: figure(premium_bps(perps, as_of)),
        open_interest_usd: figure(open_interest(perps, as_of)),
        open_interest_change_1h: figure(open_interest_change(perps, as_of).and_then(percent)),
        liquidations_1h: figure(liquidated(perps, as_of, |windows| windows.hour)),
        liquidations_24h: figure(liquidated(perps, as_of, |windows| windows.day)),
    }
}

/// A funding rate brought to 8 h, in percent; none for an interval of no length.
pub(crate) fn per_8h(funding: &Funding) -> Option<f64> {
    (funding.interval_hours > 0).then(|| 100.0 * funding.rate.get() * 8.0 / f64::from(funding.interval_hours))
}

/// What is made of a known figure, with its time.
fn of_figure<T>(figure: &Figure<T>, of: impl Fn(&T) -> Option<f64>) -> Option<(f64, UnixMs)> {
    match figure {
        Figure::Known { value, as_of } => Some((of(value)?, *as_of)),
        Figure::Missing(_) => None,
    }
}

/// Numbers of contracts, with the time of the newest.
type Recent<'p, 'a> = Result<(Vec<(f64, &'p Perp<'a>)>, UnixMs), Why>;

/// The contracts that have a number which is not too old.
fn recent<'p, 'a>(
    perps: &'p [Perp<'a>],
    as_of: UnixMs,
    limit_ms: i64,
    of: impl Fn(&Perp<'a>) -> Option<(f64, UnixMs)>,
) -> Recent<'p, 'a> {
    let all = perps.iter().filter_map(|perp| of(perp).map(|(value, at)| (value, at, perp)));
    let newest = all.clone().map(|(_, at, _)| at).max().ok_or(Why::NotYet)?;
    not_older(newest, as_of, limit_ms)?;
    let recent = all.filter(|(_, at, _)| not_older(*at, as_of, limit_ms).is_ok());
    Ok((recent.map(|(value, _, perp)| (value, perp)).collect(), newest))
}

/// The same, where they are [`enough`] to say something about the market.
fn enough_of<'p, 'a>(perps: &[Perp<'a>], recent: Recent<'p, 'a>) -> Recent<'p, 'a> {
    let (recent, at) = recent?;
    enough(count(recent.len()), count(perps.len()))?;
    Ok((recent, at))
}

/// Their mean, weighted by turnover.
fn weighted(recent: Recent<'_, '_>) -> Result<(f64, UnixMs), Why> {
    let (recent, at) = recent?;
    let known = recent.iter().filter_map(|(value, perp)| Some((value, perp.row.quote.turnover_24h.value()?.get())));
    let (sum, weight) =
        known.fold((0.0, 0.0), |(sum, weight), (value, turnover)| (sum + value * turnover, weight + turnover));
    Ok((sum / divisor(weight, Why::NotYet)?, at))
}

fn percent((value, at): (f64, UnixMs)) -> Result<(Pct, UnixMs), Why> {
    Pct::new(value).map(|pct| (pct, at)).map_err(|_| Why::NotFinite)
}

fn funding_z(now: f64, history: &[Pct]) -> Result<f64, Why> {
    at_least(history.len(), HISTORY_LEAST)?;
    let (usual, spread) = median_and_spread(history.iter().map(|pct| pct.get())).ok_or(Why::NotYet)?;
    Ok((now - usual) / spread.max(LEAST_SPREAD))
}

fn premium_bps(perps: &[Perp<'_>], as_of: UnixMs) -> Result<(f64, UnixMs), Why> {
    let premium = |perp: &Perp<'_>| {
        let (index, _) = of_figure(&perp.index_price, |price| Some(price.get()))?;
        of_figure(&perp.mark_price, |mark| Some(10_000.0 * (mark.get() - index) / index).filter(|bps| bps.is_finite()))
    };
    let (recent, at) = enough_of(perps, recent(perps, as_of, QUOTE_MS, premium))?;
    Ok((median(recent.iter().map(|(bps, _)| *bps)).ok_or(Why::NotYet)?, at))
}

fn open_interest(perps: &[Perp<'_>], as_of: UnixMs) -> Result<(Usd, UnixMs), Why> {
    let of = |perp: &Perp<'_>| of_figure(&perp.row.quote.open_interest_usd, |usd| Some(usd.get()));
    let (recent, at) = recent(perps, as_of, QUOTE_MS, of)?;
    let sum = recent.iter().map(|(usd, _)| usd).sum();
    Usd::new(sum).map(|usd| (usd, at)).map_err(|_| Why::NotFinite)
}

fn open_interest_change(perps: &[Perp<'_>], as_of: UnixMs) -> Result<(f64, UnixMs), Why> {
    // A contract whose interest was nothing an hour ago has no change in percent.
    let of = |perp: &Perp<'_>| {
        of_figure(&perp.row.oi_change_1h, |change| Some(change.get()).filter(|change| *change > -100.0))
    };
    let (recent, at) = enough_of(perps, recent(perps, as_of, OPEN_INTEREST_MS, of))?;
    let (mut now, mut before) = (0.0, 0.0);
    for (change, perp) in recent {
        if let Some(usd) = perp.row.quote.open_interest_usd.value() {
            now += usd.get();
            before += usd.get() / (1.0 + change / 100.0);
        }
    }
    Ok((100.0 * (now / divisor(before, Why::NotYet)? - 1.0), at))
}

/// What was closed within a window that ends at `as_of`: an empty window that was covered counts as zero.
fn liquidated(
    perps: &[Perp<'_>],
    as_of: UnixMs,
    window: impl Fn(&HeardLiquidations) -> Window,
) -> Result<(Liquidated, UnixMs), Why> {
    if perps.iter().all(|perp| perp.liquidations.is_none()) {
        return Err(if perps.is_empty() { Why::NotYet } else { Why::NotOffered });
    }
    let (mut sum, mut all) = (Window { longs: 0.0, shorts: 0.0, n: 0, share: 0.0 }, 0.0);
    for perp in perps {
        let turnover = perp.row.quote.turnover_24h.value().map_or(0.0, |usd| usd.get());
        all += turnover;
        if let Some(sums) = perp.liquidations.as_ref().map(&window) {
            sum.longs += sums.longs;
            sum.shorts += sums.shorts;
            sum.n += sums.n;
            sum.share += turnover * sums.share;
        }
    }
    sum.share /= divisor(all, Why::NotYet)?;
    Ok((sum.liquidated()?, as_of))
}

fn figure<T>(found: Result<(T, UnixMs), Why>) -> Figure<T> {
    found.map_or_else(Figure::Missing, |(value, at)| Figure::known(value, at))
}

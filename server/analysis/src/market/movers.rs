//! What moves most.

use schema::{
    Figure, MarketMovers, Pct, SignalRow, UnixMs, Usd, Venue,
    movers::{FundingExtreme, Mover, MoverLists, OiRiser},
};

use super::{Member, OPEN_INTEREST_MS, QUOTE_MS};
use crate::measure::{count, not_older};

const LISTED: usize = 10;

/// Ten of each kind among the symbols of at least `min_turnover` in 24 h. Equal values are ordered by symbol.
///
/// `as_of` is the moment the lists are for; the value itself carries none. A figure that is older than ten minutes then
/// (half an hour for open interest, which is published every five minutes) says what moved before, and its symbol is left out of the
/// list that is made of it.
#[must_use]
pub fn movers(source: Venue, members: &[Member<'_>], min_turnover: Usd, as_of: UnixMs) -> MarketMovers {
    let traded: Vec<(&Member<'_>, Usd)> = members
        .iter()
        .filter_map(|member| {
            recent(&member.row.quote.turnover_24h, as_of, QUOTE_MS).map(|turnover| (member, *turnover))
        })
        .filter(|(_, turnover)| *turnover >= min_turnover)
        .collect();
    let by_day: Vec<Mover> = moving(&traded, |member| recent(&member.row.quote.change_24h, as_of, QUOTE_MS).copied());
    let by_hour: Vec<Mover> = moving(&traded, |member| member.change_1h);
    let most_active = highest(by_day.iter().cloned(), |mover| mover.turnover_24h.get(), |mover| &mover.symbol);
    MarketMovers {
        source,
        min_turnover,
        universe: count(traded.len()),
        day: lists(&by_day),
        hour: lists(&by_hour),
        most_active,
        oi_risers: highest(
            traded.iter().filter_map(|(member, _)| riser(member.row, as_of)),
            |riser| riser.change_1h.get(),
            |riser| &riser.symbol,
        ),
        funding_extremes: highest(
            traded.iter().filter_map(|(member, _)| extreme(member.row, as_of)),
            |extreme| extreme.per_8h.get().abs(),
            |extreme| &extreme.symbol,
        ),
    }
}

/// A figure that is known and not older than a limit.
fn recent<T>(figure: &Figure<T>, as_of: UnixMs, limit_ms: i64) -> Option<&T> {
    match figure {
        Figure::Known { value, as_of: at } => not_older(*at, as_of, limit_ms).is_ok().then_some(value),
        Figure::Missing(_) => None,
    }
}

fn moving(traded: &[(&Member<'_>, Usd)], change: impl Fn(&Member<'_>) -> Option<Pct>) -> Vec<Mover> {
    let mover = |(member, turnover): &(&Member<'_>, Usd)| {
        let row = member.row;
        Some(Mover {
            symbol: row.symbol,
            tick: row.tick,
            price: row.quote.price,
            change: change(member)?,
            turnover_24h: *turnover,
        })
    };
    traded.iter().filter_map(mover).collect()
}

fn lists(movers: &[Mover]) -> MoverLists {
    let signed = |sign: f64| {
        let moved = movers.iter().filter(|mover| sign * mover.change.get() > 0.0).cloned();
        highest(moved, |mover| sign * mover.change.get(), |mover| &mover.symbol)
    };
    MoverLists { gainers: signed(1.0), losers: signed(-1.0) }
}

fn riser(row: &SignalRow, as_of: UnixMs) -> Option<OiRiser> {
    let change_1h = *recent(&row.oi_change_1h, as_of, OPEN_INTEREST_MS).filter(|change| change.get() > 0.0)?;
    Some(OiRiser { symbol: row.symbol, change_1h, open_interest_usd: row.quote.open_interest_usd.clone() })
}

fn extreme(row: &SignalRow, as_of: UnixMs) -> Option<FundingExtreme> {
    let funding = *recent(&row.funding, as_of, QUOTE_MS).filter(|funding| funding.interval_hours > 0)?;
    let per_8h = Pct::new(100.0 * funding.rate.get() * 8.0 / f64::from(funding.interval_hours)).ok()?;
    Some(FundingExtreme { symbol: row.symbol, funding, per_8h })
}

fn highest<T>(
    items: impl Iterator<Item = T>,
    value: impl Fn(&T) -> f64,
    symbol: impl Fn(&T) -> &schema::Symbol,
) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by(|a, b| value(b).total_cmp(&value(a)).then_with(|| symbol(a).cmp(symbol(b))));
    items.truncate(LISTED);
    items
}

//! The market in one look.

use schema::{
    Figure, MarketOverview, Pct, Price, SignalRow, UnixMs, Usd, Venue, Why,
    overview::{FearGreed, Regime},
    signals::SignalStats,
};

use super::{RealisedVolatility, dispersion, enough, mean, signal_balance};
use crate::measure::count;

/// What an overview is made of.
#[derive(Debug, Clone)]
pub struct OverviewInput<'a> {
    /// Where the data comes from.
    pub source: Venue,
    /// The time of the newest input.
    pub as_of: UnixMs,
    /// Every symbol of the universe.
    pub rows: &'a [SignalRow],
    /// Counts over the rows.
    pub stats: &'a SignalStats,
    /// Linear perpetuals that the venue lists.
    pub linear_symbols: u32,
    /// Mean of the dispersion over the last 24 h.
    pub dispersion_24h_mean: Figure<Pct>,
    /// Last price of BTC.
    pub btc_price: Figure<Price>,
    /// Realised volatility of BTC.
    pub btc_volatility: Figure<RealisedVolatility>,
    /// The regime after the last closed bar.
    pub regime: Figure<Regime>,
    /// Bitcoin's share of the market capitalisation, in percent.
    pub btc_dominance: Figure<Pct>,
    /// Ether's share, in percent.
    pub eth_dominance: Figure<Pct>,
    /// The share of stablecoins, in percent.
    pub stablecoin_dominance: Figure<Pct>,
    /// Capitalisation of the whole market.
    pub total_market_cap: Figure<Usd>,
    /// Its change over 24 h, in percent.
    pub market_cap_change_24h: Figure<Pct>,
    /// The Fear & Greed index.
    pub fear_greed: Figure<FearGreed>,
}

/// Sums, means and counts over the rows, with the figures that the caller knows.
///
/// A mean, the dispersion and the balance need as many contracts as [`enough`] says; sums and counts are what they are.
#[must_use]
pub fn overview(input: OverviewInput<'_>) -> MarketOverview {
    let OverviewInput { rows, stats, as_of, btc_volatility, .. } = input;
    let changes: Vec<f64> = rows.iter().filter_map(|row| row.quote.change_24h.value()).map(|pct| pct.get()).collect();
    let counted = |test: fn(&f64) -> bool| count(changes.iter().filter(|change| test(change)).count());
    let scored = stats.long + stats.neutral + stats.short;
    let universe = count(rows.len());
    let changed = enough(count(changes.len()), universe);
    let figure = |pct: Option<f64>| match &changed {
        Ok(()) => {
            pct.and_then(|pct| Pct::new(pct).ok()).map_or(Figure::Missing(Why::NotYet), |pct| Figure::known(pct, as_of))
        }
        Err(why) => Figure::Missing(why.clone()),
    };
    MarketOverview {
        source: input.source,
        total_symbols: universe,
        linear_symbols: input.linear_symbols,
        scored_symbols: scored,
        total_turnover_24h: sum(rows, as_of, |row| &row.quote.turnover_24h),
        signal_balance: match enough(scored, universe) {
            Ok(()) => signal_balance(stats.long, stats.short, scored)
                .map_or(Figure::Missing(Why::NotYet), |balance| Figure::known(balance, as_of)),
            Err(why) => Figure::Missing(why),
        },
        long_signals: stats.long,
        short_signals: stats.short,
        neutral_signals: stats.neutral,
        average_change_24h: figure(mean(changes.iter().copied())),
        turnover_weighted_change_24h: figure(weighted_change(rows)),
        dispersion_24h: match changed.clone().and_then(|()| dispersion(&changes)) {
            Ok(pct) => Figure::known(pct, as_of),
            Err(why) => Figure::Missing(why),
        },
        dispersion_24h_mean: input.dispersion_24h_mean,
        btc_price: input.btc_price,
        btc_volatility_days: btc_volatility.value().map_or(0, |volatility| volatility.days),
        btc_realised_volatility: btc_volatility.clone().map(|volatility| volatility.annualised),
        btc_daily_volatility: btc_volatility.map(|volatility| volatility.daily),
        regime: input.regime,
        gainers: counted(|change| *change > 0.0),
        losers: counted(|change| *change < 0.0),
        unchanged: counted(|change| *change == 0.0),
        open_interest_usd: sum(rows, as_of, |row| &row.quote.open_interest_usd),
        btc_dominance: input.btc_dominance,
        eth_dominance: input.eth_dominance,
        stablecoin_dominance: input.stablecoin_dominance,
        total_market_cap: input.total_market_cap,
        market_cap_change_24h: input.market_cap_change_24h,
        fear_greed: input.fear_greed,
    }
}

/// The sum over the symbols whose figure is known; missing where none is.
fn sum(rows: &[SignalRow], as_of: UnixMs, figure: fn(&SignalRow) -> &Figure<Usd>) -> Figure<Usd> {
    let mut known = rows.iter().filter_map(|row| figure(row).value()).map(|usd| usd.get()).peekable();
    if known.peek().is_none() {
        return Figure::Missing(Why::NotYet);
    }
    Usd::new(known.sum()).map_or(Figure::Missing(Why::NotFinite), |usd| Figure::known(usd, as_of))
}

fn weighted_change(rows: &[SignalRow]) -> Option<f64> {
    let known = rows.iter().filter_map(|row| row.quote.change_24h.value().zip(row.quote.turnover_24h.value()));
    let (sum, weight) = known.fold((0.0, 0.0), |(sum, weight), (change, turnover)| {
        (sum + change.get() * turnover.get(), weight + turnover.get())
    });
    (weight > 0.0).then(|| sum / weight)
}

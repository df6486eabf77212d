//! All symbols together: counts, breadth, movers, dispersion, volatility, regime, betas, the pulse of the perpetuals.
//!
//! Nothing here knows a symbol's name but BTC's figures, which the caller hands in.

mod balance;
mod beta;
mod breadth;
mod enough;
mod funding;
mod movers;
mod overview;
mod perps;
pub mod regime;
mod volatility;

use schema::{Candle, Pct, SignalRow};

pub use balance::{signal_balance, stats};
pub use beta::{Benchmark, Compared, beta};
pub use breadth::breadth;
pub use enough::{MEMBERS, SHARE, enough, needed};
pub use funding::FundingPast;
pub use movers::movers;
pub use overview::{OverviewInput, overview};
pub(crate) use perps::per_8h;
pub use perps::{HeardHour, HeardLiquidations, Perp, perps_pulse};
pub use volatility::{RealisedVolatility, daily_volatility, dispersion, realised_volatility};

/// How old a figure that comes with every quote may be and still count as current.
const QUOTE_MS: i64 = 10 * 60_000;
/// The same for open interest, which is published every five minutes.
const OPEN_INTEREST_MS: i64 = 30 * 60_000;

/// One symbol as the market-wide measures see it.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its row on the list.
    pub row: &'a SignalRow,
    /// Change of the last price over 1 h, in percent.
    pub change_1h: Option<Pct>,
    /// Whether it is above the mean of its last 20 closes of 30 m.
    pub above_ma20: Option<bool>,
    /// Whether it is above the mean of its last 50 closes of 30 m.
    pub above_ma50: Option<bool>,
}

/// Returns whether the last close is above the mean of the last `n` closes; `None` with fewer candles.
#[must_use]
pub fn above_mean(candles: &[Candle], n: usize) -> Option<bool> {
    let last = candles.last()?.close;
    let kept = &candles[candles.len().checked_sub(n)?..];
    let mean = kept.iter().map(|candle| candle.close).sum::<f64>() / n as f64;
    mean.is_finite().then_some(last > mean)
}

/// The mean of some numbers, `None` of none.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_u32), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

//! How much a contract moves when Bitcoin does: beta, correlation, and who did better.

use schema::{Candle, Figure, Pct, Symbol, Timeframe, UnixMs, Why};

use crate::measure::{at_least, count, divisor, not_older};

/// Points of a performance line.
const LINE: usize = 48;
/// Names on the lists of those that did better and worse.
const LISTED: usize = 10;

/// Over how long a beta is measured, and with which candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BetaWindow {
    /// One hour of candles of one minute.
    H1,
    /// Four hours of candles of one minute.
    H4,
    /// Twelve hours of candles of five minutes.
    H12,
    /// A day of candles of five minutes.
    H24,
    /// Seven days of candles of half an hour.
    D7,
}

impl BetaWindow {
    /// All of them, shortest first.
    pub const ALL: [Self; 5] = [Self::H1, Self::H4, Self::H12, Self::H24, Self::D7];

    /// The name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::H12 => "12h",
            Self::H24 => "24h",
            Self::D7 => "7d",
        }
    }

    /// The candles it is made of.
    #[must_use]
    pub const fn timeframe(self) -> Timeframe {
        match self {
            Self::H1 | Self::H4 => Timeframe::M1,
            Self::H12 | Self::H24 => Timeframe::M5,
            Self::D7 => Timeframe::M30,
        }
    }

    /// Returns within it.
    #[must_use]
    pub const fn bars(self) -> usize {
        match self {
            Self::H1 => 60,
            Self::H4 => 240,
            Self::H12 => 144,
            Self::H24 => 288,
            Self::D7 => 336,
        }
    }

    /// Three quarters of the returns must be known on both sides.
    const fn least(self) -> usize {
        self.bars() * 3 / 4
    }
}

/// How one contract moved with the market over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    /// The change of the contract's log return for a change of the market's: the slope of least squares.
    pub beta: f64,
    /// The slope's standard error: about two thirds of all samples would give a slope within one of it.
    pub standard_error: f64,
    /// Correlation of the returns, −1 to 1.
    pub correlation: f64,
    /// The share of the contract's variance that goes with the market: the correlation squared.
    pub r_squared: f64,
    /// Pairs of returns behind it.
    pub n: u32,
}

/// One contract against the market.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaRow {
    /// The contract.
    pub symbol: Symbol,
    /// Its beta, or why there is none.
    pub beta: Figure<Beta>,
    /// Its change over the window.
    pub change: Figure<Pct>,
    /// Its change minus the market's, in percent points.
    pub excess: Figure<Pct>,
    /// Its closes over the window with the first as 100, at most 49 of them, oldest first; empty where the change is missing.
    pub line: Vec<f64>,
}

/// All contracts against the market over one window.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaTable {
    /// The window.
    pub window: BetaWindow,
    /// The contract that stands for the market.
    pub market: BetaRow,
    /// All others, in the order they were given.
    pub rows: Vec<BetaRow>,
    /// The ten whose change exceeds the market's most.
    pub outperformers: Vec<Symbol>,
    /// The ten that fall behind most.
    pub underperformers: Vec<Symbol>,
}

/// Beta of a contract's closed candles to the market's, by least squares over log returns within the last
/// [`BetaWindow::bars`] bars up to `now`.
///
/// Only returns between neighbouring bars count, and only where both sides have them.
///
/// # Errors
///
/// Candles that stopped more than three bars ago, a close that is no price, too few common returns, or a side that never moved.
pub fn beta(contract: &[Candle], market: &[Candle], window: BetaWindow, now: UnixMs) -> Result<Beta, Why> {
    let (ours, theirs) = (within(contract, window, now)?, within(market, window, now)?);
    let step = window.timeframe().ms();
    let mut pairs = Vec::with_capacity(window.bars());
    let mut other = theirs.windows(2).peekable();
    for pair in ours.windows(2) {
        while other.next_if(|next| next[1].start < pair[1].start).is_some() {}
        let common = other.next_if(|next| next[1].start == pair[1].start);
        let neighbours = |pair: &[Candle]| pair[1].start.0 - pair[0].start.0 == step;
        if let Some(next) = common.filter(|next| neighbours(next) && neighbours(pair)) {
            pairs.push((log_return(pair), log_return(next)));
        }
    }
    at_least(pairs.len(), window.least())?;
    least_squares(&pairs)
}

fn log_return(pair: &[Candle]) -> f64 {
    (pair[1].close / pair[0].close).ln()
}

/// The line `y = a + b·x` through pairs (y, x).
fn least_squares(pairs: &[(f64, f64)]) -> Result<Beta, Why> {
    let n = pairs.len() as f64;
    let (my, mx) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (y, x) in pairs {
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
        xy += (x - mx) * (y - my);
    }
    let (xx, yy) = (divisor(xx, Why::Flat)?, divisor(yy, Why::Flat)?);
    let slope = xy / xx;
    let correlation = (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0);
    // What the line leaves over, which rounding can bring a hair below zero.
    let rest = (yy - slope * xy).max(0.0);
    let found = Beta {
        beta: slope,
        standard_error: (rest / (n - 2.0) / xx).sqrt(),
        correlation,
        r_squared: correlation * correlation,
        n: count(pairs.len()),
    };
    let numbers = [found.beta, found.standard_error, found.correlation];
    if numbers.iter().all(|x| x.is_finite()) { Ok(found) } else { Err(Why::NotFinite) }
}

/// The closed candles of a window, with the one before it.
fn within(candles: &[Candle], window: BetaWindow, now: UnixMs) -> Result<&[Candle], Why> {
    let step = window.timeframe().ms();
    let closed = &candles[..candles.partition_point(|candle| candle.start.0.saturating_add(step) <= now.0)];
    let last = closed.last().ok_or(Why::NotYet)?;
    not_older(UnixMs(last.start.0 + step), now, 3 * step)?;
    let bars = i64::try_from(window.bars()).unwrap_or(i64::MAX);
    let since = last.start.0.saturating_sub(bars.saturating_mul(step));
    let kept = &closed[closed.partition_point(|candle| candle.start.0 < since)..];
    if kept.iter().all(|candle| candle.close.is_finite() && candle.close > 0.0) {
        Ok(kept)
    } else {
        Err(Why::NotFinite)
    }
}

/// Every contract against the market, over one window, as of `now`. The candles are those of [`BetaWindow::timeframe`].
#[must_use]
pub fn beta_table(
    market: (Symbol, &[Candle]),
    contracts: &[(Symbol, &[Candle])],
    window: BetaWindow,
    now: UnixMs,
) -> BetaTable {
    let market_change = performance(market.1, window, now).map(|found| found.0);
    let row = |(symbol, candles): (Symbol, &[Candle])| {
        let performance = performance(candles, window, now);
        let excess = performance
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|(change, _)| Pct::new(change.get() - market_change.clone()?.get()).map_err(|_| Why::NotFinite));
        let (change, line) = match performance {
            Ok((change, line)) => (Ok(change), line),
            Err(why) => (Err(why), Vec::new()),
        };
        BetaRow {
            symbol,
            beta: figure(beta(candles, market.1, window, now), now),
            change: figure(change, now),
            excess: figure(excess, now),
            line,
        }
    };
    let rows: Vec<BetaRow> = contracts.iter().filter(|(symbol, _)| *symbol != market.0).copied().map(row).collect();
    let best = |sign: f64| {
        let excess = |row: &BetaRow| row.excess.value().map(|excess| sign * excess.get());
        let mut ahead: Vec<(f64, Symbol)> =
            rows.iter().filter_map(|row| excess(row).filter(|x| *x > 0.0).map(|x| (x, row.symbol))).collect();
        ahead.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ahead.into_iter().take(LISTED).map(|(_, symbol)| symbol).collect()
    };
    BetaTable { window, outperformers: best(1.0), underperformers: best(-1.0), market: row(market), rows }
}

/// The change over a window and the line of it.
fn performance(candles: &[Candle], window: BetaWindow, now: UnixMs) -> Result<(Pct, Vec<f64>), Why> {
    let kept = within(candles, window, now)?;
    at_least(kept.len(), window.least() + 1)?;
    let rebased = |candle: &Candle| 100.0 * (candle.close / kept[0].close);
    let last = kept.len() - 1;
    let change = Pct::new(rebased(&kept[last]) - 100.0).map_err(|_| Why::NotFinite)?;
    let points = LINE.min(last);
    Ok((change, (0..=points).map(|i| rebased(&kept[i * last / points])).collect()))
}

fn figure<T>(found: Result<T, Why>, as_of: UnixMs) -> Figure<T> {
    found.map_or_else(Figure::Missing, |value| Figure::known(value, as_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_four_points_has_the_slope_and_error_of_the_textbook() {
        // By hand: Sxx 5, Sxy 9.5, Syy 18.75; the slope is 9.5/5 and leaves 18.75 − 1.9·9.5 = 0.7 over two degrees.
        let found = least_squares(&[(2.0, 1.0), (4.0, 2.0), (5.0, 3.0), (8.0, 4.0)]).unwrap();
        assert!((found.beta - 1.9).abs() < 1e-12);
        assert!((found.standard_error - (0.7_f64 / 2.0 / 5.0).sqrt()).abs() < 1e-12);
        assert!((found.r_squared - 9.5 * 9.5 / (5.0 * 18.75)).abs() < 1e-12);
        assert_eq!(least_squares(&[(1.0, 2.0), (3.0, 2.0), (4.0, 2.0)]), Err(Why::Flat));
    }
}

//! How much a contract moves when Bitcoin does: beta, correlation, and who did better.

use schema::{
    Candle, Figure, Pct, Symbol, UnixMs, Why,
    beta::{Beta, BetaLine, BetaRanking, BetaRow, BetaWindow},
};

use crate::measure::{at_least, count, divisor, not_older};

/// Points of a performance line.
const LINE: usize = 48;
/// Names on the lists of those that did better and worse.
const LISTED: usize = 10;

/// One contract held against the market over a window, with the line it may be drawn with.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    row: BetaRow,
    line: Vec<f64>,
}

/// What contracts are held against over one window.
#[derive(Debug, Clone)]
pub struct Benchmark<'a> {
    symbol: Symbol,
    candles: &'a [Candle],
    window: BetaWindow,
    now: UnixMs,
    performance: Result<Performance, Why>,
}

/// What a contract did over a window.
#[derive(Debug, Clone, PartialEq)]
struct Performance {
    change: Pct,
    line: Vec<f64>,
    /// The close of its newest candle.
    until: UnixMs,
}

/// Three quarters of the returns must be known on both sides.
const fn least(window: BetaWindow) -> usize {
    window.bars() * 3 / 4
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
    at_least(pairs.len(), least(window))?;
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
    let found =
        Beta { beta: slope, standard_error: (rest / (n - 2.0) / xx).sqrt(), correlation, n: count(pairs.len()) };
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

impl<'a> Benchmark<'a> {
    /// The market's closed candles of [`BetaWindow::timeframe`], as of `now`.
    #[must_use]
    pub fn new(symbol: Symbol, candles: &'a [Candle], window: BetaWindow, now: UnixMs) -> Self {
        Self { symbol, candles, window, now, performance: performance(candles, window, now) }
    }

    /// The window.
    #[must_use]
    pub const fn window(&self) -> BetaWindow {
        self.window
    }

    /// Holds a contract's closed candles against it. Each figure carries the close of the newest candle behind it.
    #[must_use]
    pub fn against(&self, symbol: Symbol, candles: &[Candle]) -> Compared {
        let own = performance(candles, self.window, self.now);
        let excess = own.clone().and_then(|own| {
            let market = self.performance.clone()?;
            let points = Pct::new(own.change.get() - market.change.get()).map_err(|_| Why::NotFinite)?;
            Ok((points, own.until.max(market.until)))
        });
        let until = |candles| until(candles, self.window, self.now);
        let beta = beta(candles, self.candles, self.window, self.now)
            .and_then(|found| Ok((found, until(candles)?.max(until(self.candles)?))));
        let change = own.clone().map(|own| (own.change, own.until));
        Compared {
            row: BetaRow { symbol, beta: figure(beta), change: figure(change), excess: figure(excess) },
            line: own.map_or_else(|_| Vec::new(), |own| own.line),
        }
    }

    /// Ranks contracts; the market among them is left out.
    #[must_use]
    pub fn ranking(&self, compared: Vec<Compared>) -> BetaRanking {
        let contracts: Vec<Compared> = compared.into_iter().filter(|one| one.row.symbol != self.symbol).collect();
        let ahead = |sign: f64| {
            let excess = |one: &Compared| one.row.excess.value().map(|excess| sign * excess.get());
            let mut ahead: Vec<(f64, &Compared)> =
                contracts.iter().filter_map(|one| excess(one).filter(|x| *x > 0.0).map(|x| (x, one))).collect();
            ahead.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.row.symbol.cmp(&b.1.row.symbol)));
            ahead.into_iter().take(LISTED).map(|(_, one)| one).collect::<Vec<_>>()
        };
        let (best, worst) = (ahead(1.0), ahead(-1.0));
        let line = |symbol: Symbol, points: &Vec<f64>| BetaLine { symbol, points: points.clone() };
        let market = self.performance.as_ref().ok().map(|own| line(self.symbol, &own.line));
        let listed = best.iter().chain(&worst).map(|one| line(one.row.symbol, &one.line));
        let lines = market.into_iter().chain(listed).collect();
        let names = |list: Vec<&Compared>| list.into_iter().map(|one| one.row.symbol).collect();
        BetaRanking {
            window: self.window,
            market_change: figure(self.performance.clone().map(|own| (own.change, own.until))),
            outperformers: names(best),
            underperformers: names(worst),
            lines,
            rows: contracts.into_iter().map(|one| one.row).collect(),
        }
    }
}

/// The close of the newest candle of a window.
fn until(candles: &[Candle], window: BetaWindow, now: UnixMs) -> Result<UnixMs, Why> {
    let last = within(candles, window, now)?.last().ok_or(Why::NotYet)?;
    Ok(UnixMs(last.start.0 + window.timeframe().ms()))
}

/// The change over a window and the line of it.
fn performance(candles: &[Candle], window: BetaWindow, now: UnixMs) -> Result<Performance, Why> {
    let kept = within(candles, window, now)?;
    // What began within the window has no change over it.
    at_least(kept.len(), window.bars() + 1)?;
    let rebased = |candle: &Candle| 100.0 * (candle.close / kept[0].close);
    let last = kept.len() - 1;
    let change = Pct::new(rebased(&kept[last]) - 100.0).map_err(|_| Why::NotFinite)?;
    let points = LINE.min(last);
    let line = (0..=points).map(|i| rebased(&kept[i * last / points])).collect();
    Ok(Performance { change, line, until: UnixMs(kept[last].start.0 + window.timeframe().ms()) })
}

fn figure<T>(found: Result<(T, UnixMs), Why>) -> Figure<T> {
    found.map_or_else(Figure::Missing, |(value, at)| Figure::known(value, at))
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
        assert!((found.r_squared() - 9.5 * 9.5 / (5.0 * 18.75)).abs() < 1e-12);
        assert_eq!(least_squares(&[(1.0, 2.0), (3.0, 2.0), (4.0, 2.0)]), Err(Why::Flat));
    }
}

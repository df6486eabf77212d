//! Volatility over time and dispersion over symbols: two different things.

use schema::{Candle, Pct, UnixMs, Why};

use crate::{
    measure::{at_least, count, not_older},
    stats::standard_deviation,
};

const DAYS_A_YEAR: f64 = 365.0;
const DAY_MS: i64 = 86_400_000;
/// Daily returns that a volatility looks back on.
const RETURNS: usize = 30;

/// How much a price varied from day to day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RealisedVolatility {
    /// Sample standard deviation of the daily log returns, in percent.
    pub daily: Pct,
    /// The same × √365, in percent.
    pub annualised: Pct,
    /// Daily returns behind it.
    pub days: u32,
}

/// Realised volatility of daily closes, oldest first.
///
/// # Errors
///
/// Fewer than three closes, or one that is not a price.
pub fn realised_volatility(daily_closes: &[f64]) -> Result<RealisedVolatility, Why> {
    at_least(daily_closes.len(), 3)?;
    if daily_closes.iter().any(|close| !(close.is_finite() && *close > 0.0)) {
        return Err(Why::NotFinite);
    }
    let returns: Vec<f64> = daily_closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let daily = 100.0 * standard_deviation(&returns).ok_or(Why::NotYet)?;
    let pct = |value: f64| Pct::new(value).map_err(|_| Why::NotFinite);
    Ok(RealisedVolatility {
        daily: pct(daily)?,
        annualised: pct(daily * DAYS_A_YEAR.sqrt())?,
        days: count(returns.len()),
    })
}

/// Realised volatility of the last 30 daily returns of candles of one day, as the venue sends them: oldest first, the
/// newest may still be open at `now` and is left out then.
///
/// # Errors
///
/// Fewer than three closed days without a gap before the newest, a newest that closed more than two days ago, or a close that
/// is not a price.
pub fn daily_volatility(days: &[Candle], now: UnixMs) -> Result<RealisedVolatility, Why> {
    let closed_at = |day: &Candle| UnixMs(day.start.0.saturating_add(DAY_MS));
    let closed = &days[..days.partition_point(|day| closed_at(day) <= now)];
    let newest = closed.last().ok_or(Why::NotYet)?;
    not_older(closed_at(newest), now, 2 * DAY_MS)?;
    // A gap would make one return of several days.
    let unbroken = closed.windows(2).rev().take_while(|pair| pair[1].start.0 - pair[0].start.0 == DAY_MS).count();
    let closes: Vec<f64> = closed[closed.len() - 1 - unbroken.min(RETURNS)..].iter().map(|day| day.close).collect();
    realised_volatility(&closes)
}

/// Sample standard deviation of the changes of many symbols over one window, in percent.
///
/// # Errors
///
/// Fewer than two changes, or one that is not finite.
pub fn dispersion(changes_pct: &[f64]) -> Result<Pct, Why> {
    at_least(changes_pct.len(), 2)?;
    let spread = standard_deviation(changes_pct).ok_or(Why::NotYet)?;
    Pct::new(spread).map_err(|_| Why::NotFinite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_closes_give_the_known_volatility() {
        let found = realised_volatility(&[100.0, 102.0, 101.0, 105.0]).unwrap();
        assert!((found.daily.get() - 2.4538).abs() < 5e-5, "{}", found.daily);
        assert!((found.annualised.get() - 46.880).abs() < 5e-4, "{}", found.annualised);
        assert_eq!(found.days, 3);
    }

    #[test]
    fn days_are_taken_closed_unbroken_and_thirty_at_most() {
        let day = |i: i64, close: f64| Candle {
            start: UnixMs(i * DAY_MS),
            open: close,
            high: close,
            low: close,
            close,
            volume: 1.0,
            turnover: close,
        };
        let mut days: Vec<Candle> =
            [100.0, 102.0, 101.0, 105.0].into_iter().zip(100..).map(|(c, i)| day(i, c)).collect();
        let closed = UnixMs(104 * DAY_MS);
        let known = realised_volatility(&[100.0, 102.0, 101.0, 105.0]).unwrap();
        assert_eq!(daily_volatility(&days, closed), Ok(known));
        days.push(day(104, 300.0));
        assert_eq!(daily_volatility(&days, UnixMs(closed.0 + 1)), Ok(known), "the open day does not count");
        days.insert(0, day(90, 1.0));
        assert_eq!(daily_volatility(&days, closed), Ok(known), "nothing before a gap counts");
        assert!(matches!(daily_volatility(&days, UnixMs(closed.0 + 4 * DAY_MS)), Err(Why::TooOld { .. })));
        assert_eq!(daily_volatility(&[], closed), Err(Why::NotYet));
        let many: Vec<Candle> = (0..50).map(|i| day(i, 100.0 + (i % 7) as f64)).collect();
        assert_eq!(daily_volatility(&many, UnixMs(50 * DAY_MS)).unwrap().days, 30);
    }

    #[test]
    fn one_return_has_no_volatility_and_zero_is_no_price() {
        assert_eq!(realised_volatility(&[100.0, 101.0]), Err(Why::TooFewSamples { have: 2, need: 3 }));
        assert_eq!(realised_volatility(&[100.0, 0.0, 101.0]), Err(Why::NotFinite));
    }

    #[test]
    fn equal_changes_do_not_disperse() {
        assert_eq!(dispersion(&[3.0, 3.0]).map(Pct::get), Ok(0.0));
        assert!((dispersion(&[-1.0, 1.0]).unwrap().get() - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(dispersion(&[1.0]).is_err());
    }
}

//! Volatility over time and dispersion over symbols: two different things.

use schema::{Pct, Why};

use crate::{measure::at_least, measure::count, stats::standard_deviation};

const DAYS_A_YEAR: f64 = 365.0;

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

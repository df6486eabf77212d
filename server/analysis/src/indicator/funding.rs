//! Funding, read against the crowd: who pays much for a position is crowded.

use schema::Why;

use crate::{
    context::Context,
    input::FundingPoint,
    measure::{Measured, Sub},
    stats::median_and_spread,
};

const HOUR_MS: f64 = 3_600_000.0;
const HISTORY_LEAST: usize = 30;
/// The narrowest spread of rates per 8 h that counts: rates rest at the venue's base rate for days.
const LEAST_SPREAD: f64 = 0.000_025;
/// The spread that is assumed while too few settlements are known, around a rate of zero.
const WIDE_SPREAD: f64 = 0.000_25;

/// The raw figure is the running rate per 8 h in percent. The lean is `−tanh(z/2)`, with z its distance from the median of
/// 30 days in spreads of 1.4826 · median distance; below 30 settlements, its distance from zero in spreads of 0.025 %.
pub(crate) fn funding(context: &Context<'_>) -> Measured {
    let Some((as_of, funding)) = context.input.derivatives.funding else { return Err(Why::NotYet) };
    if funding.interval_hours == 0 {
        return Err(Why::Undefined);
    }
    let rate = funding.rate.get() * 8.0 / f64::from(funding.interval_hours);
    let history = per_8h(context.input.derivatives.funding_history);
    if history.iter().any(|rate| !rate.is_finite()) {
        return Err(Why::NotFinite);
    }
    let n = history.len() + 1;
    let (usual, spread) = match median_and_spread(history.iter().copied()) {
        Some((usual, spread)) if n > HISTORY_LEAST => (usual, spread.max(LEAST_SPREAD)),
        _ => (0.0, WIDE_SPREAD),
    };
    let z = (rate - usual) / spread;
    Sub::measured(100.0 * rate, -crate::measure::lean_of_z(z), n, as_of)
}

/// Past rates brought to 8 h by the time since the settlement before.
fn per_8h(history: &[FundingPoint]) -> Vec<f64> {
    // As long as they can be from the start: one that grows moves its values again and again.
    let mut rates = Vec::with_capacity(history.len());
    rates.extend(history.windows(2).filter(|pair| pair[1].at > pair[0].at).map(|pair| {
        let hours = (pair[1].at.0 - pair[0].at.0) as f64 / HOUR_MS;
        // A gap in the record is not a longer interval.
        pair[1].rate * 8.0 / hours.min(8.0)
    }));
    rates
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    #[test]
    fn rates_of_different_intervals_compare() {
        let point = |hours: i64, rate| FundingPoint { at: UnixMs(hours * 3_600_000), rate };
        let rates = per_8h(&[point(0, 1.0), point(8, 0.000_8), point(12, 0.000_4), point(13, 0.000_1)]);
        for rate in rates {
            assert!((rate - 0.000_8).abs() < 1e-15, "{rate}");
        }
    }
}

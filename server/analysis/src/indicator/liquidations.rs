//! Positions that the venue closed by force: closing shorts buys, closing longs sells.

use schema::Why;

use crate::{
    context::Context,
    measure::{Measured, Sub, at_least},
};

const DAY_MS: i64 = 86_400_000;
const HALF_LIFE_MS: f64 = 3.5 * 3_600_000.0;
const LEAST: usize = 5;

/// `(S − L)/(S + L)` over 24 h, where shorts S and longs L are sums of √USD that halve every 3.5 h; `tanh(1.5·x)`.
pub(crate) fn liquidations(context: &Context<'_>) -> Measured {
    let Some(events) = context.input.derivatives.liquidations else { return Err(Why::NotOffered) };
    let now = context.input.as_of;
    let (mut shorts, mut longs, mut n) = (0.0, 0.0, 0);
    let mut newest = None;
    for event in events {
        let age_ms = now.0.saturating_sub(event.at.0).max(0);
        if age_ms > DAY_MS {
            continue;
        }
        if !(event.usd.is_finite() && event.usd >= 0.0) {
            return Err(Why::NotFinite);
        }
        let weight = event.usd.sqrt() * (-(age_ms as f64) / HALF_LIFE_MS).exp2();
        if event.long {
            longs += weight;
        } else {
            shorts += weight;
        }
        n += 1;
        newest = newest.max(Some(event.at));
    }
    at_least(n, LEAST)?;
    let raw = (shorts - longs) / crate::measure::divisor(shorts + longs, Why::Undefined)?;
    Sub::measured(raw, (1.5 * raw).tanh(), n, newest.unwrap_or(now))
}

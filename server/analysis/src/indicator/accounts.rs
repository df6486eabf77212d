//! The share of accounts that are long, read against the crowd.

use schema::Why;

use crate::{
    context::Context,
    measure::{Measured, Sub, not_older},
};

const LIMIT_MS: i64 = 30 * 60_000;

/// The raw figure is the share in percent. Between 40 and 60 it says nothing; beyond, with `e` the excess in tens of
/// percent points, the lean is `∓tanh(e²)`: a crowd of longs is bearish.
pub(crate) fn accounts(context: &Context<'_>) -> Measured {
    let points = context.input.derivatives.accounts;
    let Some(newest) = points.last() else { return Err(Why::NotYet) };
    not_older(newest.at, context.input.as_of, LIMIT_MS)?;
    let long = newest.long.get();
    Sub::measured(100.0 * long, lean(long), points.len(), newest.at)
}

fn lean(long: f64) -> f64 {
    let distance = long - 0.5;
    let excess = (distance.abs() - 0.1).max(0.0) / 0.1;
    -(excess * excess).tanh() * distance.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_of_longs_is_bearish_and_a_balance_says_nothing() {
        assert_eq!(lean(0.55), 0.0);
        assert_eq!(lean(0.5), 0.0);
        assert!(lean(0.7) < -0.7);
        assert!((lean(0.7) + lean(0.3)).abs() < 1e-12);
    }
}

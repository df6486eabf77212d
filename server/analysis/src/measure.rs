//! What a measure finds, and the smooth maps that measures share.
//!
//! Every map here is continuous, so that no score jumps when an input moves by a hair; those that take a sign are odd.

use arcstr::ArcStr;
use schema::{UnixMs, Why};

use crate::math::tanh;

/// What one measure found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sub {
    /// What a person checks.
    pub(crate) raw: f64,
    /// Where it points, −1 to 1.
    pub(crate) lean: f64,
    /// Observations behind it.
    pub(crate) n: u32,
    /// The newest input it was made from.
    pub(crate) as_of: UnixMs,
    /// A label that says more than the registry's, where one measure has two forms.
    pub(crate) label: Option<&'static ArcStr>,
}

/// A finding, or why there is none.
pub(crate) type Measured = Result<Sub, Why>;

impl Sub {
    /// A finding; refused when a number is not finite, so that bad input can never look like a neutral score.
    pub(crate) fn measured(raw: f64, lean: f64, n: usize, as_of: UnixMs) -> Measured {
        if raw.is_finite() && lean.is_finite() {
            Ok(Self { raw, lean: lean.clamp(-1.0, 1.0), n: count(n), as_of, label: None })
        } else {
            Err(Why::NotFinite)
        }
    }

    /// The same finding under a label of its own.
    pub(crate) const fn labelled(self, label: &'static ArcStr) -> Self {
        Self { label: Some(label), ..self }
    }
}

/// Converts a number of observations to the width it is reported in.
pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Refuses too few observations.
pub(crate) fn at_least(have: usize, need: usize) -> Result<(), Why> {
    if have >= need { Ok(()) } else { Err(Why::TooFewSamples { have: count(have), need: count(need) }) }
}

/// Refuses an input that is older than `limit_ms` at `as_of`.
pub(crate) fn not_older(at: UnixMs, as_of: UnixMs, limit_ms: i64) -> Result<(), Why> {
    let age_ms = as_of.0.saturating_sub(at.0);
    if age_ms <= limit_ms { Ok(()) } else { Err(Why::TooOld { age_ms, limit_ms }) }
}

/// A number to divide by: above zero and finite, else the reason why there is nothing to divide by.
pub(crate) fn divisor(value: f64, when_zero: Why) -> Result<f64, Why> {
    if !value.is_finite() {
        Err(Why::NotFinite)
    } else if value > 0.0 {
        Ok(value)
    } else {
        Err(when_zero)
    }
}

/// 0 up to zero, 1 from one on, straight between.
pub(crate) fn ramp(x: f64) -> f64 {
    x.clamp(0.0, 1.0)
}

/// The sign of `x`, straight instead of a step within ±`edge`.
pub(crate) fn soft_sign(x: f64, edge: f64) -> f64 {
    (x / edge).clamp(-1.0, 1.0)
}

/// The direction of a z-score: clipped at ±4, then `tanh(z/2)`.
pub(crate) fn lean_of_z(z: f64) -> f64 {
    tanh(z.clamp(-4.0, 4.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_no_finding() {
        assert_eq!(Sub::measured(f64::NAN, 0.0, 1, UnixMs(0)), Err(Why::NotFinite));
        assert_eq!(Sub::measured(0.0, f64::NAN, 1, UnixMs(0)), Err(Why::NotFinite));
        assert_eq!(Sub::measured(f64::INFINITY, 1.0, 1, UnixMs(0)), Err(Why::NotFinite));
    }

    #[test]
    fn zero_is_nothing_to_divide_by() {
        assert_eq!(divisor(0.0, Why::Flat), Err(Why::Flat));
        assert_eq!(divisor(f64::NAN, Why::Flat), Err(Why::NotFinite));
        assert_eq!(divisor(0.5, Why::Flat), Ok(0.5));
    }

    proptest! {
        #[test]
        fn signed_maps_are_odd_and_monotone(a in -1e6..1e6f64, b in -1e6..1e6f64) {
            for map in [lean_of_z, |x| soft_sign(x, 3.0)] {
                prop_assert_eq!(map(-a), -map(a));
                prop_assert!((map(a) - map(b)) * (a - b) >= 0.0);
                prop_assert!(map(a).abs() <= 1.0);
            }
        }

        #[test]
        fn an_age_is_refused_only_beyond_its_limit(age in 0..100_000i64, limit in 0..100_000i64, now in any::<i32>()) {
            let now = UnixMs(i64::from(now));
            prop_assert_eq!(not_older(UnixMs(now.0 - age), now, limit).is_ok(), age <= limit);
        }
    }
}

//! Numbers that carry their unit and their limits.
//!
//! Each refuses NaN, infinities and values out of range when it is built and when it is decoded.
//! None has a default.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that is not finite or lies outside the range of its unit.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{value} is not a {unit} ({range})")]
pub struct OutOfRange {
    value: f64,
    unit: &'static str,
    range: &'static str,
}

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $range:literal, |$v:ident| $test:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Checks a number.
            ///
            /// # Errors
            ///
            /// [`OutOfRange`] when it is not finite or outside the range of the unit.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                let $v = value;
                if $v.is_finite() && $test {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange { value, unit: stringify!($name), range: $range })
                }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from(value: f64) -> Result<Self, OutOfRange> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

unit!(
    /// A confluence score: 0 to 100, 50 is neutral.
    Score, "0 to 100", |v| (0.0..=100.0).contains(&v)
);
unit!(
    /// A direction: −1 (bearish) to +1 (bullish), 0 says nothing either way.
    Lean, "-1 to 1", |v| (-1.0..=1.0).contains(&v)
);
unit!(
    /// A share of a whole: 0 to 1.
    Ratio, "0 to 1", |v| (0.0..=1.0).contains(&v)
);
unit!(
    /// A percentage: 2.5 is 2.5 %.
    Pct, "a finite number", |_v| true
);
unit!(
    /// An amount of US dollars (USDT counted one to one), never negative.
    Usd, "0 or more", |v| v >= 0.0
);
unit!(
    /// A price in the quote currency, above zero.
    Price, "above 0", |v| v > 0.0
);
unit!(
    /// A funding rate as a fraction per funding interval: 0.0001 is 0.01 %.
    Rate, "a finite number", |_v| true
);
unit!(
    /// A difference of two scores, or a part of one's distance from 50: −100 to 100 points.
    Points, "-100 to 100", |v| (-100.0..=100.0).contains(&v)
);

unit!(
    /// Hundredths of a percent of what is traded; below zero where the other side pays.
    Bps, "a finite number", |_v| true
);

unit!(
    /// A result in multiples of what was risked: −1 at the stop, 0 at the entry.
    RMultiple, "a finite number", |_v| true
);

macro_rules! to_four_decimals {
    ($($name:ident),+) => {$(
        impl $name {
            /// The same to four decimals, two more than are shown: digits behind them are noise, and what a phone is sent each second
            /// would be half as much again.
            #[must_use]
            pub fn to_four_decimals(self) -> Self {
                // The limits of the unit have no decimals, so none is crossed; a zero has no sign.
                Self((self.0 * 10_000.0).round() / 10_000.0 + 0.0)
            }
        }
    )+};
}

to_four_decimals!(Score, Ratio, Pct, Points);

impl Score {
    /// The score that says nothing either way.
    pub const NEUTRAL: Self = Self(50.0);

    /// A direction on the scale of a score: `50 + 50·lean`.
    #[must_use]
    pub fn of(lean: Lean) -> Self {
        Self(50.0 + 50.0 * lean.0)
    }
}

impl Lean {
    /// The nearest direction to a number; `None` when it is not a number.
    #[must_use]
    pub fn clamped(value: f64) -> Option<Self> {
        (!value.is_nan()).then(|| Self(value.clamp(-1.0, 1.0)))
    }
}

impl Ratio {
    /// No part of the whole.
    pub const NONE: Self = Self(0.0);

    /// The nearest share to a number; `None` when it is not a number.
    #[must_use]
    pub fn clamped(value: f64) -> Option<Self> {
        (!value.is_nan()).then(|| Self(value.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_value_and_nan_is_none() {
        assert_eq!(Pct::new(0.0).map(Pct::get), Ok(0.0));
        assert!(Pct::new(f64::NAN).is_err());
        assert!(Usd::new(f64::INFINITY).is_err());
        assert!(Price::new(0.0).is_err());
    }

    #[test]
    fn a_score_out_of_range_is_refused_when_built_and_when_decoded() {
        assert!(Score::new(100.01).is_err());
        assert!(serde_json::from_str::<Score>("100.01").is_err());
        assert_eq!(serde_json::from_str::<Score>("50.45").unwrap().get(), 50.45);
    }

    #[test]
    fn four_decimals_are_kept_and_a_zero_has_no_sign() {
        assert_eq!(Score::new(52.357_188_338_409_806).unwrap().to_four_decimals().get(), 52.3572);
        assert_eq!(Score::new(99.999_99).unwrap().to_four_decimals().get(), 100.0);
        let hardly = Pct::new(-0.000_01).unwrap().to_four_decimals().get();
        assert!(hardly == 0.0 && hardly.is_sign_positive());
        assert_eq!(
            serde_json::to_string(&Ratio::new(0.811_400_000_000_000_1).unwrap().to_four_decimals()).unwrap(),
            "0.8114"
        );
    }

    #[test]
    fn the_error_names_the_unit_and_the_range() {
        assert_eq!(Score::new(101.0).unwrap_err().to_string(), "101 is not a Score (0 to 100)");
    }
}

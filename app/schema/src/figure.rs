//! One figure inside a schema that may be unknown, and the reason when it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::UnixMs;

/// A figure that may be unknown. There is no third arm and no default: whoever shows it must match.
///
/// Staleness is never stored; whoever shows a known figure computes it from `as_of`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure<T> {
    /// Measured.
    Known {
        /// The figure.
        value: T,
        /// The time of the newest input it was made from.
        as_of: UnixMs,
    },
    /// Not known, and why.
    Missing(Why),
}

impl<T> Figure<T> {
    /// A measured figure.
    pub const fn known(value: T, as_of: UnixMs) -> Self {
        Self::Known { value, as_of }
    }

    /// The figure where it is known.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// The time of its newest input where it is known.
    pub const fn as_of(&self) -> Option<UnixMs> {
        match self {
            Self::Known { as_of, .. } => Some(*as_of),
            Self::Missing(_) => None,
        }
    }

    /// The reason where it is missing.
    pub const fn why(&self) -> Option<&Why> {
        match self {
            Self::Known { .. } => None,
            Self::Missing(why) => Some(why),
        }
    }

    /// Another figure made from this one, with the same `as_of`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Known { value, as_of } => Figure::Known { value: f(value), as_of },
            Self::Missing(why) => Figure::Missing(why),
        }
    }
}

/// Why a figure is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No value has arrived yet.
    NotYet,
    /// The source does not publish it.
    NotOffered,
    /// The source is switched off in the configuration.
    Off,
    /// The source did not answer; the text says what happened, in plain words.
    Unreachable(String),
    /// The source answered something that cannot be used; the text says what is wrong, in plain words.
    Unreadable(String),
    /// Too few observations.
    TooFewSamples {
        /// How many there are.
        have: u32,
        /// How many are needed.
        need: u32,
    },
    /// It would have to be invented: the market is simulated.
    Simulated,
    /// The inputs do not vary, so there is nothing to measure.
    Flat,
    /// An input is not a finite number.
    NotFinite,
    /// A division by zero: there is nothing to compare with.
    Undefined,
    /// The newest input is too old to be used.
    TooOld {
        /// Its age in milliseconds.
        age_ms: i64,
        /// The age that is allowed, in milliseconds.
        limit_ms: i64,
    },
    /// The order book is not known far enough from mid.
    ShallowBook {
        /// How far both sides are known, in hundredths of a basis point.
        have: u32,
        /// How far they have to be, in hundredths of a basis point.
        need: u32,
    },
    /// Too small a part of the inputs is known.
    LowCoverage {
        /// The known part, in percent of the weight.
        have_pct: u8,
        /// The part that is needed, in percent.
        need_pct: u8,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("not measured yet"),
            Self::NotOffered => f.write_str("not offered by the source"),
            Self::Off => f.write_str("source off"),
            Self::Unreachable(cause) => write!(f, "source unreachable: {cause}"),
            Self::Unreadable(cause) => write!(f, "source unreadable: {cause}"),
            Self::TooFewSamples { have, need } => write!(f, "{have} of {need} samples"),
            Self::Simulated => f.write_str("not in a simulated market"),
            Self::Flat => f.write_str("inputs do not vary"),
            Self::NotFinite => f.write_str("an input is not a number"),
            Self::Undefined => f.write_str("nothing to compare with"),
            Self::TooOld { age_ms, limit_ms } => {
                write!(f, "newest input {} s old, limit {} s", age_ms / 1_000, limit_ms / 1_000)
            }
            Self::ShallowBook { have, need } => {
                let bps = |hundredths: u32| f64::from(hundredths) / 100.0;
                write!(f, "book known within ±{} bps, ±{} needed", bps(*have), bps(*need))
            }
            Self::LowCoverage { have_pct, need_pct } => {
                write!(f, "{have_pct}% of the inputs known, {need_pct}% needed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_figure_cannot_be_read_as_zero() {
        let missing: Figure<f64> = Figure::Missing(Why::Off);
        assert_eq!(missing.value(), None);
        assert_eq!(serde_json::to_string(&missing).unwrap(), r#"{"missing":"off"}"#);
        assert!(serde_json::from_str::<Figure<f64>>("0").is_err());
        assert!(serde_json::from_str::<Figure<f64>>("null").is_err());
    }

    #[test]
    fn reasons_are_plain_words() {
        assert_eq!(Why::TooFewSamples { have: 4, need: 12 }.to_string(), "4 of 12 samples");
        assert_eq!(Why::LowCoverage { have_pct: 43, need_pct: 60 }.to_string(), "43% of the inputs known, 60% needed");
    }
}

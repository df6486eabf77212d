//! Key levels of a symbol: prices at which its market turned or mostly traded before.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Price};

/// What makes a price a key level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelKind {
    /// The market turned near it this many times.
    Turns(u32),
    /// Most was traded around it (point of control, POC).
    Control,
    /// 85 % of the volume was traded below it (value area high, VAH).
    ValueHigh,
    /// 15 % of the volume was traded below it (value area low, VAL).
    ValueLow,
    /// The highest price of the UTC day before.
    DayHigh,
    /// The lowest price of the UTC day before.
    DayLow,
}

impl fmt::Display for LevelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Turns(n) => return write!(f, "{n} turns"),
            Self::Control => "Point of control",
            Self::ValueHigh => "Value area, high",
            Self::ValueLow => "Value area, low",
            Self::DayHigh => "Day before, high",
            Self::DayLow => "Day before, low",
        })
    }
}

/// A price with its past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyLevel {
    /// The price; of several turns, their mean.
    pub price: Price,
    /// What makes it one.
    pub kind: LevelKind,
}

/// The key levels of a symbol, made of its closed candles of 30 minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyLevels {
    /// How many candles they are made of.
    pub n: u32,
    /// The levels, highest price first.
    pub levels: Vec<KeyLevel>,
}

impl KeyLevels {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.levels.is_sorted_by(|a, b| a.price >= b.price) {
            Ok(())
        } else {
            Err(Invalid::new("key_levels", "not sorted from the highest price down"))
        }
    }
}

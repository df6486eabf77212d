//! How many symbols take part in the market's move.

use serde::{Deserialize, Serialize};

use crate::{Figure, Invalid, Name, Pct, Policy, Schema, Venue};

/// Advancers against decliners over one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advance {
    /// Symbols above their price at the start of the window.
    pub advancers: u32,
    /// Symbols below it.
    pub decliners: u32,
    /// Symbols exactly at it.
    pub unchanged: u32,
    /// Advancers ÷ (advancers + decliners), in percent.
    pub percent_advancing: Figure<Pct>,
    /// Advancers ÷ decliners.
    pub ad_ratio: Figure<f64>,
}

/// The market's mood by the share of advancers over 24 h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// 60 % or more advance.
    Bullish,
    /// Between.
    Neutral,
    /// 40 % or fewer advance.
    Bearish,
}

impl Mood {
    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bullish => "Bullish",
            Self::Neutral => "Neutral",
            Self::Bearish => "Bearish",
        }
    }
}

/// How many symbols take part in the market's move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketBreadth {
    /// Where the data comes from.
    pub source: Venue,
    /// Symbols in the universe.
    pub universe: u32,
    /// Over 24 h.
    pub day: Advance,
    /// Over 1 h.
    pub hour: Advance,
    /// Share of symbols above the mean of their last 20 closes of 30 m, in percent.
    pub above_ma20: Figure<Pct>,
    /// Share of symbols above the mean of their last 50 closes of 30 m, in percent.
    pub above_ma50: Figure<Pct>,
    /// Symbols at their 24 h high.
    pub new_highs: u32,
    /// Symbols at their 24 h low.
    pub new_lows: u32,
    /// The word for the share of advancers over 24 h.
    pub mood: Figure<Mood>,
}

impl Schema for MarketBreadth {
    const NAME: Name = Name::new("market:breadth");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        for (field, window) in [("day", &self.day), ("hour", &self.hour)] {
            if window.advancers + window.decliners + window.unchanged > self.universe {
                return Err(Invalid::new(field, "more changes than symbols"));
            }
            for share in [window.percent_advancing.value(), self.above_ma20.value(), self.above_ma50.value()] {
                if share.is_some_and(|pct| !(0.0..=100.0).contains(&pct.get())) {
                    return Err(Invalid::new(field, "a share outside 0 to 100 %"));
                }
            }
            if window.ad_ratio.value().is_some_and(|ratio| !(ratio.is_finite() && *ratio >= 0.0)) {
                return Err(Invalid::new(field, "an advance/decline ratio that is not a ratio"));
            }
        }
        Ok(())
    }
}

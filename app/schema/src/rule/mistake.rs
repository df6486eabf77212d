//! What is wrong with a text that is no rule.

use std::fmt;

use super::Watched;

/// What is wrong with a text that is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Its words are not those of a rule.
    Words,
    /// Its first word can be no symbol.
    Subject,
    /// Its second word is no figure.
    Figure,
    /// Its third word is no side.
    Side,
    /// It names no direction or regime to turn to.
    Turn,
    /// Its level is no number.
    Number(Watched),
    /// Its level is one number or another, depending on who reads it.
    Ambiguous(Watched),
    /// Its level is outside of what the figure can be.
    Range(Watched),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words => f.write_str("a rule has a symbol or “any”, a figure, “above” or “below”, and a level"),
            Self::Subject => f.write_str("a rule begins with a symbol such as BTCUSDT, with “any” or with “market”"),
            Self::Figure => {
                f.write_str("the figure is one of ")?;
                f.write_str(&Watched::ALL.map(Watched::as_str).join(", "))
            }
            Self::Side => f.write_str("a figure is “above” or “below” a level"),
            Self::Turn => {
                f.write_str("a symbol turns long, neutral or short; the market turns to a regime such as risk_on")
            }
            Self::Number(Watched::Liquidated1h) => {
                f.write_str("an amount is a number such as 250000, 250 000, 250_000, 1e6, 500k, 1.5M or 2B")
            }
            Self::Number(Watched::Score) => f.write_str("a level is a number such as 70, 62.5 or 62,5"),
            Self::Number(_) => f.write_str("a level is a number such as 0.05, 0,05, -10, −10, 5% or 1e2"),
            Self::Ambiguous(_) => f.write_str(
                "a comma before three digits is read as thousands by some and as decimals by others: write 1000 or 1.0",
            ),
            Self::Range(Watched::Score) => f.write_str("a score is from 0 to 100"),
            Self::Range(Watched::Liquidated1h) => f.write_str("an amount is from 0 to 1000B"),
            Self::Range(_) => f.write_str("a level in percent is from −1000 to 1000"),
        }
    }
}

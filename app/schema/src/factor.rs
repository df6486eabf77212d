//! The four nearly independent factors behind a score.

use serde::{Deserialize, Serialize};

use crate::{Figure, Lean, Ratio};

/// What a measure's direction comes from.
///
/// A dimension groups measures as people look for them; a factor groups those that move together. RSI, volume and structure are
/// three dimensions and one factor, for their directions all follow the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Where the price went.
    Price,
    /// Which side took liquidity.
    TakerFlow,
    /// What rests in the order book.
    Book,
    /// How traders are positioned: funding, accounts, liquidations.
    Positioning,
}

impl Factor {
    /// All of them, heaviest weight first.
    pub const ALL: [Self; 4] = [Self::Price, Self::TakerFlow, Self::Book, Self::Positioning];

    /// Its place in [`Factor::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Price => 0,
            Self::TakerFlow => 1,
            Self::Book => 2,
            Self::Positioning => 3,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::TakerFlow => "taker_flow",
            Self::Book => "book",
            Self::Positioning => "positioning",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Price => "Price",
            Self::TakerFlow => "Taker flow",
            Self::Book => "Book",
            Self::Positioning => "Positioning",
        }
    }
}

/// One factor of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorReading {
    /// Which one.
    pub factor: Factor,
    /// The share of its measures in the whole score.
    pub weight: Ratio,
    /// The share of them, by weight, that is known and counts.
    pub coverage: Ratio,
    /// The weighted mean direction of what is known, or why there is none. The agreement counts it times `coverage`.
    pub direction: Figure<Lean>,
}

//! The six directions a symbol is scored from.

use serde::{Deserialize, Serialize};

/// One of the six directions a symbol is scored from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Momentum and trend indicators over candles.
    Technical,
    /// How much is traded, and on which side.
    Volume,
    /// Who trades: takers, large trades, open interest.
    Orderflow,
    /// What rests in the book.
    Orderbook,
    /// The place of the price among its levels.
    PriceStructure,
    /// How traders are positioned.
    Sentiment,
}

impl Dimension {
    /// All of them, heaviest weight first.
    pub const ALL: [Self; 6] =
        [Self::Orderflow, Self::Orderbook, Self::Volume, Self::PriceStructure, Self::Technical, Self::Sentiment];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Volume => "volume",
            Self::Orderflow => "orderflow",
            Self::Orderbook => "orderbook",
            Self::PriceStructure => "price_structure",
            Self::Sentiment => "sentiment",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Technical => "Technical",
            Self::Volume => "Volume",
            Self::Orderflow => "Order flow",
            Self::Orderbook => "Order book",
            Self::PriceStructure => "Price structure",
            Self::Sentiment => "Sentiment",
        }
    }
}

/// One thing per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // The names are those of `Dimension`.
pub struct PerDimension<T> {
    pub technical: T,
    pub volume: T,
    pub orderflow: T,
    pub orderbook: T,
    pub price_structure: T,
    pub sentiment: T,
}

impl<T> PerDimension<T> {
    /// Makes one thing per dimension.
    pub fn build(mut f: impl FnMut(Dimension) -> T) -> Self {
        Self {
            technical: f(Dimension::Technical),
            volume: f(Dimension::Volume),
            orderflow: f(Dimension::Orderflow),
            orderbook: f(Dimension::Orderbook),
            price_structure: f(Dimension::PriceStructure),
            sentiment: f(Dimension::Sentiment),
        }
    }

    /// The one of a dimension.
    pub const fn get(&self, dimension: Dimension) -> &T {
        match dimension {
            Dimension::Technical => &self.technical,
            Dimension::Volume => &self.volume,
            Dimension::Orderflow => &self.orderflow,
            Dimension::Orderbook => &self.orderbook,
            Dimension::PriceStructure => &self.price_structure,
            Dimension::Sentiment => &self.sentiment,
        }
    }

    /// Each dimension with its thing, in the order of [`Dimension::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Dimension, &T)> {
        Dimension::ALL.into_iter().map(|dimension| (dimension, self.get(dimension)))
    }
}

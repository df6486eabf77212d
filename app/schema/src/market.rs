//! What an exchange publishes, in the words of the field and without its peculiarities.

use serde::{Deserialize, Serialize};

use crate::{Invalid, UnixMs};

/// Who crossed the spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The taker bought.
    Buy,
    /// The taker sold.
    Sell,
}

/// One trade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// When it happened.
    pub at: UnixMs,
    /// The taker's side.
    pub side: Side,
    /// The price, in quote currency.
    pub price: f64,
    /// The size, in base coin.
    pub size: f64,
}

impl Trade {
    /// The size in quote currency.
    #[must_use]
    pub fn notional(&self) -> f64 {
        self.price * self.size
    }
}

/// One level of an order book.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The price, in quote currency.
    pub price: f64,
    /// The size resting there, in base coin; 0 in a change means that the level is gone.
    pub size: f64,
}

/// Open, high, low and close of an interval, with what was traded in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candle {
    /// The first millisecond of the interval.
    pub start: UnixMs,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// Traded, in base coin.
    pub volume: f64,
    /// Traded, in quote currency.
    pub turnover: f64,
}

impl Candle {
    /// Whether the numbers can be a candle's.
    ///
    /// # Errors
    ///
    /// [`Invalid`] when one is not finite, a price is not above zero, the high is below or the low above
    /// another price, or an amount is negative.
    pub fn check(&self) -> Result<(), Invalid> {
        for (field, price) in [("open", self.open), ("high", self.high), ("low", self.low), ("close", self.close)] {
            if !(price.is_finite() && price > 0.0) {
                return Err(Invalid::new(field, format!("{price} is not a price")));
            }
        }
        if self.high < self.open.max(self.close) || self.low > self.open.min(self.close) {
            return Err(Invalid::new("high", "high and low do not enclose open and close"));
        }
        for (field, amount) in [("volume", self.volume), ("turnover", self.turnover)] {
            if !(amount.is_finite() && amount >= 0.0) {
                return Err(Invalid::new(field, format!("{amount} is not an amount")));
            }
        }
        Ok(())
    }
}

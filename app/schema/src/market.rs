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
///
/// Three numbers: a monitor holds 1,280 of each contract, and the side in a field of its own would take a fourth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trade {
    /// When it happened.
    pub at: UnixMs,
    /// The price, in quote currency.
    pub price: f64,
    /// The size in base coin, with the sign of the taker's side: the bit, so that nothing sold is a sale.
    signed_size: f64,
}

impl Trade {
    /// A trade of a size in base coin, at a price in quote currency. A size below zero becomes none at all (NaN).
    #[must_use]
    pub fn new(at: UnixMs, side: Side, price: f64, size: f64) -> Self {
        let size = if size >= 0.0 { size.abs() } else { f64::NAN };
        let signed_size = match side {
            Side::Buy => size,
            Side::Sell => -size,
        };
        Self { at, price, signed_size }
    }

    /// The taker's side.
    #[must_use]
    pub fn side(&self) -> Side {
        if self.signed_size.is_sign_negative() { Side::Sell } else { Side::Buy }
    }

    /// The size, in base coin.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.signed_size.abs()
    }

    /// The size in quote currency, below zero for a sale.
    #[must_use]
    pub fn signed_notional(&self) -> f64 {
        self.price * self.signed_size
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trade_keeps_its_side_and_its_size_in_one_number() {
        let trade = |side, size| Trade::new(UnixMs(1), side, 2.0, size);
        for (side, sign) in [(Side::Buy, 1.0), (Side::Sell, -1.0)] {
            for size in [0.0, 0.003, 1e12] {
                let one = trade(side, size);
                assert_eq!((one.side(), one.size(), one.signed_notional()), (side, size, sign * 2.0 * size));
            }
        }
        assert!(trade(Side::Buy, -1.0).size().is_nan(), "less than nothing is no size");
        assert_eq!(size_of::<Trade>(), 24);
    }
}

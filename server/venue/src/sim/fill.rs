//! One trade of a contract.

use super::ticker::Direction;

/// A trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fill {
    /// When, in ms.
    pub(crate) at: i64,
    /// At which price, in ticks.
    pub(crate) price: i64,
    /// How much, in lots.
    pub(crate) lots: i64,
    /// Whether the taker bought.
    pub(crate) buy: bool,
    /// How the price came about.
    pub(crate) direction: Direction,
    /// Its place among all trades and book changes of the contract.
    pub(crate) sequence: u64,
}

/// Trades that are kept.
pub(crate) const TRADES: usize = 1_000;

//! What was traded of a contract, as far as it is known.

use std::fmt;

use schema::{Price, Symbol, Trade, UnixMs};

use super::cost::Settlements;

/// What was traded of one contract up to a moment.
pub struct Tape<'a> {
    /// The contract.
    pub symbol: Symbol,
    /// The latest trades, by time; of the same millisecond in the order of their arrival.
    pub trades: &'a [Trade],
    /// Trades of before this moment have come: later ones may still be overtaken by earlier ones.
    pub settled_until: UnixMs,
    /// The first moment at or after another from which trades are missing.
    pub complete_until: &'a dyn Fn(UnixMs) -> UnixMs,
    /// The first mid price of the book behind a moment, with its time.
    pub mid_after: &'a dyn Fn(UnixMs) -> Option<(UnixMs, Price)>,
    /// Its settlements of funding.
    pub settlements: Settlements<'a>,
}

impl fmt::Debug for Tape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape")
            .field("symbol", &self.symbol)
            .field("trades", &self.trades.len())
            .field("settled_until", &self.settled_until)
            .finish_non_exhaustive()
    }
}

//! What the engine gives out.

use std::sync::Arc;

use schema::{Symbol, UnixMs, Why};

use crate::Recorded;

/// Something that follows from the inputs.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A bar was decided: at most once for each contract and bar.
    BarClosed {
        /// Which contract.
        symbol: Symbol,
        /// What was recorded.
        recorded: Arc<Recorded>,
    },
    /// A bar went by that could not be looked at; nothing will be recorded of it.
    BarMissed {
        /// Which contract.
        symbol: Symbol,
        /// Its end.
        bar_closed_at: UnixMs,
        /// The second in which that was decided.
        decided_at: UnixMs,
        /// Why.
        why: Why,
    },
    /// The book of a contract contradicts itself and has to be fetched again.
    BookWrong {
        /// Which contract.
        symbol: Symbol,
    },
}

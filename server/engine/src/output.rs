//! What the engine gives out.

use std::sync::Arc;

use analysis::idea::IdeaEvent;
use schema::{Direction, Symbol, UnixMs, Why};

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
    /// A contract points elsewhere since a bar that was just decided.
    DirectionChanged {
        /// Which contract.
        symbol: Symbol,
        /// Where it pointed; none before its first score and where it had none.
        from: Option<Direction>,
        /// Where it points; none where it has no score.
        to: Option<Direction>,
        /// The close of the bar.
        bar_closed_at: UnixMs,
    },
    /// Something became of an idea.
    Idea(IdeaEvent),
    /// The book of a contract contradicts itself and has to be fetched again.
    BookWrong {
        /// Which contract.
        symbol: Symbol,
    },
}

//! What becomes of ideas, as it happens.

use schema::{
    Symbol, UnixMs,
    ideas::{DropReason, EndedIdea, Idea, IdeaSide, Target},
};
use serde::{Deserialize, Serialize};

/// Something that became of an idea.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum IdeaEvent {
    /// It was entered.
    Opened(Box<Idea>),
    /// It reached a target.
    TargetHit {
        /// The contract.
        symbol: Symbol,
        /// Its side.
        side: IdeaSide,
        /// When it was entered.
        opened_at: UnixMs,
        /// The target, with the moment at which it was reached.
        target: Target,
    },
    /// It ended.
    Ended(Box<EndedIdea>),
    /// It was decided and never entered.
    Dropped(Dropped),
}

/// An idea that was decided and never entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The contract.
    pub symbol: Symbol,
    /// Its side.
    pub side: IdeaSide,
    /// The close of the bar that decided it.
    pub bar_closed_at: UnixMs,
    /// When that bar was decided, by the exchange's time.
    pub decided_at: UnixMs,
    /// Why.
    pub reason: DropReason,
}

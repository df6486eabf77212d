//! Rules of a reader's own: what is to be noted in the log of alerts when it happens.
//!
//! A rule is a line of words, the same in the file it is kept in, in forms and on the wire: `BTCUSDT score above 70`,
//! `any turns long`, `market turns risk_on`. It is read once, at the edge; nothing after that sees its text.

mod amount;
mod contract;
mod level;
mod mistake;
mod words;

use crate::overview::Label;

pub use contract::{ContractRule, Hysteresis, Side, Subject, Trigger, Watched};
pub use mistake::Mistake;
pub use words::NotARule;

/// A rule of a reader's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// A contract comes to be what it was not.
    Contract(ContractRule),
    /// The market's regime comes to be this one.
    Regime(Label),
}

impl Rule {
    /// How many rules there may be.
    pub const MOST: usize = 20;

    /// The rule on contracts, where it is one.
    #[must_use]
    pub const fn on_contracts(&self) -> Option<&ContractRule> {
        match self {
            Self::Contract(rule) => Some(rule),
            Self::Regime(_) => None,
        }
    }
}

//! What is kept one by one: ideas, alerts and the like, each with a body that only its owner reads.

use schema::{Symbol, UnixMs};

use crate::RunId;

/// What a record is of. Each kind is a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An idea: it begins with its entry and ends with its outcome.
    Idea,
    /// An alert: it begins when it fired and ends when it resolved.
    Alert,
    /// A message on its way to a person: it begins when it was queued and ends when it was delivered or given up.
    Delivery,
    /// A device or an address that messages go to.
    Subscription,
    /// A market regime.
    Regime,
    /// A stretch of time in which something was not received or not written.
    Gap,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Idea, Self::Alert, Self::Delivery, Self::Subscription, Self::Regime, Self::Gap];

    /// The name of its table.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Alert => "alert",
            Self::Delivery => "delivery",
            Self::Subscription => "subscription",
            Self::Regime => "regime",
            Self::Gap => "gap",
        }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What identifies it among all others of its kind and venue, chosen by its owner.
    pub key: String,
    /// Where it comes from, such as `bybit`.
    pub venue: String,
    /// Whose it is; none where it is of the market.
    pub symbol: Option<Symbol>,
    /// When it began.
    pub begins: UnixMs,
    /// When it ended; none while it goes on.
    pub ends: Option<UnixMs>,
    /// The run of the program that wrote it last.
    pub run: RunId,
    /// Everything else.
    pub body: Vec<u8>,
}

/// Which records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// Of which kind.
    pub kind: Kind,
    /// Of which venue; none: of all.
    pub venue: Option<String>,
    /// Of which symbol; none: of all, and of the market.
    pub symbol: Option<Symbol>,
    /// Whether those that go on, or those that ended; none: both.
    pub is_open: Option<bool>,
    /// Those that begin from here on.
    pub from: UnixMs,
    /// Those that begin before this moment.
    pub before: UnixMs,
    /// So many at most, the newest first.
    pub limit: u32,
}

impl RecordQuery {
    /// The newest records of a kind.
    #[must_use]
    pub const fn newest(kind: Kind, limit: u32) -> Self {
        Self { kind, venue: None, symbol: None, is_open: None, from: UnixMs(i64::MIN), before: UnixMs(i64::MAX), limit }
    }
}

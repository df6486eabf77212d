//! What becomes of a value in the shared tier.

use schema::{Invalid, Name, Stamp};

/// What became of a published value in the shared tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is no shared tier.
    Off,
    /// The shared tier confirmed it.
    Applied,
    /// The newer value of another, newer writer is stored there; this writer has to stop.
    Superseded {
        /// The stamp of that value.
        by: Stamp,
    },
    /// It was not sent: a newer value of the same key took its place in the queue.
    Replaced,
    /// The shared tier did not confirm it. It stays queued, and is written when the tier answers again.
    Deferred(String),
    /// It was not written and will not be.
    Refused(Refusal),
}

impl Outcome {
    /// The name of the outcome in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Applied => "applied",
            Self::Superseded { .. } => "superseded",
            Self::Replaced => "replaced",
            Self::Deferred(_) => "deferred",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why a value is not written to the shared tier. Only an invalid one is withheld from the readers of this process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is larger than the shared tier or its readers take.
    #[error("it takes {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It breaks a limit of its domain.
    #[error("it is invalid: {0}")]
    Invalid(#[from] Invalid),
    /// The queue of its server is full.
    #[error("{keys} keys wait for the shared cache already, and there is no room for another")]
    QueueFull {
        /// How many keys wait.
        keys: usize,
    },
    /// The shared tier answered and refused it.
    #[error("the shared cache refused it: {0}")]
    ByServer(String),
}

impl Refusal {
    /// The name of the reason, for a log that repeats none within an hour.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Invalid(_) => "invalid",
            Self::QueueFull { .. } => "queue_full",
            Self::ByServer(_) => "by_server",
        }
    }
}

/// Another process, started later, publishes a schema of this one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{schema}` is published by {writer}, which started later (stamp {by})")]
pub struct Superseded {
    /// The schema.
    pub schema: Name,
    /// The stamp of the value that was found.
    pub by: Stamp,
    /// Who wrote it.
    pub writer: String,
}

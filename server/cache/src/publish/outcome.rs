//! What came of a publish.

use schema::{Invalid, Name, Stamp};

/// Another publisher of the schema lives in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{schema}` already has a publisher in this process; there is one writer per schema")]
pub struct PublisherTaken {
    /// The schema that was asked for.
    pub schema: Name,
}

/// What came of a publish.
#[must_use = "a publish may have been superseded, deferred or refused"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Whether readers of this process have it.
    pub l1: bool,
    /// What came of it in the shared tier.
    pub l2: Outcome,
    /// Its stamp; none where it was refused.
    pub stamp: Option<Stamp>,
}

/// What came of a publish in the shared tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is no shared tier.
    Off,
    /// The shared tier confirmed it.
    Applied,
    /// Another writer's newer value lies there; this writer should stop.
    Superseded {
        /// The stamp of that value.
        by: Stamp,
    },
    /// The shared tier did not confirm it; the latest value of each key is kept and written when it answers again.
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
            Self::Deferred(_) => "deferred",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why a value is not written.
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
    /// The shared tier answered and refused it.
    #[error("the shared cache refused it: {0}")]
    ByServer(String),
}

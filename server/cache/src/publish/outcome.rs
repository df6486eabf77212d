//! What a publish says at once, and what it says later.

use schema::{Name, Stamp};
use tokio::sync::oneshot;

use crate::tier::{Outcome, Refusal};

/// Another publisher of the schema lives in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{schema}` already has a publisher in this process; there is one writer per schema")]
pub struct PublisherTaken {
    /// The schema that was asked for.
    pub schema: Name,
}

/// What came of a publish in this process, and whether it is on its way to the shared tier.
#[must_use = "a publish may have been refused"]
#[derive(Debug)]
pub struct Published {
    /// Whether readers of this process have it.
    pub l1: bool,
    /// Whether it is on its way to the shared tier.
    pub l2: Shared,
    /// Its stamp; none where it was refused for being invalid. The shared tier may give its writer a higher number.
    pub stamp: Option<Stamp>,
}

impl Published {
    /// Waits until the shared tier was tried, and says what became of the value: once, so a deferred value may still be
    /// written later. Nobody has to wait for it.
    pub async fn outcome(self) -> Outcome {
        match self.l2 {
            Shared::Off => Outcome::Off,
            // A value that left the queue unsent was replaced by a newer one.
            Shared::Queued(Receipt(receipt)) => receipt.await.unwrap_or(Outcome::Replaced),
            Shared::Refused(refusal) => Outcome::Refused(refusal),
        }
    }
}

/// Whether a published value is on its way to the shared tier.
#[derive(Debug)]
pub enum Shared {
    /// There is no shared tier.
    Off,
    /// It waits in the queue of its server.
    Queued(Receipt),
    /// It is not sent.
    Refused(Refusal),
}

/// What a queued value is waited for by.
#[derive(Debug)]
pub struct Receipt(pub(super) oneshot::Receiver<Outcome>);

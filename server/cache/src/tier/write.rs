//! One write that waits for the shared tier.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use schema::{Held, Name};
use tokio::sync::oneshot;

use super::{claim::Epoch, outcome::Outcome};
use crate::{envelope::Encoded, l2::Item, lock::lock};

/// Who published a write, as far as the queue has to know.
pub(crate) trait Owner: Send + Sync {
    /// The first half of its stamps.
    fn epoch(&self) -> &Arc<Epoch>;

    /// Takes note of the size of an item, beside what is allowed.
    fn sealed(&self, key: &str, bytes: usize, limit: usize);

    /// Takes note of what became of a write.
    fn settled(&self, write: &Write, outcome: &Outcome);

    /// Gives the readers of this process the newer value of a newer writer, and says that this one is superseded.
    fn superseded<'a>(&'a self, key: &'a str, by: Held<()>, item: &'a Item) -> BoxFuture<'a, ()>;
}

/// One write, complete, so that it can be repeated. It is sealed when it is sent: the number of its writer may have
/// changed since, and of several values of a key only the last is sent.
pub(crate) struct Write {
    /// The wire key.
    pub(crate) key: String,
    /// The schema.
    pub(crate) name: Name,
    /// The version of its shape.
    pub(crate) version: u16,
    /// The header, with the stamp that it was published under.
    pub(crate) header: Held<()>,
    /// The encoded value.
    pub(crate) body: Encoded,
    /// How long the shared tier keeps it.
    pub(crate) keep_for: Duration,
    /// Who published it.
    pub(crate) owner: Arc<dyn Owner>,
    /// Who waits to learn what became of it.
    pub(crate) receipt: Mutex<Option<oneshot::Sender<Outcome>>>,
    /// Whether it was reported as deferred.
    pub(crate) deferred: AtomicBool,
}

impl Write {
    /// Reports what became of it: to its owner, and to who waits for it.
    pub(super) fn report(&self, outcome: Outcome) {
        if matches!(outcome, Outcome::Deferred(_)) && self.deferred.swap(true, Ordering::Relaxed) {
            return;
        }
        self.owner.settled(self, &outcome);
        if let Some(receipt) = lock(&self.receipt).take() {
            // Most publishers do not wait.
            let _ = receipt.send(outcome);
        }
    }
}

//! What the routes, the connections and the player of a recording share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool};

use tokio::sync::Notify;

use super::stage::Stage;
use crate::Clock;

/// The exchange as its routes, its connections and its player share it.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) stage: Arc<Mutex<Stage>>,
    pub(super) clock: Clock,
    /// Woken when an answer was added.
    pub(super) answered: Arc<Notify>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Shared {
    pub(super) fn stage(&self) -> MutexGuard<'_, Stage> {
        // A panic while it was held is reported by the player, which ends the server.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

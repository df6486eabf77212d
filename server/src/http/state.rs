//! What the handlers of all paths share.

use std::sync::Arc;

use axum::extract::FromRef;
use cache::{Cache, Clock};
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use super::{access::Gate, client::Reach, limit::Streams, site::Site};
use crate::{hub::Hubs, monitor::board::Board, rules::Rules, supervise::Registry};

/// What handlers share. Every request clones it once for each layer that it passes, so a clone is one pointer.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Shared>);

impl AppState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What [`AppState`] points to.
pub(crate) struct Shared {
    pub(crate) cache: Cache,
    pub(crate) hubs: Hubs,
    /// The watched market; none in a process that only reads what another one wrote.
    pub(crate) board: Option<Board>,
    /// The rules of alerts; none where this process does not keep them.
    pub(crate) rules: Option<Arc<Rules>>,
    pub(crate) clock: Clock,
    pub(crate) recorder: PrometheusHandle,
    pub(crate) stop: CancellationToken,
    pub(crate) gate: Gate,
    pub(crate) reach: Reach,
    pub(crate) streams: Streams,
    pub(crate) site: Site,
    /// How each task of this process is doing.
    pub(crate) registry: Arc<Registry>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.site.options.clone()
    }
}

impl FromRef<AppState> for Gate {
    fn from_ref(state: &AppState) -> Self {
        state.gate.clone()
    }
}

impl FromRef<AppState> for Site {
    fn from_ref(state: &AppState) -> Self {
        state.site.clone()
    }
}

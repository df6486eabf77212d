//! What a service manager and an operator ask: alive, ready, and how it is going.

use std::fmt;

use app::access::Visitor;
use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schema::{
    MarketOverview, Reading, SCHEMAS, Schema, SchemaInfo, Signals, SystemHealth,
    health::{self, Feed},
};
use serde_json::{Value, json};

use super::state::AppState;

/// Why the process is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// What is not as it should be; nothing in it is a secret.
    pub(crate) state: String,
    /// The cause, for those who may read: it may name hosts and files.
    pub(crate) cause: Option<String>,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.state)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

/// `GET /livez`: the process answers.
pub(crate) async fn livez() -> &'static str {
    "live\n"
}

/// `GET /readyz`: every vital schema is within its `stale_for`, and no task is down; otherwise 503 says which. Why is added for
/// those who may read. A clock that is off is named in a line of its own, whether or not the process is ready.
pub(crate) async fn readyz(State(state): State<AppState>, visitor: Option<Extension<Visitor>>) -> Response {
    let causes = visitor.is_some_and(|Extension(visitor)| visitor != Visitor::LoggedOut);
    let reasons = reasons(&state).await;
    let (status, word) = match reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let reasons = reasons.into_iter().map(|reason| if causes { reason.to_string() } else { reason.state });
    let mut text = String::new();
    for line in std::iter::once(word.to_owned()).chain(reasons).chain(clock(&state).await) {
        text.push_str(&line);
        text.push('\n');
    }
    (status, text).into_response()
}

/// `GET /health`: the detail as JSON.
pub(crate) async fn health(State(state): State<AppState>) -> Json<Value> {
    let reasons: Vec<String> = reasons(&state).await.iter().map(ToString::to_string).collect();
    Json(json!({
        "ready": reasons.is_empty(),
        "reasons": reasons,
        "clock": clock(&state).await,
        "stamp": state.hubs.live.tick().to_string(),
        "now": state.cache.now(),
        "cache": state.cache.report(),
        "monitor": state.cache.get::<SystemHealth>(&()).await.ok().map(|held| held.value),
        "tasks": state.registry.statuses(),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Every reason for which the process is not ready.
pub(crate) async fn reasons(state: &AppState) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for info in SCHEMAS.iter().filter(|info| info.policy.vital) {
        let problem = if info.name.is(Signals::NAME) {
            problem(&state.cache.read::<Signals>(&()).await, info)
        } else if info.name.is(MarketOverview::NAME) {
            problem(&state.cache.read::<MarketOverview>(&()).await, info)
        } else {
            Some(Reason { state: format!("{}: vital, but nobody looks at it here", info.name), cause: None })
        };
        reasons.extend(problem);
    }
    if !reasons.is_empty()
        && let Ok(health) = state.cache.get::<SystemHealth>(&()).await
        && let Feed::Unreachable { venue, cause, .. } = &health.value.feed
    {
        reasons.push(Reason { state: format!("{} unreachable", venue.label()), cause: Some(cause.clone()) });
    }
    let down = state.registry.down().into_iter();
    reasons.extend(down.map(|(task, why)| Reason { state: format!("task {task} is down"), cause: Some(why) }));
    reasons
}

/// How far the monitor's clock is off, in words. It is stated and never corrected: see [`health::clock_off_s`].
async fn clock(state: &AppState) -> Option<String> {
    let (venue, ahead_ms) = match &state.board {
        Some(board) => board.watched().map(|watched| (watched.exchange.venue(), watched.exchange.clock_skew_ms()))?,
        None => {
            let health = state.cache.get::<SystemHealth>(&()).await.ok()?;
            (health.value.feed.venue(), health.value.clock_ahead_ms)
        }
    };
    let off_s = ahead_ms.and_then(health::clock_off_s)?;
    Some(app::format::clock_off(off_s, venue.label()))
}

fn problem<T>(reading: &Reading<T>, info: &SchemaInfo) -> Option<Reason> {
    match reading {
        Reading::Fresh(_) | Reading::Stale { .. } => None,
        Reading::Expired { age, .. } => {
            let (age, limit) = (age.as_secs(), info.policy.stale_for.as_secs());
            Some(Reason { state: format!("{}: {age} s old, limit {limit} s", info.name), cause: None })
        }
        Reading::Absent(absence) => {
            Some(Reason { state: format!("{} is missing", info.name), cause: Some(absence.to_string()) })
        }
    }
}

#[cfg(test)]
mod tests;

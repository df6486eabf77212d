//! What a service manager and an operator ask: alive, ready, and how it is going.

use app::access::Visitor;
use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schema::{MarketOverview, Reading, SCHEMAS, Schema, SchemaInfo, Signals, health::Feed};
use serde_json::{Value, json};

use super::router::AppState;

/// `GET /livez`: the process answers.
pub(crate) async fn livez() -> &'static str {
    "live\n"
}

/// `GET /readyz`: every vital schema is within its `stale_for`; otherwise 503 says which is not, and why to those who may know.
pub(crate) async fn readyz(State(state): State<AppState>, Extension(visitor): Extension<Visitor>) -> Response {
    let reasons = unready(&state, visitor != Visitor::LoggedOut).await;
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n").into_response();
    }
    let mut text = String::from("not ready\n");
    for reason in reasons {
        text.push_str(&reason);
        text.push('\n');
    }
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// `GET /health`: the detail as JSON.
pub(crate) async fn health(State(state): State<AppState>) -> Json<Value> {
    let (stamp, current) = state.hubs.live.current();
    Json(json!({
        "ready": unready(&state, true).await,
        "stamp": stamp.to_string(),
        "now": state.cache.now(),
        "cache": state.cache.report(),
        "monitor": current.health.ok().map(|held| held.value),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// Why the process is not ready; with the causes, which may name hosts and files.
async fn unready(state: &AppState, causes: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    for info in SCHEMAS.iter().filter(|info| info.policy.vital) {
        let problem = if info.name.is(Signals::NAME) {
            problem(&state.cache.read::<Signals>(&()).await, info, causes)
        } else if info.name.is(MarketOverview::NAME) {
            problem(&state.cache.read::<MarketOverview>(&()).await, info, causes)
        } else {
            Some(format!("{}: vital, but nobody looks at it here", info.name))
        };
        reasons.extend(problem);
    }
    if !reasons.is_empty()
        && let Ok(health) = state.hubs.live.current().1.health
        && let Feed::Unreachable { venue, cause, .. } = &health.value.feed
    {
        let cause = if causes { format!(": {cause}") } else { String::new() };
        reasons.push(format!("{} unreachable{cause}", venue.label()));
    }
    reasons
}

fn problem<T>(reading: &Reading<T>, info: &SchemaInfo, causes: bool) -> Option<String> {
    match reading {
        Reading::Fresh(_) | Reading::Stale { .. } => None,
        Reading::Expired { age, .. } => {
            Some(format!("{}: {} s old, limit {} s", info.name, age.as_secs(), info.policy.stale_for.as_secs()))
        }
        Reading::Absent(_) if !causes => Some(format!("{} is missing", info.name)),
        Reading::Absent(absence) => Some(format!("{}: {absence}", info.name)),
    }
}

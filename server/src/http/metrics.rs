//! `GET /metrics`: Prometheus text, and what is measured of each request.

use std::any::Any;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, gauge, histogram};
use schema::{SystemHealth, health::Feed};
use tokio::time::Instant;

use super::{probe, state::AppState};
use crate::monitor::board::Board;

/// `GET /metrics`.
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    // Ages and states are gauges that are set when someone looks.
    let _ = state.cache.report();
    let feed = match &state.board {
        Some(board) => Some(board.feed()),
        None => state.cache.get::<SystemHealth>(&()).await.ok().map(|held| held.value.feed.clone()),
    };
    if let Some(feed) = feed {
        note_feed(&feed);
    }
    if let Some(queue) = state.board.as_ref().and_then(Board::waiting) {
        gauge!("market_event_queue").set(queue.waiting as f64);
        gauge!("market_event_queue_capacity").set(queue.capacity as f64);
    }
    gauge!("virtuoso_ready").set(if probe::reasons(&state).await.is_empty() { 1.0 } else { 0.0 });
    let mut response = state.recorder.render().into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

/// One gauge for each state of the feed: 1 for the present one, 0 for the others.
fn note_feed(feed: &Feed) {
    let now = match feed {
        Feed::Connecting { .. } => "connecting",
        Feed::Live { .. } => "live",
        Feed::Simulated { .. } => "simulated",
        Feed::Recorded { .. } => "recorded",
        Feed::Unreachable { .. } => "unreachable",
    };
    for state in ["connecting", "live", "simulated", "recorded", "unreachable"] {
        gauge!("feed_state", "state" => state).set(if state == now { 1.0 } else { 0.0 });
    }
}

/// Counts a request by class of path and status, and measures the time until its answer begins.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let (class, begun) = (class(request.uri().path()), Instant::now());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("http_requests_total", "class" => class, "status" => status).increment(1);
    histogram!("http_request_seconds", "class" => class).record(begun.elapsed().as_secs_f64());
    response
}

/// What kind of thing a path names. Few classes, so that no request makes a new series.
fn class(path: &str) -> &'static str {
    match path {
        "/livez" | "/readyz" | "/health" => "probe",
        "/metrics" => "metrics",
        _ if path == app::path::STREAM.path() => "stream",
        _ if path.starts_with("/api/") => "api",
        _ if path.starts_with("/pkg/") || super::edition::holds(path) || path.contains('.') => "file",
        _ => "page",
    }
}

/// Answers a request whose handler panicked. The hook has logged the message.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    counter!("http_panics_total").increment(1);
    (StatusCode::INTERNAL_SERVER_ERROR, "the server failed to answer; its log says why\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_of_six_classes() {
        for (path, expected) in [
            ("/", "page"),
            ("/symbol/BTCUSDT", "page"),
            ("/nowhere", "page"),
            ("/readyz", "probe"),
            ("/metrics", "metrics"),
            ("/api/v1/stream", "stream"),
            ("/api/v1/signals", "api"),
            ("/pkg/virtuoso.css", "file"),
            ("/icon.svg", "file"),
        ] {
            assert_eq!(class(path), expected, "{path}");
        }
    }
}

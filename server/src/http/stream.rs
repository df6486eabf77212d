//! `GET /api/v1/stream`: the live stream as Server-Sent Events.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use cache::Clock;
use futures_util::stream;
use schema::{
    Stamp,
    stream::{StreamMessage, Topic},
};
use serde::Deserialize;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{error::ApiError, router::AppState};
use crate::hub::{Catchup, Following, Frame, Hub};

/// The clock is sent this often, so that both ends notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a client is told the time where it runs faster than the client's own clock.
const PACED_HEARTBEAT: Duration = Duration::from_secs(1);
/// How soon a browser reconnects after a lost connection, in milliseconds.
const RETRY_MS: u32 = 1_500;
/// Topics of one connection at most.
const TOPICS: usize = 8;

/// The query of the stream.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    topics: Option<String>,
    since: Option<String>,
}

/// `GET /api/v1/stream?topics=overview,health&since=<stamp>`; `Last-Event-ID` goes before `since`.
pub(crate) async fn stream(
    State(state): State<AppState>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let topics = topics(asked.topics.as_deref().unwrap_or("overview,health"))?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let known = match resumed.or(asked.since.as_deref()) {
        Some(text) => Some(text.parse::<Stamp>().map_err(|error| ApiError::BadParameter(format!("since: {error}")))?),
        None => None,
    };
    let following = topics
        .iter()
        .filter_map(|topic| match topic {
            Topic::Breakdown(symbol) => Some(state.hub.follow(*symbol)),
            _ => None,
        })
        .collect();
    let client = Client {
        ticks: state.hub.ticks(),
        hub: state.hub,
        clock: state.clock,
        topics,
        known,
        stop: state.stop,
        greeted: false,
        ended: false,
        told: Instant::now(),
        _following: following,
        _counted: Counted::new(),
    };
    let body = Body::from_stream(stream::unfold(client, Client::next));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn topics(text: &str) -> Result<Vec<Topic>, ApiError> {
    let mut topics = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let topic = name.parse().map_err(|error| ApiError::BadParameter(format!("topics: {name:?} is {error}")))?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    if topics.is_empty() || topics.len() > TOPICS {
        return Err(ApiError::BadParameter(format!("topics: 1 to {TOPICS} are allowed")));
    }
    Ok(topics)
}

/// One open connection.
struct Client {
    hub: Hub,
    clock: Clock,
    ticks: watch::Receiver<u64>,
    topics: Vec<Topic>,
    /// The tick that the client has; none: it needs the whole.
    known: Option<Stamp>,
    stop: CancellationToken,
    greeted: bool,
    ended: bool,
    /// When it was last told the time.
    told: Instant,
    _following: Vec<Following>,
    _counted: Counted,
}

impl Client {
    /// The next bytes for the client, and the client after them.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.ended {
            return None;
        }
        if !self.greeted {
            self.greeted = true;
            let mut greeting = format!("retry: {RETRY_MS}\n\n").into_bytes();
            greeting.extend(self.heartbeat());
            return Some((Ok(greeting.into()), self));
        }
        let paced = matches!(self.clock, Clock::Paced(_));
        let heartbeat = if paced { PACED_HEARTBEAT } else { HEARTBEAT };
        loop {
            if paced && self.told.elapsed() >= heartbeat {
                let bytes = self.heartbeat();
                return Some((Ok(bytes.into()), self));
            }
            self.ticks.mark_unchanged();
            let frames = self.catch_up().await;
            if !frames.is_empty() {
                let bytes = match frames.as_slice() {
                    [one] => one.bytes(),
                    many => many.iter().flat_map(Frame::bytes).collect(),
                };
                return Some((Ok(bytes), self));
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    self.ended = true;
                    return Some((Ok(format!("retry: {RETRY_MS}\n: the server stops\n\n").into()), self));
                }
                changed = self.ticks.changed() => changed.ok()?,
                () = tokio::time::sleep(heartbeat) => {
                    let bytes = self.heartbeat();
                    return Some((Ok(bytes.into()), self));
                }
            }
        }
    }

    async fn catch_up(&mut self) -> Vec<Frame> {
        if let Some(known) = self.known {
            let (now, catchup) = self.hub.since(known, &self.topics);
            if let Catchup::Frames(frames) = catchup {
                self.known = Some(now);
                return frames;
            }
        }
        let (now, frames) = self.hub.whole(&self.topics).await;
        self.known = Some(now);
        frames
    }

    /// The server's clock. It carries no id, so a client still resumes from the last tick.
    fn heartbeat(&mut self) -> Vec<u8> {
        self.told = Instant::now();
        let message = StreamMessage::Clock { now: self.clock.now() };
        match serde_json::to_string(&message) {
            Ok(json) => format!("event: {}\ndata: {json}\n\n", message.event()).into_bytes(),
            Err(_) => b": alive\n\n".to_vec(),
        }
    }
}

/// Counts open connections while it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("http_stream_clients").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("http_stream_clients").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_topic_is_named_with_those_that_are_allowed() {
        let ApiError::BadParameter(message) = topics("overview,prices").unwrap_err() else { panic!() };
        assert!(message.contains("\"prices\"") && message.contains("breakdown:SYMBOL"), "{message}");
        assert!(topics("").is_err());
        assert_eq!(topics("health, health,breakdown:BTCUSDT").unwrap().len(), 2);
    }
}

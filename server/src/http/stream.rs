//! `GET /api/v1/stream`: the live stream as Server-Sent Events.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use app::settings::Saving;
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use cache::Clock;
use futures_util::stream;
use schema::{
    Stamp,
    stream::{FrameMessage, StreamMessage, Topic},
};
use serde::Deserialize;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{edition::Edition, error::ApiError, query::Query, settings, state::AppState};
use crate::hub::{
    Catchup, Following, Frame, Hub,
    packed::{self, Packed},
};

/// The clock is sent after so long without another message to the client, so that both ends notice a dead connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a client receives the time where it runs faster than the client's own clock.
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

/// `GET /api/v1/stream?topics=headline,monitor&since=<stamp>`; `Last-Event-ID` goes before `since`.
pub(crate) async fn stream(
    State(state): State<AppState>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let topics = topics(asked.topics.as_deref().unwrap_or("headline,monitor"))?;
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let known = match resumed.or(asked.since.as_deref()) {
        Some(text) => Some(text.parse::<Stamp>().map_err(|error| ApiError::BadParameter(format!("since: {error}")))?),
        None => None,
    };
    // By the same choice as the page's: the stream goes on from the tick that the page was made of.
    let saving = settings::chosen(&headers).saving == Saving::On;
    let hub = state.hubs.of(saving);
    let following = topics
        .iter()
        .filter_map(|topic| match topic {
            Topic::Breakdown(symbol) => Some(hub.follow(*symbol)),
            _ => None,
        })
        .collect();
    let packed = accepts_gzip(&headers).then(packed::Stream::new);
    let packs = packed.is_some();
    let client = Client {
        ticks: hub.ticks(),
        hub: hub.clone(),
        saving,
        clock: state.clock.clone(),
        topics,
        known,
        packed,
        edition: state.site.edition.clone(),
        waiting: VecDeque::new(),
        stop: state.stop.clone(),
        greeted: false,
        ended: false,
        time_sent: Instant::now(),
        sent: Instant::now(),
        size_unsent: false,
        sent_bytes: 0,
        _following: following,
        _counted: Counted::new(),
    };
    let body = Body::from_stream(stream::unfold(client, Client::next));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if packs {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether a client unpacks gzip, by its own word.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
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
    /// Where it unpacks what it is sent: what was sent so far.
    packed: Option<packed::Stream>,
    /// The build that the page's files are of, sent first: a page of another build then replaces itself.
    edition: Option<Edition>,
    /// What is still to be sent of the ticks up to there.
    waiting: VecDeque<Frame>,
    stop: CancellationToken,
    greeted: bool,
    ended: bool,
    /// Whether its reader saves data.
    saving: bool,
    /// When the time was last sent to it.
    time_sent: Instant,
    /// When it was last sent anything.
    sent: Instant,
    /// Whether it was sent a tick whose size was not sent to it yet.
    size_unsent: bool,
    /// What it was sent, in bytes as they went over the wire.
    sent_bytes: u64,
    _following: Vec<Following>,
    _counted: Counted,
}

impl Client {
    /// The next bytes for the client, and the client after them.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let bytes = self.piece().await?;
        self.sent = Instant::now();
        self.sent_bytes += bytes.len() as u64;
        Some((Ok(bytes), self))
    }

    async fn piece(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if !self.greeted {
            self.greeted = true;
            let mut greeting = format!("retry: {RETRY_MS}\n\n").into_bytes();
            greeting
                .extend(self.edition.iter().flat_map(|name| format!("event: edition\ndata: {name}\n\n").into_bytes()));
            greeting.extend(self.heartbeat());
            return Some(self.own(greeting));
        }
        let paced = matches!(self.clock, Clock::Paced(_));
        // A tick that has nothing for this client puts it off no more than silence does.
        let due = if paced { self.time_sent + PACED_HEARTBEAT } else { self.sent + HEARTBEAT };
        loop {
            if Instant::now() >= due || self.size_unsent && self.waiting.is_empty() {
                let bytes = self.heartbeat();
                return Some(self.own(bytes));
            }
            self.ticks.mark_unchanged();
            if self.waiting.is_empty() {
                self.waiting = self.catch_up().await.into();
            }
            // One by one, so that all clients share the bytes of each.
            if let Some(frame) = self.waiting.pop_front() {
                self.size_unsent = self.saving;
                let bytes = match &mut self.packed {
                    Some(packed) => packed.next(frame.packed()),
                    None => frame.bytes(),
                };
                return Some(bytes);
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    self.ended = true;
                    let farewell = format!("retry: {RETRY_MS}\n: the server stops\n\n").into_bytes();
                    let bytes = match &mut self.packed {
                        Some(packed) => packed.end(&Packed::of(&farewell)),
                        None => farewell.into(),
                    };
                    return Some(bytes);
                }
                changed = self.ticks.changed() => changed.ok()?,
                () = tokio::time::sleep_until(due) => {
                    let bytes = self.heartbeat();
                    return Some(self.own(bytes));
                }
            }
        }
    }

    /// What is for this client alone, as it goes over the wire.
    fn own(&mut self, plain: Vec<u8>) -> Bytes {
        match &mut self.packed {
            Some(packed) => packed.next(&Packed::of(&plain)),
            None => plain.into(),
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
        (self.time_sent, self.size_unsent) = (Instant::now(), false);
        let clock = FrameMessage::Clock { now: self.clock.now(), sent_bytes: self.sent_bytes };
        let message = StreamMessage::Frame(clock);
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

    #[tokio::test(start_paused = true)]
    async fn a_client_of_a_quiet_topic_gets_a_heartbeat_though_others_change() {
        let cache = cache::Cache::builder(Clock::System, "test").build();
        let hub = Hub::new(cache.clone(), 1, crate::hub::FLUSH);
        let stop = CancellationToken::new();
        tokio::spawn(hub.clone().run(stop.clone()));
        let others = tokio::spawn(hub.clone().change_every(Duration::from_secs(1)));
        let client = Client {
            ticks: hub.ticks(),
            topics: vec!["breakdown:BTCUSDT".parse().unwrap()],
            hub,
            edition: None,
            saving: false,
            clock: Clock::System,
            known: None,
            packed: None,
            waiting: VecDeque::new(),
            stop: stop.clone(),
            greeted: false,
            ended: false,
            time_sent: Instant::now(),
            sent: Instant::now(),
            size_unsent: false,
            sent_bytes: 0,
            _following: Vec::new(),
            _counted: Counted::new(),
        };
        let (_, mut client) = client.next().await.unwrap();
        for _ in 0..3 {
            let began = Instant::now();
            let next = tokio::time::timeout(Duration::from_secs(60), client.next()).await;
            let (bytes, after) = next.expect("no heartbeat in a minute").unwrap();
            let bytes = String::from_utf8(bytes.unwrap().to_vec()).unwrap();
            assert!(bytes.contains("{\"clock\":"), "{bytes}");
            assert!(began.elapsed() <= HEARTBEAT + Duration::from_millis(1), "it took {:?}", began.elapsed());
            client = after;
        }
        stop.cancel();
        others.abort();
    }

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        let asks =
            |value| accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]));
        assert!(asks("gzip") && asks("br, GZIP;q=0.5, *") && asks("deflate,gzip"));
        assert!(!asks("br") && !asks("gzip;q=0") && !asks("gzip; q=0.0") && !asks(""));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn an_unknown_topic_is_named_with_those_that_are_allowed() {
        let ApiError::BadParameter(message) = topics("headline,prices").unwrap_err() else { panic!() };
        assert!(message.contains("\"prices\"") && message.contains("breakdown:SYMBOL"), "{message}");
        assert!(topics("").is_err());
        assert_eq!(topics("monitor, monitor,breakdown:BTCUSDT").unwrap().len(), 2);
    }
}

//! The server: an exchange on loopback that speaks from a recording.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use schema::UnixMs;
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, timeout, timeout_at},
};

use super::{Recording, RecordingError, answers::Given, dialogue, shared::Shared, stage::Stage};
use crate::{
    Clock,
    record::{
        line::{Line, What},
        reader::Lines,
    },
};

/// How long requests that are being answered may take when it ends.
const LINGER: Duration = Duration::from_secs(2);
/// How long a request waits for an answer that was recorded a little later: less than an adapter's patience.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked for what has become due.
const STEP: Duration = Duration::from_millis(5);
/// What is left out of an answer: the limits are those of another exchange, at another pace.
const NOT_REPEATED: [&str; 4] =
    ["x-bapi-limit", "x-bapi-limit-status", "x-bapi-limit-reset-timestamp", "x-mbx-used-weight-1m"];

/// What can go wrong with playing a recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The recording cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// No address of this machine can be listened on.
    #[error("listening on loopback for the recording")]
    Bind(#[source] std::io::Error),
    /// The server broke down.
    #[error("serving the recording")]
    Serve(#[source] std::io::Error),
    /// An answer of the recording could not be packed.
    #[error("keeping a recorded answer")]
    Pack(#[source] std::io::Error),
    /// The thread that plays it could not be started, or broke down.
    #[error("playing the recording: {0}")]
    Player(String),
}

/// The last word of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When its last message was received.
    pub at: UnixMs,
    /// Messages that were lost while it was made.
    pub lost: u64,
    /// Segments that end in their middle.
    pub cut: u64,
}

/// An exchange on loopback that speaks from a recording.
pub struct ReplayServer {
    listener: TcpListener,
    addr: SocketAddr,
    /// The first line that has a time of its own.
    first: Option<Line>,
    lines: Lines,
    shared: Shared,
    ended: watch::Sender<Option<Ended>>,
}

impl ReplayServer {
    /// Listens on loopback; it is played as `clock` moves, which shows the recording's own time.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when the recording cannot be read or no address can be listened on.
    pub fn bind(recording: &Recording, clock: Clock) -> Result<Self, ReplayError> {
        let mut lines = recording.lines()?;
        let mut stage = Stage::default();
        // The first client receives what was known when the recording begins.
        let first = loop {
            match lines.next()? {
                Some(line @ Line { what: What::Begin { .. } | What::State { .. }, .. }) => {
                    stage.play(line).map_err(ReplayError::Pack)?;
                }
                next => break next,
            }
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(ReplayError::Bind)?;
        listener.set_nonblocking(true).map_err(ReplayError::Bind)?;
        let addr = listener.local_addr().map_err(ReplayError::Bind)?;
        let stage = Arc::new(Mutex::new(stage));
        let shared = Shared { stage, clock, answered: Arc::default(), stop: Arc::default() };
        Ok(Self { listener, addr, first, lines, shared, ended: watch::Sender::new(None) })
    }

    /// The base of its HTTP routes.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address of its streams; any path of it is one.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    /// Reports when the last message has been played.
    #[must_use]
    pub fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.ended.subscribe()
    }

    /// Plays and serves until `shutdown`; then every connection is closed. After its end it still answers, and says
    /// nothing new.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when it breaks down before that, or meets something that cannot be read.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ReplayError> {
        let Self { listener, first, lines, shared, ended, .. } = self;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(ReplayError::Serve)?;
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection to the recording delays small frames");
            }
        });
        let routes = Router::new().fallback(answer).with_state(shared.clone());
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let server = axum::serve(listener, routes).with_graceful_shutdown(async {
            // It is dropped rather than sent.
            let _ = stopped.await;
        });
        let mut server = std::pin::pin!(server.into_future());
        let player = play(first, lines, shared.clone(), ended)?;
        let outcome = tokio::select! {
            served = &mut server => served.map_err(ReplayError::Serve),
            failed = player => Err(failed),
            () = shutdown => Ok(()),
        };
        shared.stop.store(true, Relaxed);
        drop(stop);
        shared.stage().close();
        if timeout(LINGER, server).await.is_err() {
            tracing::debug!("a connection to the recording was still busy at the end");
        }
        outcome
    }
}

/// Plays the lines on a thread of its own; resolves when that failed.
fn play(
    first: Option<Line>,
    lines: Lines,
    shared: Shared,
    ended: watch::Sender<Option<Ended>>,
) -> Result<impl Future<Output = ReplayError>, ReplayError> {
    let (sender, outcome) = oneshot::channel();
    let named = thread::Builder::new().name("replay".to_owned());
    let played = move || {
        let outcome = perform(first, lines, &shared).map(|last| {
            ended.send_replace(last);
        });
        // No receiver is left when the server has ended.
        let _ = sender.send(outcome);
    };
    named.spawn(played).map_err(|error| ReplayError::Player(error.to_string()))?;
    Ok(async {
        match outcome.await {
            // What was recorded last can still be asked for.
            Ok(Ok(())) => std::future::pending().await,
            Ok(Err(error)) => error,
            Err(_) => ReplayError::Player("its thread broke down".to_owned()),
        }
    })
}

/// Lets every line happen at its time; how it ended, or none when it was stopped before.
fn perform(first: Option<Line>, mut lines: Lines, shared: &Shared) -> Result<Option<Ended>, ReplayError> {
    let (mut next, mut last) = (first, None);
    while let Some(line) = next {
        while line.at > shared.clock.now() {
            if shared.stop.load(Relaxed) {
                return Ok(None);
            }
            thread::sleep(STEP);
        }
        if shared.stop.load(Relaxed) {
            return Ok(None);
        }
        let answers = matches!(line.what, What::Answer { .. });
        last = Some(line.at).max(last);
        shared.stage().play(line).map_err(ReplayError::Pack)?;
        if answers {
            shared.answered.notify_waiters();
        }
        next = lines.next()?;
    }
    let (lost, cut) = (shared.stage().lost(), lines.cut());
    Ok(last.map(|at| Ended { at, lost, cut }))
}

/// Every path: a stream where one is asked for, or else the recorded answer.
async fn answer(
    State(shared): State<Shared>,
    stream: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    if let Ok(upgrade) = stream {
        return upgrade.max_message_size(64 * 1_024).on_upgrade(move |socket| dialogue::converse(shared, socket));
    }
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let until = Instant::now() + PATIENCE;
    loop {
        let added = shared.answered.notified();
        let found = shared.stage().answers.find(&path, shared.clock.now());
        match found {
            Some(Ok(given)) => return repeated(given),
            Some(Err(error)) => {
                tracing::error!(path, %error, "a recorded answer cannot be unpacked");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            None => {}
        }
        if timeout_at(until, added).await.is_err() {
            let message = format!("the recording holds no answer to {path} at this time");
            let body = serde_json::json!({ "code": 404, "msg": message }).to_string();
            return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        }
    }
}

fn repeated(given: Given) -> Response {
    let mut response = Response::new(Body::from(given.body));
    *response.status_mut() = StatusCode::from_u16(given.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in given.headers.iter().filter(|(name, _)| !NOT_REPEATED.contains(&name.as_str())) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

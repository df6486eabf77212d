//! Keeping a WebSocket connection to an exchange: connecting, pinging, noticing silence, connecting again for ever.
//!
//! What is said on the connection is the business of each adapter's [`Dialogue`]; here is only the line itself.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::{FutureExt, SinkExt, StreamExt};
use reqwest::Url;
use schema::Symbol;
use tokio::{
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval, interval_at, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use crate::{MarketEvent, error::root, record::Tap, sink::EventSink};

/// How the streams of an exchange are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamConfig {
    /// Symbols that share a connection, at most.
    pub symbols_per_connection: usize,
    /// Characters of topics asked for on one connection, at most.
    pub args_max_chars: usize,
    /// Topics asked for in one request, at most.
    pub topics_per_request: usize,
    /// How often the exchange is pinged.
    pub ping_every: Duration,
    /// After how long without any message a connection counts as dead.
    pub silent_after: Duration,
    /// After how long a single stream that always speaks counts as dead, while the connection is alive.
    pub topic_silent_after: Duration,
    /// After how long a pause of a ticker its changes are not believed to be all: nothing numbers them, and each tells only
    /// what changed.
    pub ticker_pause: Duration,
    /// How long making a connection, or getting rid of one message, may take.
    pub connect_timeout: Duration,
    /// The shortest wait before connecting again.
    pub backoff_min: Duration,
    /// The longest wait before connecting again.
    pub backoff_max: Duration,
    /// After how long a connection is made anew although nothing is wrong with it: before the exchange ends it.
    pub renewed_after: Option<Duration>,
    /// How long a connection must have lasted for the waits to start from the shortest again.
    pub stable_after: Duration,
    /// The shortest time between two requests for the same book.
    pub resubscribe_every: Duration,
    /// How often silence is looked for and pending requests are sent.
    pub tick_every: Duration,
}

impl StreamConfig {
    /// What suits Bybit.
    pub const DEFAULT: Self = Self {
        symbols_per_connection: 100,
        args_max_chars: 21_000,
        topics_per_request: 50,
        ping_every: Duration::from_secs(20),
        silent_after: Duration::from_secs(30),
        topic_silent_after: Duration::from_secs(90),
        ticker_pause: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(10),
        backoff_min: Duration::from_secs(1),
        backoff_max: Duration::from_secs(60),
        renewed_after: None,
        stable_after: Duration::from_secs(10),
        resubscribe_every: Duration::from_secs(5),
        tick_every: Duration::from_millis(250),
    };

    /// The waits before connecting again: growing, jittered, without end.
    fn waits(&self) -> impl Iterator<Item = Duration> + use<> {
        let max = self.backoff_max;
        // The jitter at most doubles a wait, so half the longest wait leaves room for it.
        ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.backoff_min)
            .with_max_delay((max / 2).max(self.backoff_min))
            .without_max_times()
            .build()
            .map(move |wait| wait.min(max))
    }
}

/// What is said on a connection.
pub(crate) trait Dialogue: Send {
    /// The message that asks whether the other side is there.
    fn ping() -> Message;

    /// The first messages of a new connection. Everything that was known from an earlier one is forgotten.
    fn begin(&mut self, now: Instant) -> Vec<String>;

    /// Takes a message in.
    fn take(&mut self, text: &str, now: Instant, sink: &EventSink);

    /// What there is to be sent by now.
    fn tick(&mut self, now: Instant, sink: &EventSink) -> Vec<String>;

    /// The symbols it is about.
    fn symbols(&self) -> Arc<[Symbol]>;

    /// Whether it is about their trades as well.
    fn carries_trades(&self) -> bool;

    /// What must be told now that the connection is lost.
    fn end(&mut self) -> Vec<MarketEvent>;
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Messages larger than this end the connection; the largest real ones, 1024 trades, are below 256 KiB.
const MESSAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Keeps one connection up until nobody listens to its events any more.
pub(crate) async fn keep(url: Url, mut dialogue: impl Dialogue, config: StreamConfig, mut sink: EventSink, tap: Tap) {
    // There from the beginning, or the first panic would be no increase.
    metrics::counter!("task_panics_total", "task" => "stream").increment(0);
    let mut waits = config.waits();
    let mut was_connected = false;
    loop {
        let cause = match connect(&url, &config).await {
            Ok(socket) => {
                if was_connected {
                    sink.counters.count_reconnect();
                }
                was_connected = true;
                let since = Instant::now();
                tap.opened(sink.connection(), url.as_str());
                let cause = guarded(converse(socket, &mut dialogue, &config, &mut sink, &tap)).await;
                if !sink.is_closed() {
                    tap.closed(sink.connection(), &cause);
                }
                for event in dialogue.end() {
                    if !sink.deliver(event).await {
                        return;
                    }
                }
                if since.elapsed() >= config.stable_after {
                    waits = config.waits();
                }
                cause
            }
            Err(cause) => cause,
        };
        if sink.is_closed() {
            return;
        }
        tracing::warn!(host = url.host_str(), connection = sink.connection(), cause, "stream lost");
        let lost = MarketEvent::Lost {
            connection: sink.connection(),
            symbols: dialogue.symbols(),
            trades: dialogue.carries_trades(),
            cause,
        };
        if !sink.deliver(lost).await {
            return;
        }
        let wait = waits.next().unwrap_or(config.backoff_max);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = sink.closed() => return,
        }
    }
}

/// A connection, or why there is none in plain words.
async fn connect(url: &Url, config: &StreamConfig) -> Result<Socket, String> {
    let limits =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_MAX_BYTES)).max_frame_size(Some(MESSAGE_MAX_BYTES));
    match timeout(config.connect_timeout, connect_async_with_config(url.as_str(), Some(limits), true)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(plain(&error)),
        Err(_) => Err(format!("no connection (nothing within {} s)", config.connect_timeout.as_secs_f32())),
    }
}

/// Takes a panic for the end of a connection, so that it is lost and made again like any other.
async fn guarded(conversation: impl Future<Output = String>) -> String {
    match AssertUnwindSafe(conversation).catch_unwind().await {
        Ok(cause) => cause,
        Err(payload) => {
            metrics::counter!("task_panics_total", "task" => "stream").increment(1);
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            format!("a defect of this program ({})", text.unwrap_or("without a message"))
        }
    }
}

/// Reads a connection until it ends; why it did, in plain words.
async fn converse<D: Dialogue>(
    mut socket: Socket,
    dialogue: &mut D,
    config: &StreamConfig,
    sink: &mut EventSink,
    tap: &Tap,
) -> String {
    for message in dialogue.begin(Instant::now()) {
        if let Err(cause) = send(&mut socket, Message::text(message), config).await {
            return cause;
        }
    }
    if !sink.deliver(MarketEvent::Connected { connection: sink.connection() }).await {
        return "nobody listens".to_owned();
    }
    let mut heard = Instant::now();
    let renewal = config.renewed_after.map(|after| heard + after);
    let mut ping = interval_at(heard + config.ping_every, config.ping_every);
    let mut tick = interval(config.tick_every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = socket.next() => {
                heard = Instant::now();
                sink.set_read(heard);
                match message {
                    Some(Ok(Message::Text(text))) => {
                        sink.counters.count_message();
                        tap.frame(sink.connection(), &text);
                        dialogue.take(&text, heard, sink);
                    }
                    Some(Ok(Message::Binary(bytes))) => {
                        sink.counters.count_message();
                        sink.counters.count_malformed("binary", &format_args!("{} bytes that are not text", bytes.len()));
                    }
                    // Pings are answered by the protocol layer; a close is followed by the end of the stream.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_) | Message::Close(_))) => {}
                    Some(Err(error)) => return plain(&error),
                    None => return "the exchange closed the connection".to_owned(),
                }
            }
            _ = ping.tick() => {
                if let Err(cause) = send(&mut socket, D::ping(), config).await {
                    return cause;
                }
            }
            now = tick.tick() => {
                sink.set_read(now);
                if sink.is_closed() {
                    return "nobody listens".to_owned();
                }
                if now.duration_since(heard) >= config.silent_after {
                    return format!("no message for {} s", config.silent_after.as_secs_f32());
                }
                if renewal.is_some_and(|renewal| renewal <= now) {
                    return "its time was up and it is made anew".to_owned();
                }
                for message in dialogue.tick(now, sink) {
                    if let Err(cause) = send(&mut socket, Message::text(message), config).await {
                        return cause;
                    }
                }
            }
        }
    }
}

/// Sends a message; a peer that does not take it in time counts as lost.
async fn send(socket: &mut Socket, message: Message, config: &StreamConfig) -> Result<(), String> {
    match timeout(config.connect_timeout, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(plain(&error)),
        Err(_) => Err("the exchange takes no messages".to_owned()),
    }
}

fn plain(error: &Error) -> String {
    match error {
        Error::Http(response) if matches!(response.status().as_u16(), 403 | 451) => {
            format!("it refuses this address (HTTP {})", response.status().as_u16())
        }
        Error::Http(response) => format!("it offers no stream (HTTP {})", response.status().as_u16()),
        Error::ConnectionClosed | Error::AlreadyClosed => "the exchange closed the connection".to_owned(),
        Error::Io(_) | Error::Tls(_) => format!("no connection ({})", root(error)),
        other => format!("the connection broke ({})", root(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_the_shortest_to_the_longest_and_never_end() {
        let config = StreamConfig::DEFAULT;
        let waits: Vec<_> = config.waits().take(1_000).collect();
        assert_eq!(waits.len(), 1_000);
        assert!(waits.iter().all(|wait| (config.backoff_min..=config.backoff_max).contains(wait)));
        assert!(waits[0] < Duration::from_secs(2));
        assert!(waits[20..].iter().all(|wait| *wait >= Duration::from_secs(30)));
        assert!(waits[20..].iter().any(|wait| *wait != waits[20]), "without jitter all clients return at once");
    }

    /// Panics at each message.
    struct Defective;

    impl Dialogue for Defective {
        fn ping() -> Message {
            Message::text("ping")
        }
        fn begin(&mut self, _: Instant) -> Vec<String> {
            Vec::new()
        }
        fn take(&mut self, text: &str, _: Instant, _: &EventSink) {
            panic!("not prepared for {text}");
        }
        fn tick(&mut self, _: Instant, _: &EventSink) -> Vec<String> {
            Vec::new()
        }
        fn symbols(&self) -> Arc<[Symbol]> {
            Arc::new([])
        }
        fn carries_trades(&self) -> bool {
            false
        }
        fn end(&mut self) -> Vec<MarketEvent> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn a_panic_over_a_message_loses_the_connection_with_its_cause_and_connects_again() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url: Url = format!("ws://{}", listener.local_addr().unwrap()).parse().unwrap();
        let exchange = tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                socket.send(Message::text("news")).await.unwrap();
                open.push(socket);
            }
        });
        let (events, mut told) = tokio::sync::mpsc::channel(16);
        let counters = Arc::new(crate::StreamCounters::new(schema::Venue::Sim));
        let config = StreamConfig { backoff_min: Duration::from_millis(1), ..StreamConfig::DEFAULT };
        let sink = EventSink::new(0, events, counters);
        let keeping = tokio::spawn(keep(url, Defective, config, sink, Tap::OFF));
        let mut connected = 0;
        while connected < 2 {
            let next = timeout(Duration::from_secs(30), told.recv()).await.expect("an event").expect("an open channel");
            match next.event {
                MarketEvent::Connected { .. } => connected += 1,
                MarketEvent::Lost { cause, .. } => {
                    assert_eq!(cause, "a defect of this program (not prepared for news)");
                }
                other => panic!("{other:?}"),
            }
        }
        keeping.abort();
        exchange.abort();
    }
}

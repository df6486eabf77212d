//! Keeping a WebSocket connection to an exchange: connecting, pinging, noticing silence, connecting again for ever.
//!
//! What is said on the connection is the business of each adapter's [`Dialogue`]; here is only the line itself.

mod line;
mod outbox;
mod renewal;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::{FutureExt, future::OptionFuture};
use reqwest::Url;
use schema::Symbol;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_tungstenite::tungstenite::Message;

use self::{
    line::Line,
    renewal::{Renewal, Turn},
};
use crate::{MarketEvent, guard, proxy::Dialer, record::Tap, sink::EventSink};

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
    /// After how long a pause of a ticker its changes are not believed to be all: nothing numbers them, and each carries only
    /// what changed.
    pub ticker_pause: Duration,
    /// How long making a connection, or getting rid of one message, may take.
    pub connect_timeout: Duration,
    /// The shortest wait before connecting again.
    pub backoff_min: Duration,
    /// The longest wait before connecting again.
    pub backoff_max: Duration,
    /// After how long a connection is replaced at the latest although nothing is wrong with it: before the exchange ends it.
    pub renewed_after: Option<Duration>,
    /// Connections are replaced at a random time of so long before that.
    pub renewal_spread: Duration,
    /// How long a connection and the one that replaces it are both open, once everything is granted on the second one.
    pub renewal_overlap: Duration,
    /// How long everything may take to be granted on the connection that replaces another one.
    pub renewal_patience: Duration,
    /// Messages sent on one connection in any second, at most; pings count.
    pub messages_per_second: NonZeroUsize,
    /// The time between two connections that are opened together.
    pub start_every: Duration,
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
        renewal_spread: Duration::from_secs(2 * 3_600),
        renewal_overlap: Duration::from_secs(3),
        renewal_patience: Duration::from_secs(60),
        messages_per_second: NonZeroUsize::MIN.saturating_add(9),
        start_every: Duration::from_millis(50),
        stable_after: Duration::from_secs(10),
        resubscribe_every: Duration::from_secs(5),
        tick_every: Duration::from_millis(250),
    };

    /// How long a connection waits before it is made, where so many are opened before it.
    pub(crate) fn start_delay(&self, before: usize) -> Duration {
        self.start_every.saturating_mul(u32::try_from(before).unwrap_or(u32::MAX))
    }

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

    /// A new connection begins. Everything that was known from an earlier one is forgotten, and everything is subscribed.
    fn begin(&mut self, now: Instant);

    /// A second connection begins beside the one that is read: everything is subscribed on it, and nothing forgotten.
    fn begin_second(&mut self);

    /// The second connection is given up: its requests will not be answered.
    fn end_second(&mut self);

    /// The messages to be sent by now. It is asked only when all earlier ones were sent, so that what came up meanwhile goes
    /// into few messages.
    fn outgoing(&mut self, now: Instant) -> Vec<String>;

    /// Whether every request was answered.
    fn is_settled(&self) -> bool;

    /// Takes a message in.
    fn take(&mut self, text: &str, now: Instant, sink: &EventSink);

    /// Takes a message in where it is the answer to a request; whether it was one.
    fn take_answer(&mut self, text: &str, sink: &EventSink) -> bool;

    /// Looks for what is due by now.
    fn tick(&mut self, now: Instant, sink: &EventSink);

    /// Watches exactly these symbols from now on; the streams of those that stay are not touched.
    fn watch(&mut self, symbols: &[Symbol], now: Instant);

    /// The symbols it is about.
    fn symbols(&self) -> Arc<[Symbol]>;

    /// Whether it is about their trades as well.
    fn carries_trades(&self) -> bool;

    /// What must be sent now that the connection is lost.
    fn end(&mut self) -> Vec<MarketEvent>;
}

/// The symbols of a connection that are not wanted any more, and the wanted ones that it does not have yet; both in order.
pub(crate) fn gone_and_new<T>(held: &BTreeMap<Symbol, T>, wanted: &[Symbol]) -> (Vec<Symbol>, Vec<Symbol>) {
    let wanted: BTreeSet<Symbol> = wanted.iter().copied().collect();
    let gone = held.keys().copied().filter(|symbol| !wanted.contains(symbol)).collect();
    (gone, wanted.into_iter().filter(|symbol| !held.contains_key(symbol)).collect())
}

/// The symbols that a connection is to watch; it changes while the connection is open.
pub(crate) type Wanted = watch::Receiver<Arc<[Symbol]>>;

/// A connection that is kept up.
pub(crate) struct Keeper<D> {
    pub(crate) url: Url,
    pub(crate) dialer: Dialer,
    pub(crate) dialogue: D,
    pub(crate) wanted: Wanted,
    pub(crate) config: StreamConfig,
    pub(crate) sink: EventSink,
    pub(crate) tap: Tap,
    /// How long it waits before it connects first: connections that are opened together begin one after the other.
    pub(crate) delay: Duration,
}

impl<D: Dialogue> Keeper<D> {
    /// Keeps the connection up until nobody listens to its events any more.
    pub(crate) async fn run(mut self) {
        guard::announce();
        let mut waits = self.config.waits();
        let (mut was_connected, mut wait) = (false, self.delay);
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.sink.closed() => return,
            }
            let cause = match Line::connect(&self.url, &self.dialer, &self.config).await {
                Ok(line) => {
                    if was_connected {
                        self.sink.counters.count_reconnect();
                    }
                    was_connected = true;
                    let since = Instant::now();
                    self.tap.opened(self.sink.connection(), self.url.as_str());
                    // A panic is the end of a connection, which is lost and made again like any other.
                    let cause = Box::pin(guard::guarded(self.converse(line))).await.unwrap_or_else(|defect| defect);
                    if !self.sink.is_closed() {
                        self.tap.closed(self.sink.connection(), &cause);
                    }
                    let last_events = match guard::guarded(async { self.dialogue.end() }).await {
                        Ok(events) => events,
                        Err(defect) => {
                            tracing::error!(connection = self.sink.connection(), defect, "ending a conversation");
                            Vec::new()
                        }
                    };
                    for event in last_events {
                        if !self.sink.deliver(event).await {
                            return;
                        }
                    }
                    if since.elapsed() >= self.config.stable_after {
                        waits = self.config.waits();
                    }
                    cause
                }
                Err(cause) => cause,
            };
            if self.sink.is_closed() {
                return;
            }
            let connection = self.sink.connection();
            tracing::warn!(host = self.url.host_str(), connection, cause, "stream lost");
            self.take_wanted(Instant::now());
            let (symbols, trades) = (self.dialogue.symbols(), self.dialogue.carries_trades());
            if !self.sink.deliver(MarketEvent::Lost { connection, symbols, trades, cause }).await {
                return;
            }
            wait = waits.next().unwrap_or(self.config.backoff_max);
        }
    }

    /// Reads a connection, and the ones that replace it, until there is none; why, in plain words.
    async fn converse(&mut self, mut line: Line) -> String {
        let mut now = Instant::now();
        self.take_wanted(now);
        self.dialogue.begin(now);
        line.outbox.extend(self.dialogue.outgoing(now));
        // As far as the pace allows, before anybody is waited for.
        if let Err(cause) = line.send_ready(now).await {
            return cause;
        }
        if !self.sink.deliver(MarketEvent::Connected { connection: self.sink.connection() }).await {
            return "nobody listens".to_owned();
        }
        let mut renewal = Renewal::new(&self.config, now);
        let mut tick = interval(self.config.tick_every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ready = line.outbox.ready_at(now);
            let second_ready = renewal.next.as_ref().and_then(|next| next.line.outbox.ready_at(now));
            let unhurried = !renewal.is_running();
            tokio::select! {
                message = line.next() => match message {
                    Ok(message) => self.take(message, line.read_at),
                    // The second connection has everything since it was settled.
                    Err(cause) if renewal.is_settled() => {
                        tracing::debug!(cause, "a connection ended while it was replaced");
                        self.switch(&mut line, &mut renewal, false).await;
                    }
                    Err(cause) => return cause,
                },
                () = until(ready) => {
                    if let Err(cause) = line.send_next(Instant::now()).await {
                        return cause;
                    }
                }
                Some(made) = OptionFuture::from(renewal.connecting.as_mut()) => {
                    renewal.connecting = None;
                    let now = Instant::now();
                    match made {
                        Ok(second) => {
                            renewal.begin(second, now);
                            self.dialogue.begin_second();
                        }
                        Err(cause) => self.postpone(&mut renewal, &cause),
                    }
                }
                Some(message) = OptionFuture::from(renewal.next.as_mut().map(|next| next.line.next())) => match message {
                    Ok(Message::Text(text)) => {
                        if !self.dialogue.take_answer(&text, &self.sink) && let Some(next) = &mut renewal.next {
                            next.keep(text);
                        }
                    }
                    Ok(_) => {}
                    Err(cause) => self.postpone(&mut renewal, &cause),
                },
                () = until(second_ready) => {
                    let sent = match &mut renewal.next {
                        Some(next) => next.line.send_next(Instant::now()).await,
                        None => Ok(()),
                    };
                    if let Err(cause) = sent {
                        self.postpone(&mut renewal, &cause);
                    }
                }
                changed = self.wanted.changed(), if unhurried => {
                    if changed.is_err() {
                        return "nobody listens".to_owned();
                    }
                    self.take_wanted(Instant::now());
                }
                at = tick.tick() => {
                    self.sink.set_read(at);
                    if self.sink.is_closed() {
                        return "nobody listens".to_owned();
                    }
                    if at.duration_since(line.read_at) >= self.config.silent_after {
                        return format!("no message for {} s", self.config.silent_after.as_secs_f32());
                    }
                    self.dialogue.tick(at, &self.sink);
                    self.renew(&mut line, &mut renewal, at).await;
                    line.ping_when_due(self.config.ping_every, at, D::ping);
                    // Requests go to the newest connection: what is granted on the other one ends with it.
                    let newest = renewal.next.as_mut().map_or(&mut line, |next| {
                        next.line.ping_when_due(self.config.ping_every, at, D::ping);
                        &mut next.line
                    });
                    if newest.outbox.is_empty() {
                        newest.outbox.extend(self.dialogue.outgoing(at));
                    }
                }
            }
            now = Instant::now();
        }
    }

    fn take(&mut self, message: Message, at: Instant) {
        self.sink.set_read(at);
        match message {
            Message::Text(text) => self.take_text(&text, at),
            Message::Binary(bytes) => {
                self.sink.counters.count_message();
                let words = format_args!("{} bytes that are not text", bytes.len());
                self.sink.counters.count_malformed("binary", &words);
            }
            // Pings are answered by the protocol layer; a close is followed by the end of the stream.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) | Message::Close(_) => {}
        }
    }

    fn take_text(&mut self, text: &str, at: Instant) {
        self.sink.counters.count_message();
        self.tap.frame(self.sink.connection(), text);
        self.dialogue.take(text, at, &self.sink);
    }

    fn take_wanted(&mut self, now: Instant) {
        let symbols = Arc::clone(&self.wanted.borrow_and_update());
        self.dialogue.watch(&symbols, now);
    }

    /// Does what is due of a renewal.
    async fn renew(&mut self, line: &mut Line, renewal: &mut Renewal, now: Instant) {
        match renewal.turn(self.dialogue.is_settled(), now) {
            Turn::Wait => {}
            Turn::Connect => {
                let (url, dialer, config) = (self.url.clone(), self.dialer.clone(), self.config.clone());
                renewal.connecting = Some(async move { Line::connect(&url, &dialer, &config).await }.boxed());
            }
            Turn::Switch => self.switch(line, renewal, true).await,
            Turn::GiveUp => self.postpone(renewal, "not every stream was granted in time"),
        }
    }

    /// Lets the second connection take over.
    async fn switch(&mut self, line: &mut Line, renewal: &mut Renewal, close: bool) {
        let now = Instant::now();
        let Some((second, kept)) = renewal.finish(now) else { return };
        let first = std::mem::replace(line, second);
        tracing::debug!(connection = self.sink.connection(), kept = kept.len(), "a connection was replaced in time");
        self.sink.counters.count_renewal();
        self.sink.set_read(now);
        for text in kept {
            self.take_text(&text, now);
        }
        if close {
            first.close().await;
        }
    }

    fn postpone(&mut self, renewal: &mut Renewal, cause: &str) {
        tracing::warn!(
            host = self.url.host_str(),
            connection = self.sink.connection(),
            cause,
            "the connection that was to replace this one is given up; another one will be tried"
        );
        renewal.postpone(Instant::now());
        self.dialogue.end_second();
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::SinkExt as _;
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn connections_that_are_opened_together_start_one_after_the_other() {
        let config = StreamConfig::DEFAULT;
        let delays: Vec<_> = (0..3).map(|before| config.start_delay(before)).collect();
        assert_eq!(delays, [Duration::ZERO, config.start_every, 2 * config.start_every]);
        assert!(!config.start_every.is_zero());
    }

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
        fn begin(&mut self, _: Instant) {}
        fn begin_second(&mut self) {}
        fn end_second(&mut self) {}
        fn outgoing(&mut self, _: Instant) -> Vec<String> {
            Vec::new()
        }
        fn is_settled(&self) -> bool {
            true
        }
        fn take(&mut self, text: &str, _: Instant, _: &EventSink) {
            panic!("not prepared for {text}");
        }
        fn take_answer(&mut self, _: &str, _: &EventSink) -> bool {
            false
        }
        fn tick(&mut self, _: Instant, _: &EventSink) {}
        fn watch(&mut self, _: &[Symbol], _: Instant) {}
        fn symbols(&self) -> Arc<[Symbol]> {
            Arc::new([])
        }
        fn carries_trades(&self) -> bool {
            false
        }
        fn end(&mut self) -> Vec<MarketEvent> {
            panic!("not prepared for the end either");
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
        let (events, mut received) = tokio::sync::mpsc::channel(16);
        let counters = Arc::new(crate::StreamCounters::new(schema::Venue::Sim));
        let config = StreamConfig { backoff_min: Duration::from_millis(1), ..StreamConfig::DEFAULT };
        let sink = EventSink::new(0, events, counters);
        let (_wanted, watched) = watch::channel(Arc::from([]));
        let keeper = Keeper {
            url,
            dialer: Dialer::new(None),
            dialogue: Defective,
            wanted: watched,
            config,
            sink,
            tap: Tap::OFF,
            delay: Duration::ZERO,
        };
        let keeping = tokio::spawn(keeper.run());
        let mut connected = 0;
        while connected < 2 {
            let next =
                timeout(Duration::from_secs(30), received.recv()).await.expect("an event").expect("an open channel");
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

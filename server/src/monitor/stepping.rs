//! Steps the engine: events as they come, answers as they are handed in, and the seconds between them.

use std::{sync::Arc, time::Duration};

use cache::Clock;
use engine::{Engine, Input, Loaded, Market, Output, Seconds};
use schema::UnixMs;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use venue::{BookChange, Exchange, MarketEvent, ReceivedEvent, record::Tap};

use super::board::Board;
use crate::opened::OpenSymbols;

/// Answers that may wait for the engine.
const ANSWERS: usize = 1_024;
/// How long after its beginning a second is stepped where nothing was received since: what was read before is stepped first.
const GRACE: Duration = Duration::from_millis(250);

/// An answer on its way to the engine.
struct Answer {
    received: UnixMs,
    loaded: Loaded,
    taken: oneshot::Sender<()>,
}

/// The way of answers into the engine.
#[derive(Debug, Clone)]
pub(crate) struct Loads {
    clock: Clock,
    answers: mpsc::Sender<Answer>,
}

/// Where [`Loads`] end.
pub(crate) struct Answers(mpsc::Receiver<Answer>);

#[cfg(test)]
impl Answers {
    /// Steps an engine by the next answer; false where none can come any more.
    pub(crate) async fn step_next(&mut self, engine: &mut Engine) -> bool {
        let Some(Answer { received, loaded, taken }) = self.0.recv().await else { return false };
        engine.step(Input::Loaded { received, loaded }, &mut |_| {});
        let _ = taken.send(());
        true
    }
}

impl Loads {
    /// A way and its end.
    pub(crate) fn new(clock: Clock) -> (Self, Answers) {
        let (answers, end) = mpsc::channel(ANSWERS);
        (Self { clock, answers }, Answers(end))
    }

    /// Hands an answer in that was received just now, and returns once the engine has taken it. Without an engine it is lost: the
    /// session has ended.
    pub(crate) async fn load(&self, loaded: Loaded) {
        let (taken, done) = oneshot::channel();
        let answer = Answer { received: self.clock.now(), loaded, taken };
        if self.answers.send(answer).await.is_ok() {
            let _ended = done.await;
        }
    }
}

/// What the engine is stepped with, and the receivers of its outputs.
pub(crate) struct Stepping {
    pub(crate) engine: Engine,
    pub(crate) market: Arc<Market>,
    pub(crate) events: mpsc::Receiver<ReceivedEvent>,
    pub(crate) answers: Answers,
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) board: Board,
    /// The symbols whose page is open: the task that measures them is woken when they move.
    pub(crate) open: OpenSymbols,
    /// Woken when trades have to be fetched.
    pub(crate) history: Arc<Notify>,
    /// Woken when bars closed.
    pub(crate) scan: Arc<Notify>,
    pub(crate) clock: Clock,
    /// Where inputs are recorded.
    pub(crate) tap: Tap,
    /// How many segments of the recording were begun when it was looked at last.
    pub(crate) segments: u64,
}

impl Stepping {
    /// Runs until `end`, or until no event can come any more.
    pub(crate) async fn run(mut self, end: CancellationToken) {
        let lag = metrics::histogram!("market_event_lag_seconds");
        let handling = metrics::histogram!("market_event_handling_seconds");
        let mut seconds = Seconds::from(self.clock.now());
        loop {
            let idle = self.clock.now().age(seconds.next()) + GRACE;
            tokio::select! {
                biased;
                () = end.cancelled() => return,
                answer = self.answers.0.recv() => {
                    let Some(Answer { received, loaded, taken }) = answer else { return };
                    self.step_seconds(seconds.up_to(received));
                    self.step(Input::Loaded { received, loaded });
                    // Whoever handed it in may be gone.
                    let _ = taken.send(());
                }
                received = self.events.recv() => {
                    let Some(ReceivedEvent { read, event }) = received else { return };
                    let received = self.clock.now();
                    self.step_seconds(seconds.up_to(received));
                    let sent = self.take(received, event);
                    if let Some(sent) = sent {
                        // From reading its message to the window: waiting and handling.
                        handling.record(read.elapsed());
                        // From the exchange's clock to the window: transport as well, and what the two clocks are apart.
                        let lag_ms = self.clock.now().0.saturating_sub(sent.0);
                        self.board.lag().note(lag_ms);
                        lag.record(lag_ms as f64 / 1_000.0);
                    }
                }
                () = tokio::time::sleep(idle) => self.step_seconds(seconds.up_to(self.clock.now())),
            }
        }
    }

    /// Steps an event; when the exchange sent it, where that is a measure of the way it took.
    fn take(&mut self, received: UnixMs, event: MarketEvent) -> Option<UnixMs> {
        match &event {
            MarketEvent::Connected { connection } => self.board.stream_connected(*connection),
            MarketEvent::Lost { connection, cause, .. } => self.board.stream_lost(*connection, cause),
            _ => {}
        }
        let fetch = matches!(event, MarketEvent::Hearing { .. } | MarketEvent::Missed { .. });
        let sent = match &event {
            MarketEvent::Book { at, change: BookChange::Delta { .. }, .. } => Some(*at),
            _ => None,
        };
        let moved = if let MarketEvent::Ticker { symbol, .. } = &event { Some(*symbol) } else { None };
        self.step(Input::Event { received, event });
        if let Some(symbol) = moved {
            self.open.note_moved(symbol);
        }
        if fetch {
            self.history.notify_one();
        }
        sent
    }

    fn step_seconds(&mut self, seconds: impl Iterator<Item = UnixMs>) {
        for second in seconds {
            self.resume_recording(second);
            self.step(Input::Second(second));
        }
    }

    /// A segment of the recording began: it has to be read without those before it.
    fn resume_recording(&mut self, second: UnixMs) {
        let segments = self.tap.segments();
        if std::mem::replace(&mut self.segments, segments) != segments {
            for input in self.market.resumed(second) {
                self.tap.resumed(input);
            }
        }
    }

    fn step(&mut self, input: Input) {
        self.tap.input(&input);
        let mut closed = false;
        self.engine.step(input, &mut |output| match output {
            Output::BarClosed { .. } | Output::BarMissed { .. } => closed = true,
            Output::BookWrong { symbol } => self.exchange.resync_book(symbol),
            // Pages read ideas from their book.
            Output::DirectionChanged { .. } | Output::Idea(_) => {}
        });
        if closed {
            self.scan.notify_one();
        }
    }
}

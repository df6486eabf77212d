//! Where the market data comes from at this moment: written by the session, read by the health task.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cache::Clock;
use schema::{
    Venue,
    health::{EventQueue, Feed},
};
use tokio::sync::{Notify, mpsc::WeakSender};
use venue::{Exchange, ReceivedEvent};

use super::lag::LagMeter;
use crate::market::Market;

/// A market that is being watched.
#[derive(Clone)]
pub(crate) struct Watched {
    /// What is known of it.
    pub(crate) market: Arc<Market>,
    /// Who reports it.
    pub(crate) exchange: Arc<dyn Exchange>,
}

/// Where the market data comes from at this moment.
#[derive(Clone)]
pub(crate) struct Board {
    clock: Clock,
    state: Arc<Mutex<State>>,
    /// Woken when the feed changes, so that every reader is notified at once.
    changed: Arc<Notify>,
    lag: Arc<LagMeter>,
}

struct State {
    feed: Feed,
    /// The feed while nothing is wrong.
    healthy: Feed,
    /// Connections that were lost and not made again.
    streams_down: HashSet<usize>,
    /// Connections that were given up; what still arrives from them is old.
    streams_retired: HashSet<usize>,
    watched: Option<Watched>,
    queue: Option<WeakSender<ReceivedEvent>>,
}

impl Board {
    /// Nothing is watched yet.
    pub(crate) fn new(clock: Clock, venue: Venue) -> Self {
        let feed = Feed::Connecting { venue };
        let state = State {
            feed: feed.clone(),
            healthy: feed,
            streams_down: HashSet::new(),
            streams_retired: HashSet::new(),
            watched: None,
            queue: None,
        };
        let lag = Arc::new(LagMeter::new());
        Self { clock, state: Arc::new(Mutex::new(state)), changed: Arc::default(), lag }
    }

    /// How long an event of the venue is on its way.
    pub(crate) fn lag(&self) -> &LagMeter {
        &self.lag
    }

    /// Where the market data comes from.
    pub(crate) fn feed(&self) -> Feed {
        self.state().feed.clone()
    }

    /// The market that is being watched.
    pub(crate) fn watched(&self) -> Option<Watched> {
        self.state().watched.clone()
    }

    /// Woken when the feed changes.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Events wait in this channel from now on.
    pub(crate) fn queue(&self, events: WeakSender<ReceivedEvent>) {
        self.state().queue = Some(events);
    }

    /// How many events wait to be taken in.
    pub(crate) fn waiting(&self) -> Option<EventQueue> {
        let events = self.state().queue.as_ref()?.upgrade()?;
        let (capacity, room) = (events.max_capacity() as u64, events.capacity() as u64);
        Some(EventQueue { waiting: capacity - room, capacity })
    }

    /// A market begins to be watched; `healthy` is what the feed is once the venue answers.
    pub(crate) fn begin(&self, watched: Watched, healthy: Feed) {
        let mut state = self.state();
        let feed = match &healthy {
            Feed::Simulated { .. } | Feed::Recorded { .. } => healthy.clone(),
            _ => Feed::Connecting { venue: watched.exchange.venue() },
        };
        self.publish(&mut state, feed);
        state.healthy = healthy;
        state.streams_down.clear();
        state.streams_retired.clear();
        state.watched = Some(watched);
    }

    /// What the feed is while nothing is wrong has changed.
    pub(crate) fn restate(&self, healthy: Feed) {
        let mut state = self.state();
        state.healthy = healthy.clone();
        self.publish(&mut state, healthy);
    }

    /// The venue answered.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        if state.streams_down.is_empty() {
            let healthy = state.healthy.clone();
            self.publish(&mut state, healthy);
        }
    }

    /// The venue did not answer.
    pub(crate) fn failed(&self, cause: &str) {
        let (mut state, now) = (self.state(), self.clock.now());
        let since = match &state.feed {
            // A simulated or recorded market stays one; that it is paused shows in the age of its figures.
            Feed::Simulated { .. } | Feed::Recorded { .. } => return,
            Feed::Unreachable { since, .. } => *since,
            Feed::Connecting { .. } | Feed::Live { .. } => now,
        };
        let venue = match &state.watched {
            Some(watched) => watched.exchange.venue(),
            None => return,
        };
        self.publish(&mut state, Feed::Unreachable { venue, cause: cause.to_owned(), since });
    }

    /// A connection of the stream was lost.
    pub(crate) fn stream_lost(&self, connection: usize, cause: &str) {
        {
            let mut state = self.state();
            if state.streams_retired.contains(&connection) {
                return;
            }
            state.streams_down.insert(connection);
        }
        self.failed(cause);
    }

    /// Connections were given up: nobody waits for them any more.
    pub(crate) fn streams_retired(&self, connections: impl IntoIterator<Item = usize>) {
        let mut state = self.state();
        for connection in connections {
            state.streams_down.remove(&connection);
            state.streams_retired.insert(connection);
        }
    }

    /// A connection of the stream was made.
    pub(crate) fn stream_connected(&self, connection: usize) {
        let mut state = self.state();
        if state.streams_down.remove(&connection) && state.streams_down.is_empty() {
            let healthy = state.healthy.clone();
            self.publish(&mut state, healthy);
        }
    }

    fn publish(&self, state: &mut State, feed: Feed) {
        if state.feed != feed {
            state.feed = feed;
            self.changed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

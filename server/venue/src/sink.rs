//! The way of events from a connection to whoever watches.

use std::sync::Arc;

use tokio::{sync::mpsc, time::Instant};

use crate::{MarketEvent, ReceivedEvent, StreamCounters};

/// Where the events of one connection go: never waits for their reader while the connection is being read.
pub(crate) struct EventSink {
    /// Which of the subscription's connections this is, counted from 0.
    connection: usize,
    events: mpsc::Sender<ReceivedEvent>,
    /// When the message that is being handled had been read.
    read: Instant,
    pub(crate) counters: Arc<StreamCounters>,
}

impl EventSink {
    pub(crate) fn new(connection: usize, events: mpsc::Sender<ReceivedEvent>, counters: Arc<StreamCounters>) -> Self {
        Self { connection, events, read: Instant::now(), counters }
    }

    /// What is sent from now on comes from a message that was read at this time.
    pub(crate) const fn set_read(&mut self, at: Instant) {
        self.read = at;
    }

    /// Hands an event over; where there is no room it is dropped and counted. Whether it was handed over.
    pub(crate) fn offer(&self, event: MarketEvent) -> bool {
        match self.events.try_send(ReceivedEvent { read: self.read, event }) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.counters.count_dropped();
                false
            }
            // Nobody is left to miss it.
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    /// Whether an event would find room.
    pub(crate) fn has_room(&self) -> bool {
        self.events.capacity() > 0
    }

    /// Hands an event over when there is room; false when nobody listens any more.
    pub(crate) async fn deliver(&self, event: MarketEvent) -> bool {
        self.events.send(ReceivedEvent { read: self.read, event }).await.is_ok()
    }

    /// Which of the subscription's connections this is, counted from 0.
    pub(crate) const fn connection(&self) -> usize {
        self.connection
    }

    /// Whether nobody listens any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.events.is_closed()
    }

    /// Waits until nobody listens any more.
    pub(crate) async fn closed(&self) {
        self.events.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_channel_drops_the_event_and_counts_it() {
        let (sender, mut receiver) = mpsc::channel(1);
        let sink = EventSink::new(0, sender, Arc::new(StreamCounters::new(schema::Venue::Sim)));
        assert!(sink.offer(MarketEvent::Connected { connection: 0 }));
        assert!(!sink.has_room());
        assert!(!sink.offer(MarketEvent::Connected { connection: 0 }));
        assert_eq!(sink.counters.snapshot().dropped, 1);
        receiver.close();
        assert!(!sink.offer(MarketEvent::Connected { connection: 0 }));
        assert_eq!(sink.counters.snapshot().dropped, 1, "an event nobody waits for is not a loss");
    }
}

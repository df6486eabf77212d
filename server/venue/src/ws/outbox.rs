//! Messages that wait to be sent, at a rate the exchange allows.

use std::{collections::VecDeque, num::NonZeroUsize, time::Duration};

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// The messages of one connection: never more than a number of them in any second, pings included.
///
/// It is refilled only when it is empty, so that it holds one round of requests at most.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    /// When the last messages were sent, oldest first; as many as a second may hold.
    sent: VecDeque<Instant>,
    per_second: NonZeroUsize,
}

impl Outbox {
    const WINDOW: Duration = Duration::from_secs(1);

    pub(super) fn new(per_second: NonZeroUsize) -> Self {
        Self { waiting: VecDeque::new(), sent: VecDeque::with_capacity(per_second.get()), per_second }
    }

    pub(super) fn extend(&mut self, messages: impl IntoIterator<Item = String>) {
        self.waiting.extend(messages.into_iter().map(Message::text));
    }

    /// Puts a message before all others: a ping must not wait for a long list of requests.
    pub(super) fn push_first(&mut self, message: Message) {
        self.waiting.push_front(message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When the next message may be sent; `None` where none waits.
    pub(super) fn ready_at(&self, now: Instant) -> Option<Instant> {
        if self.waiting.is_empty() {
            return None;
        }
        let oldest = self.sent.front().filter(|_| self.sent.len() >= self.per_second.get());
        Some(oldest.map_or(now, |oldest| *oldest + Self::WINDOW))
    }

    /// Takes the next message where one may be sent now.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Message> {
        if self.ready_at(now).is_none_or(|ready| now < ready) {
            return None;
        }
        let message = self.waiting.pop_front()?;
        if self.sent.len() >= self.per_second.get() {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn never_sends_more_than_its_limit_in_any_second() {
        let limit = NonZeroUsize::new(8).unwrap();
        let mut outbox = Outbox::new(limit);
        let (start, mut sent) = (Instant::now(), Vec::new());
        for round in 0..5_u64 {
            outbox.extend((0..20).map(|n| format!("{round} {n}")));
            outbox.push_first(Message::Ping(Vec::new().into()));
            while let Some(ready) = outbox.ready_at(Instant::now()) {
                tokio::time::sleep_until(ready).await;
                let message = outbox.pop(Instant::now()).expect("it is ready");
                sent.push((Instant::now(), message));
            }
            tokio::time::sleep(Duration::from_millis(130 * round)).await;
        }
        assert_eq!(sent.len(), 5 * 21);
        for (place, (at, _)) in sent.iter().enumerate() {
            let within = sent[place..].iter().take_while(|(later, _)| *later - *at < Duration::from_secs(1)).count();
            assert!(within <= limit.get(), "{within} messages in the second from {:?}", *at - start);
        }
        assert!(sent.iter().step_by(21).all(|(_, message)| message.is_ping()), "a ping comes first");
        assert!(sent.last().unwrap().0 - start < Duration::from_secs(15), "and it is not slower than it must be");
    }
}

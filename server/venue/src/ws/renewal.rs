//! Replacing a connection before the exchange ends it, without missing a message.
//!
//! A second connection is made and everything is subscribed on it while the first one is still read. What the second one
//! delivers is kept back until every request on it is granted and both have overlapped for a while; then the first one is
//! closed and the kept messages are taken in. Those that came over the first one already are dropped by their numbers.

use std::{collections::VecDeque, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{StreamConfig, line::Line};

/// When a connection is replaced, and how far that has come.
pub(super) struct Renewal {
    after: Option<Duration>,
    spread: Duration,
    overlap: Duration,
    patience: Duration,
    due: Option<Instant>,
    pub(super) connecting: Option<BoxFuture<'static, Result<Line, String>>>,
    pub(super) next: Option<Next>,
}

/// The connection that takes over.
pub(super) struct Next {
    pub(super) line: Line,
    since: Instant,
    /// Since when everything is granted on it.
    pub(super) settled: Option<Instant>,
    kept: VecDeque<Utf8Bytes>,
}

/// What is to be done about a renewal now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    Wait,
    /// The second connection is to be made.
    Connect,
    /// The second connection takes over.
    Switch,
    /// The second connection is given up.
    GiveUp,
}

impl Renewal {
    pub(super) fn new(config: &StreamConfig, now: Instant) -> Self {
        let mut renewal = Self {
            after: config.renewed_after,
            spread: config.renewal_spread,
            overlap: config.renewal_overlap,
            patience: config.renewal_patience,
            due: None,
            connecting: None,
            next: None,
        };
        renewal.plan(now);
        renewal
    }

    /// Plans the next renewal: at a random time within the spread before the longest life, so that connections that were made
    /// together are not replaced together.
    fn plan(&mut self, now: Instant) {
        self.due = self.after.map(|after| now + after.saturating_sub(self.spread.mul_f64(fastrand::f64())));
    }

    /// Whether the second connection is being made or used.
    pub(super) const fn is_running(&self) -> bool {
        self.connecting.is_some() || self.next.is_some()
    }

    /// Whether the second connection can take over.
    pub(super) fn is_settled(&self) -> bool {
        self.next.as_ref().is_some_and(|next| next.settled.is_some())
    }

    /// Decides what is to be done now; `granted`: whether no request is unanswered.
    pub(super) fn turn(&mut self, granted: bool, now: Instant) -> Turn {
        let Some(next) = &mut self.next else {
            let due = self.due.is_some_and(|due| due <= now) && self.connecting.is_none();
            return if due { Turn::Connect } else { Turn::Wait };
        };
        if next.settled.is_none() && granted && next.line.outbox.is_empty() {
            next.settled = Some(now);
        }
        match next.settled {
            Some(since) if now.duration_since(since) >= self.overlap => Turn::Switch,
            None if now.duration_since(next.since) >= self.patience => Turn::GiveUp,
            _ => Turn::Wait,
        }
    }

    /// Begins to use the second connection.
    pub(super) fn begin(&mut self, line: Line, now: Instant) {
        self.next = Some(Next { line, since: now, settled: None, kept: VecDeque::new() });
    }

    /// Gives the second connection up and plans another attempt.
    pub(super) fn postpone(&mut self, now: Instant) {
        (self.connecting, self.next) = (None, None);
        self.due = Some(now + self.patience.mul_f64(1.0 + fastrand::f64()));
    }

    /// Hands the second connection and what it delivered over, oldest first, and plans the next renewal.
    pub(super) fn finish(&mut self, now: Instant) -> Option<(Line, VecDeque<Utf8Bytes>)> {
        let next = self.next.take()?;
        self.plan(now);
        Some((next.line, next.kept))
    }
}

impl Next {
    /// Messages that are kept back. The oldest are dropped first: the first connection has delivered them since.
    const KEPT_MAX: usize = 20_000;

    pub(super) fn keep(&mut self, text: Utf8Bytes) {
        if self.kept.len() == Self::KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connections_that_were_made_together_are_replaced_at_different_times_before_their_life_ends() {
        let (life, spread) = (Duration::from_secs(23 * 3_600), Duration::from_secs(2 * 3_600));
        let config = StreamConfig { renewed_after: Some(life), renewal_spread: spread, ..StreamConfig::DEFAULT };
        let now = Instant::now();
        let mut due: Vec<Instant> = (0..30).filter_map(|_| Renewal::new(&config, now).due).collect();
        assert_eq!(due.len(), 30);
        assert!(due.iter().all(|due| (now + life - spread..=now + life).contains(due)));
        due.sort();
        assert!(due[29] - due[0] > spread / 4, "{:?}", due[29] - due[0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_longest_life_is_not_replaced() {
        let mut renewal = Renewal::new(&StreamConfig::DEFAULT, Instant::now());
        tokio::time::advance(Duration::from_secs(1_000_000)).await;
        assert_eq!(renewal.turn(true, Instant::now()), Turn::Wait);
    }
}

//! Publishes how the monitor itself is doing; it runs whether or not an exchange answers.

use std::time::Duration;

use cache::{Clock, Publisher};
use schema::{
    SystemHealth, UnixMs,
    health::{RequestBudget, RequestPause, StreamCounters},
};

use tokio::time::Instant;

use crate::monitor::{
    board::Board,
    driver::{Driver, Task, TaskError},
    publish,
    task::scan,
};

/// Publishes [`SystemHealth`].
pub(crate) struct Health {
    pub(crate) board: Board,
    pub(crate) driver: Driver,
    pub(crate) clock: Clock,
    pub(crate) started_at: UnixMs,
    pub(crate) publisher: Publisher<SystemHealth>,
    pub(crate) pace: Pace,
    /// The proxy that the exchange is reached through.
    pub(crate) proxy: Option<String>,
}

/// How many messages come in a second.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When they were counted last, and how many there were.
    counted: Option<(Instant, u64)>,
    per_s: Option<u32>,
}

impl Pace {
    /// Too short for a rate.
    const LEAST: Duration = Duration::from_secs(1);

    /// Messages per second since they were counted last; none at first, and after another market began to count from zero.
    fn of(&mut self, messages: u64, now: Instant) -> Option<u32> {
        let Some((then, before)) = self.counted else {
            self.counted = Some((now, messages));
            return None;
        };
        let over = now.duration_since(then);
        if over >= Self::LEAST {
            self.counted = Some((now, messages));
            let per_s = messages.checked_sub(before).map(|new| new as f64 / over.as_secs_f64());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and far below the limit"
            )]
            let per_s = per_s.map(|per_s| per_s.round() as u32);
            self.per_s = per_s;
        }
        self.per_s
    }
}

impl Task for Health {
    const NAME: &'static str = "health";
    const WHAT: &'static str = "Publishes how the monitor itself is doing.";
    const PERIOD: Duration = Duration::from_secs(2);

    async fn run(&mut self) -> Result<(), TaskError> {
        let watched = self.board.watched();
        let (ready, total) = watched.as_ref().map_or((0, 0), |watched| watched.market.progress());
        let none = StreamCounters { messages: 0, malformed: 0, dropped: 0, reconnects: 0 };
        let streams = watched.as_ref().map_or(none, |watched| watched.exchange.counters());
        let exchange = watched.as_ref().map(|watched| &watched.exchange);
        let now = self.clock.now();
        let pause = exchange.and_then(|exchange| exchange.pause()).map(|pause| RequestPause {
            reason: pause.reason,
            until: UnixMs(now.0.saturating_add(i64::try_from(pause.left.as_millis()).unwrap_or(i64::MAX))),
        });
        let tasks = self.driver.statuses();
        let health = SystemHealth {
            feed: self.board.feed(),
            symbols_ready: ready,
            symbols_total: total,
            messages_per_s: self.pace.of(streams.messages, Instant::now()),
            streams,
            lag: self.board.lag().take(),
            clock_ahead_ms: exchange.and_then(|exchange| exchange.clock_skew_ms()),
            queue: self.board.waiting(),
            proxy: self.proxy.clone(),
            pause,
            budgets: budgets(),
            scan_took_ms: tasks.iter().find(|task| task.name == scan::Scan::NAME).and_then(|task| task.last_took_ms),
            scan_budget_ms: u64::try_from(scan::Scan::PERIOD.as_millis()).unwrap_or(u64::MAX),
            tasks,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
        };
        publish(&self.publisher, &(), health, now).await
    }
}

/// What is left of the rate limits, for System and the metrics.
fn budgets() -> Vec<RequestBudget> {
    let budget = |budget: venue::Budget| {
        let venue::Budget { host, limit, left, burst, pace_percent } = budget;
        let share = f64::from(left) / f64::from(burst.max(1));
        metrics::gauge!("venue_request_budget_ratio", "host" => host.clone(), "limit" => limit).set(share);
        RequestBudget { host, limit: limit.to_owned(), left, burst, pace_percent }
    };
    venue::budgets().into_iter().map(budget).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_that_of_the_last_whole_stretch_and_a_new_market_has_none_yet() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(pace.of(1_000, at(0)), None);
        assert_eq!(pace.of(1_500, at(500)), None, "half a second is no rate");
        assert_eq!(pace.of(5_000, at(2_000)), Some(2_000));
        assert_eq!(pace.of(5_900, at(2_100)), Some(2_000), "a report that was asked for early repeats it");
        assert_eq!(pace.of(10, at(4_000)), None);
        assert_eq!(pace.of(2_010, at(6_000)), Some(1_000));
    }
}

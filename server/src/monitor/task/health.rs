//! Publishes how the monitor itself is doing; it runs whether or not an exchange answers.

use std::time::Duration;

use cache::{Clock, Publisher};
use schema::{SystemHealth, UnixMs, health::StreamCounters};

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
}

impl Task for Health {
    const NAME: &'static str = "health";
    const WHAT: &'static str = "Publishes how the monitor itself is doing.";
    const PERIOD: Duration = Duration::from_secs(2);

    async fn run(&mut self) -> Result<(), TaskError> {
        let watched = self.board.watched();
        let (ready, total) = watched.as_ref().map_or((0, 0), |watched| watched.market.progress());
        let none = StreamCounters { messages: 0, malformed: 0, dropped: 0, reconnects: 0 };
        let tasks = self.driver.statuses();
        let health = SystemHealth {
            feed: self.board.feed(),
            symbols_ready: ready,
            symbols_total: total,
            streams: watched.as_ref().map_or(none, |watched| watched.exchange.counters()),
            scan_took_ms: tasks.iter().find(|task| task.name == scan::Scan::NAME).and_then(|task| task.last_took_ms),
            scan_budget_ms: u64::try_from(scan::Scan::PERIOD.as_millis()).unwrap_or(u64::MAX),
            tasks,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
        };
        publish(&self.publisher, &(), health, self.clock.now()).await
    }
}

//! Asks Alternative.me for the Fear & Greed index.

use std::time::Duration;

use backon::ExponentialBuilder;
use cache::Clock;
use schema::UnixMs;

use crate::{
    monitor::driver::{Task, TaskError},
    outside::{AskError, Outside, Way, alternative, politely},
};

/// Keeps the Fear & Greed index.
pub(crate) struct FearGreed {
    pub(crate) way: Way,
    pub(crate) clock: Clock,
    pub(crate) outside: Outside,
    /// When there may be a new index; none before the first.
    pub(crate) due: Option<UnixMs>,
}

impl Task for FearGreed {
    const NAME: &'static str = "fear-greed";
    const WHAT: &'static str =
        "Asks Alternative.me for the Fear & Greed index when a new one is due, once an hour at most.";
    /// How late a new index may be noticed; most runs find that none is due.
    const PERIOD: Duration = Duration::from_secs(600);

    fn retry() -> ExponentialBuilder {
        politely()
    }

    async fn run(&mut self) -> Result<(), TaskError> {
        if self.due.is_some_and(|due| self.clock.now() < due) {
            return Ok(());
        }
        let answer = self.way.ask().await.and_then(|body| alternative::read(&body, self.clock.now()));
        let index = answer.as_ref().map(|answer| answer.index.clone()).map_err(AskError::why);
        self.outside.take_fear_greed(index);
        let answer = answer.map_err(|source| TaskError::Outside { doing: "asking Alternative.me", source })?;
        self.due = Some(self.clock.now().plus(answer.next_in));
        Ok(())
    }
}

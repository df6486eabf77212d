//! Asks CoinGecko for the capitalisation of the whole market.

use std::time::Duration;

use backon::ExponentialBuilder;
use cache::Clock;

use crate::{
    monitor::driver::{Task, TaskError},
    outside::{AskError, Outside, Way, coingecko, politely},
};

/// Keeps dominance and market capitalisation.
pub(crate) struct CoinGecko {
    pub(crate) way: Way,
    pub(crate) clock: Clock,
    pub(crate) outside: Outside,
}

impl Task for CoinGecko {
    const NAME: &'static str = "coingecko";
    const WHAT: &'static str = "Asks CoinGecko for dominance and market capitalisation.";
    /// Half of the time in which the figures change there.
    const PERIOD: Duration = Duration::from_secs(300);

    fn retry() -> ExponentialBuilder {
        politely()
    }

    async fn run(&mut self) -> Result<(), TaskError> {
        let answer = self.way.ask().await.and_then(|body| coingecko::read(&body, self.clock.now()));
        self.outside.take_capitalisation(answer.as_ref().map(|answer| *answer).map_err(AskError::why));
        answer.map(drop).map_err(|source| TaskError::Outside { doing: "asking CoinGecko", source })
    }
}

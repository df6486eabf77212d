//! Holds the longer candles, which are made of minutes, against the venue's own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use schema::UnixMs;
use venue::{Exchange, Interval, VenueError};

use crate::{
    market::{
        Market, Window, lock,
        window::{Audited, Unaudited},
    },
    monitor::driver::{Task, TaskError},
};

/// Candles that are asked for in one run: 600 symbols are through half-way to the next close of five minutes.
const PER_RUN: usize = 4;

/// Compares each candle of 5, 30 and 240 minutes with the venue's once it closed; one that differs loads the symbol anew.
pub(crate) struct Audit {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
}

impl Task for Audit {
    const NAME: &'static str = "audit";
    const WHAT: &'static str = "Compares candles made of minutes with the exchange's own, after each close.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        // The oldest first: none waits for ever.
        let mut due: Vec<(UnixMs, Unaudited, Arc<Mutex<Window>>)> = Vec::new();
        for window in self.market.windows() {
            let unaudited = lock(&window).unaudited();
            due.extend(unaudited.map(|unaudited| (unaudited.closed_at(), unaudited, window)));
        }
        due.sort_by_key(|(closed_at, ..)| *closed_at);
        for (_, unaudited, window) in due.into_iter().take(PER_RUN) {
            self.check(unaudited, &window)
                .await
                .map_err(|source| TaskError::Venue { doing: "comparing candles with the exchange's", source })?;
        }
        Ok(())
    }
}

impl Audit {
    async fn check(&self, unaudited: Unaudited, window: &Mutex<Window>) -> Result<(), VenueError> {
        let Unaudited { timeframe, start } = unaudited;
        let symbol = lock(window).instrument.symbol;
        // Two, so that the one in question is there even where another closes meanwhile.
        let told = self.exchange.candles(symbol, Interval::Timeframe(timeframe), 2).await?;
        let audited = lock(window).audit(unaudited, told.iter().find(|candle| candle.start == start));
        let result = match audited {
            Audited::Equal => "equal",
            Audited::Untold => "untold",
            Audited::Different => {
                tracing::warn!(%symbol, timeframe = timeframe.as_str(), start = start.0, "a candle made of minutes differs from the exchange's: loading anew");
                "different"
            }
        };
        metrics::counter!("market_candles_audited_total", "timeframe" => timeframe.as_str(), "result" => result)
            .increment(1);
        Ok(())
    }
}

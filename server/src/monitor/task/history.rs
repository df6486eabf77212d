//! Loads what a symbol needs before it can be scored: candles of every timeframe and the latest trades.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use analysis::input::PerTimeframe;
use futures_util::{StreamExt, stream};
use schema::Timeframe;
use tokio::{sync::Notify, time::Instant};
use venue::{Exchange, Interval, VenueError};

use crate::{
    market::{
        Market, Window, lock,
        window::{Needs, kept},
    },
    monitor::driver::{Task, TaskError},
};

/// Symbols that are loaded side by side; the venue's rate limit is kept by the adapter.
const SIDE_BY_SIDE: usize = 8;

/// Loads the history of symbols that lack it, most traded first.
pub(crate) struct History {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    /// Woken when symbols became complete, so that they are scored at once; no more often than a scan comes by itself.
    pub(crate) scan: Arc<Notify>,
    /// When the scan was woken last.
    pub(crate) woken: Option<Instant>,
}

impl Task for History {
    const NAME: &'static str = "history";
    const WHAT: &'static str = "Loads candles and trades of symbols that lack them, most traded first.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let mut lacking: Vec<_> = self
            .market
            .windows()
            .into_iter()
            .filter_map(|window| {
                let guard = lock(&window);
                let needs = guard.needs();
                let turnover = guard.ticker.as_ref().and_then(|ticker| ticker.turnover_24h).unwrap_or(0.0);
                drop(guard);
                (needs.candles || needs.trades).then_some((turnover, window, needs))
            })
            .collect();
        lacking.sort_by(|a, b| b.0.total_cmp(&a.0));
        let exchange = Arc::clone(&self.exchange);
        let exchange = exchange.as_ref();
        let mut loads = stream::iter(lacking)
            .map(|(_, window, needs)| async move { load(exchange, &window, needs).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut first_failure = None;
        while let Some(outcome) = loads.next().await {
            match outcome {
                Ok(()) => {
                    let now = Instant::now();
                    if self.woken.is_none_or(|woken| now - woken >= Self::PERIOD) {
                        self.woken = Some(now);
                        self.scan.notify_one();
                    }
                }
                // A venue that refuses this address will refuse the rest as well.
                Err(source @ VenueError::Refused { .. }) => {
                    return Err(TaskError::Venue { doing: "loading history", source });
                }
                Err(source) => first_failure = first_failure.or(Some(source)),
            }
        }
        first_failure.map_or(Ok(()), |source| Err(TaskError::Venue { doing: "loading history", source }))
    }
}

async fn load(exchange: &dyn Exchange, window: &Mutex<Window>, needs: Needs) -> Result<(), VenueError> {
    let symbol = lock(window).instrument.symbol;
    if needs.candles {
        // The shortest last: it is the one that a minute of loading could leave a hole in.
        let ask = |timeframe| exchange.candles(symbol, Interval::Timeframe(timeframe), kept(timeframe));
        let h4 = ask(Timeframe::H4).await?;
        let m30 = ask(Timeframe::M30).await?;
        let m5 = ask(Timeframe::M5).await?;
        let m1 = ask(Timeframe::M1).await?;
        lock(window).load_candles(PerTimeframe([m1, m5, m30, h4]));
    }
    // Meanwhile the streams may have begun.
    if lock(window).needs().trades {
        let trades = exchange.recent_trades(symbol, 1_000).await?;
        lock(window).load_trades(trades);
    }
    Ok(())
}

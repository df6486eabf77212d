//! Decides which contracts are watched, and watches them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use cache::{Clock, Publisher};
use schema::{MarketUniverse, Symbol};
use tokio::sync::Notify;
use venue::{Exchange, Ticker};

use crate::{
    config::Universe as Rules,
    market::{
        Market, lock,
        universe::{Judged, judge},
    },
    monitor::{
        board::Board,
        driver::{Task, TaskError},
        publish,
        streams::Streams,
    },
};

/// Asks the exchange for its contracts, applies the rules, keeps the streams up and publishes [`MarketUniverse`].
pub(crate) struct Universe {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) rules: Rules,
    pub(crate) board: Board,
    /// Tasks that are woken when other symbols are watched.
    pub(crate) wakes: [Arc<Notify>; 2],
    pub(crate) streams: Streams,
    pub(crate) publisher: Option<Arc<Publisher<MarketUniverse>>>,
    pub(crate) clock: Clock,
}

impl Task for Universe {
    const NAME: &'static str = "universe";
    const WHAT: &'static str = "Asks the exchange for its contracts and watches those that pass the rules.";
    const PERIOD: Duration = Duration::from_secs(60);

    async fn run(&mut self) -> Result<(), TaskError> {
        let outcome = self.refresh().await;
        match &outcome {
            Ok(()) => self.board.answered(),
            Err(TaskError::Venue { source, .. }) => self.board.failed(&source.plain()),
            Err(_) => {}
        }
        outcome
    }
}

impl Universe {
    async fn refresh(&mut self) -> Result<(), TaskError> {
        let instruments = self
            .exchange
            .instruments()
            .await
            .map_err(|source| TaskError::Venue { doing: "asking for the list of contracts", source })?;
        let tickers = self
            .exchange
            .tickers()
            .await
            .map_err(|source| TaskError::Venue { doing: "asking for the state of all contracts", source })?;
        let linear = u32::try_from(instruments.iter().filter(|i| i.perpetual).count()).unwrap_or(u32::MAX);
        let tickers: HashMap<Symbol, Ticker> = tickers.into_iter().collect();
        let now = self.clock.now();
        let Judged { chosen, contracts } = judge(instruments, &tickers, &self.streams.symbols(), &self.rules, now);
        let symbols: Vec<Symbol> = chosen.iter().map(|instrument| instrument.symbol).collect();
        self.market.watch(chosen, linear);
        for (symbol, ticker) in tickers {
            let Some(window) = self.market.window(symbol) else { continue };
            let mut window = lock(&window);
            // The stream is newer than the list once it has spoken.
            if window.ticker.is_none() {
                window.take_ticker(ticker);
            }
        }
        if self.streams.watch(&symbols) {
            tracing::info!(symbols = symbols.len(), listed = linear, "watching the universe");
            for wake in &self.wakes {
                wake.notify_one();
            }
        }
        let Some(publisher) = &self.publisher else { return Ok(()) };
        let watched = u32::try_from(symbols.len()).unwrap_or(u32::MAX);
        publish(publisher, &(), MarketUniverse { source: self.market.venue(), watched, contracts }, now).await
    }
}

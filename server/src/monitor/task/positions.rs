//! Asks for what the stream does not tell of positions: open interest and accounts over time, and paid funding.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use venue::{Exchange, VenueError};

use crate::{
    market::{Market, Window, lock},
    monitor::driver::{Task, TaskError},
};

/// Symbols that are asked for side by side.
const SIDE_BY_SIDE: usize = 4;
/// 24 h at five minutes.
const DAY_OF_POINTS: u16 = 288;
/// 30 days at eight hours, and more where the interval is shorter.
const FUNDINGS: u16 = 200;

/// Refreshes open interest, accounts and paid funding of every symbol.
pub(crate) struct Positions {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
}

impl Task for Positions {
    const NAME: &'static str = "positions";
    const WHAT: &'static str = "Asks for open interest, accounts and paid funding of every symbol.";
    const PERIOD: Duration = Duration::from_secs(300);

    async fn run(&mut self) -> Result<(), TaskError> {
        let exchange = &self.exchange;
        let mut asks = stream::iter(self.market.windows())
            .map(|window| async move { ask(exchange.as_ref(), &window).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut first_failure = None;
        while let Some(outcome) = asks.next().await {
            if let Err(source) = outcome {
                let refused = matches!(source, VenueError::Refused { .. });
                first_failure = first_failure.or(Some(source));
                if refused {
                    break;
                }
            }
        }
        first_failure.map_or(Ok(()), |source| Err(TaskError::Venue { doing: "asking for positions", source }))
    }
}

async fn ask(exchange: &dyn Exchange, window: &Mutex<Window>) -> Result<(), VenueError> {
    let symbol = lock(window).instrument.symbol;
    let open_interest = exchange.open_interest(symbol, 200).await?;
    lock(window).positions.load_open_interest(open_interest);
    let accounts = exchange.accounts(symbol, DAY_OF_POINTS).await?;
    lock(window).positions.load_accounts(accounts);
    let funding = exchange.funding_history(symbol, FUNDINGS).await?;
    lock(window).positions.load_funding(funding);
    Ok(())
}

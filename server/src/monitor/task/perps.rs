//! Publishes the pulse of the perpetual contracts, from the last scan and the windows.

use std::{sync::Arc, time::Duration};

use analysis::market::{FundingPast, Perp, perps_pulse};
use cache::Publisher;
use schema::{Pct, PerpsPulse, Timeframe, UnixMs};

use super::scan::{Scanned, Scans};
use crate::{
    market::{Market, lock},
    monitor::{
        driver::{Task, TaskError},
        publish,
        row::price,
    },
};

/// Paid funding is asked for this often; its history is made no more often than that.
const HISTORY_MS: i64 = 300_000;

/// Publishes [`PerpsPulse`].
pub(crate) struct Perps {
    pub(crate) market: Arc<Market>,
    pub(crate) scans: Scans,
    pub(crate) publisher: Arc<Publisher<PerpsPulse>>,
    pub(crate) history: History,
}

/// Earlier means of funding, and when they were made.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    made: Option<UnixMs>,
    means: Vec<Pct>,
}

impl Task for Perps {
    const NAME: &'static str = "perps";
    const WHAT: &'static str =
        "Publishes funding, open interest, accounts, premium and liquidations over all contracts.";
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Some(scanned) = self.scans.borrow().clone() else { return Ok(()) };
        let (as_of, market, history) = (scanned.as_of, Arc::clone(&self.market), std::mem::take(&mut self.history));
        let computed = tokio::task::spawn_blocking(move || pulse(&market, &scanned, history));
        let (pulse, history) = computed.await.map_err(TaskError::Lost)?;
        self.history = history;
        publish(&self.publisher, &(), pulse, as_of).await
    }
}

fn pulse(market: &Market, scanned: &Scanned, history: History) -> (PerpsPulse, History) {
    let as_of = scanned.as_of;
    let due = as_of.floor(HISTORY_MS);
    let mut past = (history.made != Some(due)).then(|| FundingPast::before(as_of));
    let mut perps = Vec::with_capacity(scanned.rows().len());
    for row in scanned.rows() {
        // A contract that is watched no longer has no say in what is now.
        let Some(window) = market.window(row.symbol) else { continue };
        let window = lock(&window);
        let Some(ticker) = window.ticker() else { continue };
        if let Some(past) = &mut past {
            let paid = window.derivatives().funding_history();
            past.add(paid, window.candles(Timeframe::H4));
        }
        perps.push(Perp {
            row,
            mark_price: price(ticker.mark, ticker.at),
            index_price: price(ticker.index, ticker.at),
            accounts_long: window.derivatives().accounts_long(),
            liquidations: Some(window.derivatives().liquidated(as_of)),
        });
    }
    let history = past.map_or(history, |past| History { made: Some(due), means: past.means() });
    (perps_pulse(market.venue(), &perps, &history.means, as_of), history)
}

//! Publishes the open ideas, worth what they are at the last price. The engine opens, judges and ends them; this only reads.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use cache::Publisher;
use engine::IdeaBook;
use schema::{ActiveIdeas, Figure, Price, SignalRow, Symbol, Venue, Why};

use super::scan::Scans;
use crate::monitor::{
    driver::{Task, TaskError},
    publish,
};

/// Publishes [`ActiveIdeas`].
pub(crate) struct Ideas {
    pub(crate) source: Venue,
    pub(crate) scans: Scans,
    pub(crate) book: IdeaBook,
    pub(crate) publisher: Arc<Publisher<ActiveIdeas>>,
}

impl Task for Ideas {
    const NAME: &'static str = "ideas";
    const WHAT: &'static str = "Publishes the ideas that stand, worth what they are at the last price.";
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Some(scanned) = self.scans.borrow().clone() else { return Ok(()) };
        let prices: HashMap<Symbol, Figure<Price>> =
            scanned.rows().iter().map(|row| (row.symbol, price(row))).collect();
        let price = |symbol| prices.get(&symbol).cloned().unwrap_or(Figure::Missing(Why::NotOffered));
        let active = self.book.lock().unwrap_or_else(PoisonError::into_inner).active(self.source, price);
        // Before a first bar closed nothing was watched.
        let Some(ideas) = active else { return Ok(()) };
        publish(&self.publisher, &(), ideas, scanned.as_of).await
    }
}

/// The last price, as of when the contract's state was last received.
fn price(row: &SignalRow) -> Figure<Price> {
    row.quote.received_at().map_or(Figure::Missing(Why::NotYet), |at| Figure::known(row.quote.price, at))
}

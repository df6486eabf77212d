//! Publishes what moves most, from the last scan.

use std::time::Duration;

use cache::Publisher;
use schema::{MarketMovers, Usd, Venue};

use super::scan::Scans;
use crate::monitor::{
    driver::{Task, TaskError},
    publish,
};

/// Publishes [`MarketMovers`].
pub(crate) struct Movers {
    pub(crate) source: Venue,
    pub(crate) scans: Scans,
    pub(crate) min_turnover: Usd,
    pub(crate) publisher: std::sync::Arc<Publisher<MarketMovers>>,
}

impl Task for Movers {
    const NAME: &'static str = "movers";
    const WHAT: &'static str = "Publishes what moves most, from the last scan.";
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Some(scanned) = self.scans.borrow().clone() else { return Ok(()) };
        let movers = analysis::market::movers(self.source, &scanned.members(), self.min_turnover, scanned.as_of);
        publish(&self.publisher, &(), movers, scanned.as_of).await
    }
}

//! Where what a scan makes goes.

use schema::{Breakdown, MarketBreadth, MarketOverview, Signals};

/// Publishers of what a scan makes.
#[derive(Debug)]
pub(crate) struct Publishers {
    pub(crate) signals: cache::Publisher<Signals>,
    pub(crate) overview: cache::Publisher<MarketOverview>,
    pub(crate) breadth: cache::Publisher<MarketBreadth>,
    pub(crate) breakdown: cache::Publisher<Breakdown>,
}

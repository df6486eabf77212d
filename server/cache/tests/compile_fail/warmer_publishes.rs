//! A warmer fills holes; it has no way to publish.

use cache::Cache;
use schema::{MarketBreadth, UnixMs};

async fn warm(cache: &Cache, value: MarketBreadth) {
    let warmer = cache.warmer::<MarketBreadth>();
    let _ = warmer.publish(&(), value, UnixMs(0)).await;
}

fn main() {
    let _ = warm;
}

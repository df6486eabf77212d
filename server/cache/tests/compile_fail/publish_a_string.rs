//! A value that is already encoded cannot be published, so nothing can be encoded twice.

use cache::{Cache, Clock};
use schema::{MarketBreadth, UnixMs};

async fn publish(cache: &Cache) {
    let publisher = cache.publisher::<MarketBreadth>().unwrap();
    let encoded = String::from("{\"universe\":574}");
    let _ = publisher.publish(&(), encoded, UnixMs(0)).await;
}

fn main() {
    let _ = publish(&Cache::builder(Clock::System, "x").build());
}

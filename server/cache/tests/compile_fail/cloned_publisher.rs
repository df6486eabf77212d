//! One writer per schema: a publisher has no copy.

use cache::Publisher;
use schema::MarketBreadth;

fn twice(publisher: &Publisher<MarketBreadth>) -> Publisher<MarketBreadth> {
    publisher.clone()
}

fn main() {
    let _ = twice;
}

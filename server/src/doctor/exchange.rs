//! The exchange: whether it answers from here.

use tokio::time::{Instant, timeout};
use venue::{
    Exchange as _,
    bybit::{Bybit, BybitConfig},
};

use super::Finding;
use crate::config::{Config, Source};

/// Asks the exchange for its tickers once.
pub(super) async fn examine(config: &Config) -> Finding {
    const CHECK: &str = "exchange";
    if config.source == Source::Sim {
        return Finding::good(CHECK, "not asked: the market is simulated by configuration");
    }
    let venue = &config.venue;
    let bybit = match Bybit::new(BybitConfig::new(&venue.rest_url, &venue.ws_url, schema::Venue::Bybit)) {
        Ok(bybit) => bybit,
        Err(error) => return Finding::broken(CHECK, crate::monitor::driver::chain(&error)),
    };
    let began = Instant::now();
    let said = match timeout(venue.probe_timeout, bybit.tickers()).await {
        Ok(Ok(tickers)) => {
            let took_ms = began.elapsed().as_millis();
            return Finding::good(
                CHECK,
                format!("{} answers with {} contracts in {took_ms} ms", venue.rest_url, tickers.len()),
            );
        }
        Ok(Err(error)) => error.plain(),
        Err(_) => format!("no answer within {} s", venue.probe_timeout.as_secs()),
    };
    let said = format!("{} is unreachable: {said}", venue.rest_url);
    match config.source {
        Source::Auto => Finding::attention(CHECK, format!("{said}; a simulated market is shown instead")),
        Source::Bybit | Source::Sim => Finding::broken(CHECK, said),
    }
}

//! The proxy that the exchange is reached through, as the environment says.

use crate::config::{Config, Source};

/// The proxy that connections to the configured exchange go through, with the variable that names it, or why that variable
/// cannot be used; none where they are direct.
pub(crate) fn of_exchange(config: &Config) -> Option<String> {
    let url = match &config.source {
        Source::Auto | Source::Bybit => &config.venue.rest_url,
        Source::Binance => &config.binance.rest_url,
        // On loopback.
        Source::Sim | Source::Replay(_) => return None,
    };
    match venue::proxy_in_use(&url.parse().ok()?) {
        Ok(proxy) => proxy.map(|proxy| proxy.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

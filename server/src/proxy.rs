//! The proxy that the exchange is reached through, as the environment says.

use venue::ProxyError;

use crate::config::{Config, Source};

/// The proxy that connections to the configured exchange go through, with the variable that names it; none where they are direct.
///
/// # Errors
///
/// When the variable that applies names no proxy that can be used.
pub(crate) fn of_exchange(config: &Config) -> Result<Option<String>, ProxyError> {
    let url = match &config.source {
        Source::Auto | Source::Bybit => &config.venue.rest_url,
        Source::Binance => &config.binance.rest_url,
        // On loopback.
        Source::Sim | Source::Replay(_) => return Ok(None),
    };
    // An address that is none is named where the exchange is opened.
    let Ok(url) = url.parse() else { return Ok(None) };
    Ok(venue::proxy_in_use(&url)?.map(|proxy| proxy.to_string()))
}

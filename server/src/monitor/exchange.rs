//! Which exchange a configuration means, and how it is opened.

use std::{num::NonZeroU32, sync::Arc};

use schema::Venue;
use venue::{
    Exchange,
    binance::{Binance, BinanceConfig},
    bybit::{Bybit, BybitConfig, ConfigError},
};

use crate::config::{Config, Source};

impl Source {
    /// The exchange that is asked, or tried first; the simulated one where nothing else is.
    pub(crate) const fn venue(self) -> Venue {
        match self {
            Self::Auto | Self::Bybit => Venue::Bybit,
            Self::Binance => Venue::Binance,
            Self::Sim => Venue::Sim,
        }
    }
}

/// Opens the configured exchange; none of its addresses is asked yet. The simulated market is opened by the monitor.
///
/// # Errors
///
/// [`ConfigError`] when its addresses cannot be used.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Exchange>, ConfigError> {
    match config.source {
        Source::Binance => {
            let addresses = &config.binance;
            let binance = BinanceConfig::new(&addresses.rest_url, &addresses.ws_url, Venue::Binance);
            Ok(Arc::new(Binance::new(binance)?))
        }
        Source::Auto | Source::Bybit | Source::Sim => {
            let venue = &config.venue;
            let mut bybit = BybitConfig::new(&venue.rest_url, &venue.ws_url, Venue::Bybit);
            bybit.stream.symbols_per_connection = venue.symbols_per_connection;
            if let Some(limit) = NonZeroU32::new(venue.requests_per_second) {
                bybit.http.requests_per_second = limit;
            }
            Ok(Arc::new(Bybit::new(bybit)?))
        }
    }
}

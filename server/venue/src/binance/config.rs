//! Where Binance is and how it is asked.

use std::{num::NonZeroUsize, time::Duration};

use reqwest::Url;
use schema::Venue;

use super::{HttpConfig, StreamConfig, topic::Root};
use crate::{
    Clock, ProxyRules,
    config::{ConfigError, checked},
    record::Tap,
};

/// Where Binance's USDT-M futures, or what speaks like them, are and how they are asked.
#[derive(Debug, Clone)]
pub struct BinanceConfig {
    /// The root of the HTTP routes, for example `https://fapi.binance.com`.
    pub rest_url: String,
    /// The part before `/market/stream` and `/public/stream`, for example `wss://fstream.binance.com`.
    pub ws_url: String,
    /// Which venue the data is to be shown as coming from.
    pub venue: Venue,
    /// How it is asked over HTTP.
    pub http: HttpConfig,
    /// How its streams are kept. Of each shard of symbols there are two connections, one to each root.
    pub stream: StreamConfig,
    /// Where everything that is received is recorded.
    pub tap: Tap,
    /// What the exchange's clock is compared with.
    pub clock: Clock,
    /// Which connections go through a proxy: both the requests and the streams.
    pub proxies: ProxyRules,
}

impl BinanceConfig {
    /// The streams of a symbol on the root that has more of them.
    const STREAMS_PER_SYMBOL: usize = 5;

    /// A configuration with the documented defaults.
    pub fn new(rest_url: impl Into<String>, ws_url: impl Into<String>, venue: Venue) -> Self {
        Self {
            rest_url: rest_url.into(),
            ws_url: ws_url.into(),
            venue,
            http: HttpConfig { slow_down: Duration::from_secs(5), ..HttpConfig::DEFAULT },
            stream: StreamConfig {
                // Two hundred streams share a connection, and ten messages a second may be sent on it.
                symbols_per_connection: 200 / Self::STREAMS_PER_SYMBOL,
                topics_per_request: 200,
                // Ten are allowed, and the answers to the exchange's own pings count as well.
                messages_per_second: NonZeroUsize::MIN.saturating_add(7),
                start_every: Duration::from_millis(200),
                ping_every: Duration::from_secs(60),
                silent_after: Duration::from_secs(90),
                // The exchange ends every connection after a day.
                renewed_after: Some(Duration::from_secs(23 * 3_600)),
                ..StreamConfig::DEFAULT
            },
            tap: Tap::OFF,
            clock: Clock::SYSTEM,
            proxies: ProxyRules::from_env(),
        }
    }

    /// The root of the routes, checked.
    pub(super) fn rest(&self) -> Result<Url, ConfigError> {
        checked(&self.rest_url, "https", "http")
    }

    /// Where the streams of a root are, checked.
    pub(super) fn streams(&self, root: Root) -> Result<Url, ConfigError> {
        checked(&format!("{}/{}/stream", self.ws_url.trim_end_matches('/'), root.path()), "wss", "ws")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_root_has_its_own_address() {
        let config = BinanceConfig::new("https://fapi.binance.com", "wss://fstream.binance.com/", Venue::Binance);
        assert_eq!(config.streams(Root::Market).unwrap().as_str(), "wss://fstream.binance.com/market/stream");
        assert_eq!(config.streams(Root::Public).unwrap().as_str(), "wss://fstream.binance.com/public/stream");
        let plain = BinanceConfig::new("http://fapi.binance.com", "ws://fstream.binance.com", Venue::Binance);
        assert!(matches!(plain.rest(), Err(ConfigError::Scheme { secure: "https", .. })));
        assert!(matches!(plain.streams(Root::Public), Err(ConfigError::Scheme { secure: "wss", .. })));
    }
}

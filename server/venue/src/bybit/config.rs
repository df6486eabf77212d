//! Where Bybit is and how it is asked.

use reqwest::Url;
use schema::Venue;

use super::{HttpConfig, StreamConfig};
use crate::{
    Clock, ProxyRules,
    config::{ConfigError, checked},
    record::Tap,
};

/// Where Bybit, or what speaks like it, is and how it is asked.
#[derive(Debug, Clone)]
pub struct BybitConfig {
    /// The root of the HTTP routes, for example `https://api.bybit.com`.
    pub rest_url: String,
    /// The public stream of linear contracts, for example `wss://stream.bybit.com/v5/public/linear`.
    pub ws_url: String,
    /// Which venue the data is to be shown as coming from.
    pub venue: Venue,
    /// How it is asked over HTTP.
    pub http: HttpConfig,
    /// How its streams are kept.
    pub stream: StreamConfig,
    /// Where everything that is received is recorded.
    pub tap: Tap,
    /// What the exchange's clock is compared with.
    pub clock: Clock,
    /// Which connections go through a proxy: both the requests and the streams.
    pub proxies: ProxyRules,
}

impl BybitConfig {
    /// A configuration with the documented defaults.
    pub fn new(rest_url: impl Into<String>, ws_url: impl Into<String>, venue: Venue) -> Self {
        Self {
            rest_url: rest_url.into(),
            ws_url: ws_url.into(),
            venue,
            http: HttpConfig::DEFAULT,
            stream: StreamConfig::DEFAULT,
            tap: Tap::OFF,
            clock: Clock::SYSTEM,
            proxies: ProxyRules::from_env(),
        }
    }

    /// The two addresses, checked.
    pub(super) fn urls(&self) -> Result<(Url, Url), ConfigError> {
        Ok((checked(&self.rest_url, "https", "http")?, checked(&self.ws_url, "wss", "ws")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(rest: &str, ws: &str) -> Result<(Url, Url), ConfigError> {
        BybitConfig::new(rest, ws, Venue::Bybit).urls()
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted() {
        assert!(urls("https://api.bybit.com", "wss://stream.bybit.com/v5/public/linear").is_ok());
        assert!(urls("http://127.0.0.1:8080", "ws://localhost:8080/v5/public/linear").is_ok());
        let error = urls("http://api.bybit.com", "wss://stream.bybit.com").unwrap_err();
        assert_eq!(error.to_string(), "`http://api.bybit.com` must begin with https:// (or http:// on loopback)");
        assert!(matches!(
            urls("https://api.bybit.com", "ws://stream.bybit.com"),
            Err(ConfigError::Scheme { secure: "wss", .. })
        ));
        assert!(matches!(urls("api.bybit.com", "wss://x"), Err(ConfigError::Address { .. })));
    }
}

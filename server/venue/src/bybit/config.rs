//! Where Bybit is and how it is asked.

use reqwest::Url;
use schema::Venue;

use super::{HttpConfig, StreamConfig};
use crate::http::is_loopback;

/// Where Bybit, or what speaks like it, is and how it is asked.
#[derive(Debug, Clone, PartialEq)]
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
        }
    }

    /// The two addresses, checked.
    pub(super) fn urls(&self) -> Result<(Url, Url), ConfigError> {
        Ok((checked(&self.rest_url, "https", "http")?, checked(&self.ws_url, "wss", "ws")?))
    }
}

/// A configuration that no connection can be made from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// An address that is none.
    #[error("`{url}` is not an address: {problem}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An address of another kind than needed; unencrypted ones are for this machine itself only.
    #[error("`{url}` must begin with {secure}:// (or {plain}:// on loopback)")]
    Scheme {
        /// The address.
        url: String,
        /// The encrypted kind.
        secure: &'static str,
        /// The unencrypted kind.
        plain: &'static str,
    },
    /// A setting that must not be zero.
    #[error("`{0}` must not be zero")]
    Zero(&'static str),
    /// The HTTP client could not be made.
    #[error("preparing HTTP requests")]
    Client(#[source] reqwest::Error),
}

fn checked(text: &str, secure: &'static str, plain: &'static str) -> Result<Url, ConfigError> {
    let problem = |problem: String| ConfigError::Address { url: text.to_owned(), problem };
    let url = Url::parse(text).map_err(|error| problem(error.to_string()))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(problem("it names no host".to_owned()));
    }
    if url.scheme() == secure || (url.scheme() == plain && is_loopback(&url)) {
        Ok(url)
    } else {
        Err(ConfigError::Scheme { url: text.to_owned(), secure, plain })
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

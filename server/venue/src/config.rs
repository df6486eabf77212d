//! Where an exchange is, and whether it can be asked there.

use reqwest::Url;

use crate::{http::HttpConfig, loopback::is_loopback, proxy::ProxyError, ws::StreamConfig};

/// The address of something that is asked over HTTP, checked; unencrypted ones are for this machine itself only.
///
/// # Errors
///
/// [`ConfigError`] says what is wrong with it.
pub fn http_address(text: &str) -> Result<Url, ConfigError> {
    checked(text, "https", "http")
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
    /// A variable that names no proxy that can be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The HTTP client could not be made.
    #[error("preparing HTTP requests")]
    Client(#[source] reqwest::Error),
}

/// An address, checked; unencrypted ones are for this machine itself only.
pub(crate) fn checked(text: &str, secure: &'static str, plain: &'static str) -> Result<Url, ConfigError> {
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

/// Refuses settings under which nothing would ever be requested or sent.
pub(crate) fn workable(http: &HttpConfig, stream: &StreamConfig) -> Result<(), ConfigError> {
    for (size, name) in [
        (stream.symbols_per_connection, "symbols_per_connection"),
        (stream.topics_per_request, "topics_per_request"),
        (http.tries, "tries"),
    ] {
        if size == 0 {
            return Err(ConfigError::Zero(name));
        }
    }
    if stream.tick_every.is_zero() || stream.ping_every.is_zero() {
        return Err(ConfigError::Zero("tick_every and ping_every"));
    }
    Ok(())
}

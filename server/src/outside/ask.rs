//! Asking a public service over HTTP: in time, a small answer, and no more.

use std::time::Duration;

use cache::Clock;
use reqwest::{Client, StatusCode, Url, header};
use schema::{Invalid, Why};
use venue::{ConfigError, Proxy, ProxyFailure, ProxyRules};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may take as a whole.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read; the real ones are below 8 KiB.
const ANSWER_MAX_BYTES: usize = 256 * 1024;

/// A question to a public service that was not answered as it should be.
///
/// `Display` is for the log; [`AskError::plain`] is for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// No connection, a broken one, or no answer in time.
    #[error("asking {url}")]
    Unreachable {
        /// What was asked.
        url: Url,
        /// What the network said.
        #[source]
        source: reqwest::Error,
    },
    /// The proxy made no connection.
    #[error("asking {url}")]
    Proxy {
        /// What was asked.
        url: Url,
        /// Which proxy, and what it did.
        #[source]
        source: ProxyFailure,
    },
    /// The service wants to be asked less often.
    #[error("{url} asks to slow down")]
    SlowDown {
        /// What was asked.
        url: Url,
        /// How long it wants to be left alone, where it said so.
        patience: Option<Duration>,
    },
    /// The service answered with a status that is no success.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked.
        url: Url,
        /// Which status.
        status: StatusCode,
    },
    /// The answer is larger than any that is expected.
    #[error("the answer of {url} is larger than {ANSWER_MAX_BYTES} bytes")]
    TooLarge {
        /// What was asked.
        url: Url,
    },
    /// The answer is not of the documented shape.
    #[error("decoding the answer")]
    Undecodable(#[from] serde_json::Error),
    /// The answer has the documented shape and holds something that cannot be.
    #[error("the answer is impossible")]
    Impossible(#[from] Invalid),
    /// The service says that it failed.
    #[error("the answer reports an error: {0}")]
    Reported(String),
}

impl AskError {
    /// What happened, in plain words and without addresses.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Unreachable { source, .. } if source.is_timeout() => "no answer in time".to_owned(),
            Self::Unreachable { source, .. } => format!("no connection ({})", innermost(source)),
            Self::Proxy { source, .. } => format!("no connection ({source})"),
            Self::SlowDown { .. } => "it asks to slow down".to_owned(),
            Self::Status { status, .. } => format!("it answered HTTP {}", status.as_u16()),
            Self::TooLarge { .. } => "its answer is too large".to_owned(),
            Self::Undecodable(_) => "its answer could not be understood".to_owned(),
            Self::Impossible(invalid) => format!("its answer holds an impossible `{}`", invalid.field),
            Self::Reported(_) => "it reports an error of its own".to_owned(),
        }
    }

    /// Why the figures of the service are missing.
    pub(crate) fn why(&self) -> Why {
        match self {
            Self::Unreachable { .. } | Self::Proxy { .. } | Self::SlowDown { .. } | Self::Status { .. } => {
                Why::Unreachable(self.plain())
            }
            Self::TooLarge { .. } | Self::Undecodable(_) | Self::Impossible(_) | Self::Reported(_) => {
                Why::Unreadable(self.plain())
            }
        }
    }

    /// How long the service wants to be left alone.
    pub(crate) const fn patience(&self) -> Option<Duration> {
        match self {
            Self::SlowDown { patience, .. } => *patience,
            _ => None,
        }
    }
}

/// The innermost cause, which is the one a person can do something about.
fn innermost(mut error: &(dyn std::error::Error + 'static)) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The way to one service.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    client: Client,
    url: Url,
    /// The proxy that it goes through, as for the exchange.
    proxy: Option<Proxy>,
}

impl Way {
    /// The way to a path of a host; it is not gone yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when no client can be made, or the environment names a proxy that cannot be used.
    pub(crate) fn new(base: &Url, path: &str) -> Result<Self, ConfigError> {
        Self::within(base, path, TIMEOUT, &ProxyRules::from_env())
    }

    fn within(base: &Url, path: &str, timeout: Duration, proxies: &ProxyRules) -> Result<Self, ConfigError> {
        let proxy = proxies.for_url(base)?;
        let client = venue::http_client_through(base, CONNECT_TIMEOUT.min(timeout), timeout, proxy.as_ref())?;
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        Ok(Self { client, url, proxy })
    }

    /// Asks once; the body of an answer of HTTP status 200.
    pub(crate) async fn ask(&self) -> Result<Vec<u8>, AskError> {
        let url = || self.url.clone();
        let unreachable = |error: reqwest::Error| {
            let error = error.without_url();
            match &self.proxy {
                Some(proxy) if error.is_connect() => {
                    AskError::Proxy { url: url(), source: proxy.failure(&innermost(&error)) }
                }
                _ => AskError::Unreachable { url: url(), source: error },
            }
        };
        let request = self.client.get(url()).header(header::ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(unreachable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => {
                let asked = venue::retry_after(answer.headers(), Clock::System.now());
                let patience = asked.map(|asked| asked.min(venue::WAIT_MAX));
                return Err(AskError::SlowDown { url: url(), patience });
            }
            status => return Err(AskError::Status { url: url(), status }),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                return Err(AskError::TooLarge { url: url() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::HeaderMap, routing::get};
    use tokio::net::TcpListener;

    use super::*;

    /// A service on loopback, and the way to a path of it.
    async fn way(router: Router, path: &str, timeout: Duration) -> Way {
        venue::install_crypto_provider();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        Way::within(&base, path, timeout, &ProxyRules::from_env()).unwrap()
    }

    #[tokio::test]
    async fn a_service_is_told_who_asks_and_for_what() {
        let echo = |headers: HeaderMap| async move {
            format!("{:?} {:?}", headers.get(header::USER_AGENT), headers.get(header::ACCEPT))
        };
        let way = way(Router::new().route("/a/b/", get(echo)), "/a/b/", TIMEOUT).await;
        let answer = String::from_utf8(way.ask().await.unwrap()).unwrap();
        assert!(answer.contains("virtuoso/") && answer.contains("application/json"), "{answer}");
    }

    #[test]
    fn a_path_of_the_host_is_kept() {
        venue::install_crypto_provider();
        let base = Url::parse("https://proxy.example/gecko/").unwrap();
        assert_eq!(
            Way::new(&base, "/api/v3/global").unwrap().url.as_str(),
            "https://proxy.example/gecko/api/v3/global"
        );
    }

    #[tokio::test]
    async fn a_service_that_does_not_answer_is_given_up_on_in_time() {
        let silent = Router::new().route("/", get(std::future::pending::<String>));
        let error = way(silent, "/", Duration::from_millis(100)).await.ask().await.unwrap_err();
        assert_eq!(error.why(), Why::Unreachable("no answer in time".to_owned()));
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_said_in_plain_words() {
        venue::install_crypto_provider();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = Url::parse(&format!("http://{}", closed.local_addr().unwrap())).unwrap();
        drop(closed);
        let error = Way::new(&base, "/").unwrap().ask().await.unwrap_err();
        let plain = error.plain();
        assert!(plain.starts_with("no connection (Connection refused"), "{plain}");
        assert!(!plain.contains("127.0.0.1"), "{plain}");
    }

    #[tokio::test]
    async fn a_proxy_that_is_not_there_is_named() {
        venue::install_crypto_provider();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let rules = ProxyRules::from_vars(|name| (name == "HTTPS_PROXY").then(|| proxy.clone()));
        let base = Url::parse("https://service.example").unwrap();
        let plain = Way::within(&base, "/", TIMEOUT, &rules).unwrap().ask().await.unwrap_err().plain();
        assert!(plain.starts_with(&format!("no connection (the proxy {proxy}")), "{plain}");
    }

    #[tokio::test]
    async fn a_status_a_limit_and_an_endless_answer_are_told_apart() {
        let slow_down = || async { (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "90")], "") };
        let until = || async {
            let (now, until) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:44 GMT");
            (StatusCode::TOO_MANY_REQUESTS, [(header::DATE, now), (header::RETRY_AFTER, until)], "")
        };
        let for_ever = || async { (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "999999999")], "") };
        let router = Router::new()
            .route("/ill", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .route("/moved", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/ill")]) }))
            .route("/slow", get(slow_down))
            .route("/never", get(for_ever))
            .route("/date", get(until))
            .route("/large", get(|| async { "x".repeat(ANSWER_MAX_BYTES + 1) }));
        for (path, plain, patience_s) in [
            ("/ill", "it answered HTTP 503", None),
            ("/moved", "it answered HTTP 302", None),
            ("/slow", "it asks to slow down", Some(90)),
            ("/never", "it asks to slow down", Some(72 * 3_600)),
            ("/date", "it asks to slow down", Some(7)),
            ("/large", "its answer is too large", None),
        ] {
            let error = way(router.clone(), path, TIMEOUT).await.ask().await.unwrap_err();
            assert_eq!((error.plain().as_str(), error.patience().map(|p| p.as_secs())), (plain, patience_s), "{path}");
        }
    }
}

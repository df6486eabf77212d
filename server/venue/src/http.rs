//! Asking an exchange over HTTP: at a rate, in time, again where that can help, and not at all where it refuses.
//!
//! What an answer means is the business of each adapter; here only what holds for every exchange.

use std::{
    fmt,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use backon::{ExponentialBuilder, Retryable};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use schema::{UnixMs, Venue};

use crate::{
    Clock, ConfigError, VenueError,
    error::root,
    limit::{Charge, Gate, Pause, Rule, Rules, Stopped},
    loopback::is_loopback,
    patience,
    proxy::{Proxy, ProxyRules},
    record::Tap,
};

/// How an exchange is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Requests a second, at most.
    pub requests_per_second: NonZeroU32,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take as a whole.
    pub timeout: Duration,
    /// Attempts at one request, the first included.
    pub tries: usize,
    /// The shortest wait before another attempt.
    pub retry_min: Duration,
    /// The longest wait before another attempt, unless the exchange asks for more.
    pub retry_max: Duration,
    /// How long nothing at all is asked of a host that refuses this address.
    pub refused_pause: Duration,
    /// How long nothing is asked when the exchange asks to slow down and does not say for how long.
    pub slow_down: Duration,
}

impl HttpConfig {
    /// What suits Bybit: 600 requests in 5 s are allowed, and a ban lasts ten minutes.
    pub const DEFAULT: Self = Self {
        requests_per_second: NonZeroU32::MIN.saturating_add(39),
        connect_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(10),
        tries: 3,
        retry_min: Duration::from_millis(500),
        retry_max: Duration::from_secs(5),
        refused_pause: Duration::from_secs(600),
        slow_down: Duration::from_secs(1),
    };
}

/// An answer of HTTP status 200 in JSON.
pub(crate) struct Reply {
    /// When it had arrived, by this machine's clock.
    pub(crate) arrived: UnixMs,
    /// How long it took from the request on.
    pub(crate) took: Duration,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// What a header says; none where it is absent or says something else, for hardly one is promised.
    pub(crate) fn header<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }
}

/// The way to one exchange's HTTP routes.
pub(crate) struct Http {
    client: Client,
    gate: Gate,
    loopback: bool,
    config: HttpConfig,
    venue: Venue,
    tap: Tap,
    clock: Clock,
    /// What every request goes through, if anything.
    proxy: Option<Proxy>,
    /// The prefix of the path of every route.
    prefix: String,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("venue", &self.venue).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Http {
    /// Answers larger than this are refused; the largest real one, every instrument, is below 2 MiB.
    const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;
    /// A refusal of a host that is not this machine lasts at least this long: so do the bans of the venues.
    const REFUSED_PAUSE_MIN: Duration = Duration::from_secs(600);
    /// Of the body of a refusal or a rejection no more is read.
    const REFUSAL_MAX_BYTES: usize = 4 * 1024;

    /// `law` is what the venue allows this address; the configured rate is kept as well.
    pub(crate) fn new(
        base: &Url,
        venue: Venue,
        config: HttpConfig,
        law: &Rules,
        tap: Tap,
        clock: Clock,
        proxies: &ProxyRules,
    ) -> Result<Self, ConfigError> {
        let proxy = proxies.for_url(base)?;
        let client = http_client_through(base, config.connect_timeout, config.timeout, proxy.as_ref())?;
        if let Some(proxy) = &proxy {
            tracing::info!(%venue, %proxy, "requests and streams go through a proxy");
        }
        let host =
            format!("{}:{}", base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or_default());
        let loopback = is_loopback(base);
        let count = law.count.within(Rule::rate(config.requests_per_second.get()));
        let gate = Gate::new(&host, Rules { count, ..law.clone() });
        let prefix = base.path().trim_end_matches('/').to_owned();
        Ok(Self { client, gate, config, venue, loopback, tap, clock, proxy, prefix })
    }

    /// Repeats an attempt while that can help, with growing, jittered waits; the last error where it did not.
    pub(crate) async fn retrying<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, VenueError>
    where
        F: Future<Output = Result<T, VenueError>>,
    {
        let waits = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.config.retry_min)
            .with_max_delay(self.config.retry_max)
            .with_max_times(self.config.tries.saturating_sub(1));
        attempt
            .retry(waits)
            .when(VenueError::retryable)
            .adjust(|error, wait| match error {
                VenueError::RateLimited { retry_after: Some(asked), .. } => {
                    wait.map(|wait| wait.max(*asked)).filter(|wait| *wait <= Gate::PATIENCE)
                }
                _ => wait,
            })
            .await
    }

    /// One attempt: the body of an answer that has HTTP status 200 and is not declared to be something else than JSON.
    pub(crate) async fn get(&self, url: &Url, charge: Charge) -> Result<Reply, VenueError> {
        let outcome = self.attempt(url, charge).await;
        let label = match &outcome {
            Ok(_) => "answered",
            Err(VenueError::Unreachable { .. }) => "unreachable",
            Err(VenueError::Refused { .. }) => "refused",
            Err(VenueError::RateLimited { .. }) => "rate_limited",
            Err(VenueError::Rejected { .. }) => "rejected",
            Err(VenueError::Failing { .. }) => "failing",
            Err(VenueError::Undecodable { .. } | VenueError::Impossible { .. }) => "undecodable",
        };
        metrics::counter!("venue_http_requests_total", "venue" => self.venue.as_str(), "outcome" => label).increment(1);
        outcome
    }

    async fn attempt(&self, url: &Url, charge: Charge) -> Result<Reply, VenueError> {
        self.gate.pass(charge).await.map_err(|stopped| match stopped {
            Stopped::Refused { status, left } => VenueError::Refused { url: url.to_string(), status, left },
            Stopped::Held { left } => VenueError::RateLimited { url: url.to_string(), retry_after: Some(left) },
        })?;
        let asked = Instant::now();
        let response = self.client.get(url.clone()).send().await.map_err(|error| self.unreachable(url, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let foreign = kind.filter(|kind| !kind.to_ascii_lowercase().contains("json"));
        let wanted = status == StatusCode::OK && foreign.is_none();
        let body = if wanted { self.body(url, response).await? } else { beginning(response).await };
        self.tap.answer(|| self.route(url), status.as_u16(), &headers, &body);
        match status {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS | StatusCode::IM_A_TEAPOT => {
                return Err(self.refused(
                    url,
                    status.as_u16(),
                    refusal(status, &headers, &body),
                    self.retry_after(&headers),
                ));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = self.patience_asked(self.retry_after(&headers));
                self.gate.hold(wait);
                return Err(self.rate_limited(url, wait));
            }
            // Only a proxy answers this.
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                if let Some(proxy) = &self.proxy {
                    let source = Box::new(proxy.failure("proxy authorization required"));
                    return Err(VenueError::Unreachable { url: url.to_string(), source });
                }
                return Err(failed(url, status, &body));
            }
            _ => return Err(failed(url, status, &body)),
        }
        if let Some(kind) = foreign {
            let message = format!("answered in {kind} instead of JSON");
            return Err(VenueError::Failing { url: url.to_string(), code: i64::from(status.as_u16()), message });
        }
        Ok(Reply { arrived: self.clock.now(), took: asked.elapsed(), headers, body })
    }

    /// What was asked, as every address of this venue would be asked: the path of a route and its query.
    fn route(&self, url: &Url) -> String {
        let path = url.path();
        let path = path.strip_prefix(&self.prefix).unwrap_or(path);
        url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// The error for a refusal; nobody asks this host again for a while, and for as long as it said where it did.
    pub(crate) fn refused(&self, url: &Url, status: u16, reason: String, asked: Option<Duration>) -> VenueError {
        let least = if self.loopback { Duration::ZERO } else { Self::REFUSED_PAUSE_MIN };
        let pause = self.config.refused_pause.max(least).max(asked.unwrap_or_default().min(patience::WAIT_MAX));
        tracing::error!(venue = %self.venue, host = url.host_str(), reason, ?pause, "refused; asking nothing for a while");
        self.gate.refuse(status, reason, pause);
        VenueError::Refused { url: url.to_string(), status, left: pause }
    }

    /// The error for an answer that one lane was used too often: it waits, for as long as was asked where that is
    /// known, and then goes half as fast.
    pub(crate) fn lane_limited(&self, url: &Url, lane: usize, asked: Option<Duration>) -> VenueError {
        let wait = self.patience_asked(asked);
        self.gate.hold_lane(lane, wait.min(Gate::PATIENCE), true);
        self.rate_limited(url, wait)
    }

    /// Applies what an answer states of its lane's limit: so many requests a second, so many of them left, and when there
    /// will be new ones.
    pub(crate) fn heed_lane(&self, lane: usize, limit: Option<u32>, left: Option<u32>, renewed_in: Option<Duration>) {
        if let Some(limit) = limit {
            self.gate.restrict_lane(lane, Rule::law(limit, Duration::from_secs(1)));
        }
        if left == Some(0)
            && let Some(wait) = renewed_in
        {
            self.gate.hold_lane(lane, wait.min(Gate::PATIENCE), false);
        }
    }

    /// Makes everybody wait: the limit of all together is nearly used up.
    pub(crate) fn hold_all(&self, wait: Duration) {
        self.gate.hold(wait.min(Gate::PATIENCE));
    }

    /// The time, by this machine's clock.
    pub(crate) fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// Why nothing is asked for now.
    pub(crate) fn pause(&self) -> Option<Pause> {
        self.gate.pause()
    }

    fn patience_asked(&self, asked: Option<Duration>) -> Duration {
        asked.unwrap_or(self.config.slow_down).max(self.config.slow_down).min(patience::WAIT_MAX)
    }

    fn retry_after(&self, headers: &header::HeaderMap) -> Option<Duration> {
        patience::retry_after(headers, self.clock.now())
    }

    /// The error of a request that had no answer: what the network said, or the proxy.
    fn unreachable(&self, url: &Url, error: reqwest::Error) -> VenueError {
        let url = url.to_string();
        let error = error.without_url();
        match &self.proxy {
            Some(proxy) if error.is_connect() => {
                let source = Box::new(proxy.failure(&root(&error)));
                VenueError::Unreachable { url, source }
            }
            _ => VenueError::Unreachable { url, source: Box::new(error) },
        }
    }

    async fn body(&self, url: &Url, mut response: Response) -> Result<Vec<u8>, VenueError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(url, error))? {
            if body.len() + chunk.len() > Self::BODY_MAX_BYTES {
                let message = format!("an answer of more than {} bytes", Self::BODY_MAX_BYTES);
                return Err(VenueError::Rejected { url: url.to_string(), code: 200, message });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn rate_limited(&self, url: &Url, wait: Duration) -> VenueError {
        tracing::warn!(venue = %self.venue, path = url.path(), ?wait, "asked to slow down");
        VenueError::RateLimited { url: url.to_string(), retry_after: Some(wait) }
    }
}

/// A client for one host: it says who asks, follows no redirect, and nothing but loopback is asked unencrypted.
///
/// # Errors
///
/// When the cryptography is not ready, the system refuses, or the environment names a proxy that cannot be used.
pub fn http_client(base: &Url, connect_timeout: Duration, timeout: Duration) -> Result<Client, ConfigError> {
    http_client_through(base, connect_timeout, timeout, ProxyRules::from_env().for_url(base)?.as_ref())
}

/// A client for one host, through a proxy or directly; what else the environment says of proxies does not count.
///
/// # Errors
///
/// When the cryptography is not ready, the system refuses, or the proxy cannot be used.
pub fn http_client_through(
    base: &Url,
    connect_timeout: Duration,
    timeout: Duration,
    proxy: Option<&Proxy>,
) -> Result<Client, ConfigError> {
    let client = Client::builder()
        .connect_timeout(connect_timeout)
        .timeout(timeout)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("virtuoso/", env!("CARGO_PKG_VERSION")));
    let client = if is_loopback(base) { client } else { client.https_only(true) };
    let client = match proxy {
        Some(proxy) => client.proxy(proxy.for_client().map_err(ConfigError::Client)?),
        None => client.no_proxy(),
    };
    client.build().map_err(ConfigError::Client)
}

/// The error for a status that is neither success nor a refusal; the venue's own code and words where it gives them.
fn failed(url: &Url, status: StatusCode, body: &[u8]) -> VenueError {
    #[derive(serde::Deserialize)]
    struct Refusal {
        code: i64,
        msg: String,
    }
    let url = url.to_string();
    if status.is_server_error() {
        let message = status.canonical_reason().unwrap_or("unknown status").to_owned();
        return VenueError::Failing { url, code: i64::from(status.as_u16()), message };
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { code, msg }) => VenueError::Rejected { url, code, message: msg },
        Err(_) => {
            let message = status.canonical_reason().unwrap_or("unknown status").to_owned();
            VenueError::Rejected { url, code: i64::from(status.as_u16()), message }
        }
    }
}

/// The beginning of the body of an answer that is not what was asked for. One that cannot be read is as good as empty:
/// the status alone decides.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= Http::REFUSAL_MAX_BYTES {
            break;
        }
    }
    body
}

/// What a refusal says, in plain words: a ban for asking too often is text, a region that is not served gets a page.
fn refusal(status: StatusCode, headers: &header::HeaderMap, body: &[u8]) -> String {
    let status = status.as_u16();
    let page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/html"));
    let too_often = String::from_utf8_lossy(body).to_ascii_lowercase().contains("too frequent");
    let words = match status {
        _ if too_often => "this address asked too often",
        418 => "this address is banned for asking too often",
        451 => "this region is not served",
        _ if page => "a page instead of an answer: this address or its region is not served",
        _ => return format!("HTTP {status}"),
    };
    format!("HTTP {status}: {words}")
}

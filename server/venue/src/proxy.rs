//! The proxy a connection goes through: one rule for HTTP requests and WebSockets.
//!
//! The variables are those of curl: `HTTPS_PROXY` (for `https` and `wss`), `HTTP_PROXY` (for `http` and `ws`), `ALL_PROXY` for
//! both, and `NO_PROXY` for hosts that are connected to directly, in upper or lower case; an empty one counts as unset.
//! Connections to this machine itself never use a proxy: the simulated exchange and recordings are served there.

mod bypass;
mod dial;

use std::fmt;

use reqwest::Url;

pub(crate) use dial::Dialer;

use self::bypass::Bypass;
use crate::loopback::is_loopback;

/// Variables that name proxies, the preferred spelling first.
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NO: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Which connections go through which proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyRules {
    https: Option<Setting>,
    http: Option<Setting>,
    bypass: Bypass,
    /// Whether connections to this machine itself use the proxy as well.
    loopback: bool,
}

/// A variable and its value.
#[derive(Clone, PartialEq, Eq)]
struct Setting {
    variable: &'static str,
    value: String,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.variable, redacted(&self.value))
    }
}

/// A proxy, and the variable that names it. `Display` and `Debug` leave its credentials out.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
    variable: &'static str,
}

/// A variable that names no proxy this program can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} (`{value}`) {problem}")]
pub struct ProxyError {
    /// The variable.
    pub variable: &'static str,
    /// Its value, without credentials.
    pub value: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl ProxyRules {
    /// Reads the rules from the environment of this process.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// Reads the rules from variables; `get` returns the value of one.
    #[must_use]
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|variable| {
                let value = get(variable)?.trim().to_owned();
                (!value.is_empty()).then_some(Setting { variable, value })
            })
        };
        let all = first(ALL);
        Self {
            https: first(HTTPS).or_else(|| all.clone()),
            http: first(HTTP).or(all),
            bypass: first(NO).map(|no| Bypass::read(&no.value)).unwrap_or_default(),
            loopback: false,
        }
    }

    /// Lets connections to this machine itself use the proxy too: for tests, whose exchanges are on loopback.
    #[must_use]
    pub const fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Returns the proxy that connections to an address (`https`, `wss`, `http` or `ws`) go through; `None` where they are direct.
    ///
    /// # Errors
    ///
    /// When the variable that applies names no proxy that can be used.
    pub fn for_url(&self, url: &Url) -> Result<Option<Proxy>, ProxyError> {
        let setting = match url.scheme() {
            "https" | "wss" => &self.https,
            "http" | "ws" => &self.http,
            _ => return Ok(None),
        };
        let Some(setting) = setting else { return Ok(None) };
        if is_loopback(url) && !self.loopback {
            return Ok(None);
        }
        let host = url.host_str().unwrap_or_default();
        if self.bypass.contains(host, url.port_or_known_default()) {
            return Ok(None);
        }
        setting.proxy().map(Some)
    }
}

impl Setting {
    fn proxy(&self) -> Result<Proxy, ProxyError> {
        let error = |problem| ProxyError { variable: self.variable, value: redacted(&self.value), problem };
        let text = if self.value.contains("://") { self.value.clone() } else { format!("http://{}", self.value) };
        let url = Url::parse(&text).map_err(|_| error("is not the address of a proxy"))?;
        match url.scheme() {
            "http" | "socks5" | "socks5h" if url.host_str().is_none_or(str::is_empty) => Err(error("names no host")),
            "http" | "socks5" | "socks5h" => Ok(Proxy { url, variable: self.variable }),
            _ => Err(error("must begin with http://, socks5:// or socks5h://")),
        }
    }
}

impl Proxy {
    /// The variable that names it.
    #[must_use]
    pub const fn variable(&self) -> &'static str {
        self.variable
    }

    /// Returns what an HTTP client goes through.
    pub(crate) fn for_client(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        reqwest::Proxy::all(self.url.as_str())
    }

    /// Its address with a port and without credentials, for example `socks5h://127.0.0.1:1080`.
    fn address(&self) -> String {
        let (host, port) = self.host_and_port();
        format!("{}://{host}:{port}", self.url.scheme())
    }

    fn host_and_port(&self) -> (&str, u16) {
        let standard = if self.url.scheme() == "http" { 80 } else { 1_080 };
        (self.url.host_str().unwrap_or_default(), self.url.port().unwrap_or(standard))
    }

    /// Describes why no connection was made through it: `cause` is the innermost error of whoever tried.
    #[must_use]
    pub fn failure(&self, cause: &str) -> ProxyFailure {
        let what = match cause {
            // The words of the library that makes the tunnel, for HTTP requests as for WebSockets.
            _ if cause.contains("proxy authorization required") => "refused: 407".to_owned(),
            _ if cause.contains("credentials not accepted") => "refused: wrong user or password".to_owned(),
            _ if cause.contains("does not support user/pass") => "refused: it accepts no user and password".to_owned(),
            "tunnel error: unsuccessful" => "refused: it does not connect to this host".to_owned(),
            _ => match cause.strip_prefix("SOCKS error: ") {
                Some(words) => format!("refused: {words}"),
                None => format!("failed: {cause}"),
            },
        };
        ProxyFailure { proxy: self.address(), what }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address(), self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A connection that a proxy did not make, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy {proxy} {what}")]
pub struct ProxyFailure {
    proxy: String,
    what: String,
}

/// Returns the proxy of this process's environment that connections to an address go through, for the log and for people;
/// `None` where they are direct.
///
/// # Errors
///
/// When the variable that applies names no proxy that can be used.
pub fn proxy_in_use(url: &Url) -> Result<Option<Proxy>, ProxyError> {
    ProxyRules::from_env().for_url(url)
}

/// A value of a variable without the part before its last `@`.
fn redacted(value: &str) -> String {
    match value.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
            format!("{scheme}…@{host}")
        }
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(vars: &[(&str, &str)]) -> ProxyRules {
        let vars: Vec<_> = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ProxyRules::from_vars(|name| vars.iter().find(|(named, _)| named == name).map(|(_, value)| value.clone()))
    }

    fn chosen(rules: &ProxyRules, url: &str) -> Option<String> {
        rules.for_url(&Url::parse(url).unwrap()).unwrap().map(|proxy| proxy.to_string())
    }

    const REST: &str = "https://api.bybit.com";
    const STREAM: &str = "wss://stream.bybit.com/v5/public/linear";

    #[test]
    fn chooses_the_same_proxy_for_requests_and_streams() {
        for (vars, expected) in [
            (&[("HTTPS_PROXY", "http://p:3128")][..], Some("http://p:3128 (HTTPS_PROXY)")),
            (&[("https_proxy", "http://p")], Some("http://p:80 (https_proxy)")),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "p:3128")], Some("http://p:3128 (https_proxy)")),
            (&[("ALL_PROXY", "socks5h://p")], Some("socks5h://p:1080 (ALL_PROXY)")),
            (&[("all_proxy", "socks5://p:9050"), ("HTTPS_PROXY", "q:1")], Some("http://q:1 (HTTPS_PROXY)")),
            (&[("HTTP_PROXY", "http://p:3128")], None),
            (&[], None),
        ] {
            for url in [REST, STREAM] {
                assert_eq!(chosen(&rules(vars), url).as_deref(), expected, "{vars:?} {url}");
            }
        }
        assert_eq!(chosen(&rules(&[("HTTP_PROXY", "p:1")]), "ws://x.test").as_deref(), Some("http://p:1 (HTTP_PROXY)"));
    }

    #[test]
    fn connects_to_this_machine_without_a_proxy() {
        let rules = rules(&[("ALL_PROXY", "http://p:3128")]);
        for url in ["http://127.0.0.1:8080", "ws://localhost:1/v5", "ws://[::1]:1/", "http://127.8.8.8"] {
            assert_eq!(chosen(&rules, url), None, "{url}");
        }
        assert!(chosen(&rules.with_loopback(), "ws://127.0.0.1:1").is_some());
    }

    #[test]
    fn leaves_out_the_hosts_of_no_proxy() {
        let vars = [("ALL_PROXY", "http://p:3128"), ("no_proxy", "bybit.com, .binance.com")];
        assert_eq!(chosen(&rules(&vars), REST), None);
        assert_eq!(chosen(&rules(&vars), STREAM), None);
        assert_eq!(chosen(&rules(&vars), "wss://fstream.binance.com"), None);
        assert!(chosen(&rules(&vars), "https://notbybit.com").is_some());
    }

    #[test]
    fn never_shows_the_credentials_of_a_proxy() {
        let secret = rules(&[("HTTPS_PROXY", "http://me:se%40cret@p.test:3128")]);
        let proxy = secret.for_url(&Url::parse(REST).unwrap()).unwrap().unwrap();
        for text in [proxy.to_string(), format!("{proxy:?}"), format!("{secret:?}"), proxy.failure("x").to_string()] {
            assert!(!text.contains("cret") && !text.contains("me:") && text.contains("p.test"), "{text}");
        }
    }

    #[test]
    fn refuses_a_proxy_it_cannot_use_and_names_the_variable() {
        for (value, expected) in [
            ("ftp://me:secret@p", "HTTPS_PROXY (`ftp://…@p`) must begin with http://, socks5:// or socks5h://"),
            ("https://p:1", "HTTPS_PROXY (`https://p:1`) must begin with http://, socks5:// or socks5h://"),
            ("http://", "HTTPS_PROXY (`http://`) is not the address of a proxy"),
            ("p:port", "HTTPS_PROXY (`p:port`) is not the address of a proxy"),
        ] {
            let error = rules(&[("HTTPS_PROXY", value)]).for_url(&Url::parse(REST).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}

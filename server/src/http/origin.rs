//! Where a request comes from: what changes something is taken from this server's own pages alone.
//!
//! The guard asks it of every request whose method may change something, so that no path can forget to.

use std::fmt;

use axum::http::{HeaderMap, Method, header};

use super::hosts::Hosts;
use crate::config::Authority;

/// Whether a method may change something.
pub(super) fn changes(method: &Method) -> bool {
    !method.is_safe()
}

/// Why a request comes from no page of this server. Its text says what differs, and what would fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// The browser says that a page of another site sent it.
    Site {
        /// What the browser calls it.
        site: String,
        /// The page's origin, where the browser names it.
        origin: Option<String>,
    },
    /// Its page has another origin than the host that is asked for.
    Origin {
        /// The page's origin.
        origin: String,
        /// The entry of `http.allowed_hosts` that would allow it; none where no entry could.
        entry: Option<String>,
        /// The host that is asked for.
        host: String,
    },
    /// It does not say where it comes from, as every browser does.
    Unsaid,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site { site, origin } => {
                let origin = origin.as_deref().unwrap_or("an unnamed page");
                write!(f, "the form was sent by {origin}, which the browser calls {site} (Sec-Fetch-Site). ")?;
                f.write_str("Changes are taken from this dashboard's own pages alone.")
            }
            Self::Origin { origin, entry: None, host } => {
                write!(f, "the form was sent by a page of {origin:?} (Origin) to {host:?} (Host). ")?;
                f.write_str("Changes are taken from this dashboard's own pages alone.")
            }
            Self::Origin { origin, entry: Some(entry), host } => {
                write!(
                    f,
                    "the form was sent by a page of {origin} (Origin), but this server was asked for {host} (Host). "
                )?;
                write!(
                    f,
                    "If {origin} is this dashboard, a proxy in between replaces its name: set http.allowed_hosts = \"{entry}\" \
                     (VIRTUOSO_HTTP_ALLOWED_HOSTS={entry}) and restart, or have the proxy pass the name on."
                )
            }
            Self::Unsaid => f.write_str(
                "the request does not say which page it comes from (Sec-Fetch-Site or Origin). \
                 Changes are taken from this dashboard's own pages alone.",
            ),
        }
    }
}

/// Checks that a request comes from a page of this server.
///
/// Browsers say so themselves, over plain HTTP from another machine by the origin alone. That is the host that was asked for, unless a
/// proxy in between asks for another one; then it is a host that the configuration names. A request that says neither is no form of
/// a browser.
pub(super) fn check(headers: &HeaderMap, host: Option<&Authority>, hosts: &Hosts) -> Result<(), Foreign> {
    let text = |name: &str| {
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(120).collect::<String>())
    };
    let origin = text("origin");
    match text("sec-fetch-site") {
        Some(site) if site == "same-origin" => return Ok(()),
        Some(site) => return Err(Foreign::Site { site, origin }),
        None => {}
    }
    let Some(origin) = origin else { return Err(Foreign::Unsaid) };
    let page = parse(&origin);
    if let Some((page, default_port)) = &page {
        let is_asked_for = host.is_some_and(|host| host.is_same(page, *default_port));
        if is_asked_for || hosts.is_allowed(page, *default_port) {
            return Ok(());
        }
    }
    let host = host.map_or_else(|| "no host".to_owned(), ToString::to_string);
    Err(Foreign::Origin { origin, entry: page.map(|(page, _)| page.to_string()), host })
}

/// Whether the page that sent a request came over https, by its origin.
pub(super) fn is_https(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

/// The host of an origin, and the default port of its scheme.
fn parse(origin: &str) -> Option<(Authority, u16)> {
    let (rest, default_port) = match origin.split_once("://")? {
        ("http", rest) => (rest, 80),
        ("https", rest) => (rest, 443),
        _ => return None,
    };
    Some((Authority::parse(rest)?, default_port))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn judge(allowed: &str, host: &str, pairs: &[(&'static str, &'static str)]) -> Result<(), Foreign> {
        let allowed = allowed.split_whitespace().map(|host| Authority::parse(host).unwrap()).collect();
        let hosts = Hosts::new("127.0.0.1:3000".parse().unwrap(), allowed);
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(&headers.collect(), Authority::parse(host).as_ref(), &hosts)
    }

    #[test]
    fn only_a_page_of_this_server_may_change_anything() {
        let lan = "192.168.1.5:3000";
        for (allowed, host, pairs, expected) in [
            ("", lan, &[("sec-fetch-site", "same-origin")][..], true),
            ("", "me:1", &[("sec-fetch-site", "cross-site"), ("origin", "http://me:1")], false),
            ("me", "me:1", &[("sec-fetch-site", "cross-site"), ("origin", "http://me:1")], false),
            ("", lan, &[("sec-fetch-site", "same-site")], false),
            ("", lan, &[("sec-fetch-site", "none")], false),
            ("", lan, &[("origin", "http://192.168.1.5:3000")], true),
            ("", lan, &[("origin", "http://192.168.1.5:3001")], false),
            ("", lan, &[("origin", "null")], false),
            ("null", lan, &[("origin", "null")], false),
            ("", lan, &[("origin", "file://")], false),
            ("", lan, &[("origin", "moz-extension://192.168.1.5:3000")], false),
            ("", lan, &[("origin", "192.168.1.5:3000")], false),
            ("", lan, &[], false),
            ("", "dash.example", &[("origin", "https://dash.example")], true),
            ("", "dash.example:443", &[("origin", "https://dash.example")], true),
            ("", "dash.example", &[("origin", "http://dash.example:80")], true),
            ("", "dash.example:80", &[("origin", "https://dash.example")], false),
            ("", "Dash.Example.", &[("origin", "https://dash.example")], true),
            ("", "dash.example", &[("origin", "https://dash.example@evil.example")], false),
            ("", "dash.example", &[("origin", "https://dash.example.evil.example")], false),
            // A proxy replaces the host by its own name for this server.
            ("", "127.0.0.1:3000", &[("origin", "http://dash.example")], false),
            ("dash.example", "127.0.0.1:3000", &[("origin", "http://dash.example")], true),
            ("dash.example", "127.0.0.1:3000", &[("origin", "http://dash.example:8080")], true),
            ("dash.example:8080", "127.0.0.1:3000", &[("origin", "http://dash.example:8080")], true),
            ("dash.example:8080", "127.0.0.1:3000", &[("origin", "http://dash.example")], false),
            ("dash.example", "127.0.0.1:3000", &[("origin", "http://evil.example")], false),
            // The names of this machine are other programs' too.
            ("", "127.0.0.1:3000", &[("origin", "http://localhost:8080")], false),
            ("", "127.0.0.1:3000", &[("origin", "http://localhost:3000")], false),
        ] {
            assert_eq!(judge(allowed, host, pairs).is_ok(), expected, "{pairs:?} to {host}, allowed {allowed:?}");
        }
        assert!(
            changes(&Method::POST) && changes(&Method::DELETE) && !changes(&Method::GET) && !changes(&Method::HEAD)
        );
    }

    #[test]
    fn a_refusal_names_both_and_the_setting() {
        let words = judge("", "127.0.0.1:3000", &[("origin", "http://dash.example:8080")]).unwrap_err().to_string();
        for part in [
            "http://dash.example:8080",
            "127.0.0.1:3000",
            "http.allowed_hosts = \"dash.example:8080\"",
            "VIRTUOSO_HTTP_ALLOWED_HOSTS=dash.example:8080",
        ] {
            assert!(words.contains(part), "{part} is not in {words}");
        }
        let words =
            judge("", "me", &[("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")]).unwrap_err();
        assert!(words.to_string().contains("http://evil.example") && !words.to_string().contains("allowed_hosts"));
    }
}

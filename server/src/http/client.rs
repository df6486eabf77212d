//! Who sent a request, and for which host: the first that every request passes.
//!
//! A request for a host that is not this server's is refused here ([`super::hosts`]). Of the others it is known from here on where
//! the reader is, over however many trusted proxies ([`super::forwarded`]). Nothing further in looks at an address or a header of
//! a proxy.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Version, header},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::{
    error::ApiError,
    forwarded::{self, Forwarded},
    hosts::{self, BadHost, Hosts},
    log_once::LogOnce,
    origin::{self, Foreign},
    refused,
};
use crate::config::{Authority, Config};

/// Who sent a request. Every request carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address; that of the nearest proxy where none that is trusted names another.
    pub(crate) addr: IpAddr,
    /// Whether it is at this machine. A request that was passed on by a proxy which is not trusted is not, though it comes from
    /// loopback: anyone may have sent it.
    pub(crate) is_local: bool,
    /// Whether its address distinguishes it from others: that of loopback may be anyone's.
    pub(crate) is_distinct: bool,
    /// Whether it came over https, as far as is known.
    pub(crate) is_https: bool,
    /// The host that it asked for; none from old programs.
    pub(crate) host: Option<Authority>,
}

/// What decides how this server is reached.
#[derive(Clone)]
pub(crate) struct Reach(Arc<Inner>);

struct Inner {
    hosts: Hosts,
    trusted: Vec<IpNet>,
    /// Whether readers come over https alone.
    https: bool,
    logged: LogOnce,
}

/// A request whose sender is unknown.
#[derive(Debug, PartialEq, Eq)]
enum Unserved {
    /// It names no host that can be read.
    Bad(BadHost),
    /// It is for another host.
    Foreign(Authority),
}

impl Reach {
    /// How a server that is bound to an address is reached.
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> Self {
        let proxied = !(config.http.allowed_hosts.is_empty() && config.http.trusted_proxies.is_empty());
        if proxied && config.access.token.is_none() && !config.access.open_to_all {
            tracing::warn!(
                "a proxy is configured and access.token is not: whoever reaches the proxy can read the dashboard"
            );
        }
        Self(Arc::new(Inner {
            hosts: Hosts::new(bound, config.http.allowed_hosts.clone()),
            trusted: config.http.trusted_proxies.clone(),
            https: config.access.https,
            logged: LogOnce::default(),
        }))
    }

    fn client(&self, request: &Request, peer: IpAddr) -> Result<Client, Unserved> {
        let served = |host: Authority| match self.0.hosts.serves(&host) {
            true => Ok(host),
            false => Err(Unserved::Foreign(host)),
        };
        let mut host = None;
        for named in hosts::named(request).map_err(Unserved::Bad)? {
            // What the first line names goes before the header (RFC 9112, section 3.2.2).
            host = Some(served(named)?);
        }
        if !forwarded::is_trusted(peer, &self.0.trusted) {
            // nginx speaks HTTP/1.0 to whom it passes requests on, unless configured otherwise, and names itself nowhere.
            let passed_on = forwarded::is_marked(request.headers()) || request.version() < Version::HTTP_11;
            return Ok(Client {
                addr: peer,
                is_local: peer.is_loopback() && !passed_on,
                is_distinct: !peer.is_loopback(),
                is_https: self.0.https,
                host,
            });
        }
        // The host that the proxy passes on is checked beside the one that it received, and not instead: a page can make its browser
        // send any of these headers, but not another `Host`.
        let found = Forwarded::read(request.headers(), peer, &self.0.trusted);
        if let Some(text) = found.host {
            let asked = Authority::parse(&text)
                .ok_or_else(|| Unserved::Bad(BadHost::Malformed(text.chars().take(80).collect())))?;
            host = Some(served(asked)?);
        }
        Ok(Client {
            addr: found.client.unwrap_or(peer),
            is_local: found.is_local,
            is_distinct: found.client.is_some_and(|addr| !addr.is_loopback()),
            is_https: self.0.https || found.is_https == Some(true),
            host,
        })
    }

    /// Whether what a request changes is asked for by a page of this dashboard; otherwise why not, logged with both names.
    pub(super) fn check_origin(&self, headers: &HeaderMap, client: &Client) -> Result<(), Foreign> {
        origin::check(headers, client.host.as_ref(), &self.0.hosts).inspect_err(|foreign| {
            metrics::counter!("http_foreign_origins_total").increment(1);
            if self.0.logged.is_due(&foreign.to_string(), Instant::now()) {
                tracing::warn!(from = %client.addr, "a change was refused: {foreign}");
            }
        })
    }

    fn refuse(&self, unserved: Unserved, peer: IpAddr) -> ApiError {
        metrics::counter!("http_foreign_hosts_total").increment(1);
        let error = match unserved {
            Unserved::Bad(bad) => ApiError::BadHost(bad),
            Unserved::Foreign(host) => ApiError::ForeignHost(host),
        };
        let words = error.message();
        if self.0.logged.is_due(&words, Instant::now()) {
            tracing::warn!(from = %peer, "a request was refused: {words}");
        }
        error
    }
}

/// Adds its client to every request, and refuses requests for another server.
pub(super) async fn identify(
    State(reach): State<Reach>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = peer.ip().to_canonical();
    let client = match reach.client(&request, peer) {
        Ok(client) => client,
        Err(unserved) => {
            let asked = refused::Asked::of(&request);
            return asked.answer(reach.refuse(unserved, peer));
        }
    };
    // A browser says by the origin of its form that its page came over https.
    let is_https = client.is_https || origin::is_https(request.headers());
    request.extensions_mut().insert(client);
    let mut response = next.run(request).await;
    if is_https {
        secure_cookies(response.headers_mut());
    }
    response
}

/// Marks every cookie that is set so that it never travels without TLS.
fn secure_cookies(headers: &mut HeaderMap) {
    if let header::Entry::Occupied(mut cookies) = headers.entry(header::SET_COOKIE) {
        for cookie in cookies.iter_mut() {
            let marked = [cookie.as_bytes(), b"; Secure"].concat();
            match HeaderValue::from_bytes(&marked) {
                Ok(marked) => *cookie = marked,
                Err(error) => tracing::error!(%error, "a cookie cannot be marked as secure"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;
    use crate::config::{Settings, settings::Origin};

    const HERE: &str = "127.0.0.1";

    fn reach(settings: &[(&str, &str)]) -> Reach {
        let mut raw = Settings::defaults().unwrap();
        for (key, text) in settings {
            raw.set_text(key, text, Origin::Flag("--test")).unwrap();
        }
        let config = Config::check(&raw).unwrap();
        Reach::new(&config, config.http.addr)
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn client(settings: &[(&str, &str)], peer: &str, headers: &[(&str, &str)]) -> Client {
        let headers = [&[("host", "localhost:3000")], headers].concat();
        reach(settings).client(&request(&headers), peer.parse().unwrap()).unwrap()
    }

    #[test]
    fn what_a_proxy_passes_on_is_not_local_though_it_comes_from_loopback() {
        assert!(client(&[], HERE, &[]).is_local);
        for mark in ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-proto"] {
            let passed_on = client(&[], HERE, &[(mark, "127.0.0.1")]);
            assert!(!passed_on.is_local && !passed_on.is_https && passed_on.addr.is_loopback(), "{mark}");
        }
        assert!(!client(&[], "192.168.1.7", &[]).is_local);
        let mut old = request(&[("host", "localhost")]);
        *old.version_mut() = Version::HTTP_10;
        assert!(!reach(&[]).client(&old, HERE.parse().unwrap()).unwrap().is_local, "nginx as it is set up by default");
    }

    #[test]
    fn a_trusted_proxy_says_who_asks_and_any_other_does_not() {
        let trusted = [("http.trusted_proxies", HERE), ("http.allowed_hosts", "dash.example")];
        let said =
            [("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "dash.example")];
        let found = client(&trusted, HERE, &said);
        assert_eq!((found.addr.to_string(), found.is_local, found.is_https), ("203.0.113.5".into(), false, true));
        assert_eq!((found.host.unwrap().to_string(), found.is_distinct), ("dash.example".into(), true));
        let stranger = client(&trusted, "192.168.1.7", &said);
        assert_eq!((stranger.addr.to_string(), stranger.is_https), ("192.168.1.7".into(), false));
        assert_eq!(stranger.host.unwrap().to_string(), "localhost:3000");
        assert!(client(&trusted, HERE, &[("x-forwarded-for", HERE)]).is_local);
        assert!(!client(&trusted, HERE, &[("x-forwarded-for", "127.0.0.1, 203.0.113.5")]).is_local);
        assert!(!client(&trusted, HERE, &[]).is_local, "it does not say whom it asks for");
    }

    #[test]
    fn a_request_for_another_host_is_nobodys() {
        let refused = |settings: &[(&str, &str)], headers: &[(&str, &str)]| {
            reach(settings).client(&request(headers), HERE.parse().unwrap()).unwrap_err()
        };
        let foreign = |host: &str| Unserved::Foreign(Authority::parse(host).unwrap());
        assert_eq!(refused(&[], &[("host", "evil.example:3000")]), foreign("evil.example:3000"));
        // The headers of a proxy are a page's to send; they make no host another one.
        let said = [("host", "evil.example"), ("x-forwarded-host", "localhost"), ("x-forwarded-for", HERE)];
        assert_eq!(refused(&[], &said), foreign("evil.example"));
        assert_eq!(refused(&[("http.trusted_proxies", HERE)], &said), foreign("evil.example"));
        let passed_on = [("host", "localhost:3000"), ("x-forwarded-host", "evil.example")];
        assert_eq!(refused(&[("http.trusted_proxies", HERE)], &passed_on), foreign("evil.example"));
        assert_eq!(client(&[], HERE, &passed_on[1..]).host, Authority::parse("localhost:3000"), "nobody believes it");
    }

    #[test]
    fn every_cookie_is_marked_where_it_came_over_https() {
        let mut headers = HeaderMap::new();
        for cookie in ["a=1; HttpOnly", "b=2; HttpOnly"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        secure_cookies(&mut headers);
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; HttpOnly; Secure", "b=2; HttpOnly; Secure"]);
    }
}

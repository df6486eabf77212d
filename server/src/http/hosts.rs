//! Which hosts a request may be for: the guard against DNS rebinding.
//!
//! A web page of `evil.example` may have its own name point at 127.0.0.1. The browser then takes this server for `evil.example`, lets
//! the page read every answer and send every form, and says truthfully that both have one origin. What gives it away is the host: the
//! browser sends the name that it looked up, and a page cannot change that. So a request is served only for names that are known to be
//! this server's.
//!
//! An address in numbers needs no such care: nothing is looked up, so nobody can make it point elsewhere, and a page with that origin
//! was sent from that address. Where this server is bound beyond loopback every address is therefore accepted, its own among
//! them, which it cannot know behind a router or a container's network. Bound to loopback, it accepts those of loopback alone: another
//! one then comes through a proxy, and is named in `http.allowed_hosts` like a name.

use std::net::SocketAddr;

use axum::{
    extract::Request,
    http::{Version, header},
};

use crate::config::{Authority, Host};

/// The hosts that are served.
pub(super) struct Hosts {
    bound: SocketAddr,
    allowed: Vec<Authority>,
}

/// Why a request has no host that it could be judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadHost {
    /// There is none.
    Missing,
    /// There are several.
    Repeated,
    /// It is no host.
    Malformed(String),
}

impl Hosts {
    pub(super) fn new(bound: SocketAddr, allowed: Vec<Authority>) -> Self {
        Self { bound, allowed }
    }

    /// Whether a request for a host is served, on whatever port: a port is nothing that is looked up.
    pub(super) fn serves(&self, asked: &Authority) -> bool {
        let own = match asked.host {
            Host::Ip(address) => {
                let bound = self.bound.ip().to_canonical();
                address == bound || !bound.is_loopback()
            }
            Host::Name(_) => false,
        };
        own || asked.host.is_local() || self.allowed.iter().any(|allowed| allowed.host == asked.host)
    }

    /// Whether a page of this origin is one of the dashboard's by the word of the configuration.
    pub(super) fn is_allowed(&self, origin: &Authority, default_port: u16) -> bool {
        self.allowed.iter().any(|allowed| allowed.includes(origin, default_port))
    }
}

/// Every host that a request names: in its header, and in its first line where that has one.
///
/// A request of HTTP/1.0 may name none, as checks of health do. No browser sends one.
pub(super) fn named(request: &Request) -> Result<Vec<Authority>, BadHost> {
    let read = |text: &str| Authority::parse(text).ok_or_else(|| BadHost::Malformed(text.chars().take(80).collect()));
    let mut found = Vec::with_capacity(1);
    let mut lines = request.headers().get_all(header::HOST).iter();
    if let Some(line) = lines.next() {
        let text =
            line.to_str().map_err(|_| BadHost::Malformed(String::from_utf8_lossy(line.as_bytes()).into_owned()))?;
        found.push(read(text)?);
    }
    if lines.next().is_some() {
        return Err(BadHost::Repeated);
    }
    if let Some(authority) = request.uri().authority() {
        found.push(read(authority.as_str())?);
    }
    if found.is_empty() && request.version() > Version::HTTP_10 {
        return Err(BadHost::Missing);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn serves(bound: &str, allowed: &str, asked: &str) -> bool {
        let allowed = allowed.split_whitespace().map(|host| Authority::parse(host).unwrap()).collect();
        Hosts::new(bound.parse().unwrap(), allowed).serves(&Authority::parse(asked).unwrap())
    }

    #[test]
    fn serves_this_machine_and_what_the_configuration_names() {
        let (here, everywhere) = ("127.0.0.1:3000", "0.0.0.0:3000");
        for (bound, allowed, asked, expected) in [
            (here, "", "localhost:3000", true),
            (here, "", "LOCALHOST.", true),
            (here, "", "dash.localhost", true),
            (here, "", "127.0.0.1:3000", true),
            (here, "", "127.9.9.9", true),
            (here, "", "[::1]:3000", true),
            (here, "", "127.0.0.1:4000", true),
            (here, "", "evil.example", false),
            (here, "", "evil.example:3000", false),
            (here, "", "localhost.evil.example", false),
            (here, "", "127.0.0.1.evil.example", false),
            (here, "", "mybox", false),
            (here, "", "192.168.1.5:3000", false),
            (here, "", "0.0.0.0:3000", false),
            (here, "dash.example.org", "dash.example.org", true),
            (here, "dash.example.org", "DASH.example.org.:8443", true),
            (here, "dash.example.org:8443", "dash.example.org", true),
            (here, "dash.example.org", "evil.dash.example.org", false),
            (here, "dash.example.org", "example.org", false),
            (here, "192.168.1.5", "192.168.1.5:8080", true),
            ("[::1]:3000", "", "[::1]:3000", true),
            ("[::1]:3000", "", "[2001:db8::1]", false),
            (everywhere, "", "192.168.1.5:3000", true),
            (everywhere, "", "0.0.0.0:3000", true),
            (everywhere, "", "[2001:db8::1]:3000", true),
            (everywhere, "", "evil.example:3000", false),
            (everywhere, "mybox", "mybox:3000", true),
            ("[::]:3000", "", "192.168.1.5:3000", true),
            ("192.168.1.5:3000", "", "192.168.1.5:3000", true),
            ("192.168.1.5:3000", "", "evil.example:3000", false),
        ] {
            assert_eq!(serves(bound, allowed, asked), expected, "{asked} at {bound}, allowed {allowed:?}");
        }
    }

    #[test]
    fn reads_the_host_wherever_a_request_names_it() {
        let named = |version: Version, uri: &str, hosts: &[&str]| {
            let mut request = Request::builder().version(version).uri(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            let found = super::named(&request.body(Body::empty()).unwrap());
            found.map(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        let (old, new) = (Version::HTTP_10, Version::HTTP_11);
        assert_eq!(named(new, "/", &["localhost:3000"]).as_deref(), Ok("localhost:3000"));
        assert_eq!(named(new, "http://evil.example/", &["localhost"]).as_deref(), Ok("localhost evil.example"));
        assert_eq!(named(Version::HTTP_2, "http://evil.example/", &[]).as_deref(), Ok("evil.example"));
        assert_eq!(named(new, "http://me@localhost/", &["localhost"]), Err(BadHost::Malformed("me@localhost".into())));
        assert_eq!(named(new, "/", &[]), Err(BadHost::Missing));
        assert_eq!(named(old, "/", &[]).as_deref(), Ok(""));
        assert_eq!(named(new, "/", &["localhost", "localhost"]), Err(BadHost::Repeated));
        for bad in ["", "localhost, evil.example", "user@localhost", "localhost:port", "http://localhost"] {
            assert_eq!(named(new, "/", &[bad]), Err(BadHost::Malformed(bad.into())), "{bad}");
        }
    }
}

//! What proxies in front of the dashboard say of the reader: `X-Forwarded-For`, `-Proto`, `-Host` and `Forwarded` (RFC 7239).
//!
//! Anyone can send these headers, so they are read only where the nearest sender is a trusted proxy, and from the right: each
//! proxy appends the address that it was reached from, so everything to the left of the first address that is no trusted proxy may be
//! made up by the client.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Headers that only a proxy has a reason to send. Their presence says that a request was passed on, whatever is in them.
const MARKS: [&str; 12] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-forwarded-prefix",
    "x-real-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// What the trusted proxies say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The nearest address that is no trusted proxy; none where no proxy named one that can be read.
    pub(super) client: Option<IpAddr>,
    /// Whether each step from the client to this process was over the loopback interface.
    pub(super) is_local: bool,
    /// Whether the client came over https; none where no proxy says so.
    pub(super) is_https: Option<bool>,
    /// The host that the client asked for, as it was sent.
    pub(super) host: Option<String>,
}

/// Whether a request was passed on by a proxy, by its headers.
pub(super) fn is_marked(headers: &HeaderMap) -> bool {
    MARKS.iter().any(|name| headers.contains_key(*name))
}

/// Whether an address is one of these proxies.
pub(super) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

impl Forwarded {
    /// Reads the headers of a request that a trusted proxy at `peer` sent.
    ///
    /// Where both kinds of headers are there, the proxy sets one of them and may pass on the other as the client sent it. So the
    /// address is that of `X-Forwarded-For`, and the client is local only where both agree.
    pub(super) fn read(headers: &HeaderMap, peer: IpAddr, trusted: &[IpNet]) -> Self {
        let elements = elements(headers);
        let by_list: Option<Walk> =
            headers.contains_key("x-forwarded-for").then(|| walk(values(headers, "x-forwarded-for"), trusted));
        let by_element = (!elements.is_empty()).then(|| {
            let nodes = elements.iter().map(|element| element.get("for").unwrap_or_default());
            walk(nodes.collect(), trusted)
        });
        let is_local = peer.is_loopback()
            && (by_list.is_some() || by_element.is_some())
            && [&by_list, &by_element].into_iter().flatten().all(|walk| walk.client.is_some() && walk.is_local);
        let client = by_list.or(by_element).and_then(|walk| walk.client);
        let nearest = elements.last();
        let last = |name: &str, parameter: &str| {
            let listed = values(headers, name).pop().map(str::to_owned);
            listed.or_else(|| nearest.and_then(|element| element.get(parameter)).map(str::to_owned))
        };
        let is_https = last("x-forwarded-proto", "proto")
            .map(|scheme| ["https", "wss"].iter().any(|secure| scheme.eq_ignore_ascii_case(secure)));
        Self { client, is_local, is_https, host: last("x-forwarded-host", "host") }
    }
}

/// Where a list of addresses leads.
struct Walk {
    client: Option<IpAddr>,
    is_local: bool,
}

/// Walks a list of addresses from the right to the first that is no trusted proxy; to the left-most where all are.
fn walk(nodes: Vec<&str>, trusted: &[IpNet]) -> Walk {
    let mut found = Walk { client: None, is_local: true };
    for text in nodes.into_iter().rev() {
        let Some(address) = node(text) else {
            return Walk { client: None, is_local: false };
        };
        found = Walk { client: Some(address), is_local: found.is_local && address.is_loopback() };
        if !is_trusted(address, trusted) {
            break;
        }
    }
    found
}

/// An address with or without a port: `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]`, `[::1]:5`.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

/// The values of a header that is a list, over all of its lines. A line that is no text counts as one value that cannot be read.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

/// One proxy's part of `Forwarded`.
#[derive(Debug, Default)]
struct Element(Vec<(String, String)>);

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The parts of `Forwarded`, the nearest proxy's last. Commas and semicolons inside of quotes belong to a value.
fn elements(headers: &HeaderMap) -> Vec<Element> {
    let mut elements = Vec::new();
    for line in headers.get_all("forwarded") {
        let mut element = Element::default();
        let mut pair = String::new();
        let (mut quoted, mut escaped) = (false, false);
        let end = |pair: &mut String, element: &mut Element| {
            if let Some((name, value)) = pair.split_once('=') {
                element.0.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            pair.clear();
        };
        for byte in line.as_bytes().iter().copied() {
            match char::from(byte) {
                c if escaped => {
                    pair.push(c);
                    escaped = false;
                }
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                ';' if !quoted => end(&mut pair, &mut element),
                ',' if !quoted => {
                    end(&mut pair, &mut element);
                    elements.push(std::mem::take(&mut element));
                }
                c => pair.push(c),
            }
        }
        end(&mut pair, &mut element);
        elements.push(element);
    }
    elements
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn read(lines: &[(&'static str, &'static str)], trusted: &str, peer: IpAddr) -> Forwarded {
        let lines = lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        let trusted: Vec<IpNet> = trusted.split(' ').map(|network| network.parse().unwrap()).collect();
        Forwarded::read(&headers, peer, &trusted)
    }

    fn client(lines: &[(&'static str, &'static str)], trusted: &str) -> (Option<String>, bool) {
        let found = read(lines, trusted, HERE);
        (found.client.map(|address| address.to_string()), found.is_local)
    }

    #[test]
    fn an_address_that_the_client_made_up_does_not_count() {
        let here = "127.0.0.0/8";
        for (lines, trusted, address, local) in [
            (&[("x-forwarded-for", "203.0.113.5")][..], here, Some("203.0.113.5"), false),
            (&[("x-forwarded-for", "127.0.0.1, 203.0.113.5")], here, Some("203.0.113.5"), false),
            (&[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "203.0.113.5")], here, Some("203.0.113.5"), false),
            (
                &[("x-forwarded-for", "1.1.1.1, 203.0.113.5, 10.0.0.2")],
                "127.0.0.1/32 10.0.0.0/8",
                Some("203.0.113.5"),
                false,
            ),
            (&[("x-forwarded-for", "127.0.0.1")], here, Some("127.0.0.1"), true),
            (&[("x-forwarded-for", "127.0.0.1:4711")], here, Some("127.0.0.1"), true),
            (&[("x-forwarded-for", "[::1]:4711")], here, Some("::1"), true),
            (&[("x-forwarded-for", "::ffff:203.0.113.5")], here, Some("203.0.113.5"), false),
            // Of the machine of a proxy further away.
            (&[("x-forwarded-for", "127.0.0.1, 10.0.0.2")], "127.0.0.1/32 10.0.0.0/8", Some("127.0.0.1"), false),
            (&[("x-forwarded-for", "127.0.0.1, unknown")], here, None, false),
            (&[("x-forwarded-for", "127.0.0.1,")], here, None, false),
            (&[("x-forwarded-for", "")], here, None, false),
            (&[], here, None, false),
            (
                &[("forwarded", "for=127.0.0.1, For=\"[2001:db8::17]:4711\";proto=https")],
                here,
                Some("2001:db8::17"),
                false,
            ),
            (&[("forwarded", "for=203.0.113.5;host=\"a,b;for=127.0.0.1\"")], here, Some("203.0.113.5"), false),
            (&[("forwarded", "for=_hidden")], here, None, false),
            (&[("forwarded", "for=127.0.0.1")], here, Some("127.0.0.1"), true),
            (&[("forwarded", "proto=https")], here, None, false),
            // One of them is the client's own.
            (&[("forwarded", "for=127.0.0.1"), ("x-forwarded-for", "203.0.113.5")], here, Some("203.0.113.5"), false),
            (&[("forwarded", "for=203.0.113.5"), ("x-forwarded-for", "127.0.0.1")], here, Some("127.0.0.1"), false),
        ] {
            assert_eq!(client(lines, trusted), (address.map(str::to_owned), local), "{lines:?} by {trusted}");
        }
    }

    #[test]
    fn nobody_behind_a_proxy_elsewhere_is_at_this_machine() {
        let found = read(&[("x-forwarded-for", "127.0.0.1")], "10.0.0.0/8", "10.0.0.2".parse().unwrap());
        assert_eq!((found.client, found.is_local), (Some(HERE), false));
    }

    #[test]
    fn scheme_and_host_are_those_of_the_nearest_proxy() {
        let found = |lines: &[(&'static str, &'static str)]| {
            let found = read(lines, "127.0.0.1/32", HERE);
            (found.is_https, found.host)
        };
        let host = |text: &str| Some(text.to_owned());
        assert_eq!(found(&[("x-forwarded-proto", "http, HTTPS")]), (Some(true), None));
        assert_eq!(found(&[("x-forwarded-proto", "https, http")]), (Some(false), None));
        assert_eq!(found(&[("x-forwarded-host", "evil.example, dash.example")]), (None, host("dash.example")));
        assert_eq!(
            found(&[("forwarded", "for=1.1.1.1;proto=https;host=\"dash.example:8443\"")]),
            (Some(true), host("dash.example:8443"))
        );
        assert_eq!(found(&[]), (None, None));
    }

    #[test]
    fn a_request_with_a_proxys_header_was_passed_on() {
        let marked = |name: &'static str| {
            is_marked(&HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(""))]))
        };
        assert!(MARKS.into_iter().all(marked));
        assert!(!marked("x-requested-with") && !marked("origin"));
    }
}

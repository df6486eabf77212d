//! Where a request comes from: what changes something is taken from this server's own pages alone.
//!
//! The guard asks it of every request whose method may change something, so that no path can forget to.

use axum::http::{HeaderMap, Method};

/// Whether a method may change something.
pub(super) fn changes(method: &Method) -> bool {
    !method.is_safe()
}

/// Whether a request comes from a page of this server.
///
/// Browsers say so themselves, over plain HTTP from another machine by the origin alone. A request that says neither is
/// no form's of a browser.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match said("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => match (said("origin").and_then(|origin| origin.split_once("://")), said("host")) {
            (Some((_, authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_page_of_this_server_may_change_anything() {
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://me:1"), ("host", "me:1")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://192.168.1.5:3000"), ("host", "192.168.1.5:3000")], true),
            (&[("origin", "http://192.168.1.5:3001"), ("host", "192.168.1.5:3000")], false),
            (&[("origin", "null"), ("host", "192.168.1.5:3000")], false),
            (&[("host", "192.168.1.5:3000")], false),
        ] {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            assert_eq!(is_own(&headers.collect()), expected, "{pairs:?}");
        }
        assert!(
            changes(&Method::POST) && changes(&Method::DELETE) && !changes(&Method::GET) && !changes(&Method::HEAD)
        );
    }
}

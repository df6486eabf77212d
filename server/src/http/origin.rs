//! Whether a request that changes something comes from a page of this server.

use axum::http::HeaderMap;

/// Whether a request comes from a page of this server. A form on another origin could send it all the same.
///
/// Browsers say so themselves, over plain HTTP from another machine by the origin alone. A request that says neither is
/// no form's of a browser.
pub(super) fn same_origin(headers: &HeaderMap) -> bool {
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
    fn only_a_page_of_this_server_may_change_something() {
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://me:1"), ("host", "me:1")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://192.168.1.5:3000"), ("host", "192.168.1.5:3000")], true),
            (&[("origin", "http://192.168.1.5:3001"), ("host", "192.168.1.5:3000")], false),
            (&[("origin", "null"), ("host", "192.168.1.5:3000")], false),
            (&[("host", "192.168.1.5:3000")], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(same_origin(&headers), expected, "{pairs:?}");
        }
    }
}

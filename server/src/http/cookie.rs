//! The cookies of a request.

use axum::http::{HeaderMap, header};

/// The value of a cookie; none where the request has none of that name.
pub(super) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let found = |lines: &[&'static str]| {
            let lines = lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line)));
            value(&lines.collect(), "virtuoso").map(str::to_owned)
        };
        assert_eq!(found(&["a=b; virtuoso=theme=light&x; c=d"]).as_deref(), Some("theme=light&x"));
        assert_eq!(found(&["a=b", "virtuoso=theme=dark"]).as_deref(), Some("theme=dark"));
        assert_eq!(found(&["notvirtuoso=1; virtuoso-login=2"]), None);
    }
}

//! Answers that are sent only when their content changed.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer with an ETag made from `content`, or 304 where the client already has it.
///
/// `content` is what makes two answers the same; `body` may hold more, such as an age.
pub(crate) fn tagged(request: &HeaderMap, status: StatusCode, content: &[u8], body: Vec<u8>) -> Response {
    by_hash(request, status, xxhash_rust::xxh3::xxh3_64(content), || body)
}

/// The same by the hash of the content; the body is made only where it is sent.
pub(crate) fn by_hash(request: &HeaderMap, status: StatusCode, hash: u64, body: impl FnOnce() -> Vec<u8>) -> Response {
    let tag = format!("\"{hash:016x}\"");
    let known = request.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value.as_bytes(), tag.as_bytes()));
    let mut response = if known && status == StatusCode::OK {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(body()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether a value of `If-None-Match` names a tag, by the weak comparison of RFC 9110, section 13.1.2: `*` names every one, and the
/// mark of a weak tag does not count, as compression in a proxy adds it. A tag may contain commas. What follows something that is no
/// tag is not read.
fn names(value: &[u8], tag: &[u8]) -> bool {
    let mut rest = value.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        let opaque = rest.strip_prefix(b"W/").unwrap_or(rest);
        let Some(end) = opaque.strip_prefix(b"\"").and_then(|inside| inside.iter().position(|byte| *byte == b'"'))
        else {
            return false;
        };
        let (found, after) = opaque.split_at(end + 2);
        if found == tag {
            return true;
        }
        let after = after.trim_ascii_start();
        let Some(next) = after.strip_prefix(b",") else { return false };
        rest = next.trim_ascii_start();
        // Empty entries of a list are allowed.
        while let Some(next) = rest.strip_prefix(b",") {
            rest = next.trim_ascii_start();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_not_sent_twice_even_when_its_age_differs() {
        let first = tagged(&HeaderMap::new(), StatusCode::OK, b"content", b"content, 1 s old".to_vec());
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = tagged(&request, StatusCode::OK, b"content", b"content, 2 s old".to_vec());
        assert_eq!((first.status(), again.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
        let changed = tagged(&request, StatusCode::OK, b"other", b"other".to_vec());
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[test]
    fn an_unavailable_answer_is_never_not_modified() {
        let first = tagged(&HeaderMap::new(), StatusCode::OK, b"x", b"x".to_vec());
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let answer = tagged(&request, StatusCode::SERVICE_UNAVAILABLE, b"x", b"x".to_vec());
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn honours_the_star_lists_and_weak_tags() {
        for (value, expected) in [
            ("*", true),
            (" * ", true),
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("\"b\",W/\"a\"", true),
            (", \"b\",, \"a\"", false),
            ("\"b\",, \"a\"", true),
            ("\"x,y\", \"a\"", true),
            ("\"x,\"a\"", false),
            ("\"b\" \"a\"", false),
            ("w/\"a\"", false),
            ("WW/\"a\"", false),
            ("a", false),
            ("\"a", false),
            ("\"A\"", false),
            ("\"*\"", false),
            ("", false),
        ] {
            assert_eq!(names(value.as_bytes(), b"\"a\""), expected, "{value}");
        }
    }
}

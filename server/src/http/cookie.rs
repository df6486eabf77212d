//! The cookies of a request, and what a browser is asked to keep.

use app::path::Place;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::redirect::redirect;

/// For how long a browser keeps what its reader chose, in seconds: a year.
const KEPT_S: u32 = 31_536_000;

/// The value of a cookie; none where the request has none of that name.
pub(super) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// What asks the browser to keep something for a year; none, logged, where it cannot be written.
///
/// It names no path: a browser then takes the folder of what it asked for, which is the dashboard's root wherever a proxy has put
/// that, as everything that asks for a cookie lies right below it.
pub(super) fn kept(name: &str, value: &str) -> Option<HeaderValue> {
    let cookie = HeaderValue::try_from(format!("{name}={value}; Max-Age={KEPT_S}; SameSite=Lax; HttpOnly"));
    cookie.inspect_err(|error| tracing::error!(%error, cookie = name, "what is to be kept cannot be written")).ok()
}

/// Asks the browser to keep what its reader chose, and leads on from a place to an address from the root.
pub(super) fn keep(name: &str, value: &str, from: Place, to: &str) -> Response {
    let Some(cookie) = kept(name, value) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = redirect(from.path(), to);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

#[cfg(test)]
mod tests {
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

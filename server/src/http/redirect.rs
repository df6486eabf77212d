//! Redirects a browser to another place of the dashboard.

use app::path::to_root;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// Redirects from the requested path to an address from the root, such as `scores?q=btc`. The path is relative to where the browser
/// is, so that it holds behind any proxy.
pub(super) fn redirect(from: &str, to: &str) -> Response {
    match HeaderValue::try_from(format!("{}{to}", to_root(from))) {
        Ok(way) => (StatusCode::SEE_OTHER, [(header::LOCATION, way)]).into_response(),
        Err(error) => {
            tracing::error!(%error, from, "a browser cannot be led on");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_told_from_where_the_browser_is() {
        let way = |from, to| redirect(from, to).headers()[header::LOCATION].to_str().unwrap().to_owned();
        assert_eq!(way("/settings", "settings"), "settings");
        assert_eq!(way("/alerts/rules", "alerts#rules"), "../alerts#rules");
        assert_eq!(way("/symbol/BTCUSDT", "login?next=%2F"), "../login?next=%2F");
        assert_eq!(redirect("/", "a\nb").status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

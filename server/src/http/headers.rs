//! What all answers have in common: how long they may be kept, and what they may do in a browser.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::policy::{NO_PAGE, is_page};

/// What the program has no use for.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
     midi=(), payment=(), usb=()";

/// Puts into every answer what it does not say itself.
pub(super) async fn complete(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // A page that is kept was completed when it was made.
    if response.headers().contains_key(header::X_CONTENT_TYPE_OPTIONS) {
        return response;
    }
    let page = is_page(&response);
    let headers = response.headers_mut();
    if page {
        // Its colours are those that its reader chose.
        headers.append(header::VARY, HeaderValue::from_static("cookie"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    // A page brings its own; one that did not may run nothing.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NO_PAGE));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

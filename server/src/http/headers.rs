//! What all answers have in common: how long they may be kept, and what they may do in a browser.
//!
//! The policy allows what the program itself serves and nothing else: no script that stands in a page without its nonce, no
//! style in an attribute, no other origin, no frame around it. WebAssembly is compiled from bytes, which browsers ask
//! `'wasm-unsafe-eval'` for; it does not allow `eval`.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

/// For answers that are no page: nothing is loaded from them, but a worker may ask this server.
const NO_PAGE: &str =
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the program has no use for.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
     midi=(), payment=(), usb=()";

/// The policy of a page whose scripts carry `nonce`. While the build tool watches the sources, the page also listens to it.
fn policy(nonce: &str, watched: bool) -> String {
    let reload = if watched { " ws: wss:" } else { "" };
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'{reload}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Gives the page that is being made its policy. Called with the reactive owner of the request, which holds the nonce.
pub(super) fn allow_own_scripts() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    match HeaderValue::try_from(policy(&nonce, watched)) {
        Ok(policy) => response.insert_header(header::CONTENT_SECURITY_POLICY, policy),
        // The answer then has the policy of one that is no page, under which no script runs.
        Err(error) => tracing::error!(%error, "the policy of a page cannot be written"),
    }
}

/// Puts into every answer what it does not say itself.
pub(super) async fn complete(request: Request, next: Next) -> Response {
    // The names of these files hold a hash of their content; those of snippets do not.
    let immutable = request.uri().path().strip_prefix("/pkg/").is_some_and(|file| !file.starts_with("snippets/"));
    let mut response = next.run(request).await;
    let kept = if immutable && response.status().is_success() {
        Some("public, max-age=31536000, immutable")
    } else if response.headers().contains_key(header::CACHE_CONTROL) {
        None
    } else {
        Some("no-cache")
    };
    let headers = response.headers_mut();
    if let Some(kept) = kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NO_PAGE));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_talks_to_the_build_tool_only_while_that_watches() {
        assert!(policy("abc", true).contains("connect-src 'self' ws: wss:;"));
        assert!(policy("abc", false).contains("connect-src 'self';"));
    }
}

//! What all answers have in common: how long they may be kept, and what they may do in a browser.
//!
//! The policy allows what the program itself serves and nothing else: no script that stands in a page without its nonce, no
//! style in an attribute, no other origin, no frame around it. WebAssembly is compiled from bytes, which browsers ask
//! `'wasm-unsafe-eval'` for; it does not allow `eval`.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};

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

/// Gives the scripts of the page that is being made the nonce of its answer. Called with the reactive owner of the request.
pub(super) fn allow_own_scripts() {
    match use_context::<Parts>().and_then(|request| request.extensions.get::<Nonce>().cloned()) {
        Some(nonce) => provide_context(nonce),
        // Its scripts then carry a nonce that the policy does not know, and do not run.
        None => tracing::error!("a page is made for a request without a nonce"),
    }
}

/// Whether an answer is a page.
pub(super) fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn page_policy(nonce: &str) -> HeaderValue {
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    HeaderValue::try_from(policy(nonce, watched)).unwrap_or_else(|error| {
        // Under this one no script of the page runs.
        tracing::error!(%error, "the policy of a page cannot be written");
        HeaderValue::from_static(NO_PAGE)
    })
}

/// Puts into every answer what it does not say itself.
pub(super) async fn complete(mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
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
    let page = is_page(&response);
    let policy = if page { page_policy(&nonce) } else { HeaderValue::from_static(NO_PAGE) };
    let headers = response.headers_mut();
    if page {
        // Its colours are those that its reader chose.
        headers.append(header::VARY, HeaderValue::from_static("cookie"));
    }
    if let Some(kept) = kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
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

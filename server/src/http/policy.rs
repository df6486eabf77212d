//! What a page may do in a browser: run the scripts that the server wrote into it, and those it serves as files.
//!
//! The policy names a script of a page by the hash of its text, so that a page can be kept and sent again as it
//! is. The server's own scripts carry a mark that is random for each rendering and does not leave with the page:
//! a script that comes out of data has no such mark, is not named, and does not run. Nothing else is allowed: no style in an
//! attribute, no other origin, no frame around it. WebAssembly is compiled from bytes, which browsers ask `'wasm-unsafe-eval'`
//! for; it does not allow `eval`.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};

/// For answers that are no page: nothing is loaded from them, but a worker may ask this server.
pub(super) const NO_PAGE: &str =
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The largest page, in bytes.
pub(super) const PAGE_BYTES: usize = 8 << 20;

/// The policy of a page with scripts of these hashes. While the build tool watches the sources, the page also listens to it.
fn policy(hashes: &[String], watched: bool) -> String {
    let scripts: String = hashes.iter().map(|hash| format!(" 'sha256-{hash}'")).collect();
    let reload = if watched { " ws: wss:" } else { "" };
    format!(
        "default-src 'none'; script-src 'self'{scripts} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'{reload}; manifest-src 'self'; worker-src 'self'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Gives the scripts of the page that is being made their mark. Called with the reactive owner of the request.
pub(super) fn mark_own_scripts() {
    match use_context::<Parts>().and_then(|request| request.extensions.get::<Nonce>().cloned()) {
        Some(mark) => provide_context(mark),
        // Its scripts then carry a mark that nobody knows, and do not run.
        None => tracing::error!("a page is made for a request without a mark for its scripts"),
    }
}

/// Whether an answer is a page.
pub(super) fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Gives every page that has none its policy.
pub(super) async fn seal(mut request: Request, next: Next) -> Response {
    let mark = Nonce::new();
    request.extensions_mut().insert(mark.clone());
    let response = next.run(request).await;
    if !is_page(&response) || response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let page = match to_bytes(body, PAGE_BYTES).await.map(|body| String::from_utf8(body.into())) {
        Ok(Ok(page)) => page,
        Ok(Err(error)) => return broken(&error),
        Err(error) => return broken(&error),
    };
    let (page, hashes) = unmark(&page, &mark);
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let policy = match HeaderValue::try_from(policy(&hashes, watched)) {
        Ok(policy) => policy,
        Err(error) => return broken(&error),
    };
    head.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Response::from_parts(head, Body::from(page))
}

fn broken(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a page cannot be sent");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The page without its mark, and the hashes of the scripts in it that had the mark.
fn unmark(page: &str, mark: &str) -> (String, Vec<String>) {
    let marked = format!(" nonce=\"{mark}\"");
    let mut hashes = Vec::new();
    for script in page.split("<script").skip(1) {
        let Some((tag, rest)) = script.split_once('>') else { continue };
        let text = rest.split("</script").next().unwrap_or_default();
        // One of a file is the server's own by its address.
        if tag.contains(&marked) && !text.is_empty() {
            let hash = STANDARD.encode(digest(&SHA256, text.as_bytes()));
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
    }
    // The framework also writes it where it says how the files of scripts are asked for.
    let page = page.replace(&marked, "").replace(&format!("crossorigin=\"{mark}\""), "crossorigin=\"anonymous\"");
    (page, hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_talks_to_the_build_tool_only_while_that_watches() {
        assert!(policy(&[], true).contains("connect-src 'self' ws: wss:;"));
        assert!(policy(&[], false).contains("connect-src 'self';"));
    }

    #[test]
    fn the_servers_own_scripts_are_named_and_no_other() {
        let page = r#"<link crossorigin="m"><script type="module" nonce="m">let a = "<b>";</script><p>m</p>
            <script>steal()</script><script nonce="guess">steal()</script><script nonce="m" src="/a.js"></script>
            <script nonce="m">let a = "<b>";</script>"#;
        let (page, hashes) = unmark(page, "m");
        // printf 'let a = "<b>";' | openssl dgst -sha256 -binary | base64
        assert_eq!(hashes, ["Yec60kKRbfUEVY+af2er7srYeGCy7INO1VppjnXhVdM="]);
        let expected = r#"<link crossorigin="anonymous"><script type="module">let a = "<b>";</script><p>m</p>
            <script>steal()</script><script nonce="guess">steal()</script><script src="/a.js"></script>
            <script>let a = "<b>";</script>"#;
        assert_eq!(page, expected);
    }
}

//! The dashboard behind a proxy, below a path of its own.
//!
//! Pages and their files are linked without regard to where the root is, so a proxy that takes its path off is nothing to know of.
//! One that leaves it there is answered here: the path is taken off before anything else looks at the request. What comes without it
//! is answered as well, by those who ask past the proxy.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};

use crate::config::BasePath;

/// The same paths, below a base path too.
pub(crate) fn below(router: Router, base: BasePath) -> Router {
    // Around a router and not in it: a path is taken off before one is looked for.
    Router::new().fallback_service(router).layer(middleware::from_fn_with_state(base, take_off))
}

async fn take_off(State(base): State<BasePath>, mut request: Request, next: Next) -> Response {
    let uri = request.uri();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match base.below(uri.path()) {
        None => next.run(request).await,
        // Links of a page are relative to its folder.
        Some("") => match HeaderValue::try_from(format!("{base}/{query}")) {
            Ok(root) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, root)]).into_response(),
            Err(error) => unreadable(&error),
        },
        Some(rest) => match format!("{rest}{query}").parse::<PathAndQuery>() {
            Ok(rest) => {
                *request.uri_mut() = Uri::from(rest);
                next.run(request).await
            }
            Err(error) => unreadable(&error),
        },
    }
}

fn unreadable(error: &dyn std::error::Error) -> Response {
    tracing::debug!(%error, "an address below the base path cannot be read");
    StatusCode::BAD_REQUEST.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str) -> Response {
        let inner = Router::new().fallback(async |uri: Uri| uri.to_string());
        let router = below(inner, BasePath::new("/markets/virtuoso").unwrap());
        router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn the_base_path_is_taken_off_and_what_comes_without_it_is_answered_too() {
        for (asked, seen) in [
            ("/markets/virtuoso/", "/"),
            ("/markets/virtuoso/scores?q=a&sort=turnover", "/scores?q=a&sort=turnover"),
            ("/markets/virtuoso//x", "//x"),
            ("/scores?q=a", "/scores?q=a"),
            ("/markets/virtuosos", "/markets/virtuosos"),
        ] {
            let body = to_bytes(ask(asked).await.into_body(), 1_024).await.unwrap();
            assert_eq!(body, seen, "{asked}");
        }
    }

    #[tokio::test]
    async fn the_base_path_without_its_slash_leads_to_the_first_page() {
        let answer = ask("/markets/virtuoso?map=score").await;
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(answer.headers()[header::LOCATION], "/markets/virtuoso/?map=score");
    }
}

//! The one shape of errors, for all that is answered under `/api`: also for what the framework refuses by itself, such as a method
//! or a path that cannot be read.

use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{error::ApiError, refused::is_api};

/// The longest text of the framework that is repeated, in bytes.
const TEXT_BYTES: usize = 1_024;

/// Gives every error of the API the one shape. What has it already is left as it is.
pub(super) async fn errors(request: Request, next: Next) -> Response {
    let api = is_api(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let json = HeaderValue::from_static("application/json");
    let is_error = status.is_client_error() || status.is_server_error();
    if !api || !is_error || response.headers().get(header::CONTENT_TYPE) == Some(&json) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let text = to_bytes(body, TEXT_BYTES).await.ok().and_then(|text| String::from_utf8(text.into()).ok());
    let error = ApiError::Refused(status, message(status, text.unwrap_or_default().trim()));
    let (error, body) = error.into_response().into_parts();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE] {
        head.headers.remove(name);
    }
    head.headers.extend(error.headers);
    Response::from_parts(head, body)
}

/// The framework's own words; of an error of the server none, for they may be internal.
fn message(status: StatusCode, text: &str) -> String {
    match status.canonical_reason() {
        _ if status == StatusCode::METHOD_NOT_ALLOWED => "this path does not know the method".to_owned(),
        _ if status.is_client_error() && !text.is_empty() => text.to_owned(),
        Some(reason) => reason.to_lowercase(),
        None => status.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Path, middleware, routing::get};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(method: &str, path: &str) -> (StatusCode, Option<Value>, String) {
        let router = Router::new()
            .route("/api/one", get("one").fallback(async || StatusCode::METHOD_NOT_ALLOWED))
            .route("/api/two", get("two"))
            .route("/api/of/{name}", get(async |Path(name): Path<String>| name))
            .route("/api/fails", get(async || (StatusCode::INTERNAL_SERVER_ERROR, "/home/me/secret")))
            .route("/api/knows", get(async || ApiError::UnknownPath))
            .route("/page", get(async || (StatusCode::NOT_FOUND, "page")))
            .layer(middleware::from_fn(errors));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (status, allow) = (response.status(), response.headers().get(header::ALLOW).cloned());
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        let allow = allow.map_or_else(String::new, |allow| allow.to_str().unwrap().to_owned());
        (status, serde_json::from_slice(&body).ok(), allow)
    }

    #[tokio::test]
    async fn every_error_under_api_has_one_shape() {
        for (method, path, status, code) in [
            ("POST", "/api/one", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            ("POST", "/api/two", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            ("GET", "/api/of/%ff", StatusCode::BAD_REQUEST, "bad_request"),
            ("GET", "/api/fails", StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            ("GET", "/api/knows", StatusCode::NOT_FOUND, "unknown_path"),
            ("GET", "/api/nowhere", StatusCode::NOT_FOUND, "unknown_path"),
        ] {
            let (found, body, _) = answer(method, path).await;
            let body = body.unwrap_or_else(|| panic!("{path} is no JSON"));
            assert_eq!((found, &body["error"]["code"]), (status, &Value::from(code)), "{path}");
            let message = body["error"]["message"].as_str().unwrap();
            assert!(!message.is_empty() && !message.contains("secret"), "{path}: {message}");
        }
        assert_eq!(answer("POST", "/api/two").await.2, "GET,HEAD");
        assert_eq!(answer("GET", "/page").await.1, None);
        assert_eq!(answer("GET", "/api/one").await.0, StatusCode::OK);
    }
}

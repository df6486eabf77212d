//! Reads what a form sends as a whole before anything else sees it: it is short, and may not take for ever.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::origin;

/// The longest form that is read, in bytes.
const BYTES: usize = 4 * 1_024;
/// How long a client may take to send it.
const TIME: Duration = Duration::from_secs(10);

/// Reads the body of a request that may change something.
pub(super) async fn read(request: Request, next: Next) -> Response {
    if !origin::changes(request.method()) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match tokio::time::timeout(TIME, to_bytes(body, BYTES)).await {
        Ok(Ok(whole)) => next.run(Request::from_parts(head, Body::from(whole))).await,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a form was not read");
            (StatusCode::PAYLOAD_TOO_LARGE, format!("a form has at most {BYTES} bytes\n")).into_response()
        }
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the form did not come in time\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Bytes, middleware, routing::post};
    use tower::ServiceExt as _;

    use super::*;

    async fn sent(body: Body) -> StatusCode {
        let router = Router::new().route("/", post(async |body: Bytes| body)).layer(middleware::from_fn(read));
        router.oneshot(Request::post("/").body(body).unwrap()).await.unwrap().status()
    }

    #[tokio::test(start_paused = true)]
    async fn refuses_a_form_that_is_too_long_or_never_ends() {
        assert_eq!(sent(Body::from("a=b")).await, StatusCode::OK);
        assert_eq!(sent(Body::from("x".repeat(BYTES + 1))).await, StatusCode::PAYLOAD_TOO_LARGE);
        let endless = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        assert_eq!(sent(Body::from_stream(endless)).await, StatusCode::REQUEST_TIMEOUT);
    }
}

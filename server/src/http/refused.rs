//! A refusal in words: a page for who sees it in a browser, JSON for a program.

use app::path;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::error::ApiError;

const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;\
     padding:0 1rem;overflow-wrap:anywhere}h1{font-size:1.25rem}";

/// How a request wants to be answered.
pub(super) struct Asked {
    path: String,
    page: bool,
}

impl Asked {
    /// By what a request says of itself: a page is for a browser that asks for one, and never the answer of the API.
    pub(super) fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let page = !is_api(path) && takes_pages(request.headers());
        Self { path: path.to_owned(), page }
    }

    /// Answers it with an error.
    pub(super) fn answer(self, error: ApiError) -> Response {
        if !self.page {
            return error.into_response();
        }
        let (status, message) = (error.status(), error.message());
        let mut response = error.into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let hash = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        *response.body_mut() = page(status, &message, &self.path).into();
        response
    }
}

/// Whether a path is one of the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn takes_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim_start().starts_with("text/html"))
}

fn page(status: StatusCode, message: &str, from: &str) -> String {
    let title = match status {
        StatusCode::MISDIRECTED_REQUEST => "Unknown host",
        StatusCode::FORBIDDEN => "Not changed",
        _ => "Refused",
    };
    let mut words = message.chars();
    let first = words.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let words = escape(&format!("{first}{}", words.as_str()));
    // Nothing of another host leads anywhere.
    let back = match status {
        StatusCode::FORBIDDEN => {
            let home = escape(&format!("{}{}", path::to_root(from), path::MARKET));
            format!("<p><a href=\"{home}\">Back to the dashboard</a></p>")
        }
        _ => String::new(),
    };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · Virtuoso</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{words}</p>{back}</main></body></html>"
    )
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};

    use super::*;
    use crate::http::origin::Foreign;

    async fn answer(path: &str, accept: &str) -> (StatusCode, String, String) {
        let request = Request::post(path).header("accept", accept).body(Body::empty()).unwrap();
        let origin = "http://<script>alert(1)</script>".to_owned();
        let foreign = Foreign::Origin { origin, entry: None, host: "127.0.0.1:3000".to_owned() };
        let response = Asked::of(&request).answer(ApiError::ForeignOrigin(foreign));
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status();
        (status, kind, String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().into()).unwrap())
    }

    #[tokio::test]
    async fn a_browser_reads_a_page_and_a_program_reads_json() {
        let (status, kind, page) = answer("/alerts/rules", "text/html,application/xhtml+xml,*/*;q=0.8").await;
        assert_eq!((status, kind.as_str()), (StatusCode::FORBIDDEN, "text/html; charset=utf-8"));
        assert!(page.contains("127.0.0.1:3000") && page.contains("href=\".././\""), "{page}");
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
        for (path, accept) in [("/login", "*/*"), ("/api/v1/overview", "text/html"), ("/login", "application/json")] {
            let (status, kind, body) = answer(path, accept).await;
            assert_eq!((status, kind.as_str()), (StatusCode::FORBIDDEN, "application/json"));
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"]["code"], "foreign_origin");
        }
    }
}

//! What every answer states about itself.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use program::Program;

const PAGES: [&str; 9] =
    ["/", "/login", "/mobile", "/scores?q=btc", "/symbol/BTCUSDT", "/system", "/guide", "/settings", "/nowhere"];
const OTHERS: [&str; 12] = [
    "/api/v1/overview",
    "/api/v1/signals",
    "/api/v1/cache",
    "/api/v1/symbols/BTCUSDT",
    "/api/v1/stream?topics=monitor",
    "/api/v1/nowhere",
    "/api/dashboard/mobile-data",
    "/livez",
    "/readyz",
    "/health",
    "/metrics",
    "/pkg/nowhere.js",
];

/// The texts between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

#[tokio::test]
async fn every_answer_says_what_it_may_do() {
    let program = Program::simulated().await;
    program.scored(15).await;
    for path in PAGES.iter().chain(&OTHERS) {
        let answer = program.open(path).await;
        let header = |name: &str| {
            let values: Vec<_> = answer.headers().get_all(name).iter().collect();
            assert_eq!(values.len(), 1, "{path} says {name} once");
            values[0].to_str().unwrap().to_owned()
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("geolocation=()"), "{path}");
        assert!(!header("cache-control").is_empty(), "{path}");
        let policy = header("content-security-policy");
        // A page further down says itself where the root is.
        let base = if header("content-type").starts_with("text/html") { "base-uri 'self'" } else { "base-uri 'none'" };
        for part in ["default-src 'none'", base, "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part} is not in the policy of {path}: {policy}");
        }
        for part in ["unsafe-inline", "'unsafe-eval'", "*", "http:", "https:", "data:"] {
            assert!(!policy.contains(part), "{part} is in the policy of {path}: {policy}");
        }
    }
}

#[tokio::test]
async fn a_page_runs_its_own_scripts_by_their_hash_and_holds_no_style() {
    let program = Program::simulated().await;
    program.scored(15).await;
    for path in PAGES {
        let answer = program.open(path).await;
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let html = answer.text().await.unwrap();
        let (files, scripts): (Vec<_>, Vec<_>) =
            between(&html, "<script", "</script>").into_iter().partition(|script| script.contains(" src="));
        assert!(files.iter().all(|file| file.contains("page.js\"")), "{path}: one of its own files: {files:?}");
        assert!(!scripts.is_empty(), "{path} has the script that brings it to life");
        assert_eq!(policy.matches("'sha256-").count(), scripts.len(), "{path}: {policy}");
        for script in scripts {
            let text = script.split_once('>').unwrap().1;
            let hash = STANDARD.encode(digest(&SHA256, text.as_bytes()));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{path}: {script} is not in {policy}");
        }
        assert!(!html.contains("nonce") && !policy.contains("nonce"), "{path}: a mark has left with the page");
        for forbidden in [" style=", "<style", "javascript:", " onclick=", " onload=", " onerror="] {
            assert!(!html.contains(forbidden), "{path}: {forbidden}");
        }
    }
}

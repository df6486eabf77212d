//! The API refuses what it does not understand, always in the same shape, and has limits.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, client};
use reqwest::{Method, Response, redirect::Policy};
use serde_json::Value;

const ROUTES: [&str; 17] = [
    "overview",
    "signals",
    "breadth",
    "movers",
    "ideas",
    "alerts",
    "perps",
    "beta",
    "universe",
    "health",
    "cache",
    "config",
    "symbols/BTCUSDT",
    "symbols/NOWHERE",
    "symbols/BTCUSDT/candles",
    "symbols/BTCUSDT/scores",
    "stream",
];

async fn send(program: &Program, method: Method, path: &str) -> Response {
    let url = format!("http://127.0.0.1:{}{path}", program.port);
    client(Policy::none()).request(method, url).header("sec-fetch-site", "same-origin").send().await.unwrap()
}

/// Status, code and message of an error.
async fn error(program: &Program, method: Method, path: &str) -> (u16, String, String) {
    let answer = send(program, method, path).await;
    let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    assert_eq!(kind, "application/json", "{path}: {text}");
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
    let word = |name: &str| body["error"][name].as_str().unwrap_or_else(|| panic!("{path}: {body}")).to_owned();
    (status, word("code"), word("message"))
}

#[tokio::test]
async fn refuses_what_it_does_not_understand_and_names_what_is_allowed() {
    let program = Program::simulated().await;
    let get = async |path: &str| error(&program, Method::GET, path).await;
    for route in ROUTES {
        let (status, code, message) = get(&format!("/api/v1/{route}?no_such=1")).await;
        assert_eq!((status, code.as_str()), (400, "bad_parameter"), "{route}");
        assert!(message.starts_with("no_such: unknown parameter; "), "{route}: {message}");
    }
    for (path, expected) in [
        ("symbols/BTCUSDT/candles?interval=4h", "interval: unknown parameter; allowed are timeframe, tf, limit"),
        ("symbols/BTCUSDT/candles?tf=3h", "timeframe: allowed are 1m, 5m, 30m, 4h"),
        ("symbols/BTCUSDT/candles?tf=4h&timeframe=4h", "timeframe: tf is another name of it"),
        ("symbols/BTCUSDT/candles?limit=1&limit=2", "limit: given more than once"),
        ("signals?q=%ff", "q: its value is not UTF-8"),
        ("signals?sorted=score", "sorted: unknown parameter; allowed are sort, dir, q, min_turnover, direction, limit"),
        ("beta?window=2h", "window: allowed are"),
        ("stream?topic=monitor", "topic: unknown parameter; allowed are topics, since"),
    ] {
        let (status, code, message) = get(&format!("/api/v1/{path}")).await;
        assert_eq!((status, code.as_str()), (400, "bad_parameter"), "{path}");
        assert!(message.starts_with(expected), "{path}: {message}");
    }
    for (method, path, status, code) in [
        (Method::GET, "/api", 404, "unknown_path"),
        (Method::GET, "/api/", 404, "unknown_path"),
        (Method::GET, "/api/v2/overview", 404, "unknown_path"),
        (Method::POST, "/api/v1/nowhere", 404, "unknown_path"),
        (Method::POST, "/api/v1/overview", 405, "method_not_allowed"),
        (Method::DELETE, "/api/v1/stream", 405, "method_not_allowed"),
        (Method::PUT, "/api/dashboard/mobile-data", 405, "method_not_allowed"),
        (Method::GET, "/api/v1/symbols/%ff", 400, "bad_request"),
        (Method::GET, "/api/v1/symbols/%ff/candles", 400, "bad_request"),
        (Method::GET, "/api/dashboard/mobile-data?limit=ten", 400, "bad_parameter"),
        (Method::GET, "/api/dashboard/mobile-data?limit=1&limit=2", 400, "bad_request"),
    ] {
        let (found, word, _) = error(&program, method.clone(), path).await;
        assert_eq!((found, word.as_str()), (status, code), "{method} {path}");
    }
    let answer = send(&program, Method::POST, "/api/v1/overview").await;
    assert_eq!(answer.headers()["allow"], "GET,HEAD");
    // Scripts of the ancestor's readers ask with the time, so that nothing in between keeps an answer.
    let old = program.get("/api/dashboard/mobile-data?_=1700000000").await.unwrap();
    assert!([200, 503].contains(&old.0), "{old:?}");
    assert_eq!(program.get("/api/v1/config").await.unwrap().0, 200);
}

#[tokio::test]
async fn opens_no_more_streams_than_may_be_and_one_again_when_another_ends() {
    let env = [("VIRTUOSO_HTTP_MAX_STREAMS", "2".to_owned())];
    let program = Program::serve(&["--source", "sim", "--symbols", "5", "--seed", "7"], &env).await;
    let open = async || send(&program, Method::GET, "/api/v1/stream?topics=monitor").await;
    let streams = [open().await, open().await];
    assert!(streams.iter().all(|stream| stream.status() == 200));
    let refused = open().await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "too_many_streams");
    assert_eq!(program.get("/livez").await.unwrap().0, 200, "everything else is served");
    drop(streams);
    program.until("there is room again", async || open().await.status() == 200).await;
}

#[tokio::test]
async fn a_reader_has_no_more_streams_than_one_may_have() {
    let env = [
        ("VIRTUOSO_HTTP_MAX_STREAMS_PER_CLIENT", "2".to_owned()),
        ("VIRTUOSO_HTTP_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ];
    let program = Program::serve(&["--source", "sim", "--symbols", "5", "--seed", "7"], &env).await;
    let open = async |reader: &str| {
        let url = format!("http://127.0.0.1:{}/api/v1/stream?topics=monitor", program.port);
        client(Policy::none()).get(url).header("x-forwarded-for", reader.to_owned()).send().await.unwrap()
    };
    let first = [open("203.0.113.5").await, open("203.0.113.5").await];
    assert_eq!(open("203.0.113.5").await.status(), 503);
    assert_eq!(open("203.0.113.6").await.status(), 200, "nobody else is held up");
    assert!(first.iter().all(|stream| stream.status() == 200));
}

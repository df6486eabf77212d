//! How the server is reached: for which hosts it answers, through which proxies, and who is at this machine.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use program::{Program, client};
use reqwest::{RequestBuilder, Response, redirect::Policy};

const TOKEN: &str = "a-token-that-nobody-guesses";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A small market with a file of rules in a folder of its own.
async fn started(settings: &[(&str, &str)], rules: &tempfile::TempDir) -> Program {
    let file = rules.path().join("rules.toml").to_str().unwrap().to_owned();
    let mut env = vec![("VIRTUOSO_ALERTS_RULES_FILE", file)];
    env.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Program::serve(&["--source", "sim", "--symbols", "5", "--seed", "7"], &env).await
}

/// Sends lines as they are, and gives the whole answer.
fn raw(program: &Program, lines: &[&str], body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    let head = lines.join("\r\n");
    let ends = format!("connection: close\r\ncontent-length: {}", body.len());
    write!(stream, "{head}\r\n{ends}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("no answer")
}

fn post(program: &Program, path: &str, headers: &[(&str, &str)], form: &str) -> RequestBuilder {
    let url = format!("http://127.0.0.1:{}{path}", program.port);
    let mut request = client(Policy::none()).post(url).body(form.to_owned());
    request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
}

async fn rule(program: &Program, headers: &[(&str, &str)]) -> u16 {
    post(program, "/alerts/rules", headers, "symbol=any&turns=long").send().await.unwrap().status().as_u16()
}

fn rules_of(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("rules.toml")).unwrap_or_default()
}

#[tokio::test]
async fn refuses_requests_for_a_host_that_is_not_this_servers() {
    let folder = tempfile::tempdir().unwrap();
    let program = started(&[("VIRTUOSO_HTTP_ALLOWED_HOSTS", "dash.example.org")], &folder).await;
    let port = program.port;
    let here = format!("host: 127.0.0.1:{port}");
    for (first, hosts, expected) in [
        ("GET /livez HTTP/1.1", &[here.as_str()][..], "200"),
        ("GET /livez HTTP/1.1", &["host: localhost"], "200"),
        ("GET /livez HTTP/1.1", &["Host: LOCALHOST.:80"], "200"),
        ("GET /livez HTTP/1.1", &["host: app.localhost:3000"], "200"),
        ("GET /livez HTTP/1.1", &["host: [::1]:3000"], "200"),
        ("GET /livez HTTP/1.1", &["host: dash.example.org"], "200"),
        ("GET /livez HTTP/1.1", &["host: Dash.Example.ORG.:8443"], "200"),
        ("GET /livez HTTP/1.1", &["host: evil.example"], "421"),
        ("GET / HTTP/1.1", &["host: evil.example:3000"], "421"),
        ("GET /api/v1/overview HTTP/1.1", &["host: localhost.evil.example"], "421"),
        ("GET /api/v1/stream HTTP/1.1", &["host: evil.example"], "421"),
        ("GET /metrics HTTP/1.1", &["host: 192.168.7.7"], "421"),
        ("GET /livez HTTP/1.1", &["host: evil.example", "x-forwarded-host: localhost"], "421"),
        ("GET /livez HTTP/1.1", &["host: user@localhost"], "400"),
        ("GET /livez HTTP/1.1", &["host: localhost@evil.example"], "400"),
        ("GET /livez HTTP/1.1", &["host: localhost, evil.example"], "400"),
        ("GET /livez HTTP/1.1", &["host: localhost:port"], "400"),
        ("GET /livez HTTP/1.1", &["host: "], "400"),
        ("GET /livez HTTP/1.1", &["host: localhost", "host: evil.example"], "400"),
        ("GET /livez HTTP/1.1", &["host: localhost", "host: localhost"], "400"),
        ("GET /livez HTTP/1.1", &["x: no host"], "400"),
        ("GET /livez HTTP/1.0", &["x: no host"], "200"),
        ("GET /livez HTTP/1.0", &["host: evil.example"], "421"),
        ("GET http://localhost/livez HTTP/1.1", &["host: localhost"], "200"),
        ("GET http://evil.example/livez HTTP/1.1", &["host: localhost"], "421"),
        ("GET http://localhost/livez HTTP/1.1", &["host: evil.example"], "421"),
    ] {
        let answer = raw(&program, &[&[first], hosts].concat(), "");
        assert_eq!(status(&answer), expected, "{first} {hosts:?}: {answer}");
    }
    let words = raw(&program, &["GET / HTTP/1.1", "host: evil.example:8080", "accept: text/html"], "");
    for part in ["<!DOCTYPE html>", "not known as evil.example:8080", "http.allowed_hosts", "content-security-policy"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    let json = raw(&program, &["GET /api/v1/overview HTTP/1.1", "host: evil.example", "accept: text/html"], "");
    assert!(json.contains(r#"{"error":{"code":"foreign_host""#), "{json}");
}

#[tokio::test]
async fn a_page_whose_name_points_at_this_machine_makes_no_rule() {
    let folder = tempfile::tempdir().unwrap();
    let program = started(&[], &folder).await;
    let form = "symbol=any&turns=long";
    let kind = "content-type: application/x-www-form-urlencoded";
    for lines in [
        ["POST /alerts/rules HTTP/1.1", "host: rebound.example:3000", "origin: http://rebound.example:3000"],
        ["POST /alerts/rules HTTP/1.1", "host: rebound.example:3000", "sec-fetch-site: same-origin"],
        ["POST /alerts/rules HTTP/1.1", "host: localhost.rebound.example", "sec-fetch-site: same-origin"],
    ] {
        let answer = raw(&program, &[&lines[..], &[kind]].concat(), form);
        assert_eq!(status(&answer), "421", "{answer}");
    }
    assert!(!rules_of(&folder).contains("any turns long"), "{}", rules_of(&folder));
    let own = format!("http://127.0.0.1:{}", program.port);
    assert_eq!(rule(&program, &[("origin", &own)]).await, 303);
    assert!(rules_of(&folder).contains("any turns long"), "{}", rules_of(&folder));
}

#[tokio::test]
async fn who_comes_through_a_proxy_is_not_at_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let program = started(&[], &folder).await;
    let own = ("sec-fetch-site", "same-origin");
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.5"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("via", "1.1 proxy"),
        ("x-real-ip", "203.0.113.5"),
        ("x-forwarded-proto", "https"),
    ] {
        assert_eq!(rule(&program, &[own, (name, value)]).await, 403, "{name}: {value}");
    }
    // As nginx asks where nothing but `proxy_pass` is set: by HTTP/1.0, and for the name that it was given.
    let host = format!("host: 127.0.0.1:{}", program.port);
    let origin = format!("origin: http://127.0.0.1:{}", program.port);
    let kind = "content-type: application/x-www-form-urlencoded";
    let answer = raw(&program, &["POST /alerts/rules HTTP/1.0", &host, &origin, kind], "symbol=any&turns=long");
    assert_eq!(status(&answer), "403", "{answer}");
    assert!(answer.contains("read_only"), "{answer}");
    let page =
        post(&program, "/alerts/rules", &[own, ("via", "1.1 proxy"), ("accept", BROWSER)], "symbol=any&turns=long");
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<!DOCTYPE html>") && page.contains("access.token"), "{page}");
    assert!(!rules_of(&folder).contains("any turns long"));
    // Reading is another matter.
    let read = client(Policy::none()).get(format!("http://127.0.0.1:{}/api/v1/cache", program.port));
    assert_eq!(read.header("via", "1.1 proxy").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_trusted_proxy_says_who_is_at_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let program = started(&[("VIRTUOSO_HTTP_TRUSTED_PROXIES", "127.0.0.1")], &folder).await;
    let own = ("sec-fetch-site", "same-origin");
    for (expected, headers) in [
        (403, &[("x-forwarded-for", "203.0.113.5")][..]),
        (403, &[("x-forwarded-for", "127.0.0.1, 203.0.113.5")]),
        (403, &[("x-forwarded-for", "nonsense")]),
        (403, &[("forwarded", "for=127.0.0.1"), ("x-forwarded-for", "203.0.113.5")]),
        (403, &[]),
        (303, &[("x-forwarded-for", "127.0.0.1")]),
    ] {
        assert_eq!(rule(&program, &[&[own], headers].concat()).await, expected, "{headers:?}");
    }
}

fn cookie_rules(answer: &Response) -> String {
    answer.headers().get("set-cookie").map_or_else(String::new, |cookie| cookie.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn cookies_over_https_never_travel_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let trusting = started(
        &[
            ("VIRTUOSO_HTTP_TRUSTED_PROXIES", "127.0.0.1"),
            ("VIRTUOSO_HTTP_ALLOWED_HOSTS", "dash.example.org"),
            ("VIRTUOSO_ACCESS_TOKEN", TOKEN),
        ],
        &folder,
    )
    .await;
    let own = ("sec-fetch-site", "same-origin");
    let login = format!("token={TOKEN}");
    let sent = async |program: &Program, headers: &[(&str, &str)], path: &str, form: &str| {
        cookie_rules(&post(program, path, headers, form).send().await.unwrap())
    };
    for (path, form) in [("/login", login.as_str()), ("/logout", "")] {
        let over = |scheme: &'static str| [own, ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", scheme)];
        let rules = sent(&trusting, &over("https"), path, form).await;
        assert!(rules.ends_with("; HttpOnly; Secure"), "{path}: {rules}");
        let rules = sent(&trusting, &over("http"), path, form).await;
        assert!(rules.ends_with("; HttpOnly"), "{path}: {rules}");
    }
    let by_origin = [("origin", "https://dash.example.org"), ("x-forwarded-for", "203.0.113.5")];
    assert!(sent(&trusting, &by_origin, "/login", &login).await.ends_with("; Secure"));
    drop(trusting);
    let plain = started(&[], &folder).await;
    let claimed = [own, ("x-forwarded-proto", "https")];
    assert!(sent(&plain, &claimed, "/settings", "theme=light").await.ends_with("; HttpOnly"), "nobody vouches for it");
}

#[tokio::test]
async fn probes_give_states_to_anyone_and_causes_to_those_inside() {
    let folder = tempfile::tempdir().unwrap();
    // Of nothing anybody listens on, so it is never ready.
    let file = folder.path().join("rules.toml").to_str().unwrap().to_owned();
    let env = [
        &program::pointed_at(1)[..],
        &[("VIRTUOSO_ALERTS_RULES_FILE", file), ("VIRTUOSO_ACCESS_TOKEN", TOKEN.to_owned())],
    ]
    .concat();
    let program = Program::serve(&["--source", "bybit"], &env).await;
    let asked = async |headers: &[(&str, &str)]| {
        let mut request = client(Policy::none()).get(format!("http://127.0.0.1:{}/readyz", program.port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    program
        .until("it says that the exchange is unreachable", async || asked(&[]).await.1.contains("unreachable"))
        .await;
    let outside = ("x-forwarded-for", "203.0.113.5");
    let (status, states) = asked(&[outside]).await;
    assert_eq!(status, 503);
    assert!(states.contains("unreachable") && states.contains("market:"), "{states}");
    assert!(!states.contains("unreachable:") && !states.contains("127.0.0.1"), "{states}");
    let bearer = format!("Bearer {TOKEN}");
    for inside in [&[("authorization", bearer.as_str())][..], &[outside, ("authorization", bearer.as_str())]] {
        let (_, causes) = asked(inside).await;
        assert!(causes.contains("Bybit unreachable: "), "{inside:?}: {causes}");
    }
    assert_eq!(asked(&[]).await.1, states, "who is at the machine has the token");
    assert_eq!(asked(&[outside, ("authorization", "Bearer wrong")]).await.1, states);
    drop(program);
    // Without a token nobody logs in, and who is at the machine may know.
    let program = Program::serve(&["--source", "bybit"], &program::pointed_at(1)).await;
    program
        .until("it says why", async || program.get("/readyz").await.unwrap().1.contains("Bybit unreachable: "))
        .await;
    let through = client(Policy::none()).get(format!("http://127.0.0.1:{}/readyz", program.port));
    let through = through.header("x-forwarded-for", "127.0.0.1").send().await.unwrap().text().await.unwrap();
    assert!(through.contains("unreachable") && !through.contains("unreachable:"), "{through}");
}

//! Who may read: nothing is shown before the login, and what changes something comes from the dashboard's own pages.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use program::{Program, client, command, free_port, outcome};
use reqwest::{RequestBuilder, Response, redirect::Policy};

const TOKEN: &str = "a-token-that-nobody-guesses";

/// A simulated market behind a token.
async fn guarded(settings: &[(&str, &str)]) -> Program {
    let mut env = vec![("VIRTUOSO_ACCESS_TOKEN", TOKEN.to_owned())];
    env.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Program::serve(&["--source", "sim", "--symbols", "20", "--seed", "7"], &env).await
}

fn get(program: &Program, path: &str) -> RequestBuilder {
    client(Policy::none()).get(format!("http://127.0.0.1:{}{path}", program.port))
}

/// A form sent by a page of `site`.
fn post(program: &Program, path: &str, site: &str, form: &str) -> RequestBuilder {
    client(Policy::none())
        .post(format!("http://127.0.0.1:{}{path}", program.port))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", site.to_owned())
        .body(form.to_owned())
}

async fn log_in(program: &Program, token: &str, next: &str) -> Response {
    post(program, "/login", "same-origin", &format!("token={token}&next={next}")).send().await.unwrap()
}

/// The pair of a cookie that an answer sets, and its rules.
fn cookie(answer: &Response) -> (String, String) {
    let (pair, rules) = answer.headers()["set-cookie"].to_str().unwrap().split_once("; ").unwrap();
    (pair.to_owned(), rules.to_owned())
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn what_others_can_reach_is_not_served_without_a_word_on_who_may_read() {
    let addr = format!("0.0.0.0:{}", free_port());
    let (code, said) = outcome(command(&["serve", "--source", "sim", "--addr", &addr]));
    assert_eq!(code, Some(2), "{said}");
    for part in [addr.as_str(), "other machines", "VIRTUOSO_ACCESS_TOKEN", "16 to 256", "access.open_to_all = true"] {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
    // The word is asked for first, so a taken port shows that it was heard.
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
    let mut short = command(&["serve", "--source", "sim", "--addr", &addr]);
    short.env("VIRTUOSO_ACCESS_TOKEN", "of-ten-let");
    let (code, said) = outcome(short);
    assert!(code == Some(2) && said.contains("access.token") && !said.contains("of-ten-let"), "{said}");
}

#[tokio::test]
async fn a_stranger_is_led_to_the_login_and_told_nothing_of_the_market() {
    let program = guarded(&[]).await;
    program.until("it is ready", async || program.get("/readyz").await.is_some_and(|(status, _)| status == 200)).await;
    for (path, next) in [
        ("/", "%2F"),
        ("/scores?q=btc&sort=turnover", "%2Fscores%3Fq%3Dbtc%26sort%3Dturnover"),
        ("/nowhere", "%2Fnowhere"),
    ] {
        let answer = get(&program, path).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        assert_eq!(header(&answer, "location"), format!("login?next={next}"));
        assert_eq!(header(&answer, "cache-control"), "no-store");
        assert!(!header(&answer, "content-security-policy").is_empty(), "{path}");
    }
    for path in
        ["/api/v1/overview", "/api/dashboard/mobile-data", "/api/v1/stream?topics=monitor", "/metrics", "/health"]
    {
        let answer = get(&program, path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "www-authenticate")), (401, "Bearer"), "{path}");
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["error"]["code"], "login_needed", "{path}");
    }
    for path in ["/livez", "/readyz", "/login"] {
        assert_eq!(get(&program, path).send().await.unwrap().status(), 200, "{path}");
    }
    let page = get(&program, "/login?next=%2Fscores").send().await.unwrap().text().await.unwrap();
    for part in ["<label for=\"token\"", "autocomplete=\"current-password\"", "value=\"/scores\"", "</html>"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("data-props") && !page.contains("SIMULATED") && !page.contains("aria-invalid"), "{page}");
    // The address of no file is answered by a page to readers alone, however it is written.
    for path in ["/pkg/nowhere.js", "/pkg/../scores", "/pkg/%2e%2e/scores", "/pkg/../", "//scores", "/./metrics"] {
        let mut stream = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let led = answer.lines().find_map(|line| line.strip_prefix("location: "));
        let to_login = led.is_some_and(|place| place.trim_start_matches("../").starts_with("login?next="));
        let refused = answer.starts_with("HTTP/1.1 404") || to_login;
        assert!(refused && !answer.contains("<html") && !answer.contains("# TYPE"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_login_lasts_over_a_restart_and_ends_with_another_token() {
    let program = guarded(&[]).await;
    let wrong = log_in(&program, "not-the-token-of-it", "/scores").await;
    assert_eq!(wrong.status(), 401);
    let page = wrong.text().await.unwrap();
    for part in
        ["This is not the token.", "id=\"login-refused\"", "aria-describedby=\"login-refused\"", "value=\"/scores\""]
    {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let right = log_in(&program, TOKEN, "/scores?q=btc").await;
    assert_eq!((right.status().as_u16(), header(&right, "location")), (303, "./scores?q=btc"));
    let (pair, rules) = cookie(&right);
    assert_eq!(rules, "Max-Age=2592000; SameSite=Lax; HttpOnly");
    assert!(pair.starts_with("virtuoso-login=") && !pair.contains(TOKEN), "{pair}");
    for next in ["//evil", "/\\evil", "https://evil", "/login?next=/login"] {
        assert_eq!(header(&log_in(&program, TOKEN, next).await, "location"), "./", "{next}");
    }

    let inside = async |program: &Program, path: &str| {
        get(program, path).header("cookie", format!("a=b; {pair}")).send().await.unwrap().status().as_u16()
    };
    for path in ["/", "/settings", "/metrics", "/health", "/api/v1/cache", "/api/v1/stream?topics=monitor"] {
        assert_eq!(inside(&program, path).await, 200, "{path}");
        let bearer = get(&program, path).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(bearer.status(), 200, "{path}");
    }
    for path in ["/metrics", "/system", "/settings", "/api/v1/cache", "/health"] {
        let said = get(&program, path).bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap();
        assert!(!said.contains(TOKEN), "{path} contains the token");
    }
    let settings =
        get(&program, "/settings").header("cookie", pair.clone()).send().await.unwrap().text().await.unwrap();
    assert!(settings.contains("action=\"logout\""), "there is a way out");

    drop(program);
    let again = guarded(&[]).await;
    assert_eq!(inside(&again, "/api/v1/cache").await, 200, "it lasts over a restart");
    let left = post(&again, "/logout", "same-origin", "").header("cookie", pair.clone()).send().await.unwrap();
    assert_eq!((left.status().as_u16(), header(&left, "location")), (303, "login"));
    assert_eq!(cookie(&left), ("virtuoso-login=".to_owned(), "Max-Age=0; SameSite=Lax; HttpOnly".to_owned()));
    drop(again);
    let other = guarded(&[("VIRTUOSO_ACCESS_TOKEN", "another-token-by-now"), ("VIRTUOSO_ACCESS_HTTPS", "true")]).await;
    assert_eq!(inside(&other, "/api/v1/cache").await, 401, "another token ends it");
    assert_eq!(inside(&other, "/").await, 303);
    let (_, rules) = cookie(&log_in(&other, "another-token-by-now", "/").await);
    assert!(rules.ends_with("; Secure"), "{rules}");
}

#[tokio::test]
async fn who_guesses_waits_and_the_right_token_is_never_locked_out() {
    let program = guarded(&[]).await;
    for attempt in 0..5 {
        let answer = if attempt % 2 == 0 {
            log_in(&program, "not-the-token-of-it", "/").await
        } else {
            get(&program, "/api/v1/overview").bearer_auth("not-the-token-of-it").send().await.unwrap()
        };
        assert_eq!(answer.status(), 401, "attempt {attempt}");
    }
    let page = log_in(&program, "not-the-token-of-it", "/").await;
    assert_eq!(page.status(), 429);
    let wait: u64 = header(&page, "retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    let words = page.text().await.unwrap();
    assert!(words.contains(&format!("Too many wrong tokens were given. Try again in {wait} s.")), "{words}");
    let guess = get(&program, "/api/v1/cache").bearer_auth("not-the-token-of-it").send().await.unwrap();
    assert_eq!(guess.status(), 429);
    assert!(!header(&guess, "retry-after").is_empty());
    assert!(guess.text().await.unwrap().contains("too_many_tokens"));
    // Everybody behind the same proxy or router has this address.
    let bearer = get(&program, "/api/v1/cache").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(bearer.status(), 200);
    let right = log_in(&program, TOKEN, "/").await;
    assert_eq!(right.status(), 303);
    let inside = get(&program, "/api/v1/cache").header("cookie", cookie(&right).0).send().await.unwrap();
    assert_eq!(inside.status(), 200);
    assert_eq!(get(&program, "/livez").bearer_auth("not-the-token-of-it").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_origin_changes_nothing_and_no_form_is_endless() {
    let program = guarded(&[]).await;
    for path in ["/login", "/logout", "/settings", "/api/v1/overview", "/nowhere"] {
        for site in ["cross-site", "same-site", "none"] {
            let answer = post(&program, path, site, &format!("token={TOKEN}")).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), header(&answer, "set-cookie")), (403, ""), "{path} from {site}");
            assert!(answer.text().await.unwrap().contains("foreign_origin"));
        }
    }
    let long = format!("token={}", "x".repeat(100_000));
    assert_eq!(post(&program, "/login", "same-origin", &long).send().await.unwrap().status(), 413);
    assert_eq!(post(&program, "/login", "same-origin", "tokn=x").send().await.unwrap().status(), 422);
}

#[tokio::test]
async fn what_is_open_to_all_is_read_by_all_and_changed_by_those_inside() {
    let program = guarded(&[("VIRTUOSO_ACCESS_OPEN_TO_ALL", "true")]).await;
    for path in ["/", "/system", "/api/v1/cache", "/api/v1/stream?topics=monitor", "/health"] {
        assert_eq!(get(&program, path).send().await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(get(&program, "/metrics").send().await.unwrap().status(), 401);
    let rule = "symbol=any&turns=long";
    let stranger = post(&program, "/alerts/rules", "same-origin", rule).send().await.unwrap();
    assert_eq!((stranger.status().as_u16(), header(&stranger, "location")), (303, "../login?next=%2F"));
    let own_colours = post(&program, "/settings", "same-origin", "theme=light").send().await.unwrap();
    assert!(cookie(&own_colours).0.contains("theme=light"), "a cookie of the stranger's own browser");
    let (pair, _) = cookie(&log_in(&program, TOKEN, "/settings").await);
    let reader = post(&program, "/alerts/rules", "same-origin", rule).header("cookie", pair).send().await.unwrap();
    assert_eq!(reader.status(), 303);
    assert!(header(&reader, "location").starts_with("../alerts?"), "the page says that this process keeps no rules");
    let page = get(&program, "/settings").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("href=\"login?next=%2Fsettings\"") && !page.contains("logout"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_the_terminal_has_the_same_token() {
    let program = guarded(&[]).await;
    let addr = format!("127.0.0.1:{}", program.port);
    let run = |args: &[&str], token: &str| {
        let output = command(args).env("VIRTUOSO_ACCESS_TOKEN", token).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, table, said) = run(&["cache", "ls", "--addr", &addr], TOKEN);
    assert!(code == Some(0) && table.contains("system:health@"), "{table}{said}");
    let (code, _, said) = run(&["cache", "ls", "--addr", &addr], "");
    assert!(code == Some(1) && said.contains("401"), "{said}");
    let (_, said, _) = run(&["doctor", "--source", "sim", "--addr", &addr], "");
    assert!(said.contains("another access.token"), "{said}");
    let (code, said, _) = run(&["config"], TOKEN);
    assert!(code == Some(0) && said.contains("access.token = (not shown)  # VIRTUOSO_ACCESS_TOKEN"), "{said}");
    assert!(!said.contains(TOKEN));
}

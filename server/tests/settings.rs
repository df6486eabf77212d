//! What a reader chooses is kept by the browser and applied before anything is painted.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, client};

#[tokio::test]
async fn a_chosen_theme_comes_back_with_the_next_page_and_another_origin_cannot_choose() {
    let program = Program::simulated().await;
    let address = |path: &str| format!("http://127.0.0.1:{}{path}", program.port);
    let send = |site: &'static str| {
        let form = "theme=light&colours=red-up&sort=turnover&zone=120&saving=off&start=scores&show=none&show=movers&tempo=fast";
        client(reqwest::redirect::Policy::none())
            .post(address("/settings"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .body(form)
            .send()
    };
    assert_eq!(send("cross-site").await.unwrap().status(), 403);

    let saved = send("same-origin").await.unwrap();
    assert_eq!((saved.status().as_u16(), saved.headers()["location"].to_str().unwrap()), (303, "settings"));
    let cookie = saved.headers()["set-cookie"].to_str().unwrap();
    let (pair, rules) = cookie.split_once("; ").unwrap();
    assert_eq!(
        pair,
        "virtuoso=theme=light&colours=red-up&sort=turnover&zone=120&saving=off&start=scores&show=none&show=movers"
    );
    assert_eq!(rules, "Max-Age=31536000; SameSite=Lax; HttpOnly");

    let open = async |path: &str, cookie: &str| {
        let request = client(reqwest::redirect::Policy::none()).get(address(path)).header("cookie", cookie.to_owned());
        let answer = request.send().await.unwrap();
        assert!(answer.headers().get_all("vary").iter().any(|value| value == "cookie"), "{path}");
        answer.text().await.unwrap()
    };
    for path in ["/", "/settings", "/guide", "/nowhere"] {
        let page = open(path, pair).await;
        let document = page.split("<html").nth(1).unwrap().split('>').next().unwrap();
        assert!(
            document.contains("data-theme=\"light\"") && document.contains("data-colours=\"red-up\""),
            "{document}"
        );
        assert!(
            page.contains("content=\"#fffaf0\"") && !page.contains("content=\"#0b0d10\""),
            "the browser's bars follow"
        );
    }
    let plain = open("/guide", "virtuoso=theme=pink&x").await;
    assert!(!plain.contains("data-theme=") && plain.contains("prefers-color-scheme"), "as the device is set");

    program.scored(15).await;
    let list = open("/scores", pair).await;
    let sorted = list.split("by-").nth(1).unwrap();
    assert!(sorted.starts_with("turnover"), "the usual order is the chosen one");
    let market = open("/", pair).await;
    assert!(market.contains("card movers") && !market.contains("card overview"), "the cards are the chosen ones");
    program.until("the log of alerts is there", async || open("/alerts", pair).await.contains(" UTC+2")).await;
}

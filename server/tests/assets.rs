//! Files of the pages arrive whole, whatever else is asked for meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::Program;

/// Over the icons as the repository has them: what the build adds to them lies in the same folder.
async fn program() -> Program {
    let icons = concat!(env!("CARGO_MANIFEST_DIR"), "/../public");
    Program::serve(
        &["--source", "sim", "--symbols", "5", "--seed", "7"],
        &[("VIRTUOSO_HTTP_SITE_ROOT", icons.to_owned())],
    )
    .await
}

/// Once a file left with the status of a page that did not exist and was being made for somebody else.
#[tokio::test]
async fn a_page_that_does_not_exist_takes_no_file_with_it() {
    let program = program().await;
    let ask = async |path: &str| {
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(program.open(path).await.status().as_u16());
        }
        statuses
    };
    let (files, pages, again, more) =
        tokio::join!(ask("/favicon.svg"), ask("/nowhere"), ask("/icon-192.png"), ask("/nowhere"));
    assert_eq!([files, again].concat(), [200; 80]);
    assert_eq!([pages, more].concat(), [404; 80]);
}

#[tokio::test]
async fn a_file_that_did_not_change_is_not_sent_again_and_one_that_broke_off_goes_on() {
    let program = program().await;
    let whole = program.open("/icon-512.png").await;
    let modified = whole.headers()["last-modified"].clone();
    let bytes = whole.bytes().await.unwrap();
    let ask = |name: &'static str, value: &str| {
        let url = format!("http://127.0.0.1:{}/icon-512.png", program.port);
        program::client(reqwest::redirect::Policy::none()).get(url).header(name, value.to_owned()).send()
    };
    assert_eq!(ask("if-modified-since", modified.to_str().unwrap()).await.unwrap().status(), 304);
    let rest = ask("range", "bytes=100-").await.unwrap();
    assert_eq!(rest.status(), 206);
    assert_eq!(rest.bytes().await.unwrap(), bytes[100..]);
}

#[tokio::test]
async fn what_is_neither_a_file_nor_a_page_is_said_so() {
    let program = program().await;
    for path in ["/nowhere", "/pkg", "/pkg/", "/nowhere.svg", "/..%2fCargo.toml", "/..%2f..%2fCargo.toml"] {
        let answer = program.open(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().await.unwrap().contains("href=\"./\""), "{path} shows the way back");
    }
    assert_eq!(program.open("/scores/").await.status(), 200, "a slash too many leads to the page");
}

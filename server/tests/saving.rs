//! A reader who saves data receives changes together, every five seconds, and what they weigh.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::time::{Duration, Instant};

use program::{Program, client};
use serde_json::Value;

const COOKIE: &str = "virtuoso=saving=on";

async fn open(program: &Program, path: &str) -> reqwest::Response {
    let asked = client(reqwest::redirect::Policy::none()).get(format!("http://127.0.0.1:{}{path}", program.port));
    asked.header("cookie", COOKIE).header("accept-encoding", "identity").send().await.unwrap()
}

/// What a stream has sent so far.
struct Heard {
    stream: reqwest::Response,
    text: String,
}

impl Heard {
    /// The next event after a place that begins in some way: where it begins, and where it ends.
    async fn event(&mut self, from: usize, beginning: &str) -> (usize, usize) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.text[from..].find(beginning).map(|place| from + place);
            if let Some((start, length)) = found.and_then(|start| Some((start, self.text[start..].find("\n\n")? + 2))) {
                return (start, start + length);
            }
            let left = end.saturating_duration_since(Instant::now());
            let chunk = tokio::time::timeout(left, self.stream.chunk()).await.expect("an event in time");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn changes_come_every_five_seconds_from_the_tick_of_the_page_on_and_tell_what_they_weigh() {
    let program = Program::simulated().await;
    // The first list is sent in full, every later one by what changed.
    let mut heard = Heard { stream: open(&program, "/api/v1/stream?topics=signals").await, text: String::new() };
    heard.event(0, "event: delta").await;
    let page = open(&program, "/scores").await.text().await.unwrap().replace("&quot;", "\"");
    let stamp = page.split("\"stamp\":").nth(1).unwrap().split_inclusive('}').next().unwrap();
    let stamp: Value = serde_json::from_str(stamp).unwrap();
    let path = format!("/api/v1/stream?topics=signals&since={}-{}", stamp["epoch"], stamp["seq"]);
    let mut heard = Heard { stream: open(&program, &path).await, text: String::new() };
    let (_, first) = heard.event(0, "event: delta").await;
    let began = Instant::now();
    assert!(!heard.text.contains("event: snapshot"), "it goes on where the page ends");
    let (before, after) = heard.event(first, "event: state").await;
    let clock: Value = serde_json::from_str(heard.text[before..after].split_once("data: ").unwrap().1.trim()).unwrap();
    assert_eq!(clock["clock"]["sent_bytes"], before, "each byte before it, and no other");
    heard.event(first, "event: delta").await;
    assert!(began.elapsed() > Duration::from_secs(3), "the next one comes later: {:?}", began.elapsed());
    assert_eq!(heard.text.matches("event: delta").count(), 2);
}

//! A contract whose symbol is no plain word, listed by the simulated exchange and followed through the whole program.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{fmt::Write as _, path::Path, time::Duration};

use program::{Program, client, command, free_port};
use schema::Symbol;
use serde_json::Value;

/// The symbols that are listed beside BTCUSDT.
const ODD: [&str; 4] = ["币安人生USDT", "A \"B\" <i>&USDT", "k#100%?USDT", "../~USDT"];

/// A folder with two days of candles of five minutes for each symbol; the simulated exchange takes their names from the files.
fn recordings(folder: &Path) {
    for (n, text) in ODD.into_iter().chain(["BTCUSDT"]).enumerate() {
        let mut csv = String::from("timestamp,open,high,low,close,volume\n");
        for candle in 0..576_i64 {
            let at = 1_763_000_000_000 / 300_000 * 300_000 + candle * 300_000;
            let price = 100.0 + 10.0 * n as f64 + (candle % 13) as f64 * 0.1;
            writeln!(csv, "{at},{price:.2},{:.2},{:.2},{price:.2},1000", price + 0.3, price - 0.3).unwrap();
        }
        // Between the symbol and the rest of a file's name stands an underscore.
        let name = Symbol::new(text).unwrap().escaped().to_string();
        assert!(!name.contains(['/', '_', '-']));
        std::fs::write(folder.join(format!("{name}.csv")), csv).unwrap();
    }
}

#[tokio::test]
async fn lists_links_caches_streams_and_stars_any_symbol() {
    let folder = tempfile::tempdir().unwrap();
    recordings(folder.path());
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    let candles = folder.path().to_str().unwrap().to_owned();
    let args = ["--source", "sim", "--memcached", &servers];
    let program = Program::serve(&args, &[("VIRTUOSO_SIM_CANDLES", candles)]).await;
    program
        .until("every symbol is in the list", async || {
            let Some((200, body)) = program.get("/api/v1/signals").await else { return false };
            let answer: Value = serde_json::from_str(&body).unwrap();
            answer["data"]["rows"].as_array().is_some_and(|rows| rows.len() == ODD.len() + 1)
        })
        .await;
    let universe = program.json("/api/v1/universe").await;
    let listed: Vec<&str> =
        universe["data"]["contracts"].as_array().unwrap().iter().map(|row| row["symbol"].as_str().unwrap()).collect();
    let (_, scores) = program.get("/scores").await.unwrap();
    for text in ODD {
        let spelled = Symbol::new(text).unwrap().escaped().to_string();
        assert!(listed.contains(&text), "{text} is not in {listed:?}");
        assert!(scores.contains(&format!("symbol/{spelled}")), "no link to {text}");
        assert!(!scores.contains("<i>&"), "{text} is written as HTML");
        program
            .until("its page is served", async || {
                let (status, page) = program.get(&format!("/symbol/{spelled}")).await.unwrap();
                status == 200 && page.contains("</html>") && page.contains(&format!("symbol/{spelled}?timeframe=5m"))
            })
            .await;
        let breakdown = program.json(&format!("/api/v1/symbols/{spelled}")).await;
        assert_eq!(breakdown["data"]["row"]["symbol"], text);
        let (status, body) = program.get(&format!("/api/v1/symbols/{spelled}/candles")).await.unwrap();
        assert!([200, 503].contains(&status), "its candles are known or not there yet: {status} {body}");
        let topic = format!("breakdown:{spelled}").replace('%', "%25");
        let mut stream = program.open(&format!("/api/v1/stream?topics={topic}")).await;
        assert_eq!(stream.status(), 200, "{topic}");
        let mut heard = String::new();
        while !heard.contains("\"breakdown\"") {
            let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await.expect("an event in time");
            heard.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
        }
        starred(&program, text, &spelled).await;
    }
    // Another process finds them in memcached by the same spelling.
    let scope = format!("sim:{}", ODD[0]);
    let mut get = command(&["cache", "get", "confluence:breakdown", &scope, "--memcached", &servers]);
    let output = tokio::task::spawn_blocking(move || get.output().unwrap()).await.unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains(ODD[0]), "{output:?}");
    let web = Program::serve(&["--role", "web", "--memcached", &servers], &[]).await;
    for text in ODD {
        let spelled = Symbol::new(text).unwrap().escaped().to_string();
        web.until("the other process serves it", async || {
            web.get(&format!("/api/v1/symbols/{spelled}")).await.is_some_and(|(status, _)| status == 200)
        })
        .await;
    }
}

/// Stars a contract as the form of its page does, and asks for the list of those that are starred.
async fn starred(program: &Program, text: &str, spelled: &str) {
    let origin = format!("http://127.0.0.1:{}", program.port);
    let answer = client(reqwest::redirect::Policy::none())
        .post(format!("{origin}/watch"))
        .header("origin", &origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("symbol={}&watch=on", app::path::encode(text)))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303, "{text}");
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert!(header("location").ends_with(&format!("symbol/{spelled}")), "{}", header("location"));
    let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
    let list = client(reqwest::redirect::Policy::none())
        .get(format!("{origin}/scores?watched=1"))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    let page = list.text().await.unwrap();
    assert!(page.contains(&format!("symbol/{spelled}")) && !page.contains("symbol/BTCUSDT"), "{text} is not starred");
}

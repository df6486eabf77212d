//! `virtuoso cache import` with documents of the ancestor, and `cache get` without memcached.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, command, free_port};
use serde_json::Value;

const OVERVIEW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ancestor/overview.json");
const TWICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ancestor/twice.json");

/// Exit code, standard output and standard error of a command.
fn run(args: &[&str]) -> (i32, String, String) {
    let output = command(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_trial_prints_what_became_of_each_field_and_writes_nothing() {
    let (code, table, _) = run(&["cache", "import", OVERVIEW, "--dry-run"]);
    assert_eq!(code, 0, "{table}");
    for words in ["total_symbols_monitored", "total_symbols", "renamed", "missing", "ignored", "this is a trial"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let (code, text, _) = run(&["cache", "import", TWICE, "--dry-run", "--json"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &value["imported"]["report"][0]["made"]), (0, &"encoded_twice".into()));
    assert!(value["outcome"].as_str().unwrap().contains("also needs linear_symbols"), "{text}");
}

#[test]
fn a_document_that_cannot_be_used_ends_with_2_and_names_the_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.json");
    for (document, named) in [
        (r#"{"btc_dom": "57"}"#, "btc_dom: a number is expected"),
        (r#"{"btc_dom": 57, "btc_dominance": 58}"#, "both are btc_dominance"),
        ("{", "no JSON"),
        ("{}", "no document of the ancestor"),
    ] {
        std::fs::write(&path, document).unwrap();
        let (code, _, said) = run(&["cache", "import", path.to_str().unwrap(), "--dry-run"]);
        assert!(code == 2 && said.contains("old.json") && said.contains(named), "{code} {said}");
    }
}

#[tokio::test]
async fn a_document_fills_a_hole_once_with_its_original_time() {
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    memcached.until("it answers", async || std::net::TcpStream::connect(&servers).is_ok()).await;
    let import = ["cache", "import", OVERVIEW, "--memcached", &servers];
    let (code, said, error) = run(&import);
    assert!(code == 0 && said.contains("is filled, with its original time"), "{said}{error}");
    let (code, said, _) = run(&import);
    assert!(code == 0 && said.contains("left alone"), "{said}");
    let (_, value, _) = run(&["cache", "get", "market:overview", "--memcached", &servers]);
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!((&value["state"], &value["header"]["as_of"]), (&"expired".into(), &1_763_654_404_000_i64.into()));
    assert_eq!(value["value"]["btc_dominance"]["known"]["value"], 57.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_printed_without_memcached_as_the_serving_process_has_it() {
    let program = Program::simulated().await;
    program.scored(10).await;
    let addr = format!("127.0.0.1:{}", program.port);
    let (code, text, error) = run(&["cache", "get", "analysis:signals", "--addr", &addr]);
    assert_eq!(code, 0, "{error}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["name"], &value["value"]["source"]), (&"analysis:signals".into(), &"sim".into()));
    let (code, text, _) = run(&["cache", "get", "confluence:breakdown", "sim:BTCUSDT", "--addr", &addr]);
    assert!(code == 0 && text.contains("\"BTCUSDT\""), "{text}");
    let (code, _, said) = run(&["cache", "get", "analysis:signals", "--addr", "127.0.0.1:1"]);
    assert!(code == 1 && said.contains("start `virtuoso serve`"), "{said}");
    let (code, _, said) = run(&["cache", "get", "nothing", "--addr", &addr]);
    assert!(code == 1 && said.contains("known are"), "{said}");
}

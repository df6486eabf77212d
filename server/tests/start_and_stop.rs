//! Starting with bad and good settings, and ending.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use program::{Program, command, free_port, outcome};

#[test]
fn a_bad_configuration_ends_with_2_and_names_the_file_the_key_and_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("virtuoso.toml");
    for (text, expected) in [
        ("[http]\nprot = 1\n", ["virtuoso.toml", "http.prot", "http.addr"]),
        ("[sim]\nsymbols = \"many\"\n", ["virtuoso.toml", "sim.symbols", "a whole number"]),
        ("source = \"kraken\"\n", ["virtuoso.toml", "source", "\"binance\", \"sim\" and \"replay:\""]),
        ("[http\n", ["virtuoso.toml", "not valid TOML", "line 1"]),
    ] {
        std::fs::write(&path, text).unwrap();
        let (code, said) = outcome(command(&["serve", "--config", path.to_str().unwrap()]));
        assert_eq!(code, Some(2), "{said}");
        for part in expected {
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        }
    }
}

#[test]
fn a_misspelled_environment_variable_ends_with_2() {
    let mut command = command(&["serve"]);
    command.env("VIRTUOSO_HTTP_PORT", "3000");
    let (code, said) = outcome(command);
    assert_eq!(code, Some(2));
    assert!(said.contains("VIRTUOSO_HTTP_PORT") && said.contains("VIRTUOSO_HTTP_ADDR"), "{said}");
}

#[test]
fn a_busy_port_is_a_clear_error() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let (code, said) = outcome(command(&["serve", "--source", "sim", "--addr", &addr]));
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("cannot listen on {addr}")) && said.contains("--addr"), "{said}");
}

#[test]
fn a_web_process_without_memcached_has_nothing_to_read() {
    let addr = format!("127.0.0.1:{}", free_port());
    let (code, said) = outcome(command(&["serve", "--role", "web", "--addr", &addr]));
    assert_eq!(code, Some(1));
    assert!(said.contains("set cache.memcached"), "{said}");
}

#[tokio::test]
async fn a_terminated_process_ends_within_five_seconds_and_leaves_a_retry_hint() {
    let program = Program::simulated().await;
    let stream = program.open("/api/v1/stream?topics=monitor").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let asked = Instant::now();
    let status = tokio::task::spawn_blocking(move || program.terminate()).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0));
    let said = stream.text().await.unwrap();
    assert!(said.starts_with("retry: ") && said.trim_end().ends_with(": the server stops"), "{said}");
}

#[tokio::test]
async fn a_shutdown_ends_within_five_seconds_with_a_slow_client_and_a_frozen_memcached() {
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    let args = ["--source", "sim", "--symbols", "20", "--memcached", &servers];
    let program = Program::serve(&args, &[]).await;
    program.scored(10).await;
    // A form of which half arrives, and a cache that takes the last values and confirms nothing.
    let mut slow = TcpStream::connect(("127.0.0.1", program.port)).unwrap();
    let head = format!(
        "POST /settings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntheme=",
        port = program.port
    );
    slow.write_all(head.as_bytes()).unwrap();
    program.until("the form is being read", async || program.get("/livez").await.is_some()).await;
    memcached.signal("STOP");
    let asked = Instant::now();
    let status = tokio::task::spawn_blocking(move || program.terminate()).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0));
    drop(slow);
}

#[test]
fn the_variables_of_a_kubernetes_service_are_passed_over() {
    let mut command = command(&["config"]);
    command.env("VIRTUOSO_SERVICE_HOST", "10.96.0.17").env("VIRTUOSO_PORT", "tcp://10.96.0.17:3000");
    let (code, said) = outcome(command);
    assert_eq!(code, Some(0), "{said}");
}

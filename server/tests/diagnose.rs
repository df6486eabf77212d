//! What a person at a terminal sees: `doctor`, `cache`, `healthcheck`, and what a restart remembers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use program::{Pair, Program, command, free_port, pointed_at};
use serde_json::Value;

mod program;

/// Waits until every schema of one value was written.
async fn complete(program: &Program) {
    program.scored(10).await;
    for path in ["/readyz", "/api/v1/movers", "/api/v1/breadth", "/api/v1/health"] {
        program.until(path, async || program.get(path).await.is_some_and(|(status, _)| status == 200)).await;
    }
}

/// Exit code, standard output and standard error of a command.
fn run(args: &[&str]) -> (i32, String, String) {
    let output = command(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What the doctor says of one check.
fn finding(findings: &Value, check: &str) -> (String, String) {
    let all = findings.as_array().unwrap();
    let found = all.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{check} in {findings:#}"));
    (found["verdict"].as_str().unwrap().to_owned(), found["said"].as_str().unwrap().to_owned())
}

fn doctor(memcached: &str, addr: &str) -> (i32, Value) {
    let (code, said, _) = run(&["doctor", "--json", "--source", "sim", "--memcached", memcached, "--addr", addr]);
    (code, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_two_processes_in_order_and_names_what_ails_memcached() {
    let Pair { web, memcached, servers, monitor: _monitor } = Pair::simulated().await;
    complete(&web).await;
    let addr = format!("127.0.0.1:{}", web.port);

    let (code, findings) = doctor(&servers, &addr);
    assert_eq!(code, 0, "{findings:#}");
    for check in ["canary", "another process", "clock", "analysis:signals", "market:overview", "exchange"] {
        assert_eq!(finding(&findings, check).0, "good", "{findings:#}");
    }
    assert_eq!(finding(&findings, &format!("process at {addr}")).0, "good");
    let (code, table, _) = run(&["cache", "ls", "--memcached", &servers]);
    assert!(code == 0 && table.contains("analysis:signals@1") && table.contains("monitor@"), "{table}");
    let (code, value, _) = run(&["cache", "get", "analysis:signals", "--memcached", &servers]);
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!((code, value["value"]["source"].as_str()), (0, Some("sim")));
    let (code, value, _) = run(&["cache", "get", "confluence:breakdown", "sim:BTCUSDT", "--memcached", &servers]);
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!((code, value["value"]["row"]["symbol"].as_str()), (0, Some("BTCUSDT")));
    let (code, _, said) = run(&["cache", "get", "analysis:signal", "--memcached", &servers]);
    assert!(code == 1 && said.contains("known are market:overview, analysis:signals"), "{said}");
    let (code, _, said) = run(&["cache", "get", "confluence:breakdown", "BTCUSDT", "--memcached", &servers]);
    assert!(code == 1 && said.contains("one such as bybit:BTCUSDT is expected"), "{said}");

    let mut watch = command(&["cache", "watch", "--memcached", &servers]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let change = lines.map(Result::unwrap).find(|line| line.contains("analysis:signals  stamp")).unwrap();
    assert!(change.contains("by monitor@"), "{change}");
    watch.kill().unwrap();
    watch.wait().unwrap();

    memcached.signal("STOP");
    let (code, findings) = doctor(&servers, &addr);
    let (verdict, said) = finding(&findings, &format!("memcached {servers}"));
    assert!(code == 1 && verdict == "broken" && said.contains("frozen"), "{findings:#}");
    assert_eq!(finding(&findings, "readings").0, "broken");
    memcached.signal("CONT");
    web.until("the doctor finds it well again", async || {
        let (_, findings) = doctor(&servers, &addr);
        let verdict = |check: &str| {
            let found = findings.as_array().unwrap().iter().find(|one| one["check"] == check);
            found.is_some_and(|one| one["verdict"] == "good")
        };
        verdict("canary") && verdict("another process") && verdict(&format!("memcached {servers}"))
    })
    .await;
    drop(memcached);
    let (code, findings) = doctor(&servers, &addr);
    let (verdict, said) = finding(&findings, &format!("memcached {servers}"));
    assert!(code == 1 && verdict == "broken" && said.contains("is memcached running?"), "{findings:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_memcached_the_doctor_asks_the_serving_process() {
    let program = Program::simulated().await;
    complete(&program).await;
    let addr = format!("127.0.0.1:{}", program.port);
    let (code, said, _) = run(&["doctor", "--json", "--source", "sim", "--addr", &addr]);
    let findings: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, 0, "{findings:#}");
    assert!(finding(&findings, "analysis:signals").1.ends_with("in the serving process"), "{findings:#}");
    let (code, table, _) = run(&["cache", "ls", "--addr", &addr]);
    assert!(code == 0 && table.contains("system:health@4"), "{table}");
    let (code, _, said) = run(&["cache", "watch"]);
    assert!(code == 1 && said.contains("set cache.memcached"), "{said}");

    let url = format!("http://{addr}");
    assert_eq!(run(&["healthcheck", &url]).0, 0);
    // As in a container, where the address is in the environment.
    let configured = |addr: &str| {
        let mut command = command(&["healthcheck"]);
        command.env("VIRTUOSO_HTTP_ADDR", addr).env("VIRTUOSO_HTTP_BASE_PATH", "/virtuoso").status().unwrap().code()
    };
    assert_eq!(configured(&addr), Some(1), "it serves no path below a base path");
    let mut plain = command(&["healthcheck"]);
    assert_eq!(plain.env("VIRTUOSO_HTTP_ADDR", &addr).status().unwrap().code(), Some(0));
    drop(program);
    let (code, _, said) = run(&["healthcheck", &url]);
    assert!(code == 1 && said.contains(&addr), "{said}");
    let (code, table, _) = run(&["doctor", "--source", "sim", "--addr", &addr]);
    assert!(code == 3 && table.contains("`virtuoso serve` is not running"), "{code} {table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_shows_the_last_readings_with_their_true_age_and_calls_them_restored() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut settings = pointed_at(port).to_vec();
    settings.push(("VIRTUOSO_CACHE_SNAPSHOT_DIR", folder.path().display().to_string()));
    let exchange = Program::exchange(port).await;
    let before = Program::serve(&["--source", "bybit"], &settings).await;
    complete(&before).await;
    let last = before.json("/api/v1/signals").await["as_of"].as_i64().unwrap();
    assert!(before.terminate().success());
    let file = folder.path().join("last-readings-bybit.ndjson");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 4);

    // The exchange is away, so nothing new is measured.
    drop(exchange);
    let after = Program::serve(&["--source", "bybit"], &settings).await;
    after
        .until("the readings are back", async || after.get("/api/v1/signals").await.is_some_and(|(s, _)| s == 200))
        .await;
    let signals = after.json("/api/v1/signals").await;
    let as_of = signals["as_of"].as_i64().unwrap();
    assert!(as_of >= last && as_of < last + 10_000, "{as_of} is not the last time of before, {last}");
    assert!(signals["age_ms"].as_i64().unwrap() > 0);
    let cache = after.json("/api/v1/cache").await;
    let restored: Vec<&Value> =
        cache["schemas"].as_array().unwrap().iter().filter(|s| s["origin"] == "restored").collect();
    assert_eq!(restored.len(), 4, "{cache:#}");

    // The same file fills an empty memcached, once.
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    memcached.until("it answers", async || std::net::TcpStream::connect(&servers).is_ok()).await;
    let import = ["cache", "import", file.to_str().unwrap(), "--memcached", &servers];
    let (code, said, _) = run(&import);
    assert!(code == 0 && said.matches("filled").count() == 4, "{said}");
    let (code, said, _) = run(&import);
    assert!(code == 0 && said.matches("left alone").count() == 4, "{said}");
    let (code, _, said) = run(&["cache", "import", "/nowhere", "--memcached", &servers]);
    assert!(code == 1 && said.contains("/nowhere"), "{said}");
    let missing = Command::new(env!("CARGO_BIN_EXE_virtuoso")).arg("cache").output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "a command without its action is explained");
}

//! The local path does not depend on memcached: a small one, a slow one, a second monitor.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{process::Command, time::Duration};

use program::{Program, command, free_port, outcome};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep_until},
};

const MARKET: [&str; 6] = ["--source", "sim", "--symbols", "20", "--seed", "7"];

/// A memcached whose answers arrive this much later.
async fn delayed(memcached: u16, by: Duration) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", memcached)).await.unwrap();
                let (mut from_server, mut to_server) = server.split();
                let (mut from_client, mut to_client) = client.split();
                let (send, mut receive) = mpsc::channel(1_024);
                let read = async move {
                    loop {
                        let mut bytes = vec![0; 64 * 1024];
                        let count = from_server.read(&mut bytes).await.unwrap_or(0);
                        bytes.truncate(count);
                        if count == 0 || send.send((Instant::now() + by, bytes)).await.is_err() {
                            return;
                        }
                    }
                };
                let back = async {
                    while let Some((at, bytes)) = receive.recv().await {
                        sleep_until(at).await;
                        if to_client.write_all(&bytes).await.is_err() {
                            return;
                        }
                    }
                    // The server said its last: who reads to the end waits for this.
                    let _ = to_client.shutdown().await;
                };
                let _ = tokio::join!(tokio::io::copy(&mut from_client, &mut to_server), read, back);
            });
        }
    });
    address
}

/// The mean time of a scan in a process, in seconds, and how many there were.
async fn scans(program: &Program) -> (f64, f64) {
    let (_, metrics) = program.get("/metrics").await.unwrap();
    let figure = |name: &str| {
        let line = format!("monitor_task_seconds_{name}{{task=\"scan\"}} ");
        metrics.lines().find_map(|text| text.strip_prefix(&line)?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    let (sum, count) = (figure("sum"), figure("count"));
    (sum / count.max(1.0), count)
}

/// The breakdowns of a scan were written one round trip after the other: 120 ms each made a scan take many seconds.
#[tokio::test]
async fn a_scan_takes_no_round_trip_of_a_slow_memcached() {
    const DELAY: Duration = Duration::from_millis(120);
    let memcached = Program::memcached(free_port());
    let servers = delayed(memcached.port, DELAY).await;
    let program = Program::serve(&[&MARKET[..], &["--memcached", servers.as_str()]].concat(), &[]).await;
    program.until("there were some scans", async || scans(&program).await.1 >= 15.0).await;
    let (mean, _) = scans(&program).await;
    // Each of them publishes 23 values, some of them twice the round trip: in series that were 3 s at least. A build without
    // optimisation on a busy machine takes a while by itself.
    assert!(mean < 6.0 * DELAY.as_secs_f64(), "a scan takes {mean} s");
    let (_, metrics) = program.get("/metrics").await.unwrap();
    assert!(
        metrics.lines().any(|line| line.starts_with("cache_publishes_total") && line.contains("\"applied\"")),
        "memcached gets them all the same"
    );
}

/// `limit=0` is all, and read the breakdown of one contract after the other: as many round trips as there are contracts.
#[tokio::test]
async fn all_scores_of_a_web_process_cost_no_round_trip_for_each_contract() {
    const DELAY: Duration = Duration::from_millis(60);
    const CONTRACTS: u32 = 60;
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    let market = ["--role", "monitor", "--source", "sim", "--symbols", "60", "--seed", "7", "--memcached", &servers];
    let monitor = Program::serve(&market, &[]).await;
    monitor.scored(CONTRACTS as usize).await;
    let slow = delayed(memcached.port, DELAY).await;
    let web = Program::serve(&["--role", "web", "--memcached", slow.as_str()], &[]).await;
    web.until("the list is there", async || web.get("/api/v1/signals").await.is_some_and(|(status, _)| status == 200))
        .await;
    let began = Instant::now();
    let data = web.json("/api/dashboard/mobile-data?limit=0").await;
    let took = began.elapsed();
    let rows = data["confluence_scores"].as_array().unwrap();
    assert_eq!(rows.len(), CONTRACTS as usize, "0 is all");
    let taken_apart = rows.iter().filter(|row| row["has_breakdown"] == true).count();
    assert!(taken_apart > 50, "{taken_apart} have a breakdown");
    // One after the other they take 60 times the delay at least.
    assert!(took < CONTRACTS * DELAY / 2, "{took:?}");
}

/// The list was refused for its size, and the page of the very process that wrote it did not move again.
#[tokio::test]
async fn a_small_memcached_leaves_the_own_page_live_and_the_tasks_in_order() {
    let port = free_port();
    let memcached = Command::new("memcached")
        .args(["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-m", "64", "-I", "4k", "-o", "slab_chunk_max=2048"])
        .args(["-p", &port.to_string()])
        .spawn()
        .unwrap();
    let _memcached = Program::of(memcached, port);
    let servers = format!("127.0.0.1:{port}");
    let program = Program::serve(&[&MARKET[..], &["--memcached", servers.as_str()]].concat(), &[]).await;
    let schema = async |name: &str| {
        let report = program.json("/api/v1/cache").await;
        report["schemas"].as_array().unwrap().iter().find(|schema| schema["name"] == name).cloned().unwrap_or_default()
    };
    program
        .until("the list is too large", async || {
            schema("analysis:signals").await["last_error"]["text"]
                .as_str()
                .is_some_and(|text| text.contains("are allowed"))
        })
        .await;
    for name in ["analysis:signals", "market:overview", "market:breadth", "market:movers"] {
        let before = schema(name).await["stamp"]["seq"].as_u64().unwrap_or(0);
        program
            .until("its own readers get the next one", async || {
                schema(name).await["stamp"]["seq"].as_u64().is_some_and(|seq| seq > before)
            })
            .await;
        assert_eq!(schema(name).await["state"], "fresh", "{name}");
    }
    let health = program.json("/api/v1/health").await;
    for task in health["data"]["tasks"].as_array().unwrap() {
        // The sources beside the exchange are switched off in tests.
        let is_publishing = ["scan", "movers", "ideas", "beta", "perps"].contains(&task["name"].as_str().unwrap());
        assert!(!is_publishing || task["failures"] == 0, "{task}");
    }
}

/// The older of two monitors was named in the log only, once a second, and went on for ever.
#[tokio::test]
async fn a_superseded_monitor_ends_with_an_error_that_names_the_other() {
    let memcached = Program::memcached(free_port());
    let servers = format!("127.0.0.1:{}", memcached.port);
    let args = [&MARKET[..], &["--role", "monitor", "--memcached", servers.as_str()]].concat();
    let port = free_port();
    let mut older = command(&["serve", "--addr", &format!("127.0.0.1:{port}")]);
    older.args(&args).env("VIRTUOSO_LOG_FILTER", "error");
    let older = tokio::task::spawn_blocking(move || outcome(older));
    memcached
        .until("the older one has written", async || {
            let url = format!("http://127.0.0.1:{port}/metrics");
            match program::client(reqwest::redirect::Policy::default()).get(url).send().await {
                Ok(answer) => answer.text().await.is_ok_and(|text| text.contains("outcome=\"applied\"")),
                Err(_) => false,
            }
        })
        .await;
    let newer = Program::serve(&args, &[]).await;
    let (code, said) = tokio::time::timeout(Duration::from_secs(60), older).await.expect("it ends").unwrap();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("superseded") && said.contains("monitor@") && said.contains("cache.namespace"), "{said}");
    assert_eq!(newer.get("/livez").await.map(|(status, _)| status), Some(200), "the newer one goes on");
}

/// SIGHUP ended the process at once, without a last save.
#[cfg(unix)]
#[tokio::test]
async fn sighup_reads_the_log_filter_again_and_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, log) = (folder.path().join("virtuoso.toml"), folder.path().join("log"));
    std::fs::write(&settings, "[log]\nfilter = \"warn\"\n").unwrap();
    let port = free_port();
    let mut command = command(&["serve", "--addr", &format!("127.0.0.1:{port}")]);
    command.args(MARKET).args(["--config", settings.to_str().unwrap()]);
    let child = command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let program = Program::of(child, port);
    program.until("it answers", async || program.get("/livez").await.is_some()).await;
    let said = || std::fs::read_to_string(&log).unwrap();
    assert!(!said().contains("DEBUG"), "{}", said());
    std::fs::write(&settings, "[log]\nfilter = \"debug\"\n").unwrap();
    program.signal("HUP");
    program.until("it logs more", async || said().contains("SIGHUP") && said().contains("DEBUG")).await;
    // A file that cannot be used changes nothing.
    std::fs::write(&settings, "[log\n").unwrap();
    program.signal("HUP");
    program.until("it says so", async || said().contains("nothing is changed")).await;
    assert_eq!(program.get("/livez").await.map(|(status, _)| status), Some(200));
    let status = tokio::task::spawn_blocking(move || program.terminate()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

/// What killed processes left kept a full disk full.
#[tokio::test]
async fn unfinished_copies_of_the_state_are_removed_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    // No process has a number this high.
    let left = ["last-readings-sim.ndjson.4194999", "last-readings-bybit.ndjson.4194998", "alert-rules.toml.4194997"];
    for name in left {
        std::fs::write(state.join(name), "half of an enve").unwrap();
    }
    let env = [
        ("VIRTUOSO_CACHE_SNAPSHOT_DIR", String::new()),
        ("VIRTUOSO_ALERTS_RULES_FILE", String::new()),
        // As systemd joins several.
        ("STATE_DIRECTORY", format!("{}:/nowhere", state.display())),
    ];
    let program = Program::serve(&MARKET, &env).await;
    program.until("they are removed", async || left.iter().all(|name| !state.join(name).exists())).await;
    program.scored(10).await;
    tokio::task::spawn_blocking(move || program.terminate()).await.unwrap();
    let names: Vec<_> =
        std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["last-readings-sim.ndjson"], "saved at the end, and nothing beside it");
}

/// A folder where the file should be stands for a disk that takes no file: it fails for every user alike.
#[tokio::test]
async fn readings_that_cannot_be_kept_are_a_failing_task_that_names_file_and_cause() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("last-readings-sim.ndjson")).unwrap();
    let env = [("VIRTUOSO_CACHE_SNAPSHOT_DIR", folder.path().display().to_string())];
    let program = Program::serve(&MARKET, &env).await;
    program
        .until("the task says so", async || {
            let health = program.json("/api/v1/health").await;
            let tasks = health["data"]["tasks"].as_array().cloned().unwrap_or_default();
            let keep = tasks.iter().find(|task| task["name"] == "keep").cloned().unwrap_or_default();
            keep["last_error"].as_str().is_some_and(|text| text.contains("last-readings-sim.ndjson, which is left"))
        })
        .await;
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["last-readings-sim.ndjson"], "nothing is left beside it");
    program
        .until("System names it", async || program.get("/system").await.unwrap().1.contains("last-readings-sim.ndjson"))
        .await;
    let addr = format!("127.0.0.1:{}", program.port);
    let mut doctor = command(&["doctor", "--json", "--source", "sim", "--addr", &addr]);
    let output = tokio::task::spawn_blocking(move || doctor.output().unwrap()).await.unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let keep = findings.as_array().unwrap().iter().find(|one| one["check"] == "task keep").unwrap();
    assert_eq!(keep["verdict"], "attention", "{keep}");
    assert!(keep["said"].as_str().unwrap().contains("last-readings-sim.ndjson"), "{keep}");
}

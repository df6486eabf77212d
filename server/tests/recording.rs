//! Recording a market and playing it back, through the whole program.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant, UNIX_EPOCH},
};

use program::{Program, command, free_port, outcome, pointed_at};
use venue::replay::Recording;

/// How much of a market is recorded.
const ENOUGH_MS: i64 = 7_000;

/// How long a folder's recording is by now: from its beginning to the last time it was written to.
fn length_ms(folder: &Path) -> Option<i64> {
    let began = Recording::open(folder).ok()?.began();
    let written = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok()).max()?;
    let since = written.duration_since(UNIX_EPOCH).ok()?;
    Some(i64::try_from(since.as_millis()).ok()? - began.0)
}

/// Records until there is enough, then asks the program to end; what it said.
async fn recorded(folder: &Path, args: &[&str]) -> String {
    let mut recording = command(&["record", folder.to_str().unwrap()]);
    recording.args(args).env("VIRTUOSO_LOG_FILTER", "warn").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(recording).kill_on_drop(true).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while length_ms(folder).is_none_or(|length| length < ENOUGH_MS) {
        assert!(Instant::now() < end, "waited in vain for a recording of {ENOUGH_MS} ms");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = std::process::Command::new("kill").args(["-TERM", &child.id().unwrap().to_string()]).status();
    assert!(asked.unwrap().success());
    let mut said = String::new();
    tokio::io::AsyncReadExt::read_to_string(child.stderr.as_mut().unwrap(), &mut said).await.unwrap();
    assert!(child.wait().await.unwrap().success(), "{said}");
    said
}

#[tokio::test]
async fn a_recorded_market_is_played_under_a_banner_and_grows_old_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let said = recorded(folder.path(), &["--source", "sim", "--symbols", "5"]).await;
    assert!(said.contains(" 0 lost") && said.contains("--source replay:"), "{said}");
    let began = Recording::open(folder.path()).unwrap().began().0;

    let source = format!("replay:{}", folder.path().display());
    let program = Program::serve(&["--source", &source, "--speed", "2"], &[]).await;
    // On a busy machine a few seconds do not hold the history of all five.
    program.scored(1).await;
    let page = async || program.get("/").await.unwrap().1;
    assert!(page().await.contains("RECORDED MARKET"), "there is no moment without the banner");
    let signals = program.json("/api/v1/signals").await;
    assert_eq!((&signals["source"], &signals["state"]), (&"replay".into(), &"fresh".into()));
    let as_of = signals["as_of"].as_i64().unwrap();
    assert!((began..began + 60_000).contains(&as_of), "figures have the recording's own time: {as_of} and {began}");
    program.until("the end is said", async || page().await.contains("the recording of Simulator ended at")).await;
    program.until("figures grow old", async || program.json("/api/v1/signals").await["state"] == "stale").await;
    let (status, why) =
        (program.json("/api/v1/health").await["data"]["feed"]["recorded"]["ended"]["at"].as_i64(), page().await);
    assert!(status.is_some_and(|at| at > began) && why.contains("RECORDED MARKET"));
}

#[tokio::test]
async fn a_recording_that_cannot_be_played_or_made_is_said_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("replay:{}", folder.path().display());
    let addr = format!("127.0.0.1:{}", free_port());
    let (code, said) = outcome(command(&["serve", "--addr", &addr, "--source", &source]));
    assert!(code == Some(1) && said.contains("holds no recording"), "{code:?}: {said}");
    let (code, said) = outcome(command(&["record", "/proc/nowhere", "--source", "sim", "--symbols", "1"]));
    assert!(code == Some(1) && said.contains("cannot record into /proc/nowhere"), "{code:?}: {said}");
    let (code, said) = outcome(command(&["record", "x", "--source", &source]));
    assert!(code == Some(1) && said.contains("a recording cannot be recorded"), "{code:?}: {said}");
    let mut both = command(&["config", "--source", &source, "--memcached", "127.0.0.1:1"]);
    both.envs(pointed_at(1));
    let (code, said) = outcome(both);
    assert!(code == Some(2) && said.contains("in one process"), "{code:?}: {said}");
}

//! A disk that is really full: a small file system in memory, mounted where no process but the tested one sees it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use program::{Program, command, free_port, outcome};

/// A command in which a folder is a disk of so many bytes.
fn on_small_disk(folder: &Path, bytes: u32, inner: &Command) -> Command {
    let mount = "mount -t tmpfs -o size=$1 tmpfs \"$0\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", mount]).arg(folder).arg(bytes.to_string());
    command.arg(inner.get_program()).args(inner.get_args()).stdin(Stdio::null());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// A folder as a process sees it.
fn seen_by(pid: u32, folder: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/root")).join(folder.strip_prefix("/").unwrap())
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The program with its folder of state on a small disk.
fn keeping(args: &[&str], folder: &Path, bytes: u32) -> Command {
    let mut inner = command(args);
    inner.env("VIRTUOSO_CACHE_SNAPSHOT_DIR", folder).env("VIRTUOSO_LOG_FILTER", "warn");
    on_small_disk(folder, bytes, &inner)
}

#[tokio::test]
async fn readings_that_do_not_fit_leave_the_process_ready_and_are_named_on_system_and_by_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let addr = format!("127.0.0.1:{port}");
    let mut serve = keeping(&["serve", "--addr", &addr, "--source", "sim", "--symbols", "20"], folder.path(), 16_384);
    let child = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("`unshare` is installed");
    let pid = child.id();
    let program = Program::of(child, port);
    program.until("it is ready", async || program.get("/readyz").await.is_some_and(|(status, _)| status == 200)).await;
    program
        .until("System names the full disk", async || {
            let page = program.get("/system").await.unwrap().1;
            page.contains("keeping the last readings") && page.contains("No space left on device")
        })
        .await;
    assert_eq!(program.get("/readyz").await.unwrap().0, 200, "the process itself goes on");
    let metrics = program.get("/metrics").await.unwrap().1;
    assert!(metrics.contains("task_failing{task=\"keep\"} 1"), "{metrics}");
    assert_eq!(files(&seen_by(pid, folder.path())), [""; 0], "nothing is left that keeps the disk full");

    let (code, said) = said_on_standard_output(keeping(&["doctor", "--source", "sim"], folder.path(), 65_536));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the disk is full"), "{said}");
}

#[tokio::test]
async fn a_recording_on_a_full_disk_counts_what_it_lost_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = command(&["record", folder.path().to_str().unwrap(), "--source", "sim", "--symbols", "60"]);
    inner.env("VIRTUOSO_LOG_FILTER", "warn");
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut recording = on_small_disk(folder.path(), 65_536, &inner);
    let child = recording.stdout(Stdio::null()).stderr(log.reopen().unwrap()).spawn().unwrap();
    let mut child = Ended(child);
    let said = || fs::read_to_string(log.path()).unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    while !said().contains("the disk is full") {
        assert!(Instant::now() < end && child.0.try_wait().unwrap().is_none(), "{}", said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let status = child.0.wait().unwrap();
    let said = said();
    assert!(status.success() && !said.contains("panicked") && !said.contains(" 0 lost"), "{status}: {said}");
    assert_eq!(said.matches("the disk is full").count(), 1, "it is logged once: {said}");
}

/// A process that does not outlive its test.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command to its end and returns its exit code and what it printed.
fn said_on_standard_output(mut command: Command) -> (Option<i32>, String) {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_small_disk_is_seen_by_the_tested_process_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut inner = Command::new("sh");
    inner.args(["-c", "echo there >&2; head -c 100000 /dev/zero > \"$0/file\""]).arg(OsStr::new(folder.path()));
    let (code, said) = outcome(on_small_disk(folder.path(), 16_384, &inner));
    assert!(code != Some(0) && said.contains("there") && said.contains("No space left"), "{code:?}: {said}");
    assert_eq!(files(folder.path()), [""; 0]);
}

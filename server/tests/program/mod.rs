//! The real program, on free ports, ended by its process id.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    io::Read,
    net::TcpListener,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use serde_json::Value;

/// How long a condition may take to come true.
/// A market that has just been opened may have too few scores until its first minute closes.
const DEADLINE: Duration = Duration::from_secs(120);

/// How often a program is started again because another one took its port.
const STARTS: usize = 8;

/// Ports that are given out: below those that the system gives to connections (32768 on Linux), which would take one that was free
/// a moment ago.
const FIRST_PORT: u16 = 20_000;
const PORTS: u32 = 12_000;
/// Each test runs in a process of its own, and begins as far from the others.
const STRIDE: u32 = 37;

/// A port of the loopback address that nobody listens on at the moment. Where another program takes it before it is used,
/// [`Program`] tries another.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let place = std::process::id().wrapping_mul(STRIDE).wrapping_add(NEXT.fetch_add(1, Relaxed)) % PORTS;
        let port = FIRST_PORT + u16::try_from(place).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Settings that point the exchange's adapter at this machine.
pub(crate) fn pointed_at(port: u16) -> [(&'static str, String); 3] {
    [
        ("VIRTUOSO_VENUE_REST_URL", format!("http://127.0.0.1:{port}")),
        ("VIRTUOSO_VENUE_WS_URL", format!("ws://127.0.0.1:{port}/v5/public/linear")),
        ("VIRTUOSO_VENUE_PROBE_EVERY_S", "5".to_owned()),
    ]
}

/// The program with some arguments and no settings from outside.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtuoso"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("VIRTUOSO_") || name.starts_with("LEPTOS_") {
            command.env_remove(name);
        }
    }
    for name in ["VIRTUOSO_CACHE_SNAPSHOT_DIR", "VIRTUOSO_ALERTS_RULES_FILE"] {
        command.env(name, "off");
    }
    // Tests ask nobody outside of this machine; a simulated market asks the simulated exchange.
    for name in ["VIRTUOSO_OUTSIDE_COINGECKO_URL", "VIRTUOSO_OUTSIDE_ALTERNATIVE_URL"] {
        command.env(name, "http://127.0.0.1:1");
    }
    command
}

/// A running process; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts `serve` on a free port and waits until it answers.
    pub(crate) async fn serve(args: &[&str], env: &[(&str, String)]) -> Self {
        Self::logging(args, env, Stdio::null).await
    }

    /// The same, with its log.
    pub(crate) async fn logging(args: &[&str], env: &[(&str, String)], log: impl FnMut() -> Stdio) -> Self {
        let serve = |port| {
            let mut command = command(&["serve", "--addr", &format!("127.0.0.1:{port}")]);
            command.args(args).env("VIRTUOSO_LOG_FILTER", "warn").envs(env.iter().cloned());
            command
        };
        Self::started(serve, log).await
    }

    /// Starts a program on a free port and waits until it answers; on another where that one was taken meanwhile.
    async fn started(mut on: impl FnMut(u16) -> Command, mut log: impl FnMut() -> Stdio) -> Self {
        for _ in 0..STARTS {
            let port = free_port();
            let child = on(port).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log()).spawn().unwrap();
            let mut program = Self { child, port };
            if program.answers("/livez").await {
                return program;
            }
        }
        panic!("it ended {STARTS} times before it answered");
    }

    /// Waits until it answers; false where it ended.
    async fn answers(&mut self, path: &str) -> bool {
        let end = Instant::now() + DEADLINE;
        loop {
            let answered = self.get(path).await.is_some_and(|(status, _)| status == 200);
            // Who answers may be whoever took the port.
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if answered {
                return true;
            }
            assert!(Instant::now() < end, "waited in vain until it answers");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Starts `serve` over a simulated market of 20 symbols.
    pub(crate) async fn simulated() -> Self {
        Self::serve(&["--source", "sim", "--symbols", "20", "--seed", "7"], &[]).await
    }

    /// Starts the simulated exchange alone.
    pub(crate) async fn exchange(port: u16) -> Self {
        let addr = format!("127.0.0.1:{port}");
        let mut command = command(&["sim", "--addr", &addr, "--symbols", "20", "--seed", "7"]);
        let program = Self { child: command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(), port };
        program.until("it answers", async || program.get("/v5/market/time").await.is_some()).await;
        program
    }

    /// A process that was started by other means.
    pub(crate) fn of(child: Child, port: u16) -> Self {
        Self { child, port }
    }

    /// Starts memcached.
    pub(crate) fn memcached(port: u16) -> Self {
        let args = ["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-m", "64", "-p", &port.to_string()];
        let child = Command::new("memcached")
            .args(args)
            .stdin(Stdio::null())
            .spawn()
            .expect("memcached is installed (`make test` does it)");
        Self { child, port }
    }

    /// Status and body of a path; none where nobody answers.
    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer = client(reqwest::redirect::Policy::default())
            .get(format!("http://127.0.0.1:{}{path}", self.port))
            .send()
            .await
            .ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    }

    /// The status that a body sent to a path is answered with.
    pub(crate) async fn post(&self, path: &str, body: &'static str) -> u16 {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let sent = client(reqwest::redirect::Policy::default())
            .post(url)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        sent.status().as_u16()
    }

    /// The JSON of a path.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let (_, body) = self.get(path).await.unwrap();
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    /// An open answer of a path.
    pub(crate) async fn open(&self, path: &str) -> reqwest::Response {
        client(reqwest::redirect::Policy::default())
            .get(format!("http://127.0.0.1:{}{path}", self.port))
            .send()
            .await
            .unwrap()
    }

    /// Waits until enough symbols have a score.
    pub(crate) async fn scored(&self, symbols: usize) {
        self.until("symbols are scored", async || {
            let data = self.json("/api/dashboard/mobile-data?limit=0").await;
            data["confluence_scores"].as_array().is_some_and(|scores| scores.len() >= symbols)
        })
        .await;
    }

    /// Waits for a condition.
    pub(crate) async fn until(&self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !condition().await {
            assert!(Instant::now() < end, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends the process a signal: `STOP` freezes it, `CONT` lets it go on.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks the process to end, and waits for it.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

/// A monitor and a web process over a memcached of their own, ended in this order.
pub(crate) struct Pair {
    pub(crate) web: Program,
    pub(crate) monitor: Program,
    pub(crate) memcached: Program,
    /// Where memcached is, as the configuration spells it.
    pub(crate) servers: String,
}

impl Pair {
    /// Starts them over a simulated market of 20 symbols.
    pub(crate) async fn simulated() -> Self {
        let memcached = Program::memcached(free_port());
        let servers = format!("127.0.0.1:{}", memcached.port);
        let shared = ["--memcached", servers.as_str()];
        let market = ["--role", "monitor", "--source", "sim", "--symbols", "20", "--seed", "7"];
        let monitor = Program::serve(&[&shared[..], &market].concat(), &[]).await;
        let web = Program::serve(&[&shared[..], &["--role", "web"]].concat(), &[]).await;
        Self { web, monitor, memcached, servers }
    }
}

/// Runs a command to its end and gives its exit code and what it said.
pub(crate) fn outcome(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// A client that follows redirects.
pub(crate) fn client(redirects: reqwest::redirect::Policy) -> reqwest::Client {
    builder(redirects).build().unwrap()
}

/// The same, to be built.
pub(crate) fn builder(redirects: reqwest::redirect::Policy) -> reqwest::ClientBuilder {
    // Most tests talk without TLS; the provider is asked for all the same.
    venue::install_crypto_provider();
    reqwest::Client::builder().redirect(redirects)
}

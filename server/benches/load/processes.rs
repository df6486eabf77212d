//! The processes that are measured, on free ports of the loopback address, ended when dropped.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::header, routing::get};

use crate::program;

/// The variable that makes this program serve a file's bytes and nothing else.
pub(crate) const STATIC: &str = "LOAD_STATIC";
/// The variable that names the port.
const PORT: &str = "LOAD_STATIC_PORT";

pub(crate) struct Process {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_addr() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, program::free_port()).into()
}

impl Process {
    async fn start(command: &mut Command, addr: SocketAddr, path: &str) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let process = Self { child, addr };
        process.until(Duration::from_secs(20), async || process.get(path).await.is_some()).await;
        process
    }

    async fn until(&self, longest: Duration, condition: impl AsyncFn() -> bool) {
        let end = Instant::now() + longest;
        while !condition().await {
            assert!(Instant::now() < end, "the process at {} did not get there", self.addr);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn get(&self, path: &str) -> Option<String> {
        let answer = reqwest::get(format!("http://{}{path}", self.addr)).await.ok()?;
        if answer.status().is_success() { answer.text().await.ok() } else { None }
    }

    /// The JSON of a path.
    pub(crate) async fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(path).await.expect("an answer")).unwrap()
    }

    /// Waits until the history of every symbol is loaded, and returns how many have a score by then.
    pub(crate) async fn loaded(&self) -> u64 {
        let figure = async |path: &str, name: &str| {
            let answer: serde_json::Value = serde_json::from_str(&self.get(path).await?).ok()?;
            answer["data"][name].as_u64()
        };
        self.until(Duration::from_secs(300), async || {
            let ready = figure("/api/v1/health", "symbols_ready").await;
            ready.is_some_and(|ready| ready > 0) && ready == figure("/api/v1/health", "symbols_total").await
        })
        .await;
        figure("/api/v1/overview", "scored_symbols").await.unwrap()
    }

    /// A figure of the process in /proc, in MB: `VmRSS` now, `VmHWM` at most.
    pub(crate) fn megabytes(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1_024.0 / 1e6
    }

    /// The processor time that the process has used, in seconds.
    pub(crate) fn processor_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // After the name in brackets, user and system time are the 12th and 13th field, in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }
}

/// The simulated exchange.
pub(crate) async fn exchange(symbols: usize, activity: usize) -> Process {
    let addr = free_addr();
    let (address, symbols, activity) = (addr.to_string(), symbols.to_string(), activity.to_string());
    let args = ["sim", "--addr", &address, "--symbols", &symbols, "--activity", &activity, "--seed", "7"];
    Process::start(&mut program::command(&args), addr, "/v5/market/time").await
}

/// The program, watching the simulated exchange as it would watch the real one.
pub(crate) async fn program(exchange: &Process) -> Process {
    let addr = free_addr();
    let mut command = program::command(&["serve", "--source", "bybit", "--addr", &addr.to_string()]);
    command
        .envs(program::pointed_at(exchange.addr.port()))
        .env("VIRTUOSO_VENUE_REQUESTS_PER_SECOND", "100")
        .env("VIRTUOSO_OUTSIDE_ENABLED", "false")
        .env("VIRTUOSO_LOG_FILTER", "warn");
    Process::start(&mut command, addr, "/livez").await
}

/// A process that serves a page's bytes and does nothing else.
pub(crate) async fn same_bytes(page: &[u8]) -> Process {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), page).unwrap();
    let addr = free_addr();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(STATIC, file.path()).env(PORT, addr.port().to_string());
    // It has read the file once it answers.
    Process::start(&mut command, addr, "/").await
}

/// Serves the bytes of a file, declared as a compressed page as those of the program are.
pub(crate) async fn serve_static(file: &str) {
    use axum::serve::ListenerExt as _;
    let page = Bytes::from(std::fs::read(file).unwrap());
    let port: u16 = std::env::var(PORT).unwrap().parse().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap().tap_io(|stream| {
        stream.set_nodelay(true).unwrap();
    });
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_ENCODING, "br")];
    let router = Router::new().route("/", get(move || std::future::ready((headers, page.clone()))));
    axum::serve(listener, router).await.unwrap();
}

//! What the tests share: a real memcached, a value, a log that can be read, and waiting for a condition.
#![allow(dead_code)] // Each test file uses a part of it.

mod chaos;

use std::{
    fmt::Write as _,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use cache::{
    Cache, ManualClock,
    l2::{L2, MemcachedL2},
};
use schema::{
    Figure, Invalid, MarketBreadth, Name, Policy, Schema, Symbol, UnixMs, Venue, Why,
    breadth::{Advance, Mood},
};
use tokio::time::{Instant, sleep};

#[allow(unused_imports)] // Each test file uses a part of it.
pub(crate) use chaos::{Chaos, Weather};

/// The time at which tests begin.
pub(crate) const START: UnixMs = UnixMs(1_763_654_400_000);

/// A memcached of this test alone, on loopback; ended by its id.
pub(crate) struct Memcached {
    child: Child,
    port: u16,
}

impl Memcached {
    /// Starts one on a free port and waits until it answers.
    pub(crate) async fn start() -> Self {
        Self::on(free_port()).await
    }

    /// Starts one on a port and waits until it answers.
    pub(crate) async fn on(port: u16) -> Self {
        Self::with(port, &["-m", "64"]).await
    }

    /// Starts one with options of its own.
    pub(crate) async fn with(port: u16, options: &[&str]) -> Self {
        let child = Command::new("memcached")
            .args(["-u", "nobody", "-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0"])
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("the program `memcached` (1.6 or newer) has to be installed for this test: {error}")
            });
        let memcached = Self { child, port };
        eventually("memcached answers", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
            .await;
        memcached
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn l2(&self) -> Arc<dyn L2> {
        l2_on(self.port)
    }

    /// Stops it as a debugger would: connections are accepted, nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
        // The signal is on its way when `kill` returns: a thread that did not stop yet would still answer.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !self.is_stopped() {
            assert!(std::time::Instant::now() < deadline, "memcached does not stop");
            std::thread::yield_now();
        }
    }

    /// Whether each of its threads is stopped, as far as this system reports it (Linux does).
    fn is_stopped(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.child.id())) else { return true };
        threads.flatten().all(|thread| {
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // After the name in brackets, which may hold anything, comes the state.
            stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
        })
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Memcached {
    fn drop(&mut self) {
        // SIGKILL also ends a frozen process.
        let ended = self.child.kill().and_then(|()| self.child.wait());
        assert!(ended.is_ok(), "memcached {} could not be ended: {ended:?}", self.child.id());
    }
}

/// Ports that are given out: below those that the system gives to connections (32768 on Linux), which would take one that was free
/// a moment ago.
const FIRST_PORT: u16 = 20_000;
const PORTS: u32 = 12_000;
/// Each test runs in a process of its own, and begins as far from the others.
const STRIDE: u32 = 37;

/// A port nobody listens on at the moment.
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

pub(crate) fn l2_on(port: u16) -> Arc<dyn L2> {
    Arc::new(MemcachedL2::new(&format!("127.0.0.1:{port}")).unwrap())
}

/// A process of its own, as far as the cache can tell, with its clock.
pub(crate) fn process(writer: &str, l2: Option<Arc<dyn L2>>) -> (Cache, ManualClock) {
    let clock = ManualClock::at(START);
    let builder = Cache::builder(clock.clone(), writer);
    let cache = match l2 {
        Some(l2) => builder.l2(l2).build(),
        None => builder.build(),
    };
    (cache, clock)
}

/// Waits for a condition; fails after ten seconds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A valid value, identified by its number of advancers.
pub(crate) fn breadth(advancers: u32) -> MarketBreadth {
    let advance = || Advance {
        advancers,
        decliners: 0,
        unchanged: 0,
        percent_advancing: Figure::Missing(Why::NotYet),
        ad_ratio: Figure::Missing(Why::NotYet),
    };
    MarketBreadth {
        source: Venue::Sim,
        universe: 1_000_000,
        day: advance(),
        hour: advance(),
        above_ma20: Figure::Missing(Why::NotYet),
        above_ma50: Figure::Missing(Why::NotYet),
        new_highs: 0,
        new_lows: 0,
        mood: Figure::known(Mood::Neutral, START),
    }
}

/// Which value a breadth is.
pub(crate) fn number(breadth: &MarketBreadth) -> u32 {
    breadth.day.advancers
}

/// A value whose size a test chooses.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Schema for Note {
    const NAME: Name = Name::new("test:note");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60);
    type Scope = (Venue, Symbol);

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

impl Note {
    /// Text that does not compress.
    pub(crate) fn of(bytes: usize) -> Self {
        let mut dice = fastrand::Rng::with_seed(7);
        Self { text: std::iter::repeat_with(|| dice.alphanumeric()).take(bytes).collect() }
    }
}

/// One of many scopes.
pub(crate) fn place(n: usize) -> (Venue, Symbol) {
    (Venue::Sim, Symbol::new(&format!("S{n}USDT")).unwrap())
}

/// Everything that is logged on the thread of a test while this lives, one line per event.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// Starts to read along.
    pub(crate) fn read_along() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.clone());
        (log, guard)
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// How many lines hold a text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.text().lines().filter(|line| line.contains(text)).count()
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("cache")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Line<'a>(&'a mut String);
        impl tracing::field::Visit for Line<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut text = self.0.lock().unwrap();
        write!(text, "{}", event.metadata().level()).unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

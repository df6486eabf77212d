//! What the tests share: a real memcached, a value, a log that can be read, and waiting for a condition.
#![allow(dead_code)] // Each test file uses a part of it.

use std::{
    fmt::Write as _,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cache::{
    Cache, ManualClock,
    l2::{Added, Cas, Item, L2, L2Error, MemcachedL2, MemoryL2, Swapped},
};
use futures_util::future::BoxFuture;
use schema::{
    Figure, MarketBreadth, UnixMs, Venue, Why,
    breadth::{Advance, Mood},
};
use tokio::time::{Instant, sleep};

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
        let child = Command::new("memcached")
            .args(["-u", "nobody", "-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-m", "64"])
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

/// A port nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

pub(crate) fn l2_on(port: u16) -> Arc<dyn L2> {
    Arc::new(MemcachedL2::parse(&format!("127.0.0.1:{port}")).unwrap())
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

/// A valid value, told apart by its number of advancers.
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

/// A shared tier in memory that can be made to fail, and that counts what reaches it.
#[derive(Default)]
pub(crate) struct Faulty {
    memory: MemoryL2,
    fault: Mutex<Fault>,
    calls: AtomicUsize,
}

/// How a [`Faulty`] tier fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Every call fails at once.
    Down,
    /// No call ends.
    Hangs,
    /// Writes are applied and their answer is lost.
    LosesAnswers,
}

impl Faulty {
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn meet<T>(&self, write: bool, outcome: T) -> Result<T, L2Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        match fault {
            Fault::LosesAnswers if write => Err(L2Error::Ambiguous("the answer was lost".into())),
            Fault::None | Fault::LosesAnswers => Ok(outcome),
            Fault::Down => Err(L2Error::Unreachable("connection refused".into())),
            Fault::Hangs => std::future::pending().await,
        }
    }

    fn passes(&self) -> bool {
        matches!(*self.fault.lock().unwrap(), Fault::None | Fault::LosesAnswers)
    }
}

impl L2 for Faulty {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        Box::pin(async move { self.meet(false, self.memory.get(key).await?).await })
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        Box::pin(async move {
            if !self.passes() {
                return self.meet(true, Added::Exists).await;
            }
            let added = self.memory.add(key, value, flags, keep_for).await?;
            self.meet(true, added).await
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        Box::pin(async move {
            if !self.passes() {
                return self.meet(true, Swapped::Gone).await;
            }
            let swapped = self.memory.swap(key, value, flags, keep_for, expected).await?;
            self.meet(true, swapped).await
        })
    }

    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
        Box::pin(async move {
            match self.meet(false, self.memory.cas_many(keys).await).await {
                Ok(answers) => answers,
                Err(error) => vec![Err(error); keys.len()],
            }
        })
    }

    fn version(&self) -> BoxFuture<'_, Result<String, L2Error>> {
        Box::pin(async move { self.meet(false, "faulty".to_owned()).await })
    }
}

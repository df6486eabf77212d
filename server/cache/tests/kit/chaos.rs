//! A shared tier with weather: everything that can go wrong between a process and memcached, drawn from a seed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use cache::l2::{Added, Cas, Facts, Item, L2, L2Error, MemoryL2, StoreIf, Swapped};
use futures_util::future::{BoxFuture, FutureExt as _};

/// How often each thing goes wrong, 0 to 1 per call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weather {
    /// Nothing is sent: the connection is refused.
    pub(crate) fails: f64,
    /// The call never ends.
    pub(crate) hangs: f64,
    /// The call takes 120 ms.
    pub(crate) slow: f64,
    /// The server refuses a write as too large, and drops what was there.
    pub(crate) refuses: f64,
    /// A write is applied and its answer is lost.
    pub(crate) loses_answers: f64,
    /// A bit of what is read is flipped.
    pub(crate) flips: f64,
    /// The item is dropped before the call.
    pub(crate) evicts: f64,
}

impl Weather {
    pub(crate) const CALM: Self =
        Self { fails: 0.0, hangs: 0.0, slow: 0.0, refuses: 0.0, loses_answers: 0.0, flips: 0.0, evicts: 0.0 };
    pub(crate) const DOWN: Self = Self { fails: 1.0, ..Self::CALM };
    pub(crate) const FROZEN: Self = Self { hangs: 1.0, ..Self::CALM };
    pub(crate) const LOSES_ANSWERS: Self = Self { loses_answers: 1.0, ..Self::CALM };
    pub(crate) const STORM: Self =
        Self { fails: 0.1, hangs: 0.05, slow: 0.1, refuses: 0.05, loses_answers: 0.1, flips: 0.1, evicts: 0.1 };
}

/// A shared tier in memory under some weather, which counts what reaches it.
pub(crate) struct Chaos {
    memory: Arc<MemoryL2>,
    weather: Mutex<Weather>,
    dice: Mutex<fastrand::Rng>,
    calls: AtomicUsize,
    /// Items that were read with their values.
    reads: AtomicUsize,
    /// A key that the server refuses to write.
    refused: Mutex<Option<String>>,
    /// The server was restarted: the next call finds its connection broken.
    broken: AtomicBool,
}

impl Chaos {
    /// Calm weather over an empty memory.
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Self::over(Arc::new(MemoryL2::new()), seed)
    }

    /// A way of its own to a memory that others share.
    pub(crate) fn over(memory: Arc<MemoryL2>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            memory,
            weather: Mutex::new(Weather::CALM),
            dice: Mutex::new(fastrand::Rng::with_seed(seed)),
            calls: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            refused: Mutex::new(None),
            broken: AtomicBool::new(false),
        })
    }

    pub(crate) fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many items were read with their values.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// From now on the server refuses to write under this key.
    pub(crate) fn refuse(&self, key: &str) {
        *self.refused.lock().unwrap() = Some(key.to_owned());
    }

    fn refuses(&self, key: &str) -> bool {
        self.refused.lock().unwrap().as_deref() == Some(key)
    }

    fn flip(&self, item: &mut Item) {
        if self.happens(|weather| weather.flips) {
            let mut dice = self.dice.lock().unwrap();
            let at = dice.usize(..item.value.len());
            item.value[at] ^= 1 << dice.u8(..8);
        }
    }

    /// Breaks the connection, as a restart of the server does.
    pub(crate) fn cut(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    fn happens(&self, chance: impl FnOnce(Weather) -> f64) -> bool {
        let weather = *self.weather.lock().unwrap();
        self.dice.lock().unwrap().f64() < chance(weather)
    }

    /// What befalls a call on its way to the server.
    async fn arrive(&self, key: &str) -> Result<(), L2Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.broken.swap(false, Ordering::SeqCst) {
            return Err(L2Error::Unreachable("connection reset by peer".into()));
        }
        if self.happens(|weather| weather.fails) {
            return Err(L2Error::Unreachable("connection refused".into()));
        }
        if self.happens(|weather| weather.hangs) {
            std::future::pending::<()>().await;
        }
        if self.happens(|weather| weather.slow) {
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        if self.happens(|weather| weather.evicts) {
            self.memory.evict(key);
        }
        Ok(())
    }

    /// What befalls a write at the server and on its way back.
    async fn write<T>(&self, key: &str, write: impl Future<Output = Result<T, L2Error>>) -> Result<T, L2Error> {
        self.arrive(key).await?;
        if self.happens(|weather| weather.refuses) {
            self.memory.evict(key);
            return Err(L2Error::Refused("object too large for cache".into()));
        }
        let done = write.await;
        if self.happens(|weather| weather.loses_answers) {
            return Err(L2Error::Ambiguous("the answer was lost".into()));
        }
        done
    }
}

impl L2 for Chaos {
    fn name(&self) -> &str {
        "chaos"
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        async move {
            self.arrive(key).await?;
            let mut item = self.memory.get(key).await?;
            if let Some(item) = &mut item {
                self.reads.fetch_add(1, Ordering::SeqCst);
                self.flip(item);
            }
            Ok(item)
        }
        .boxed()
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        self.write(key, self.memory.add(key, value, flags, keep_for)).boxed()
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        self.write(key, self.memory.swap(key, value, flags, keep_for, expected)).boxed()
    }

    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
        async move {
            match self.arrive("").await {
                Ok(()) => self.memory.cas_many(keys).await,
                Err(error) => vec![Err(error); keys.len()],
            }
        }
        .boxed()
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Item>, L2Error>>> {
        async move {
            if let Err(error) = self.arrive("").await {
                return vec![Err(error); keys.len()];
            }
            let mut answers = Vec::with_capacity(keys.len());
            for key in keys {
                if self.happens(|weather| weather.evicts) {
                    self.memory.evict(key);
                }
                let mut answer = self.memory.get(key).await;
                if let Ok(Some(item)) = &mut answer {
                    self.reads.fetch_add(1, Ordering::SeqCst);
                    self.flip(item);
                }
                answers.push(answer);
            }
            answers
        }
        .boxed()
    }

    fn store_many<'a>(&'a self, writes: &'a [StoreIf<'a>]) -> BoxFuture<'a, Vec<Result<Swapped, L2Error>>> {
        async move {
            if let Err(error) = self.arrive("").await {
                return vec![Err(error); writes.len()];
            }
            let mut answers = Vec::with_capacity(writes.len());
            for write in writes {
                if self.happens(|weather| weather.refuses) || self.refuses(write.key) {
                    self.memory.evict(write.key);
                    answers.push(Err(L2Error::Refused("object too large for cache".into())));
                    break;
                }
                let answer = self.memory.store_many(std::slice::from_ref(write)).await.remove(0);
                answers.push(if self.happens(|weather| weather.loses_answers) {
                    Err(L2Error::Ambiguous("the answer was lost".into()))
                } else {
                    answer
                });
            }
            // As the client has it: after a refusal in a batch nothing is known of the rest, which was applied.
            if answers.len() < writes.len() {
                for write in &writes[answers.len()..] {
                    let _ = self.memory.store_many(std::slice::from_ref(write)).await;
                    answers.push(Err(L2Error::Refused("object too large for cache".into())));
                }
            }
            answers
        }
        .boxed()
    }

    fn facts(&self) -> BoxFuture<'_, Result<Facts, L2Error>> {
        async move {
            self.arrive("").await?;
            self.memory.facts().await
        }
        .boxed()
    }
}

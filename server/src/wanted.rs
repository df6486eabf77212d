//! Which symbols are open in other processes: a web process announces its own, and the monitor measures those first.
//!
//! Each web process writes in a place of its own ([`WebSlot`]), so that each value has one writer; memcached cannot list keys, so the
//! monitor reads every place. A notice is a hint and no more: lost, forged or out of date, it changes how soon the breakdown
//! of a contract is measured, for at most [`LIMIT`] contracts.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use cache::{Cache, Outcome, Publisher};
use schema::{Stamp, Symbol, WantedSymbols, WebSlot, reading::Found};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    host,
    opened::{OpenGuard, OpenSymbols},
};

/// How often a web process repeats its notice.
const REPEAT: Duration = Duration::from_secs(2);
/// The least time between two notices of a process.
const PACE: Duration = Duration::from_millis(250);
/// How often the monitor looks at the notices.
pub(crate) const READ: Duration = Duration::from_secs(1);
/// How long a notice counts after it was received.
const BELIEVED: Duration = Duration::from_secs(10);
/// Symbols that all other processes together may have measured first.
const LIMIT: usize = 256;

/// Announces what is open in this process until `stop`; also that nothing is, so that the notice is as fresh as the process.
pub(crate) async fn announce(
    cache: &Cache,
    publisher: &Publisher<WantedSymbols>,
    open: &OpenSymbols,
    stop: &CancellationToken,
) {
    let (mut repeat, opened) = (interval(REPEAT), open.moved());
    repeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut slot: Option<WebSlot> = None;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = opened.notified() => {}
            _ = repeat.tick() => {}
        }
        let symbols = open.most_read(WantedSymbols::LIMIT);
        let place = match slot {
            Some(place) => place,
            None => *slot.insert(free_slot(cache).await),
        };
        let published = publisher.publish(&place, WantedSymbols { symbols }, cache.now()).await;
        // A process that started later took the place at the same moment.
        if let Outcome::Superseded { .. } = published.outcome().await {
            slot = Some(place.next());
        }
        tokio::time::sleep(PACE).await;
    }
}

/// A place in which no other process writes, as far as can be seen. Where the search begins differs between processes and machines.
async fn free_slot(cache: &Cache) -> WebSlot {
    let process = format!("{}/{}", host::name(), std::process::id());
    let first = WebSlot::of(xxh3_64(process.as_bytes()));
    let mut slot = first;
    loop {
        if cache.get::<WantedSymbols>(&slot).await.is_err() || slot.next() == first {
            return slot;
        }
        slot = slot.next();
    }
}

/// Has what is open in other processes measured first, until `stop`.
pub(crate) async fn heed(cache: &Cache, open: &OpenSymbols, stop: &CancellationToken) {
    let mut notices: Vec<Notice> = WebSlot::all().map(|slot| Notice::of(cache, slot)).collect();
    let _polled: Vec<_> = WebSlot::all().map(|slot| cache.follow_scope::<WantedSymbols>(slot)).collect();
    let mut guards: HashMap<Symbol, OpenGuard> = HashMap::new();
    let mut read = interval(READ);
    read.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = read.tick() => {}
        }
        let now = Instant::now();
        let wanted = notices.iter_mut().flat_map(|notice| notice.symbols(now));
        let wanted: HashSet<Symbol> = wanted.fold(HashSet::new(), |mut wanted, symbol| {
            if wanted.len() < LIMIT {
                wanted.insert(symbol);
            }
            wanted
        });
        guards.retain(|symbol, _| wanted.contains(symbol));
        for symbol in wanted {
            guards.entry(symbol).or_insert_with(|| open.open(symbol));
        }
        metrics::gauge!("wanted_symbols").set(f64::from(u32::try_from(guards.len()).unwrap_or(u32::MAX)));
    }
}

/// The notice of one place.
struct Notice {
    changes: watch::Receiver<Found<WantedSymbols>>,
    /// The last write that was seen, and when.
    seen: Option<(Stamp, Instant)>,
}

impl Notice {
    fn of(cache: &Cache, slot: WebSlot) -> Self {
        let mut changes = cache.watch::<WantedSymbols>(slot);
        changes.mark_changed();
        Self { changes, seen: None }
    }

    /// What is wanted there; nothing once the process is silent.
    fn symbols(&mut self, now: Instant) -> Vec<Symbol> {
        let Ok(held) = self.changes.borrow_and_update().clone() else { return Vec::new() };
        if self.seen.is_none_or(|(stamp, _)| stamp != held.stamp) {
            self.seen = Some((held.stamp, now));
        }
        let is_recent = self.seen.is_some_and(|(_, at)| now < at + BELIEVED);
        if is_recent { held.value.symbols.clone() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cache::{Clock, l2::MemoryL2};
    use tokio::task::JoinHandle;

    use super::*;

    /// A process over a shared cache.
    struct Process {
        cache: Cache,
        open: OpenSymbols,
        stop: CancellationToken,
        tasks: Vec<JoinHandle<()>>,
    }

    impl Process {
        fn new(name: &str, shared: &Arc<MemoryL2>) -> Self {
            let cache = Cache::builder(Clock::System, name).l2(Arc::<MemoryL2>::clone(shared)).build();
            Self { cache, open: OpenSymbols::default(), stop: CancellationToken::new(), tasks: Vec::new() }
        }

        fn web(name: &str, shared: &Arc<MemoryL2>) -> Self {
            let mut process = Self::new(name, shared);
            let (cache, open, stop) = (process.cache.clone(), process.open.clone(), process.stop.clone());
            process.tasks.push(tokio::spawn(async move {
                let publisher = cache.publisher().unwrap();
                announce(&cache, &publisher, &open, &stop).await;
            }));
            process
        }

        fn monitor(shared: &Arc<MemoryL2>) -> Self {
            let mut process = Self::new("monitor", shared);
            let (cache, open, stop) = (process.cache.clone(), process.open.clone(), process.stop.clone());
            process.tasks.push(tokio::spawn(async move { heed(&cache, &open, &stop).await }));
            let (cache, stop) = (process.cache.clone(), process.stop.clone());
            process.tasks.push(tokio::spawn(async move { cache.mirror(READ, stop.cancelled_owned()).await }));
            process
        }

        fn kill(self) {
            self.tasks.iter().for_each(JoinHandle::abort);
        }
    }

    /// Waits in paused time until a condition holds, and returns how long that took.
    async fn until(mut condition: impl FnMut() -> bool) -> Duration {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(120), "it never came true");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        began.elapsed()
    }

    fn symbol(name: &str) -> Symbol {
        Symbol::new(name).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_symbol_open_in_a_web_process_is_open_in_the_monitor_until_its_page_is_closed() {
        let shared = Arc::new(MemoryL2::new());
        let (monitor, web) = (Process::monitor(&shared), Process::web("web", &shared));
        let (btc, eth) = (symbol("BTCUSDT"), symbol("ETHUSDT"));
        let page = web.open.open(btc);
        let after = until(|| monitor.open.is_open(btc)).await;
        assert!(after <= Duration::from_millis(2_500) && !monitor.open.is_open(eth), "{after:?}");
        tokio::time::sleep(BELIEVED * 2).await;
        assert!(monitor.open.is_open(btc), "the notice is repeated");
        drop(page);
        let after = until(|| !monitor.open.is_open(btc)).await;
        assert!(after <= REPEAT + READ * 2 + PACE, "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_dead_web_process_wanted_is_forgotten() {
        let shared = Arc::new(MemoryL2::new());
        let (monitor, web) = (Process::monitor(&shared), Process::web("web", &shared));
        let btc = symbol("BTCUSDT");
        let _page = web.open.open(btc);
        until(|| monitor.open.is_open(btc)).await;
        web.kill();
        let after = until(|| !monitor.open.is_open(btc)).await;
        assert!(after <= BELIEVED + READ * 2, "{after:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn several_web_processes_want_their_own_and_none_supersedes_another() {
        let shared = Arc::new(MemoryL2::new());
        let monitor = Process::monitor(&shared);
        let webs: Vec<_> = (0..6).map(|n| Process::web(&format!("web-{n}"), &shared)).collect();
        let wanted: Vec<_> = (0..6).map(|n| symbol(&format!("S{n}USDT"))).collect();
        let _pages: Vec<_> = webs.iter().zip(&wanted).map(|(web, symbol)| web.open.open(*symbol)).collect();
        until(|| wanted.iter().all(|symbol| monitor.open.is_open(*symbol))).await;
        tokio::time::sleep(BELIEVED * 3).await;
        assert!(wanted.iter().all(|symbol| monitor.open.is_open(*symbol)));
    }

    #[tokio::test(start_paused = true)]
    async fn forged_notices_open_no_more_symbols_than_allowed() {
        let shared = Arc::new(MemoryL2::new());
        let monitor = Process::monitor(&shared);
        let forger = Process::new("forger", &shared);
        let publisher = forger.cache.publisher::<WantedSymbols>().unwrap();
        for (n, slot) in WebSlot::all().enumerate() {
            let symbols = (0..WantedSymbols::LIMIT).map(|m| symbol(&format!("S{n}X{m}USDT"))).collect();
            let _ = publisher.publish(&slot, WantedSymbols { symbols }, forger.cache.now()).await.outcome().await;
        }
        until(|| monitor.open.most_read(usize::MAX).len() == LIMIT).await;
        tokio::time::sleep(READ * 3).await;
        assert_eq!(monitor.open.most_read(usize::MAX).len(), LIMIT);
        until(|| monitor.open.most_read(1).is_empty()).await;
    }
}

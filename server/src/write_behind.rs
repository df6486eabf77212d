//! Runs the tasks that write to the shared cache, like every other long-running task.

use cache::{CacheBuilder, WriteBehind};

use crate::supervise::{Job, Policy, Supervisor};

const WHAT: &str = "Writes what was published to the shared cache.";

/// Has the supervisor run the tasks that write to the servers of a cache.
pub(crate) fn supervised(builder: CacheBuilder, supervisor: &Supervisor) -> CacheBuilder {
    let supervisor = supervisor.clone();
    builder.write_behind(move |task| spawn(&supervisor, task))
}

fn spawn(supervisor: &Supervisor, task: WriteBehind) {
    // Names of tasks live as long as the process, and so does each server: there are as many as the configuration lists.
    let name = Box::leak(format!("write to {}", task.server()).into_boxed_str());
    let stop = supervisor.stop();
    supervisor.spawn(Job { name, what: WHAT }, Policy::Forever, move || {
        let (task, stop) = (task.clone(), stop.clone());
        async move {
            // What is queued at the end of the process is written by `Cache::drain`.
            tokio::select! {
                () = stop.cancelled() => {}
                () = task.run() => {}
            }
            Ok(())
        }
    });
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
        time::Duration,
    };

    use cache::{
        Cache, Clock, Outcome,
        l2::{Added, Cas, Facts, Item, L2, L2Error, MemoryL2, StoreIf, Swapped},
    };
    use futures_util::future::BoxFuture;
    use schema::{MarketOverview, UnixMs};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::fixture;

    /// A shared tier whose first writes panic.
    struct Panics {
        memory: MemoryL2,
        left: AtomicU32,
    }

    impl L2 for Panics {
        fn name(&self) -> &'static str {
            "memory"
        }

        fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
            self.memory.get(key)
        }

        fn add<'a>(
            &'a self,
            key: &'a str,
            value: &'a [u8],
            flags: u32,
            keep_for: Duration,
        ) -> BoxFuture<'a, Result<Added, L2Error>> {
            self.memory.add(key, value, flags, keep_for)
        }

        fn swap<'a>(
            &'a self,
            key: &'a str,
            value: &'a [u8],
            flags: u32,
            keep_for: Duration,
            expected: Cas,
        ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
            self.memory.swap(key, value, flags, keep_for, expected)
        }

        fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
            self.memory.cas_many(keys)
        }

        fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Item>, L2Error>>> {
            self.memory.get_many(keys)
        }

        fn store_many<'a>(&'a self, writes: &'a [StoreIf<'a>]) -> BoxFuture<'a, Vec<Result<Swapped, L2Error>>> {
            let panics = self.left.try_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
            assert!(!panics, "no such item");
            self.memory.store_many(writes)
        }

        fn facts(&self) -> BoxFuture<'_, Result<Facts, L2Error>> {
            self.memory.facts()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_while_writing_to_the_shared_cache_is_shown_and_what_waited_is_written_after_it() {
        let supervisor = Supervisor::new(Clock::System, CancellationToken::new());
        let panics = Panics { memory: MemoryL2::new(), left: AtomicU32::new(2) };
        let cache = supervised(Cache::builder(Clock::System, "test").l2(Arc::new(panics)), &supervisor).build();
        let publisher = cache.publisher::<MarketOverview>().unwrap();
        let published = publisher.publish(&(), fixture::overview(), UnixMs(1_000)).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let down = [("write to memory", "panicked: no such item".to_owned())];
        assert_eq!(supervisor.registry().down(), down, "`/readyz` and System list it");
        assert_eq!(published.outcome().await, Outcome::Applied);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(supervisor.registry().down(), []);
        let status = supervisor.registry().statuses().remove(0);
        assert_eq!((status.panics, status.last_error), (2, None));
        supervisor.end().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_published_while_the_process_stops_is_written_at_its_end() {
        let supervisor = Supervisor::new(Clock::System, CancellationToken::new());
        let memory = Arc::new(MemoryL2::new());
        let cache =
            supervised(Cache::builder(Clock::System, "test").l2(Arc::<MemoryL2>::clone(&memory)), &supervisor).build();
        cache.contacted().await;
        supervisor.end().await;
        let publisher = cache.publisher::<MarketOverview>().unwrap();
        let published = publisher.publish(&(), fixture::overview(), UnixMs(1_000)).await;
        cache.drain().await;
        assert_eq!(published.outcome().await, Outcome::Applied);
    }
}

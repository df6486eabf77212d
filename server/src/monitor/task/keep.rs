//! Keeps the last readings on disk, and brings them back after a restart.
//!
//! There is one file per venue, so that a live market is never shown what a simulated one left behind.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cache::{Cache, Restored, Snapshot, SnapshotError};
use schema::{MarketBreadth, MarketMovers, MarketOverview, Signals, Venue};
use tokio::runtime::Handle;

use crate::{
    config,
    monitor::driver::{Task, TaskError, chain},
};

/// Keeps the last readings of one market.
#[derive(Clone)]
pub(crate) struct Keep {
    cache: Cache,
    venue: Venue,
    snapshot: Arc<Snapshot>,
    path: PathBuf,
}

impl Keep {
    /// Keeps in the configured folder; `None` where there is none. What a recording makes is not kept: another one, or
    /// the same from its beginning, does not follow on it.
    pub(crate) fn new(config: &config::Cache, cache: &Cache, venue: Venue) -> Option<Self> {
        if venue == Venue::Replay {
            return None;
        }
        let folder = config.snapshot_dir.as_ref()?;
        let of = |venue: Venue| folder.join(format!("last-readings-{venue}.ndjson"));
        Venue::ALL.into_iter().map(of).for_each(|path| clean_up(&path));
        let path = of(venue);
        let snapshot = Snapshot::of(cache)
            .with::<MarketOverview>()
            .with::<Signals>()
            .with::<MarketBreadth>()
            .with::<MarketMovers>();
        Some(Self { cache: cache.clone(), venue, snapshot: Arc::new(snapshot), path })
    }

    /// Fills the holes of the cache with what was kept.
    pub(crate) async fn restore(&self) {
        let restored = match self.snapshot.restore(&self.path).await {
            Ok(restored) => restored,
            Err(error) => {
                tracing::warn!(error = chain(&error), "the last readings cannot be read: starting without them");
                return;
            }
        };
        for one in restored {
            match one {
                Restored::Offered { key, as_of, filled } => {
                    let age_s = as_of.age(self.cache.now()).as_secs();
                    tracing::info!(key, age_s, l1 = filled.l1, l2 = ?filled.l2, "brought the last reading back");
                }
                Restored::Skipped { line, why } => {
                    let path = self.path.display();
                    tracing::warn!(%path, line, %why, "a kept reading is left out");
                }
            }
        }
    }

    /// Whether what the cache holds is of this market: while the source changes, some is still of the one before.
    async fn is_of_this_market(&self) -> bool {
        let signals = self.cache.peek::<Signals>(&()).await.map(|held| held.value.source);
        let others = [
            self.cache.peek::<MarketOverview>(&()).await.map(|held| held.value.source),
            self.cache.peek::<MarketBreadth>(&()).await.map(|held| held.value.source),
            self.cache.peek::<MarketMovers>(&()).await.map(|held| held.value.source),
        ];
        signals == Some(self.venue) && others.into_iter().flatten().all(|venue| venue == self.venue)
    }
}

/// Removes what a process that was killed while it wrote a file left beside it: on a full disk it would keep the disk full.
pub(crate) fn clean_up(path: &Path) {
    let path_shown = path.display();
    match cache::remove_leftovers(path) {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "removed unfinished copies of {path_shown}"),
        Err(error) => tracing::warn!(%error, "unfinished copies of {path_shown} cannot be removed"),
    }
}

impl Task for Keep {
    const NAME: &'static str = "keep";
    const WHAT: &'static str = "Keeps the last readings on disk, so that a restart shows them with their age.";
    const PERIOD: Duration = Duration::from_secs(30);

    async fn run(&mut self) -> Result<(), TaskError> {
        if !self.is_of_this_market().await {
            return Ok(());
        }
        let (snapshot, path, runtime) = (Arc::clone(&self.snapshot), self.path.clone(), Handle::current());
        // The disk may be slow.
        let written = tokio::task::spawn_blocking(move || runtime.block_on(snapshot.write(&path)));
        written.await.map_err(TaskError::Lost)?.map_err(|error: SnapshotError| TaskError::Keep(error))?;
        Ok(())
    }
}

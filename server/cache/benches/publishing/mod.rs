//! What a scan publishes: a list, the market and its breadth, and breakdowns. Shared by the bench and by the test that runs a small
//! round of it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use cache::{Cache, Outcome, Publisher};
use schema::{Breakdown, MarketBreadth, MarketOverview, Signals, Symbol, Venue, signals::SignalStats};
use tokio::time::Instant;

#[path = "../../../../app/schema/tests/fixture/mod.rs"]
#[allow(clippy::expect_used)]
mod fixture;

/// What a scan publishes with.
pub(crate) struct Scan {
    cache: Cache,
    rows: usize,
    signals: Publisher<Signals>,
    overview: Publisher<MarketOverview>,
    breadth: Publisher<MarketBreadth>,
    breakdown: Publisher<Breakdown>,
    scopes: Vec<(Venue, Symbol)>,
}

impl Scan {
    /// Takes the publishers of a cache, for a list of so many rows and so many breakdowns.
    pub(crate) async fn over(cache: Cache, rows: usize, breakdowns: usize) -> Self {
        cache.contacted().await;
        let scope = |n| (Venue::Bybit, Symbol::new(&format!("SYM{n}USDT")).unwrap());
        Self {
            rows,
            signals: cache.publisher().unwrap(),
            overview: cache.publisher().unwrap(),
            breadth: cache.publisher().unwrap(),
            breakdown: cache.publisher().unwrap(),
            scopes: (0..breakdowns).map(scope).collect(),
            cache,
        }
    }

    /// Publishes once, and returns how long that took, after the outcome of every value is known.
    pub(crate) async fn publish(&self) -> Duration {
        let signals = list(self.rows);
        let (overview, breadth, breakdown) = (fixture::overview(), fixture::breadth(), fixture::breakdown());
        let now = self.cache.now();
        let mut queued = Vec::with_capacity(3 + self.scopes.len());
        let began = Instant::now();
        queued.push(self.signals.publish(&(), signals, now).await);
        queued.push(self.overview.publish(&(), overview, now).await);
        queued.push(self.breadth.publish(&(), breadth, now).await);
        for scope in &self.scopes {
            queued.push(self.breakdown.publish(scope, breakdown.clone(), now).await);
        }
        let took = began.elapsed();
        for published in queued {
            let outcome = published.outcome().await;
            assert!(matches!(outcome, Outcome::Applied | Outcome::Off), "{outcome:?}");
        }
        took
    }
}

/// A list of so many rows, all alike, whose statistics count each of them.
fn list(rows: usize) -> Signals {
    let example = fixture::signals();
    let row = example.rows.into_iter().find(|row| row.score.value().is_some()).unwrap();
    let stats = SignalStats { long: u32::try_from(rows).unwrap(), neutral: 0, short: 0, unscored: 0, ..example.stats };
    Signals { source: example.source, rows: vec![row; rows], stats }
}

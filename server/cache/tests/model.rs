//! Random stories of two writers, two readers and a server that comes and goes, in paused time.
//!
//! Whatever happens: a reader's stamp never falls; nothing restored follows something live; what was confirmed can be
//! read; nothing too old passes for fresh; and once all is well, one publish reaches every reader within two polls.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{sync::Arc, time::Duration};

use cache::{
    Cache, ManualClock, Outcome, Publisher,
    l2::{L2 as _, MemoryL2},
};
use kit::{Chaos, START, Weather, breadth, number, process};
use proptest::prelude::*;
use schema::{MarketBreadth, Origin, Reading, Stamp};
use tokio::time::sleep;

mod kit;

const POLL: Duration = Duration::from_millis(250);
const KEY: &str = "market:breadth@1";

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    /// A writer publishes.
    Publish { writer: usize },
    /// A reader restores something of before.
    Fill { reader: usize, age_s: u16 },
    /// Somebody asks.
    Read { reader: usize },
    /// Time passes, by the clocks and for the mirrors.
    Pass { ms: u16 },
    /// The way of one process to the server gets some weather.
    Weather { process: usize, weather: Weather },
    /// The server is restarted: it forgets everything and counts from 1 again.
    Restart,
    /// The server drops the value for want of memory.
    Evict,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let weather = prop_oneof![
        Just(Weather::CALM),
        Just(Weather::DOWN),
        Just(Weather::FROZEN),
        Just(Weather::LOSES_ANSWERS),
        Just(Weather::STORM),
    ];
    let event = prop_oneof![
        6 => (0..2usize).prop_map(|writer| Event::Publish { writer }),
        1 => (0..2usize, 0..3_600u16).prop_map(|(reader, age_s)| Event::Fill { reader, age_s }),
        3 => (0..2usize).prop_map(|reader| Event::Read { reader }),
        4 => (1..9_000u16).prop_map(|ms| Event::Pass { ms }),
        3 => (0..4usize, weather).prop_map(|(process, weather)| Event::Weather { process, weather }),
        1 => Just(Event::Restart),
        1 => Just(Event::Evict),
    ];
    prop::collection::vec(event, 1..40)
}

struct World {
    memory: Arc<MemoryL2>,
    ways: Vec<Arc<Chaos>>,
    clocks: Vec<ManualClock>,
    writers: Vec<Publisher<MarketBreadth>>,
    readers: Vec<Cache>,
    /// The newest that each reader was shown.
    shown: Vec<Option<(Stamp, Origin)>>,
    published: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let memory = Arc::new(MemoryL2::new());
        let ways: Vec<_> = (0..4).map(|n| Chaos::over(Arc::clone(&memory), seed + n)).collect();
        let processes: Vec<(Cache, ManualClock)> = ["monitor@a/1", "monitor@b/2", "web@c/3", "web@d/4"]
            .iter()
            .zip(&ways)
            .map(|(name, way)| process(name, Some(Arc::clone(way) as _)))
            .collect();
        // The second writer starts later.
        processes[1].1.advance(Duration::from_secs(1));
        let writers = processes[..2].iter().map(|(cache, _)| cache.publisher().unwrap()).collect();
        let readers: Vec<Cache> = processes[2..].iter().map(|(cache, _)| cache.clone()).collect();
        for reader in &readers {
            reader.follow::<MarketBreadth>();
            let reader = reader.clone();
            tokio::spawn(async move { reader.mirror(POLL, std::future::pending()).await });
        }
        let clocks = processes.into_iter().map(|(_, clock)| clock).collect();
        Self { memory, ways, clocks, writers, readers, shown: vec![None; 2], published: 0 }
    }

    async fn pass(&self, by: Duration) {
        for clock in &self.clocks {
            clock.advance(by);
        }
        sleep(by).await;
    }

    async fn publish(&mut self, writer: usize) -> Outcome {
        self.published += 1;
        let as_of = self.clocks[writer].now();
        let published = self.writers[writer].publish(&(), breadth(self.published), as_of).await;
        let stamp = published.stamp;
        let outcome = published.outcome().await;
        if outcome == Outcome::Applied {
            let item = self.memory.get(KEY).await.unwrap().expect("what was confirmed is there");
            let envelope: serde_json::Value = serde_json::from_slice(&item.value).unwrap();
            let number = |field: &str| envelope[field].as_u64().unwrap();
            let there = Stamp { epoch: number("e"), seq: number("q") };
            assert!(Some(there) >= stamp, "{there} after {stamp:?} was confirmed");
        }
        outcome
    }

    /// What a reader shows now, held against what it showed before.
    async fn look(&mut self, reader: usize) {
        let now = self.readers[reader].now();
        let reading = self.readers[reader].read::<MarketBreadth>(&()).await;
        let Some(held) = reading.held() else {
            assert_eq!(self.shown[reader], None, "a value never becomes an absence");
            return;
        };
        let expected = match &reading {
            Reading::Fresh(_) => now <= held.fresh_until,
            Reading::Stale { .. } => now > held.fresh_until && now <= held.stale_until,
            Reading::Expired { .. } => now > held.stale_until,
            Reading::Absent(_) => false,
        };
        assert!(expected, "{} at {now:?}", reading.state());
        if let Some((stamp, origin)) = self.shown[reader] {
            assert!(held.stamp >= stamp, "{} after {stamp}", held.stamp);
            assert!(!(origin == Origin::Live && held.origin == Origin::Restored), "restored after live");
        }
        self.shown[reader] = Some((held.stamp, held.origin));
    }

    async fn happen(&mut self, event: &Event) {
        match event {
            Event::Publish { writer } => drop(self.publish(*writer).await),
            Event::Fill { reader, age_s } => {
                let cache = &self.readers[*reader];
                let as_of = cache.now().minus(Duration::from_secs((*age_s).into()));
                let _ = cache.warmer::<MarketBreadth>().fill(&(), breadth(0), as_of).await;
            }
            Event::Read { reader } => self.look(*reader).await,
            Event::Pass { ms } => self.pass(Duration::from_millis((*ms).into())).await,
            Event::Weather { process, weather } => self.ways[*process].set(*weather),
            Event::Restart => {
                self.memory.restart();
                self.ways.iter().for_each(|way| way.cut());
            }
            Event::Evict => self.memory.evict(KEY),
        }
    }

    async fn heal(&mut self) {
        self.ways.iter().for_each(|way| way.set(Weather::CALM));
        // A writer that was away finds a broken connection first; what it could not write is written soon after.
        for writer in 0..2 {
            let _ = self.publish(writer).await;
        }
        self.pass(Duration::from_secs(5)).await;
        // Of two writers one is superseded; the other's next value lands.
        let first = self.publish(0).await;
        let last = self.published;
        let second = self.publish(1).await;
        let newest = match (&first, &second) {
            (_, Outcome::Applied) => self.published,
            (Outcome::Applied, Outcome::Superseded { .. }) => last,
            other => panic!("no writer lands: {other:?}"),
        };
        self.pass(POLL * 2).await;
        for reader in 0..2 {
            self.look(reader).await;
            let held = self.readers[reader].peek::<MarketBreadth>(&()).await.expect("it arrived");
            assert_eq!(number(&held.value), newest, "reader {reader} after two polls: {first:?}, {second:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_story_makes_a_reader_step_back_or_keeps_it_from_healing(seed in any::<u32>(), story in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(seed.into());
            assert_eq!(world.clocks[0].now(), START);
            world.pass(Duration::from_millis(1)).await;
            for event in &story {
                world.happen(event).await;
                world.look(0).await;
                world.look(1).await;
            }
            world.heal().await;
            assert!(world.memory.get(KEY).await.unwrap().is_some());
        });
    }
}

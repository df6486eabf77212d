//! How a process learns of what others wrote: it polls numbers, and reads what has a new one.
//!
//! One round trip asks for the numbers of every followed key. A number that differs is a change; that it is larger
//! means nothing, for a restarted server counts from low numbers again. So everything is read again after an outage
//! and once a minute. A value that such a reading finds newer than what is here was missed: the count must stay 0.
//! The mirror never writes.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use metrics::counter;
use schema::Absence;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    follow::Target,
    inner::Inner,
    l2::{Cas, L2Error},
    tier::{OwnWrite, Tier},
};

/// Values that are read at the same time.
const AT_ONCE: usize = 16;
/// How often everything is read again, whatever the numbers say.
const REREAD_EVERY: Duration = Duration::from_secs(60);

/// Polls what is followed. One is enough for a process.
pub struct Mirror {
    inner: Arc<Inner>,
    /// The number of each followed key when its value was taken in.
    seen: HashMap<String, Cas>,
    outages: u64,
    reread_at: Instant,
}

impl Mirror {
    pub(crate) fn of(inner: &Arc<Inner>) -> Self {
        let outages = inner.tier.as_ref().map_or(0, |tier| tier.outages());
        Self { inner: Arc::clone(inner), seen: HashMap::new(), outages, reread_at: Instant::now() }
    }

    /// Polls every `period`, until `shutdown` is over.
    pub(crate) async fn run(mut self, period: Duration, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Either::Left(_) = select(&mut shutdown, pin!(ticks.tick())).await {
                return;
            }
            // A poll under way may end: its calls have deadlines, and shutdown need not wait for them.
            if let Either::Left(_) = select(&mut shutdown, pin!(self.poll())).await {
                return;
            }
        }
    }

    /// Asks once for the number of every followed value, and reads what has a new one.
    pub async fn poll(&mut self) {
        let inner = &self.inner;
        let Some(tier) = &inner.tier else { return };
        inner.tally.polls.fetch_add(1, Ordering::Relaxed);
        let outages = tier.outages();
        if outages != self.outages {
            // What happened meanwhile was not missed: it could not be known.
            self.seen.clear();
            self.outages = outages;
        }
        let reread = Instant::now() >= self.reread_at;
        if reread {
            self.reread_at = Instant::now() + REREAD_EVERY;
        }
        let targets = inner.followed.all();
        let keys: Vec<String> = targets.iter().map(|(key, _)| key.clone()).collect();
        if self.seen.len() > keys.len() {
            let followed: HashSet<&String> = keys.iter().collect();
            self.seen.retain(|key, _| followed.contains(key));
        }
        if keys.is_empty() {
            return;
        }
        let own = |(key, target): &(String, Arc<dyn Target>)| {
            if target.written_here() { tier.server(key).own_write(key) } else { OwnWrite::default() }
        };
        let before: Vec<OwnWrite> = targets.iter().map(own).collect();
        let answers = tier.cas_many(&keys).await;
        let mut changed = Vec::new();
        for ((followed, before), answer) in targets.iter().zip(before).zip(answers) {
            let (key, target) = followed;
            match answer {
                // What this process wrote itself, or is writing, is neither fetched nor decoded.
                Ok(Some(cas)) if before.explains(cas) || own(followed).explains(cas) => {}
                Ok(Some(cas)) => {
                    let same = self.seen.get(key) == Some(&cas);
                    if !same || reread {
                        let missed = same || before.cas.is_some();
                        changed.push(read(inner, tier, key, target.as_ref(), missed));
                    }
                }
                Ok(None) => {
                    self.seen.remove(key);
                    target.absent(Absence::NeverWritten);
                }
                Err(error) => failed(inner, target.as_ref(), &error),
            }
        }
        let mut read = stream::iter(changed).buffer_unordered(AT_ONCE);
        while let Some((key, cas)) = read.next().await {
            match cas {
                Some(cas) => self.seen.insert(key.to_owned(), cas),
                None => self.seen.remove(key),
            };
        }
    }
}

/// Reads one value; gives the number it has then. One that is newer than what is here was `missed` where it has the
/// number of an earlier read, or another number than the last write of this process.
async fn read<'a>(
    inner: &Inner,
    tier: &Tier,
    key: &'a str,
    target: &dyn Target,
    missed: bool,
) -> (&'a str, Option<Cas>) {
    let item = match tier.server(key).get(key).await {
        Ok(Some(item)) => item,
        Ok(None) => return (key, None),
        Err(error) => {
            failed(inner, target, &error);
            return (key, None);
        }
    };
    // An item that cannot be read is counted where it is opened, and not read again until it changes.
    if let Ok(true) = target.absorb(key, &item, inner.clock.now()).await {
        inner.tally.changes.fetch_add(1, Ordering::Relaxed);
        counter!("cache_mirror_changes_total").increment(1);
        if missed {
            inner.tally.missed.fetch_add(1, Ordering::Relaxed);
            counter!("cache_mirror_missed_total").increment(1);
            tracing::warn!(key, "a newer value was missed until it was read again");
        }
    }
    (key, Some(item.cas))
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mirror").field("seen", &self.seen.len()).finish_non_exhaustive()
    }
}

fn failed(inner: &Inner, target: &dyn Target, error: &L2Error) {
    inner.tally.failures.fetch_add(1, Ordering::Relaxed);
    target.absent(Absence::Unreachable(error.to_string()));
}

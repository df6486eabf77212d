//! Makes the ticks: takes what changed in the cache, encodes it once and wakes the clients.

use std::{sync::Arc, time::Duration};

use cache::Cache;
use schema::{
    AlertLog, Held, MarketBreadth, MarketMovers, MarketOverview, PerpsPulse, Schema, Signals, SystemHealth,
    alerts::Alert,
    reading::Found,
    stream::{AlertMessage, FrameMessage, ListMessage, SignalsDelta, StreamMessage, Topic},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{FLUSH, Hub, PACE, State, current};

/// The schemas of one value that a hub keeps the newest of.
struct Watched {
    overview: watch::Receiver<Found<MarketOverview>>,
    breadth: watch::Receiver<Found<MarketBreadth>>,
    movers: watch::Receiver<Found<MarketMovers>>,
    perps: watch::Receiver<Found<PerpsPulse>>,
    signals: watch::Receiver<Found<Signals>>,
    health: watch::Receiver<Found<SystemHealth>>,
    unread: watch::Receiver<Found<AlertLog>>,
    alerts: Alerts,
}

impl Watched {
    /// What the cache holds already is news.
    fn of(cache: &Cache) -> Self {
        fn watched<T: Schema<Scope = ()>>(cache: &Cache) -> watch::Receiver<Found<T>> {
            let mut changes = cache.watch::<T>(());
            changes.mark_changed();
            changes
        }
        Self {
            overview: watched(cache),
            breadth: watched(cache),
            movers: watched(cache),
            perps: watched(cache),
            signals: watched(cache),
            health: watched(cache),
            unread: watched(cache),
            alerts: Alerts { changes: watched(cache), last: None },
        }
    }
}

/// The log of alerts, and what of it was seen.
struct Alerts {
    changes: watch::Receiver<Found<AlertLog>>,
    last: Option<Arc<AlertLog>>,
}

impl Alerts {
    /// What happened since this was last called, oldest first, after the number of those that were evicted before they were seen here.
    /// What a log held when it was first seen is not news.
    fn news(&mut self) -> Vec<AlertMessage> {
        if !self.changes.has_changed().unwrap_or(false) {
            return Vec::new();
        }
        let Ok(held) = self.changes.borrow_and_update().clone() else { return Vec::new() };
        let Some(before) =
            self.last.replace(Arc::clone(&held.value)).filter(|before| before.source == held.value.source)
        else {
            return Vec::new();
        };
        let newest = before.alerts.first().map(|alert| alert.at);
        let recent = held.value.alerts.iter().take_while(|alert| newest.is_none_or(|newest| alert.at >= newest));
        let mut news: Vec<&Alert> = recent.filter(|alert| !before.alerts.contains(alert)).collect();
        news.reverse();
        let happened = |log: &AlertLog| log.given_way + u64::try_from(log.alerts.len()).unwrap_or(u64::MAX);
        let sent = u64::try_from(news.len()).unwrap_or(u64::MAX);
        let count = happened(&held.value).saturating_sub(happened(&before)).saturating_sub(sent);
        let evicted = (count > 0).then_some(AlertMessage::Evicted { count });
        evicted.into_iter().chain(news.into_iter().cloned().map(AlertMessage::Alert)).collect()
    }
}

impl Hub {
    /// Makes ticks until `stop`: by timer, and whenever the monitor of this process has something that should not wait for it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut watched = Watched::of(&self.cache);
        let mut timer = tokio::time::interval(self.every);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = notified(self.flushes.as_ref()) => {}
                _ = timer.tick() => {}
            }
            if let Some(last) = last {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep_until(last + PACE) => {}
                }
            }
            if self.flush(&mut watched) {
                last = Some(Instant::now());
            }
        }
    }

    /// Makes a tick of what changed; says whether anything did.
    fn flush(&self, watched: &mut Watched) -> bool {
        let late = self.every.saturating_sub(FLUSH);
        let mut state = self.state();
        let stamp = self.stamp(state.seq + 1);
        let mut messages: Vec<(Topic, StreamMessage)> = Vec::new();
        let State { current, changes, followed, .. } = &mut *state;
        let shared = self.cache.l2_state();
        if shared != current.shared {
            current.shared = shared.clone();
            messages.push((Topic::Shared, FrameMessage::Shared(shared).into()));
        }
        take(late, &mut watched.health, &mut current.health, |held| {
            messages.push((Topic::Monitor, FrameMessage::Monitor(current::part(&held)).into()));
        });
        take(late, &mut watched.overview, &mut current.overview, |held| {
            messages.push((Topic::Headline, FrameMessage::Headline(current::part(&held)).into()));
        });
        take(late, &mut watched.breadth, &mut current.breadth, drop);
        take(late, &mut watched.movers, &mut current.movers, drop);
        take(late, &mut watched.perps, &mut current.perps, drop);
        let before = current.signals.clone();
        let mut list = None;
        take(late, &mut watched.signals, &mut current.signals, |held| {
            list = Some(held.clone());
            let message = match &before {
                // A change of the market is a new list.
                Ok(old) if old.value.source == held.value.source => {
                    ListMessage::SignalsDelta(SignalsDelta::between(old, &held))
                }
                _ => ListMessage::Signals(held),
            };
            messages.push((Topic::Signals, message.into()));
        });
        let venue = current.venue();
        for (symbol, followed) in followed {
            let news = followed.news(&self.cache, &self.open, (venue, *symbol), list.as_ref());
            messages.extend(news.into_iter().map(|message| (Topic::Breakdown(*symbol), message.into())));
        }
        messages.extend(current.take_alerts(&mut watched.unread).map(|message| (Topic::Unread, message)));
        messages.extend(changes.take());
        messages.extend(watched.alerts.news().into_iter().map(|news| (Topic::Alert, news.into())));
        let frames: Vec<_> =
            messages.iter().filter_map(|(topic, message)| Some((*topic, self.frame(message, stamp)?))).collect();
        state.wholes.clear();
        if frames.is_empty() {
            return false;
        }
        state.seq = stamp.seq;
        state.kept.keep(stamp.seq, frames);
        drop(state);
        self.latest.send_replace(stamp.seq);
        true
    }
}

async fn notified(flushes: Option<&Arc<Notify>>) {
    match flushes {
        Some(flushes) => flushes.notified().await,
        None => std::future::pending().await,
    }
}

/// Takes over a changed value, and reports it where there is one.
///
/// Who asked for it `late` is not to take it for stale when it comes as late as that; its age is what it is.
fn take<T: Schema>(
    late: Duration,
    changes: &mut watch::Receiver<Found<T>>,
    current: &mut Found<T>,
    report: impl FnOnce(Held<T>),
) {
    if !changes.has_changed().unwrap_or(false) {
        return;
    }
    let found = changes.borrow_and_update().clone();
    *current = found.map(|held| {
        let fresh_until = held.fresh_until.plus(late);
        let held = Held { fresh_until, stale_until: held.stale_until.max(fresh_until), ..held };
        report(held.clone());
        held
    });
}

//! Turns changes of the cache into the ticks of the live stream.
//!
//! A few times a second the hub takes what changed, encodes each message once and keeps the last ticks, a minute of them at most.
//! Every client shares those bytes; a slow one skips what was overtaken, and one that comes back with a tick that
//! is still kept receives what it missed. Pages are made from the values of the last tick, so that the stream goes
//! on exactly where a page ends.

mod changes;
mod current;
mod frame;
pub(crate) mod packed;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::settings::Saving;
use cache::{Cache, Follow};
use schema::{
    AlertLog, Breakdown, MarketBreadth, MarketMovers, MarketOverview, PerpsPulse, Schema, Signals, Stamp, Symbol,
    SystemHealth, Venue,
    reading::Found,
    stream::{FrameMessage, ListMessage, SignalsDelta, StreamMessage, SymbolMessage, Topic},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::changes::Changes;
pub(crate) use self::{current::Current, frame::Frame};

/// How often changes are flushed.
pub(crate) const FLUSH: Duration = Duration::from_millis(250);
/// Ticks that are kept: a minute of them, or more.
const TICKS: usize = 240;
/// What they may weigh together, in bytes; the oldest give way, and a client that missed them is sent the whole, which weighs
/// less: a list of 600 symbols is half a mebibyte.
const TICKS_BYTES: usize = 2 << 20;

/// What a client that asks for more is to be sent.
pub(crate) enum Catchup {
    /// The frames it missed, in order.
    Frames(Vec<Frame>),
    /// Too much was missed: the whole of its topics.
    Whole,
}

/// The live stream's memory.
#[derive(Clone)]
pub(crate) struct Hub {
    cache: Cache,
    epoch: u64,
    every: Duration,
    state: Arc<Mutex<State>>,
    latest: watch::Sender<u64>,
}

struct State {
    seq: u64,
    ticks: VecDeque<(u64, Vec<(Topic, Frame)>)>,
    /// What the ticks weigh.
    bytes: usize,
    current: Current,
    /// What was asked of the last tick as a whole, encoded; a flush empties it.
    wholes: HashMap<Topic, Frame>,
    changes: Changes,
    followed: HashMap<Symbol, Followed>,
}

/// The hubs of readers who want every change at once, and of those who save data.
#[derive(Clone)]
pub(crate) struct Hubs {
    /// Four times a second.
    pub(crate) live: Hub,
    /// Every five seconds.
    pub(crate) saving: Hub,
}

impl Hubs {
    /// Both over a cache; `epoch` tells the ticks of this process from those of an earlier one.
    pub(crate) fn new(cache: &Cache, epoch: u64) -> Self {
        let hub = |epoch, every| Hub::new(cache.clone(), epoch, every);
        Self { live: hub(epoch, FLUSH), saving: hub(epoch + 1, Saving::EVERY) }
    }

    /// The one for a reader who saves data, or does not.
    pub(crate) const fn of(&self, saving: bool) -> &Hub {
        if saving { &self.saving } else { &self.live }
    }
}

struct Followed {
    clients: usize,
    source: Option<Source>,
}

/// Where the breakdown of a followed symbol comes from.
struct Source {
    venue: Venue,
    changes: watch::Receiver<Found<Breakdown>>,
    _polled: Follow,
}

/// Keeps a symbol's breakdown in the stream until it is dropped.
pub(crate) struct Following {
    hub: Hub,
    symbol: Symbol,
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(followed) = state.followed.get_mut(&self.symbol) {
            followed.clients -= 1;
            if followed.clients == 0 {
                state.followed.remove(&self.symbol);
            }
        }
    }
}

impl Hub {
    /// A hub over a cache that flushes every so often; `epoch` tells its ticks from those of any other hub, and of an earlier process.
    pub(crate) fn new(cache: Cache, epoch: u64, every: Duration) -> Self {
        let state = State {
            seq: 0,
            ticks: VecDeque::with_capacity(TICKS),
            bytes: 0,
            current: Current::unread(),
            wholes: HashMap::new(),
            changes: Changes::of(&cache),
            followed: HashMap::new(),
        };
        Self { cache, epoch, every, state: Arc::new(Mutex::new(state)), latest: watch::Sender::new(0) }
    }

    /// The values of the last tick, and its stamp.
    pub(crate) fn current(&self) -> (Stamp, Current) {
        let state = self.state();
        (self.stamp(state.seq), state.current.clone())
    }

    /// The stamp of the last tick.
    pub(crate) fn tick(&self) -> Stamp {
        // Without waiting for a tick that is being made.
        self.stamp(*self.latest.borrow())
    }

    /// Tells of each new tick.
    pub(crate) fn ticks(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// What was missed on some topics since a tick, and the tick it leads up to.
    pub(crate) fn since(&self, known: Stamp, topics: &[Topic]) -> (Stamp, Catchup) {
        let state = self.state();
        let now = self.stamp(state.seq);
        let oldest = state.ticks.front().map_or(state.seq + 1, |(seq, _)| *seq);
        if known.epoch != self.epoch || known.seq > state.seq || known.seq + 1 < oldest {
            return (now, Catchup::Whole);
        }
        let missed = state.ticks.iter().filter(|(seq, _)| *seq > known.seq).flat_map(|(_, frames)| frames);
        let mut kept: Vec<(Topic, Frame)> = Vec::new();
        for (topic, frame) in missed.filter(|(topic, _)| topics.contains(topic)) {
            // A whole value makes the one before it needless; a delta needs every one before it.
            if !frame.is_delta() {
                kept.retain(|(held, _)| held != topic);
            }
            kept.push((*topic, frame.clone()));
        }
        (now, Catchup::Frames(kept.into_iter().map(|(_, frame)| frame).collect()))
    }

    /// The whole of some topics as of the last tick.
    pub(crate) async fn whole(&self, topics: &[Topic]) -> (Stamp, Vec<Frame>) {
        let (stamp, current) = self.current();
        let mut frames = Vec::new();
        for topic in topics {
            let message = match topic {
                Topic::Breakdown(symbol) => {
                    self.breakdown(*symbol).await.ok().map(|held| SymbolMessage::Breakdown(held).into())
                }
                Topic::Changed(name) => self.state().changes.last(*name),
                _ => {
                    frames.extend(self.encoded(topic, stamp, &current));
                    continue;
                }
            };
            frames.extend(message.and_then(|message| Frame::encode(&message, stamp)));
        }
        (stamp, frames)
    }

    /// The whole of a topic of the last tick, encoded once for all who ask: after a restart those are all clients at once.
    fn encoded(&self, topic: &Topic, stamp: Stamp, current: &Current) -> Option<Frame> {
        {
            let state = self.state();
            if let Some(frame) = state.wholes.get(topic).filter(|_| state.seq == stamp.seq) {
                return Some(frame.clone());
            }
        }
        let frame = Frame::encode(&current.message(topic)?, stamp)?;
        let mut state = self.state();
        if state.seq == stamp.seq {
            state.wholes.insert(*topic, frame.clone());
        }
        Some(frame)
    }

    /// The breakdown of a symbol of the market that is shown.
    pub(crate) async fn breakdown(&self, symbol: Symbol) -> Found<Breakdown> {
        let (_, current) = self.current();
        match current.venue() {
            Some(venue) => self.cache.get::<Breakdown>(&(venue, symbol)).await,
            None => Err(current.signals.err().unwrap_or(schema::Absence::NeverWritten)),
        }
    }

    /// Keeps a symbol's breakdown in the stream.
    pub(crate) fn follow(&self, symbol: Symbol) -> Following {
        let mut state = self.state();
        state.followed.entry(symbol).or_insert(Followed { clients: 0, source: None }).clients += 1;
        Following { hub: self.clone(), symbol }
    }

    /// Makes ticks until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut overview = self.cache.watch::<MarketOverview>(());
        let mut breadth = self.cache.watch::<MarketBreadth>(());
        let mut movers = self.cache.watch::<MarketMovers>(());
        let mut perps = self.cache.watch::<PerpsPulse>(());
        let mut signals = self.cache.watch::<Signals>(());
        let mut health = self.cache.watch::<SystemHealth>(());
        let mut alerts = self.cache.watch::<AlertLog>(());
        alerts.mark_changed();
        overview.mark_changed();
        breadth.mark_changed();
        movers.mark_changed();
        perps.mark_changed();
        signals.mark_changed();
        health.mark_changed();
        let mut timer = tokio::time::interval(self.every);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let late = self.every.saturating_sub(FLUSH);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            let mut state = self.state();
            let stamp = self.stamp(state.seq + 1);
            let mut messages: Vec<(Topic, StreamMessage)> = Vec::new();
            let State { current, changes, followed, .. } = &mut *state;
            let shared = self.cache.l2_state();
            if shared != current.shared {
                current.shared = shared.clone();
                messages.push((Topic::Shared, FrameMessage::Shared(shared).into()));
            }
            take(late, &mut health, &mut current.health, |held| {
                messages.push((Topic::Monitor, FrameMessage::Monitor(current::part(&held)).into()));
            });
            take(late, &mut overview, &mut current.overview, |held| {
                messages.push((Topic::Headline, FrameMessage::Headline(current::part(&held)).into()));
            });
            take(late, &mut breadth, &mut current.breadth, drop);
            take(late, &mut movers, &mut current.movers, drop);
            take(late, &mut perps, &mut current.perps, drop);
            let before = current.signals.clone();
            take(late, &mut signals, &mut current.signals, |held| {
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
                if let Some(held) = followed.changed(&self.cache, venue, *symbol) {
                    messages.push((Topic::Breakdown(*symbol), SymbolMessage::Breakdown(held).into()));
                }
            }
            messages.extend(current.take_alerts(&mut alerts).map(|message| (Topic::Alerts, message)));
            messages.extend(changes.told());
            let frames: Vec<_> =
                messages.iter().filter_map(|(topic, message)| Some((*topic, Frame::encode(message, stamp)?))).collect();
            state.wholes.clear();
            if frames.is_empty() {
                continue;
            }
            state.seq = stamp.seq;
            state.keep(stamp.seq, frames);
            drop(state);
            self.latest.send_replace(stamp.seq);
        }
    }

    const fn stamp(&self, seq: u64) -> Stamp {
        Stamp { epoch: self.epoch, seq }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps a tick as long as there is room.
    fn keep(&mut self, seq: u64, frames: Vec<(Topic, Frame)>) {
        let weight = |frames: &[(Topic, Frame)]| frames.iter().map(|(_, frame)| frame.bytes().len()).sum::<usize>();
        self.bytes += weight(&frames);
        self.ticks.push_back((seq, frames));
        while self.ticks.len() > TICKS || self.bytes > TICKS_BYTES {
            let Some((_, oldest)) = self.ticks.pop_front() else { return };
            self.bytes -= weight(&oldest);
        }
    }
}

impl Followed {
    fn changed(&mut self, cache: &Cache, venue: Option<Venue>, symbol: Symbol) -> Option<schema::Held<Breakdown>> {
        if self.source.as_ref().map(|source| source.venue) != venue {
            self.source = venue.map(|venue| Source {
                venue,
                changes: cache.watch::<Breakdown>((venue, symbol)),
                _polled: cache.follow_scope::<Breakdown>((venue, symbol)),
            });
        }
        let changes = &mut self.source.as_mut()?.changes;
        if !changes.has_changed().unwrap_or(false) {
            return None;
        }
        changes.borrow_and_update().clone().ok()
    }
}

/// Takes over a changed value, and tells of it where there is one.
///
/// Who asked for it `late` is not to take it for stale when it comes as late as that; its age is what it is.
fn take<T: Schema>(
    late: Duration,
    changes: &mut watch::Receiver<Found<T>>,
    current: &mut Found<T>,
    tell: impl FnOnce(schema::Held<T>),
) {
    if !changes.has_changed().unwrap_or(false) {
        return;
    }
    let found = changes.borrow_and_update().clone();
    *current = found.map(|held| {
        let fresh_until = held.fresh_until.plus(late);
        let held = schema::Held { fresh_until, stale_until: held.stale_until.max(fresh_until), ..held };
        tell(held.clone());
        held
    });
}

#[cfg(test)]
mod tests {
    use cache::Clock;

    use super::*;

    impl Hub {
        /// Writes something and runs up to the tick that tells of it.
        pub(crate) async fn run_for_a_tick(&self) {
            let publisher = self.cache.publisher::<MarketMovers>().unwrap();
            let _ = publisher.publish(&(), changes::tests::movers(), self.cache.now()).await;
            let stop = CancellationToken::new();
            let mut ticks = self.ticks();
            let running = tokio::spawn(self.clone().run(stop.clone()));
            ticks.changed().await.unwrap();
            stop.cancel();
            running.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_whole_value_is_encoded_once_for_all_who_ask_in_a_tick() {
        let cache = Cache::builder(Clock::System, "test").build();
        let hub = Hub::new(cache, 7, FLUSH);
        let asked = || async { hub.whole(&[Topic::Shared, Topic::Headline]).await };
        let ((stamp, first), (_, second)) = (asked().await, asked().await);
        let [one] = first.as_slice() else { panic!("there is no headline: {first:?}") };
        assert_eq!(one.bytes().as_ptr(), second[0].bytes().as_ptr(), "the same bytes");
        hub.run_for_a_tick().await;
        let (next, third) = asked().await;
        assert!(next > stamp && third[0].bytes() != one.bytes(), "the next tick is told with its own stamp");
    }
}

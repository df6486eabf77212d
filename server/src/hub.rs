//! Turns changes of the cache into the ticks of the live stream.
//!
//! A few times a second, and at once when the monitor of this process completed a scan or an open symbol moved, the hub takes what
//! changed and encodes each message once. It keeps the newest message of each topic and a minute of the list's deltas.
//! Every client shares those bytes; a slow one skips what was overtaken, and one that comes back with a tick receives what it
//! missed. Pages are made from the values of the last tick, so that the stream goes on exactly where a page ends.

mod changes;
mod current;
mod flush;
mod followed;
mod frame;
mod kept;
pub(crate) mod packed;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::settings::Saving;
use cache::{Cache, Follow};
use schema::{
    Absence, Breakdown, CandleSeries, Held, Schema, Signals, Stamp, Symbol, Timeframe, UnixMs, Venue,
    reading::Found,
    stream::{ListMessage, StreamMessage, SymbolMessage, Topic},
};
use tokio::sync::{Notify, watch};

use self::{changes::Changes, followed::Followed, kept::Kept};
pub(crate) use self::{current::Current, frame::Frame};
use crate::opened::OpenSymbols;

/// How often changes are flushed where nothing asks for it sooner.
pub(crate) const FLUSH: Duration = Duration::from_millis(250);
/// The least time between two ticks.
const PACE: Duration = Duration::from_millis(100);
/// How long a series of candles is kept up to date after somebody looked at it.
const CHARTED: Duration = Duration::from_secs(600);

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
    open: OpenSymbols,
    /// Notified when changes should not wait for the timer; none where they do.
    flushes: Option<Arc<Notify>>,
    /// The series of candles that somebody looked at lately.
    charted: Charted,
}

/// Series that are kept up to date while somebody looks at them.
type Charted = moka::future::Cache<(Venue, Symbol, Timeframe), Arc<Follow>>;

struct State {
    seq: u64,
    kept: Kept,
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
    /// Both over a cache; `epoch` distinguishes the ticks of this process from those of an earlier one.
    pub(crate) fn new(cache: &Cache, epoch: u64) -> Self {
        let open = OpenSymbols::default();
        let hub = |epoch, every| Hub { open: open.clone(), ..Hub::new(cache.clone(), epoch, every) };
        let live = Hub { flushes: Some(open.flushes()), ..hub(epoch, FLUSH) };
        Self { live, saving: hub(epoch + 1, Saving::EVERY) }
    }

    /// The symbols that readers of either have open.
    pub(crate) fn open(&self) -> OpenSymbols {
        self.live.open.clone()
    }

    /// The one for a reader who saves data, or does not.
    pub(crate) const fn of(&self, saving: bool) -> &Hub {
        if saving { &self.saving } else { &self.live }
    }
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
                // What changes from now on is not seen, so what was sent last says nothing of it.
                state.kept.forget(Topic::Breakdown(self.symbol));
            }
        }
    }
}

impl Hub {
    /// A hub over a cache that flushes every so often; `epoch` distinguishes its ticks from those of any other hub, and of an earlier process.
    pub(crate) fn new(cache: Cache, epoch: u64, every: Duration) -> Self {
        let state = State {
            seq: 0,
            kept: Kept::default(),
            current: Current::unread(),
            wholes: HashMap::new(),
            changes: Changes::of(&cache),
            followed: HashMap::new(),
        };
        let (state, latest) = (Arc::new(Mutex::new(state)), watch::Sender::new(0));
        let charted =
            Charted::builder().max_capacity(CandleSeries::KEPT_PER_PROCESS.unwrap_or(64)).time_to_idle(CHARTED).build();
        Self { cache, epoch, every, state, latest, open: OpenSymbols::default(), flushes: None, charted }
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

    /// Notifies of each new tick.
    pub(crate) fn ticks(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// What was missed on some topics since a tick, and the tick it leads up to.
    pub(crate) fn since(&self, known: Stamp, topics: &[Topic]) -> (Stamp, Catchup) {
        let state = self.state();
        let now = self.stamp(state.seq);
        if known.epoch != self.epoch || known.seq > state.seq {
            return (now, Catchup::Whole);
        }
        (now, state.kept.since(known.seq, topics).map_or(Catchup::Whole, Catchup::Frames))
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
            frames.extend(message.and_then(|message| self.frame(&message, stamp)));
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
        let frame = self.frame(&current.message(topic)?, stamp)?;
        let mut state = self.state();
        if state.seq == stamp.seq {
            state.wholes.insert(*topic, frame.clone());
        }
        Some(frame)
    }

    /// Encodes a message of a tick, with the JSON that the cache has of the value in it.
    fn frame(&self, message: &StreamMessage, stamp: Stamp) -> Option<Frame> {
        let of_cache = match message {
            StreamMessage::List(ListMessage::Signals(held)) => self.cache.encoded_watched::<Signals>(&(), held.stamp),
            StreamMessage::Symbol(SymbolMessage::Breakdown(held)) => {
                let scope = (held.value.source, held.value.row.symbol);
                self.cache.encoded_watched::<Breakdown>(&scope, held.stamp)
            }
            _ => None,
        };
        Frame::encode(message, stamp, of_cache.as_ref())
    }

    /// The list of symbols: that of the last tick; before the first one, and in a process without a stream, the cache's.
    async fn list(&self) -> Found<Signals> {
        match self.current().1.signals {
            Ok(held) => Ok(held),
            Err(_) => self.cache.get::<Signals>(&()).await,
        }
    }

    /// The breakdown of a symbol of the market that is shown.
    pub(crate) async fn breakdown(&self, symbol: Symbol) -> Found<Breakdown> {
        let venue = self.list().await?.value.source;
        self.cache.get::<Breakdown>(&(venue, symbol)).await
    }

    /// Whether the list has a symbol; none before there is a list.
    pub(crate) async fn lists(&self, symbol: Symbol) -> Option<bool> {
        let signals = self.list().await.ok()?;
        Some(signals.value.rows.iter().any(|row| row.symbol == symbol))
    }

    /// Closed candles of a symbol as a monitor in another process published them, and the last close that they include. They are kept
    /// up to date for a while from now on: who draws them asks again after the next close.
    pub(crate) async fn candles(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
    ) -> Result<(UnixMs, Held<CandleSeries>), Absence> {
        let venue = self.list().await?.value.source;
        let scope = (venue, symbol, timeframe);
        let held = self.cache.get::<CandleSeries>(&scope).await?;
        self.charted.get_with(scope, async { Arc::new(self.cache.follow_scope::<CandleSeries>(scope)) }).await;
        // A series is published when it has a new candle; that there was none says the close of the last score.
        let breakdown = self.cache.get::<Breakdown>(&(venue, symbol)).await.ok();
        let closed = breakdown.and_then(|held| held.value.bar_closed_at);
        let included = closed.filter(|closed| held.value.is_complete_at(*closed));
        Ok((included.map_or(held.as_of, |closed| closed.max(held.as_of)), held))
    }

    /// Keeps a symbol's breakdown in the stream.
    pub(crate) fn follow(&self, symbol: Symbol) -> Following {
        self.state().followed.entry(symbol).or_insert_with(|| Followed::new(self.open.open(symbol))).clients += 1;
        self.open.flush();
        Following { hub: self.clone(), symbol }
    }

    const fn stamp(&self, seq: u64) -> Stamp {
        Stamp { epoch: self.epoch, seq }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

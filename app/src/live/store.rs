//! What is on screen, and how messages of the stream change it.

use leptos::prelude::*;
use schema::{
    Breakdown, Held, Signals, Stamp, Symbol, UnixMs, Zone,
    page::{Frame, Headline, MonitorState},
    reading::Found,
    report::L2State,
    stream::StreamMessage,
};

/// How the page's connection is doing. It colours nothing but its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The page as the server made it; no script has run.
    Snapshot,
    /// Messages arrive.
    Live,
    /// The connection is being made.
    Reconnecting,
    /// The browser says that there is no network.
    Offline,
}

impl Link {
    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
        }
    }

    /// The value of the marker that browser tests wait for.
    #[must_use]
    pub const fn marker(self) -> &'static str {
        match self {
            Self::Snapshot => "none",
            Self::Live => "open",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
        }
    }
}

/// What the stream has weighed, in bytes as the server sent them: each connection counts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    before: u64,
    on_this: u64,
}

impl Sent {
    /// Before the first word of it.
    pub const NOTHING: Self = Self { before: 0, on_this: 0 };

    /// Takes what a connection says of itself.
    pub const fn told(&mut self, bytes: u64) {
        if bytes < self.on_this {
            self.before += self.on_this;
        }
        self.on_this = bytes;
    }

    /// All connections together.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.before + self.on_this
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on screen now.
    Applied,
    /// Not newer than what is on screen, or not for this page.
    Ignored,
    /// Changes to a value that is not held: a whole one is needed.
    Gap,
    /// The server's time.
    Clock(UnixMs),
}

/// What is on screen. Copied freely; a page fills in the schemas that it shows.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// The server's time, from the page first and ticking once the page is alive.
    pub now: RwSignal<UnixMs>,
    /// The clock that the reader goes by.
    pub zone: Zone,
    /// Whether the reader saves data.
    pub saving: bool,
    /// What the stream has weighed since the page was opened.
    pub sent: RwSignal<Sent>,
    /// How the connection is doing.
    pub link: RwSignal<Link>,
    /// How the shared cache answers.
    pub shared: RwSignal<L2State>,
    /// What the banner says of the monitor.
    pub monitor: RwSignal<Found<MonitorState>>,
    /// What the header says of the market.
    pub headline: RwSignal<Found<Headline>>,
    /// Every symbol, where the page lists them.
    pub signals: Option<RwSignal<Found<Signals>>>,
    /// One symbol's score, where the page is that symbol's.
    pub breakdown: Option<(Symbol, RwSignal<Found<Breakdown>>)>,
    /// Whether `signals` holds every row, or only those that the server put on the page.
    pub whole: RwSignal<bool>,
    /// How often a schema was said to have changed that the page is rendered from on the server.
    pub changes: RwSignal<u64>,
    /// The time of the oldest value that was rendered on the server alone.
    pub rendered: RwSignal<Option<UnixMs>>,
}

impl Store {
    /// What every page shows.
    #[must_use]
    pub fn new(frame: &Frame) -> Self {
        Self {
            now: RwSignal::new(frame.now),
            zone: frame.zone,
            saving: frame.saving,
            sent: RwSignal::new(Sent::NOTHING),
            link: RwSignal::new(Link::Snapshot),
            shared: RwSignal::new(frame.shared.clone()),
            monitor: RwSignal::new(frame.monitor.clone()),
            headline: RwSignal::new(frame.headline.clone()),
            signals: None,
            breakdown: None,
            whole: RwSignal::new(true),
            changes: RwSignal::new(0),
            rendered: RwSignal::new(None),
        }
    }

    /// Takes a message of the stream.
    pub fn take(&self, message: StreamMessage) -> Taken {
        match message {
            StreamMessage::Headline(held) => put(self.headline, held),
            StreamMessage::Monitor(held) => put(self.monitor, held),
            StreamMessage::Shared(state) => {
                self.shared.set(state);
                // A page of the server's alone may tell more of it.
                self.changes.update(|count| *count += 1);
                Taken::Applied
            }
            StreamMessage::Breakdown(held) => match self.breakdown {
                Some((symbol, signal)) if held.value.row.symbol == symbol => put(signal, held),
                _ => Taken::Ignored,
            },
            StreamMessage::Signals(held) => self.take_signals(held),
            StreamMessage::SignalsDelta(delta) => {
                let Some(signal) = self.signals else { return Taken::Ignored };
                if !self.whole.get_untracked() {
                    // The rows on the page alone: the whole list is on its way.
                    return Taken::Ignored;
                }
                let next = signal.with_untracked(|found| match found {
                    Ok(held) if delta.held.stamp <= held.stamp => Err(Taken::Ignored),
                    Ok(held) => delta.apply(held).ok_or(Taken::Gap),
                    Err(_) => Err(Taken::Gap),
                });
                match next {
                    Ok(held) => {
                        signal.set(Ok(held));
                        Taken::Applied
                    }
                    Err(taken) => taken,
                }
            }
            StreamMessage::Changed { .. } => {
                self.changes.update(|count| *count += 1);
                Taken::Applied
            }
            StreamMessage::Clock { now, sent_bytes } => {
                if self.saving {
                    self.sent.update(|sent| sent.told(sent_bytes));
                }
                Taken::Clock(now)
            }
        }
    }

    fn take_signals(&self, held: Held<Signals>) -> Taken {
        let Some(signal) = self.signals else { return Taken::Ignored };
        if self.whole.get_untracked() {
            return put(signal, held);
        }
        // The same write, now whole, is news as well.
        if stamp_of(signal).is_some_and(|stamp| held.stamp < stamp) {
            return Taken::Ignored;
        }
        signal.set(Ok(held));
        self.whole.set(true);
        Taken::Applied
    }

    /// The age of the oldest value on screen; none where there is no value at all.
    #[must_use]
    pub fn oldest(&self) -> Option<UnixMs> {
        let times = [
            as_of(Some(self.headline)),
            as_of(self.signals),
            as_of(self.breakdown.map(|(_, signal)| signal)),
            self.rendered.get(),
        ];
        times.into_iter().flatten().min()
    }
}

fn as_of<T: Send + Sync + 'static>(signal: Option<RwSignal<Found<T>>>) -> Option<UnixMs> {
    signal.and_then(|signal| signal.with(|found| found.as_ref().ok().map(|held| held.as_of)))
}

fn stamp_of<T: Send + Sync + 'static>(signal: RwSignal<Found<T>>) -> Option<Stamp> {
    signal.with_untracked(|found| found.as_ref().ok().map(|held| held.stamp))
}

/// Puts a value on screen where it is newer than what is there; the stamp decides, not arrival.
fn put<T: Send + Sync + 'static>(signal: RwSignal<Found<T>>, held: Held<T>) -> Taken {
    if stamp_of(signal).is_some_and(|stamp| held.stamp <= stamp) {
        return Taken::Ignored;
    }
    signal.set(Ok(held));
    Taken::Applied
}

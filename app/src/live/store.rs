//! What every page shows, and how messages of the stream change it.

use leptos::prelude::*;
use schema::{
    Held, Stamp, UnixMs, Zone,
    page::{Frame, Headline, MonitorState},
    reading::Found,
    report::L2State,
    stream::FrameMessage,
};

use super::{content::Content, taken::Taken};

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
    /// The login ended.
    SignedOut,
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
            Self::SignedOut => "signed out",
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
            Self::SignedOut => "signed-out",
        }
    }
}

/// What the stream has weighed, in bytes as the server sent them: each connection counts from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    before: u64,
    on_this: u64,
}

impl Sent {
    /// Before the first word of it.
    pub const NOTHING: Self = Self { before: 0, on_this: 0 };

    /// Takes what a connection says of itself.
    pub const fn set(&mut self, bytes: u64) {
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

/// What every page shows, and how its connection is doing. Copied freely.
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
    /// The time of the page's own content, where that lives by messages of its own.
    pub content: Option<Signal<Option<UnixMs>>>,
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
            content: None,
            changes: RwSignal::new(0),
            rendered: RwSignal::new(None),
        }
    }

    /// The same, beside content that ages with it.
    #[must_use]
    pub fn beside(self, content: impl Content) -> Self {
        Self { content: Some(Signal::derive(move || content.as_of())), ..self }
    }

    /// Takes a message of the stream that is for every page.
    pub fn take(&self, message: FrameMessage) -> Taken {
        match message {
            FrameMessage::Headline(held) => put(self.headline, held),
            FrameMessage::Monitor(held) => put(self.monitor, held),
            FrameMessage::Shared(state) => {
                self.shared.set(state);
                // A page that the server alone renders may show more of it.
                self.changes.update(|count| *count += 1);
                Taken::Applied
            }
            FrameMessage::Unread { .. } => Taken::Alerts,
            FrameMessage::Changed { .. } => {
                self.changes.update(|count| *count += 1);
                Taken::Applied
            }
            FrameMessage::Clock { now, sent_bytes } => {
                if self.saving {
                    self.sent.update(|sent| sent.set(sent_bytes));
                }
                Taken::Clock(now)
            }
        }
    }

    /// The time of the oldest value on screen; none where there is no value at all.
    #[must_use]
    pub fn oldest(&self) -> Option<UnixMs> {
        let times = [as_of(self.headline), self.content.and_then(|content| content.get()), self.rendered.get()];
        times.into_iter().flatten().min()
    }
}

/// The time of a value; none where there is no value.
pub(super) fn as_of<T: Send + Sync + 'static>(signal: RwSignal<Found<T>>) -> Option<UnixMs> {
    signal.with(|found| found.as_ref().ok().map(|held| held.as_of))
}

pub(super) fn stamp_of<T: Send + Sync + 'static>(signal: RwSignal<Found<T>>) -> Option<Stamp> {
    signal.with_untracked(|found| found.as_ref().ok().map(|held| held.stamp))
}

/// Puts a value on screen where it is newer than what is there; the stamp decides, not arrival.
pub(super) fn put<T: Send + Sync + 'static>(signal: RwSignal<Found<T>>, held: Held<T>) -> Taken {
    if stamp_of(signal).is_some_and(|stamp| held.stamp <= stamp) {
        return Taken::Ignored;
    }
    signal.set(Ok(held));
    Taken::Applied
}

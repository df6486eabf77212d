//! The values of the last tick.

use schema::{
    Absence, Held, MarketBreadth, MarketMovers, MarketOverview, PerpsPulse, Signals, SystemHealth, Venue,
    page::{Headline, MonitorState},
    reading::Found,
    report::L2State,
    stream::{FrameMessage, ListMessage, StreamMessage, Topic},
};

/// The values of the last tick.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) shared: L2State,
    pub(crate) health: Found<SystemHealth>,
    pub(crate) overview: Found<MarketOverview>,
    pub(crate) breadth: Found<MarketBreadth>,
    pub(crate) movers: Found<MarketMovers>,
    pub(crate) perps: Found<PerpsPulse>,
    pub(crate) signals: Found<Signals>,
}

impl Current {
    /// Before the first tick.
    pub(super) const fn unread() -> Self {
        Self {
            shared: L2State::Off,
            health: Err(Absence::NeverWritten),
            overview: Err(Absence::NeverWritten),
            breadth: Err(Absence::NeverWritten),
            movers: Err(Absence::NeverWritten),
            perps: Err(Absence::NeverWritten),
            signals: Err(Absence::NeverWritten),
        }
    }

    /// Where the list of symbols comes from.
    pub(crate) fn venue(&self) -> Option<Venue> {
        self.signals.as_ref().ok().map(|held| held.value.source)
    }

    /// What every page says of the market.
    pub(crate) fn headline(&self) -> Found<Headline> {
        self.overview.as_ref().map(part).map_err(Clone::clone)
    }

    /// What every page says of the monitor.
    pub(crate) fn monitor(&self) -> Found<MonitorState> {
        self.health.as_ref().map(part).map_err(Clone::clone)
    }

    /// The whole of a topic as a message; none where there is no value, and none for a
    /// breakdown, an alert or a mere change.
    pub(super) fn message(&self, topic: &Topic) -> Option<StreamMessage> {
        Some(match topic {
            Topic::Headline => FrameMessage::Headline(self.headline().ok()?).into(),
            Topic::Signals => ListMessage::Signals(self.signals.clone().ok()?).into(),
            Topic::Monitor => FrameMessage::Monitor(self.monitor().ok()?).into(),
            Topic::Shared => FrameMessage::Shared(self.shared.clone()).into(),
            Topic::Alert | Topic::Breakdown(_) | Topic::Changed(_) => return None,
        })
    }
}

/// What is told of a value, as old as the value itself.
pub(super) fn part<T, P: for<'a> From<&'a T>>(held: &Held<T>) -> Held<P> {
    held.with(P::from(&held.value))
}

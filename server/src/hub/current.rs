//! The values of the last tick.

use schema::{
    Absence, MarketBreadth, MarketMovers, MarketOverview, PerpsPulse, Signals, SystemHealth, Venue,
    reading::Found,
    report::L2State,
    stream::{StreamMessage, Topic},
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

    /// The whole of a topic as a message; none where there is no value, and none for a
    /// breakdown or a mere change.
    pub(super) fn message(&self, topic: &Topic) -> Option<StreamMessage> {
        match topic {
            Topic::Overview => self.overview.clone().ok().map(StreamMessage::Overview),
            Topic::Signals => self.signals.clone().ok().map(StreamMessage::Signals),
            Topic::Health => self.health.clone().ok().map(StreamMessage::Health),
            Topic::Shared => Some(StreamMessage::Shared(self.shared.clone())),
            Topic::Breakdown(_) | Topic::Changed(_) => None,
        }
    }
}

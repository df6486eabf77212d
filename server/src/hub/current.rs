//! The values of the last tick.

use app::alerts::Unseen;
use schema::{
    Absence, AlertLog, Held, MarketBreadth, MarketMovers, MarketOverview, PerpsPulse, Signals, SystemHealth, UnixMs,
    Venue,
    page::{Headline, MonitorState},
    reading::Found,
    report::L2State,
    stream::{FrameMessage, ListMessage, StreamMessage, Topic},
};
use tokio::sync::watch;

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
    /// The times of the alerts that a badge counts, newest first.
    alerts: Vec<UnixMs>,
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
            alerts: Vec::new(),
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

    /// Takes a newer log of alerts, and returns the message where it holds another alert that a badge counts.
    ///
    /// The log itself is written more often: it also contains the state of each rule.
    pub(super) fn take_alerts(&mut self, changes: &mut watch::Receiver<Found<AlertLog>>) -> Option<StreamMessage> {
        if !changes.has_changed().unwrap_or(false) {
            return None;
        }
        let counted = match &*changes.borrow_and_update() {
            Ok(held) => Unseen::counted(&held.value).collect(),
            Err(_) => Vec::new(),
        };
        if counted == self.alerts {
            return None;
        }
        self.alerts = counted;
        self.message(&Topic::Unread)
    }

    /// The whole of a topic as a message; none where there is no value, and none for a
    /// breakdown, an alert or a mere change.
    pub(super) fn message(&self, topic: &Topic) -> Option<StreamMessage> {
        Some(match topic {
            Topic::Headline => FrameMessage::Headline(self.headline().ok()?).into(),
            Topic::Signals => ListMessage::Signals(self.signals.clone().ok()?).into(),
            Topic::Monitor => FrameMessage::Monitor(self.monitor().ok()?).into(),
            Topic::Shared => FrameMessage::Shared(self.shared.clone()).into(),
            Topic::Unread => FrameMessage::Unread { newest: *self.alerts.first()? }.into(),
            Topic::Alert | Topic::Breakdown(_) | Topic::Changed(_) => return None,
        })
    }
}

/// A message about a value, as old as the value itself.
pub(super) fn part<T, P: for<'a> From<&'a T>>(held: &Held<T>) -> Held<P> {
    held.with(P::from(&held.value))
}

#[cfg(test)]
mod tests {
    use cache::{Cache, Clock};
    use schema::{
        Direction, Pct, Score,
        alerts::{Alert, Event, RuleBook},
        breadth::Mood,
    };

    use super::*;

    fn turned(at: i64) -> Alert {
        let event = Event::Mood { from: Mood::Neutral, to: Mood::Bullish, percent_advancing: Pct::new(61.0).unwrap() };
        Alert { at: UnixMs(at), event }
    }

    fn pointed(at: i64) -> Alert {
        let score = Score::new(71.0).unwrap();
        let event =
            Event::Signal { symbol: "BTCUSDT".parse().unwrap(), from: Direction::Neutral, to: Direction::Long, score };
        Alert { at: UnixMs(at), event }
    }

    #[tokio::test]
    async fn reports_an_alert_that_a_badge_counts_once_and_no_other_write_of_the_log() {
        let cache = Cache::builder(Clock::System, "test").build();
        let publisher = cache.publisher::<AlertLog>().unwrap();
        let mut changes = cache.watch::<AlertLog>(());
        let mut current = Current::unread();
        assert_eq!(current.take_alerts(&mut changes), None);
        let steps = [
            (vec![], None),
            (vec![turned(5)], Some(5)),
            (vec![turned(5)], None),
            (vec![pointed(7), turned(5)], None),
            // Of the same moment as another one.
            (vec![pointed(7), turned(5), turned(5)], Some(5)),
            (vec![turned(9), pointed(7), turned(5), turned(5)], Some(9)),
        ];
        for (step, (alerts, newest)) in steps.into_iter().enumerate() {
            let log =
                AlertLog { source: Venue::Sim, watched_since: UnixMs(0), alerts, given_way: 0, rules: RuleBook::Off };
            let _ = publisher.publish(&(), log, cache.now()).await;
            let expected = newest.map(|at| FrameMessage::Unread { newest: UnixMs(at) }.into());
            assert_eq!(current.take_alerts(&mut changes), expected, "step {step}");
        }
        assert_eq!(
            current.message(&Topic::Unread),
            Some(FrameMessage::Unread { newest: UnixMs(9) }.into()),
            "who connects without a tick to resume from counts as well"
        );
    }
}

//! Reports which schemas were written, for pages that are rendered on the server alone.

use cache::Cache;
use schema::{
    Name, Schema, Scope,
    contract::Visitor,
    reading::Found,
    stream::{FrameMessage, StreamMessage, Topic},
};
use tokio::sync::watch;

/// Every schema of one value, and whether it changed since it was last asked.
pub(super) struct Changes(Vec<(Name, Box<dyn Watched>)>);

trait Watched: Send {
    /// The last write, if it was not sent yet.
    fn take(&mut self) -> Option<StreamMessage>;

    /// The last write.
    fn last(&self) -> Option<StreamMessage>;
}

impl Changes {
    pub(super) fn of(cache: &Cache) -> Self {
        let mut of = Collect { cache, found: Vec::new() };
        schema::visit(&mut of);
        Self(of.found)
    }

    /// What was written since this was last called.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Topic, StreamMessage)> {
        self.0.iter_mut().filter_map(|(name, watched)| Some((Topic::Changed(*name), watched.take()?)))
    }

    /// The last write of a schema; none where there is no value.
    pub(super) fn last(&self, name: Name) -> Option<StreamMessage> {
        self.0.iter().find(|(known, _)| *known == name)?.1.last()
    }
}

struct Collect<'a> {
    cache: &'a Cache,
    found: Vec<(Name, Box<dyn Watched>)>,
}

impl Visitor for Collect<'_> {
    fn visit<T: Schema>(&mut self) {
        // Only the scope of a single value is written as nothing.
        if let Some(scope) = T::Scope::read("") {
            let mut changes = self.cache.watch::<T>(scope);
            changes.mark_changed();
            self.found.push((T::NAME, Box::new(Watching(changes))));
        }
    }
}

struct Watching<T>(watch::Receiver<Found<T>>);

impl<T: Schema> Watched for Watching<T> {
    fn take(&mut self) -> Option<StreamMessage> {
        if !self.0.has_changed().unwrap_or(false) {
            return None;
        }
        message(&self.0.borrow_and_update())
    }

    fn last(&self) -> Option<StreamMessage> {
        message(&self.0.borrow())
    }
}

fn message<T: Schema>(found: &Found<T>) -> Option<StreamMessage> {
    let held = found.as_ref().ok()?;
    let (stamp, as_of) = (held.stamp, held.as_of);
    Some(FrameMessage::Changed { name: T::NAME.to_string(), stamp, as_of }.into())
}

#[cfg(test)]
pub(super) mod tests {
    use cache::Clock;
    use schema::{MarketMovers, UnixMs, Usd, Venue, movers::MoverLists};

    use super::*;

    pub(in crate::hub) fn movers() -> MarketMovers {
        let none = || MoverLists { gainers: Vec::new(), losers: Vec::new() };
        MarketMovers {
            source: Venue::Sim,
            min_turnover: Usd::new(1e6).unwrap(),
            universe: 0,
            day: none(),
            hour: none(),
            most_active: Vec::new(),
            oi_risers: Vec::new(),
            funding_extremes: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_write_is_told_once_and_known_from_then_on() {
        let cache = Cache::builder(Clock::System, "test").build();
        let mut changes = Changes::of(&cache);
        assert_eq!(changes.take().count(), 0, "nothing was written");
        let at = UnixMs(cache.now().0 - 700);
        let publisher = cache.publisher::<MarketMovers>().unwrap();
        let _ = publisher.publish(&(), movers(), at).await;
        let sent: Vec<_> = changes.take().collect();
        let [(Topic::Changed(MarketMovers::NAME), StreamMessage::Frame(FrameMessage::Changed { name, as_of, .. }))] =
            sent.as_slice()
        else {
            panic!("{sent:?}")
        };
        assert_eq!((name.as_str(), *as_of), ("market:movers", at));
        assert_eq!(changes.take().count(), 0, "it was sent");
        assert_eq!(changes.last(MarketMovers::NAME).as_ref(), Some(&sent[0].1));
    }
}

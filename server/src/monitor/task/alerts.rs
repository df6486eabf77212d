//! Looks at what was published each second, notes what turned and which rules were met, and publishes the log of it.

use std::{sync::Arc, time::Duration};

use analysis::alert::{Published, Watch};
use cache::{Cache, Publisher};
use schema::{
    ActiveIdeas, AlertLog, Held, MarketBreadth, MarketOverview, Origin, Schema, Signals, UnixMs, Venue,
    alerts::RuleBook,
};

use crate::{
    monitor::{
        driver::{Task, TaskError},
        publish,
    },
    rules::Rules,
};

/// How often the log is published while nothing happens, and the rules are read again.
const QUIET_MS: i64 = 5_000;

/// Publishes [`AlertLog`].
pub(crate) struct Alerts {
    pub(crate) source: Venue,
    pub(crate) cache: Cache,
    /// None: switched off.
    pub(crate) rules: Option<Arc<Rules>>,
    pub(crate) publisher: Arc<Publisher<AlertLog>>,
    /// None before the first look.
    pub(crate) watch: Option<Watch>,
    pub(crate) last: Option<Last>,
}

/// What was published last.
pub(crate) struct Last {
    at: UnixMs,
    rules: Option<crate::rules::Said>,
}

impl Task for Alerts {
    const NAME: &'static str = "alerts";
    const WHAT: &'static str = "Notes what turned in the published market and which rules were met.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Some(signals) = self.live::<Signals>(|value| value.source).await else { return Ok(()) };
        let as_of = signals.as_of;
        let quiet = self.last.as_ref().is_some_and(|last| as_of.0 - last.at.0 < QUIET_MS);
        let said = self.said(quiet).await?;
        let overview = self.live::<MarketOverview>(|value| value.source).await;
        let breadth = self.live::<MarketBreadth>(|value| value.source).await;
        let ideas = self.live::<ActiveIdeas>(|value| value.source).await;
        let watch = self.watch.get_or_insert_with(|| Watch::new(as_of));
        if let Some(said) = &said {
            watch.enforce(said.as_deref().unwrap_or_default());
        }
        let happened = watch.look(&Published {
            signals: &signals.value,
            overview: overview.as_ref().map(|held| held.value.as_ref()),
            breadth: breadth.as_ref().map(|held| held.value.as_ref()),
            ideas: ideas.as_ref().map(|held| held.value.as_ref()),
        });
        let same_rules = self.last.as_ref().is_some_and(|last| last.rules == said);
        if quiet && same_rules && !happened {
            return Ok(());
        }
        let log = AlertLog {
            source: self.source,
            watched_since: watch.since(),
            alerts: watch.told(),
            given_way: watch.given_way(),
            rules: match &said {
                Some(Ok(_)) => RuleBook::Read(watch.rules()),
                Some(Err(error)) => RuleBook::Damaged(error.to_string()),
                None => RuleBook::Off,
            },
        };
        publish(&self.publisher, &(), log, as_of).await?;
        self.last = Some(Last { at: as_of, rules: said });
        Ok(())
    }
}

impl Alerts {
    /// A value of this market that was measured in this run; what a restart brought back, or another market left, is no news.
    async fn live<T: Schema<Scope = ()>>(&self, source: fn(&T) -> Venue) -> Option<Held<T>> {
        let held = self.cache.peek::<T>(&()).await?;
        (held.origin == Origin::Live && source(&held.value) == self.source).then_some(held)
    }

    /// What the file of rules says, read again unless that was done shortly before.
    async fn said(&self, lately: bool) -> Result<Option<crate::rules::Said>, TaskError> {
        let Some(rules) = &self.rules else { return Ok(None) };
        if !lately {
            let rules = Arc::clone(rules);
            tokio::task::spawn_blocking(move || rules.again()).await.map_err(TaskError::Lost)?;
        }
        Ok(Some(rules.said()))
    }
}

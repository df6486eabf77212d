//! Looks at each completed scan, notes what turned and which rules were met, and publishes the log of it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use analysis::{
    alert::{Published, Watch},
    market::HeardHour,
};
use cache::{Cache, Publisher};
use schema::{
    ActiveIdeas, AlertLog, Held, MarketUniverse, Origin, Schema, Symbol, UnixMs, Venue,
    alerts::RuleBook,
    rule::{ContractRule, Rule, Subject, Watched},
};

use super::scan::Scans;
use crate::{
    market::{Market, lock},
    monitor::{
        driver::{Task, TaskError},
        publish,
    },
    rules::{Rules, listed},
};

/// How often the log is published while nothing happens, and the rules are read again.
const QUIET_MS: i64 = 5_000;

/// Publishes [`AlertLog`].
pub(crate) struct Alerts {
    pub(crate) market: Arc<Market>,
    pub(crate) cache: Cache,
    pub(crate) scans: Scans,
    /// None: switched off.
    pub(crate) rules: Option<Arc<Rules>>,
    pub(crate) publisher: Arc<Publisher<AlertLog>>,
    /// None before the first look.
    pub(crate) watch: Option<Watch>,
    pub(crate) last: Option<Last>,
    /// Symbols of rules that were reported as not listed.
    pub(crate) reported: HashSet<Symbol>,
}

/// What was published last.
pub(crate) struct Last {
    at: UnixMs,
    rules: Option<crate::rules::Said>,
}

impl Task for Alerts {
    const NAME: &'static str = "alerts";
    const WHAT: &'static str = "Notes what turned in each completed scan and which rules were met.";
    // A completed scan wakes it; without one, the rules are read again all the same.
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Some(scanned) = self.scans.borrow().clone() else { return Ok(()) };
        let as_of = scanned.as_of;
        let quiet = self.last.as_ref().is_some_and(|last| as_of.0 - last.at.0 < QUIET_MS);
        let said = self.said(quiet).await?;
        let ideas = self.live::<ActiveIdeas>(|value| value.source).await;
        let liquidated = match &said {
            Some(Ok(rules)) => self.liquidated(rules, as_of).await?,
            Some(Err(_)) | None => HashMap::new(),
        };
        if let (Some(Ok(rules)), false) = (&said, quiet) {
            self.report_unlisted(rules).await;
        }
        let watch = self.watch.get_or_insert_with(|| Watch::new(as_of));
        if let Some(said) = &said {
            watch.enforce(said.as_deref().unwrap_or_default());
        }
        let happened = watch.look(&Published {
            signals: &scanned.signals,
            overview: Some(&scanned.overview),
            breadth: Some(&scanned.breadth),
            ideas: ideas.as_ref().map(|held| held.value.as_ref()),
            liquidated: &liquidated,
        });
        let same_rules = self.last.as_ref().is_some_and(|last| last.rules == said);
        if quiet && same_rules && !happened {
            return Ok(());
        }
        let log = AlertLog {
            source: self.market.venue(),
            watched_since: watch.since(),
            alerts: watch.alerts(),
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
    /// What was published of this market in this run; what a restart brought back, or another market left, is no news.
    async fn live<T: Schema<Scope = ()>>(&self, source: fn(&T) -> Venue) -> Option<Held<T>> {
        let held = self.cache.peek::<T>(&()).await?;
        (held.origin == Origin::Live && source(&held.value) == self.market.venue()).then_some(held)
    }

    /// What was liquidated up to a moment, of the contracts for which a rule asks; from the windows, because no list contains it.
    async fn liquidated(&self, rules: &Arc<[Rule]>, as_of: UnixMs) -> Result<HashMap<Symbol, HeardHour>, TaskError> {
        let asks = |rule: &&ContractRule| rule.figure() == Some(Watched::Liquidated1h);
        let asked = rules.iter().filter_map(Rule::on_contracts).filter(asks).map(ContractRule::subject);
        let asked: Vec<Subject> = asked.collect();
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let windows = self.market.windows();
        let summed = tokio::task::spawn_blocking(move || {
            let heard = windows.iter().filter_map(|window| {
                let window = lock(window);
                let symbol = window.instrument().symbol;
                if !asked.iter().any(|subject| subject.includes(symbol)) {
                    return None;
                }
                Some((symbol, window.derivatives().liquidated(as_of).last_hour()?))
            });
            heard.collect()
        });
        summed.await.map_err(TaskError::Lost)
    }

    /// Logs once for each symbol of a rule that the exchange does not list, with the nearest ones that it does.
    async fn report_unlisted(&mut self, rules: &[Rule]) {
        let Some(universe) = self.live::<MarketUniverse>(|value| value.source).await else { return };
        let unlisted: Vec<_> = rules.iter().filter_map(|rule| listed::resolve(*rule, &universe.value).err()).collect();
        self.reported.retain(|symbol| unlisted.iter().any(|one| one.symbol == *symbol));
        for listed::NotListed { symbol, nearest } in unlisted {
            if self.reported.insert(symbol) {
                let nearest = nearest.iter().map(Symbol::as_str).collect::<Vec<_>>().join(", ");
                tracing::warn!(%symbol, nearest, "a rule waits for a symbol that is not listed now");
            }
        }
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

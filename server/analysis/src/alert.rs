//! Alerts: what turned between one look at the published market and the next, and which rules were met.
//!
//! Values in, values out: the caller shows each new market and asks for the whole. What is seen first is the present state and
//! no news: nothing is reported that was not seen to happen. A figure that is missing changes nothing; it goes on from its last value.

mod contracts;
mod figure;
mod watched;

use std::collections::{HashMap, HashSet, VecDeque};

use schema::{
    ActiveIdeas, AlertLog, Direction, Figure, MarketBreadth, MarketOverview, Score, SignalRow, Signals, Symbol, UnixMs,
    alerts::{Alert, Event, Kind, RuleState},
    breadth::Mood,
    ideas::IdeaSide,
    rule::Rule,
};

use crate::market::HeardHour;
use watched::WatchedRule;

/// How long another mood has to hold before it is reported: a share of advancers that trembles at its limit is no turn.
const MOOD_DWELL_MS: i64 = 180_000;

/// The market as it was published.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// Every symbol.
    pub signals: &'a Signals,
    /// The market in one look; none before it was published.
    pub overview: Option<&'a MarketOverview>,
    /// How many take part; none before it was published.
    pub breadth: Option<&'a MarketBreadth>,
    /// The ideas; none before they were published.
    pub ideas: Option<&'a ActiveIdeas>,
    /// What was liquidated of each contract for which a rule asks; no list contains it.
    pub liquidated: &'a HashMap<Symbol, HeardHour>,
}

/// A contract in one look.
#[derive(Debug, Clone, Copy)]
struct SeenContract<'a> {
    row: &'a SignalRow,
    /// Where it turned with which score, if it did just now, and when.
    turned: Option<(Direction, Score, UnixMs)>,
    liquidated: Option<&'a HeardHour>,
}

/// What is remembered from one look to the next, and what happened between them.
#[derive(Debug)]
pub struct Watch {
    since: UnixMs,
    directions: HashMap<Symbol, Direction>,
    regime: Option<String>,
    mood: Option<HeldMood>,
    ideas: Option<SeenIdeas>,
    rules: Vec<WatchedRule>,
    log: [VecDeque<Alert>; Kind::ALL.len()],
    given_way: u64,
}

/// The mood that was reported, and another one that does not hold for long enough yet.
#[derive(Debug, Clone, Copy)]
struct HeldMood {
    reported: Mood,
    since: Option<(Mood, UnixMs)>,
}

/// An idea among others: its contract, its side and when it opened.
type IdeaKey = (Symbol, IdeaSide, UnixMs);

#[derive(Debug)]
struct SeenIdeas {
    open: HashSet<IdeaKey>,
    ended: HashSet<IdeaKey>,
}

impl Watch {
    /// Nothing was seen before `since`.
    #[must_use]
    pub fn new(since: UnixMs) -> Self {
        Self {
            since,
            directions: HashMap::new(),
            regime: None,
            mood: None,
            ideas: None,
            rules: Vec::new(),
            log: Kind::ALL.map(|_| VecDeque::with_capacity(AlertLog::KEPT)),
            given_way: 0,
        }
    }

    /// Puts these rules in force. Those that were in force before keep their state.
    pub fn enforce(&mut self, rules: &[Rule]) {
        let mut before = std::mem::take(&mut self.rules);
        self.rules = rules
            .iter()
            .map(|rule| match before.iter().position(|known| known.rule() == *rule) {
                Some(place) => before.swap_remove(place),
                None => WatchedRule::new(*rule),
            })
            .collect();
    }

    /// Looks at the market as it was published now. Says whether something happened.
    pub fn look(&mut self, published: &Published<'_>) -> bool {
        let mut found = Vec::new();
        for rule in &mut self.rules {
            rule.begin();
        }
        self.signals(published, &mut found);
        if let Some(overview) = published.overview {
            self.regime(overview, &mut found);
        }
        if let Some(breadth) = published.breadth {
            self.mood(breadth, &mut found);
        }
        if let Some(ideas) = published.ideas {
            self.ideas(ideas, &mut found);
        }
        let happened = !found.is_empty();
        for alert in found {
            self.note(alert);
        }
        happened
    }

    /// Since when the market is watched.
    #[must_use]
    pub const fn since(&self) -> UnixMs {
        self.since
    }

    /// Returns what happened, newest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.log.iter().flatten().cloned().collect();
        // Stable: what happened at the same time stays in the order it was found in, the last one first.
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.at));
        alerts
    }

    /// Returns how many older alerts were evicted by newer ones.
    #[must_use]
    pub const fn given_way(&self) -> u64 {
        self.given_way
    }

    /// Returns the state of each rule.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleState> {
        self.rules.iter().map(WatchedRule::state).collect()
    }

    fn note(&mut self, alert: Alert) {
        let kind = alert.event.kind();
        let Some(log) = Kind::ALL.iter().position(|known| *known == kind).map(|place| &mut self.log[place]) else {
            unreachable!("every kind is on the list of all")
        };
        if log.len() == AlertLog::KEPT {
            log.pop_back();
            self.given_way += 1;
        }
        log.push_front(alert);
    }

    fn signals(&mut self, published: &Published<'_>, found: &mut Vec<Alert>) {
        let signals = published.signals;
        let mut directions = HashMap::with_capacity(signals.rows.len());
        for row in &signals.rows {
            let from = self.directions.get(&row.symbol).copied();
            if let Some(now) = row.direction.or(from) {
                directions.insert(row.symbol, now);
            }
            let turned = match (from, row.direction, &row.score) {
                (Some(from), Some(to), Figure::Known { value, as_of }) if from != to => {
                    Some((from, to, *value, *as_of))
                }
                _ => None,
            };
            if let Some((from, to, score, at)) = turned {
                found.push(Alert { at, event: Event::Signal { symbol: row.symbol, from, to, score } });
            }
            let turned = turned.map(|(_, to, score, at)| (to, score, at));
            let seen = SeenContract { row, turned, liquidated: published.liquidated.get(&row.symbol) };
            found.extend(self.rules.iter_mut().filter_map(|rule| rule.look(&seen)));
        }
        self.directions = directions;
        for rule in &mut self.rules {
            rule.end(signals);
        }
    }

    fn regime(&mut self, overview: &MarketOverview, found: &mut Vec<Alert>) {
        let from = match &overview.regime {
            Figure::Known { value, as_of } => {
                let from = self.regime.replace(value.label.clone()).filter(|from| *from != value.label);
                if let Some(from) = from.clone() {
                    let event = Event::Regime { from, to: value.label.clone(), reason: value.reason.clone() };
                    found.push(Alert { at: *as_of, event });
                }
                from
            }
            Figure::Missing(_) => None,
        };
        found.extend(self.rules.iter_mut().filter_map(|rule| rule.look_at_regime(&overview.regime, from.as_deref())));
    }

    fn mood(&mut self, breadth: &MarketBreadth, found: &mut Vec<Alert>) {
        let Figure::Known { value: to, as_of } = breadth.mood else { return };
        let Some(percent_advancing) = breadth.day.percent_advancing.value().copied() else { return };
        let held = self.mood.get_or_insert(HeldMood { reported: to, since: None });
        let since = match held.since {
            Some((mood, since)) if mood == to => since,
            _ => as_of,
        };
        held.since = (to != held.reported).then_some((to, since));
        if held.since.is_some() && as_of.0 - since.0 >= MOOD_DWELL_MS {
            let from = std::mem::replace(&mut held.reported, to);
            held.since = None;
            found.push(Alert { at: as_of, event: Event::Mood { from, to, percent_advancing } });
        }
    }

    fn ideas(&mut self, ideas: &ActiveIdeas, found: &mut Vec<Alert>) {
        let now = SeenIdeas {
            open: ideas.open.iter().map(|idea| (idea.symbol, idea.side, idea.opened_at)).collect(),
            ended: ideas.ended.iter().map(|idea| (idea.symbol, idea.side, idea.opened_at)).collect(),
        };
        let Some(before) = self.ideas.replace(now) else { return };
        let new = |key: &IdeaKey| !before.open.contains(key);
        // Both lists are newest first.
        let opened = ideas.open.iter().rev().filter(|idea| new(&(idea.symbol, idea.side, idea.opened_at)));
        found.extend(opened.map(|idea| Alert {
            at: idea.opened_at,
            event: Event::IdeaOpened {
                symbol: idea.symbol,
                tick: idea.tick,
                side: idea.side,
                entry: idea.entry,
                stop: idea.stop,
                score: idea.score,
            },
        }));
        let gone = |key: &IdeaKey| !before.ended.contains(key);
        let ended = ideas.ended.iter().rev().filter(|idea| gone(&(idea.symbol, idea.side, idea.opened_at)));
        found.extend(ended.map(|idea| Alert {
            at: idea.ended_at,
            event: Event::IdeaEnded {
                symbol: idea.symbol,
                tick: idea.tick,
                side: idea.side,
                outcome: idea.outcome,
                exit: idea.exit,
            },
        }));
    }
}

//! One rule and where each contract stands towards it.
//!
//! A rule is met when a figure *comes* beyond its level. It is not met again before the figure came back behind the level by the
//! figure's hysteresis: one that stands at the level and trembles is told once.

use std::collections::HashMap;

use schema::{
    Direction, Score, SignalRow, Signals, Symbol, UnixMs,
    alerts::{Alert, Event, RuleState},
    rule::{Rule, Trigger},
};

#[derive(Debug)]
pub(super) struct WatchedRule {
    rule: Rule,
    /// Whether each contract is beyond the level, or was and did not come back far enough.
    beyond: HashMap<Symbol, bool>,
    known: u32,
    holding: u32,
    met_at: Option<UnixMs>,
}

impl WatchedRule {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, beyond: HashMap::new(), known: 0, holding: 0, met_at: None }
    }

    pub(super) const fn rule(&self) -> Rule {
        self.rule
    }

    pub(super) const fn state(&self) -> RuleState {
        RuleState { rule: self.rule, known: self.known, holding: self.holding, met_at: self.met_at }
    }

    /// A new look at the market begins.
    pub(super) const fn begin(&mut self) {
        (self.known, self.holding) = (0, 0);
    }

    /// Looks at a contract and where it turned, if it did just now. The alert, where this meets the rule.
    pub(super) fn look(&mut self, row: &SignalRow, turned: Option<(Direction, Score, UnixMs)>) -> Option<Alert> {
        if !self.rule.subject().includes(row.symbol) {
            return None;
        }
        let (value, at) = match self.rule.trigger() {
            Trigger::Turns(way) => {
                self.known += u32::from(row.direction.is_some());
                self.holding += u32::from(row.direction == Some(way));
                turned.filter(|(to, ..)| *to == way).map(|(_, score, at)| (score.get(), at))?
            }
            Trigger::Crosses { figure, side, level } => {
                let (value, at) = figure.of(row)?;
                let distance = side.beyond(level, value);
                self.known += 1;
                self.holding += u32::from(distance > 0.0);
                let was = self.beyond.get(&row.symbol).copied();
                let is = distance > 0.0 || (was == Some(true) && distance > -figure.hysteresis());
                self.beyond.insert(row.symbol, is);
                (was == Some(false) && is).then_some((value, at))?
            }
        };
        self.met_at = self.met_at.max(Some(at));
        Some(Alert { at, event: Event::Rule { rule: self.rule, symbol: row.symbol, value } })
    }

    /// Forgets contracts that are watched no more.
    pub(super) fn end(&mut self, signals: &Signals) {
        if self.beyond.len() > signals.rows.len() {
            self.beyond.retain(|symbol, _| signals.rows.iter().any(|row| row.symbol == *symbol));
        }
    }
}

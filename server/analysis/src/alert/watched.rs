//! One rule and where things stand towards it.

use schema::{
    Figure, Signals, UnixMs, Why,
    alerts::{Alert, Event, RuleState, Stands},
    overview::{Label, Regime},
    rule::Rule,
};

use super::{SeenContract, contracts::WatchedContracts};

#[derive(Debug)]
pub(super) enum WatchedRule {
    Contracts(WatchedContracts),
    Regime(WatchedRegime),
}

impl WatchedRule {
    pub(super) fn new(rule: Rule) -> Self {
        match rule {
            Rule::Contract(rule) => Self::Contracts(WatchedContracts::new(rule)),
            Rule::Regime(label) => {
                Self::Regime(WatchedRegime { label, now: Figure::Missing(Why::NotYet), met_at: None })
            }
        }
    }

    pub(super) const fn rule(&self) -> Rule {
        match self {
            Self::Contracts(watched) => watched.rule(),
            Self::Regime(watched) => Rule::Regime(watched.label),
        }
    }

    pub(super) fn state(&self) -> RuleState {
        match self {
            Self::Contracts(watched) => watched.state(),
            Self::Regime(watched) => watched.state(),
        }
    }

    /// A new look at the market begins.
    pub(super) fn begin(&mut self) {
        match self {
            Self::Contracts(watched) => watched.begin(),
            Self::Regime(watched) => watched.now = Figure::Missing(Why::NotYet),
        }
    }

    /// Looks at a contract. The alert, where this meets the rule.
    pub(super) fn look(&mut self, seen: &SeenContract<'_>) -> Option<Alert> {
        match self {
            Self::Contracts(watched) => watched.look(seen),
            Self::Regime(_) => None,
        }
    }

    /// Looks at the regime, and at the one it turned from, if it did just now. The alert, where this meets the rule.
    pub(super) fn look_at_regime(&mut self, now: &Figure<Regime>, from: Option<&str>) -> Option<Alert> {
        match self {
            Self::Contracts(_) => None,
            Self::Regime(watched) => watched.look(now, from),
        }
    }

    /// Forgets contracts that are watched no more.
    pub(super) fn end(&mut self, signals: &Signals) {
        match self {
            Self::Contracts(watched) => watched.end(signals),
            Self::Regime(_) => {}
        }
    }
}

/// A rule on the regime, whose label is shown only once it holds: that is its hysteresis.
#[derive(Debug)]
pub(super) struct WatchedRegime {
    label: Label,
    now: Figure<Regime>,
    met_at: Option<UnixMs>,
}

impl WatchedRegime {
    fn state(&self) -> RuleState {
        RuleState { rule: Rule::Regime(self.label), stands: Stands::Regime(self.now.clone()), met_at: self.met_at }
    }

    fn look(&mut self, now: &Figure<Regime>, from: Option<&str>) -> Option<Alert> {
        self.now = now.clone();
        let (Figure::Known { value, as_of }, Some(from)) = (now, from) else { return None };
        if Label::of_text(&value.label) != Some(self.label) {
            return None;
        }
        self.met_at = Some(*as_of);
        let event = Event::RegimeRule { to: self.label, from: from.to_owned(), reason: value.reason.clone() };
        Some(Alert { at: *as_of, event })
    }
}

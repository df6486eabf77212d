//! A rule on contracts and the state of each of them.
//!
//! A rule is met when a figure *comes* beyond its level. It is not met again before the figure came back behind the level by the
//! figure's hysteresis: one that trembles at the level is reported once.

use std::collections::HashMap;

use schema::{
    Signals, Symbol, UnixMs, Why,
    alerts::{Alert, Event, Holder, RuleState, Stands},
    rule::{ContractRule, Rule, Trigger},
};

use super::{SeenContract, figure::held_against};

#[derive(Debug)]
pub(super) struct WatchedContracts {
    rule: ContractRule,
    /// Whether each contract is beyond the level, or was and did not come back far enough.
    beyond: HashMap<Symbol, bool>,
    look: Look,
    met_at: Option<UnixMs>,
}

/// What one look at the market found.
#[derive(Debug)]
struct Look {
    watched: u32,
    known: u32,
    missing: Option<Why>,
    /// Those that hold the rule, with how far each is beyond the level.
    holding: Vec<(f64, Holder)>,
}

impl Look {
    const fn begun() -> Self {
        Self { watched: 0, known: 0, missing: None, holding: Vec::new() }
    }
}

impl WatchedContracts {
    pub(super) fn new(rule: ContractRule) -> Self {
        Self { rule, beyond: HashMap::new(), look: Look::begun(), met_at: None }
    }

    pub(super) const fn rule(&self) -> Rule {
        Rule::Contract(self.rule)
    }

    pub(super) fn state(&self) -> RuleState {
        let mut holding: Vec<&(f64, Holder)> = self.look.holding.iter().collect();
        // Stable: those that are as far stand in the order of the list, most traded first.
        holding.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let stands = Stands::Contracts {
            watched: self.look.watched,
            known: self.look.known,
            holding: crate::measure::count(holding.len()),
            foremost: holding.iter().take(Stands::FOREMOST).map(|(_, holder)| *holder).collect(),
            missing: self.look.missing.clone(),
        };
        RuleState { rule: self.rule(), stands, met_at: self.met_at }
    }

    /// A new look at the market begins.
    pub(super) fn begin(&mut self) {
        self.look = Look::begun();
    }

    /// Looks at a contract. The alert, where this meets the rule.
    pub(super) fn look(&mut self, seen: &SeenContract<'_>) -> Option<Alert> {
        let symbol = seen.row.symbol;
        if !self.rule.subject().includes(symbol) {
            return None;
        }
        self.look.watched += 1;
        let (value, at) = match self.rule.trigger() {
            Trigger::Turns(way) => {
                let score = seen.row.score.value().zip(seen.row.score.as_of());
                if let Some((direction, (score, as_of))) = seen.row.direction.zip(score) {
                    let holder = Holder { symbol, value: score.get(), as_of };
                    self.note((direction == way).then_some((0.0, holder)));
                } else {
                    self.lack(seen.row.score.why().cloned().unwrap_or(Why::NotYet));
                }
                seen.turned.filter(|(to, ..)| *to == way).map(|(_, score, at)| (score.get(), at))?
            }
            Trigger::Crosses { figure, side, level } => match held_against(level, figure, seen) {
                Ok((value, as_of)) => {
                    let distance = side.beyond(level, value);
                    self.note((distance > 0.0).then_some((distance, Holder { symbol, value, as_of })));
                    let was = self.beyond.get(&symbol).copied();
                    let is = distance > 0.0 || (was == Some(true) && distance > -figure.hysteresis().at(level));
                    self.beyond.insert(symbol, is);
                    (was == Some(false) && is).then_some((value, as_of))?
                }
                Err(why) => {
                    self.lack(why);
                    return None;
                }
            },
        };
        self.met_at = self.met_at.max(Some(at));
        Some(Alert { at, event: Event::Rule { rule: self.rule, symbol, value } })
    }

    fn note(&mut self, holding: Option<(f64, Holder)>) {
        self.look.known += 1;
        self.look.holding.extend(holding);
    }

    fn lack(&mut self, why: Why) {
        self.look.missing.get_or_insert(why);
    }

    /// Forgets contracts that are watched no more.
    pub(super) fn end(&mut self, signals: &Signals) {
        if self.beyond.len() > signals.rows.len() {
            self.beyond.retain(|symbol, _| signals.rows.iter().any(|row| row.symbol == *symbol));
        }
    }
}

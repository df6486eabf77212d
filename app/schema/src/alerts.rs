//! Alerts: what turned in the market since the process watches it, and which of a reader's rules were met.

use serde::{Deserialize, Serialize};

use crate::{
    Direction, Figure, Invalid, Name, Pct, Policy, Price, Schema, Score, Symbol, UnixMs, Venue, Why,
    breadth::Mood,
    ideas::{IdeaSide, Outcome, Running},
    overview::{Label, Regime},
    rule::{ContractRule, Rule},
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A symbol came to point another way.
    Signal,
    /// The market as a whole turned.
    Market,
    /// An idea opened or ended.
    Idea,
    /// A rule of the reader's own was met.
    Rule,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Rule, Self::Idea, Self::Market, Self::Signal];

    /// The name in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Market => "market",
            Self::Idea => "idea",
            Self::Rule => "rule",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Signal => "Signals",
            Self::Market => "Market",
            Self::Idea => "Ideas",
            Self::Rule => "Rules",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A symbol came to point another way.
    Signal {
        /// Which one.
        symbol: Symbol,
        /// Where it pointed before.
        from: Direction,
        /// Where it points now.
        to: Direction,
        /// The score that turned it.
        score: Score,
    },
    /// The market's regime changed.
    Regime {
        /// Its label before.
        from: String,
        /// Its label now.
        to: String,
        /// The rule that chose it and the numbers it saw.
        reason: String,
    },
    /// The market's mood turned.
    Mood {
        /// The mood before.
        from: Mood,
        /// The mood now.
        to: Mood,
        /// The share of advancers over 24 h that decides it, in percent.
        percent_advancing: Pct,
    },
    /// An idea opened.
    IdeaOpened {
        /// The contract.
        symbol: Symbol,
        /// Its price increment, for display.
        tick: Price,
        /// Its side.
        side: IdeaSide,
        /// Its entry.
        entry: Price,
        /// Its stop.
        stop: Price,
        /// The score that opened it.
        score: Score,
    },
    /// An idea ended.
    IdeaEnded {
        /// The contract.
        symbol: Symbol,
        /// Its price increment, for display.
        tick: Price,
        /// Its side.
        side: IdeaSide,
        /// How it ended.
        outcome: Outcome,
        /// The price it ended at and what that is worth; none exactly where the outcome is unknown.
        exit: Option<Running>,
    },
    /// A rule on contracts was met.
    Rule {
        /// Which rule.
        rule: ContractRule,
        /// By which contract.
        symbol: Symbol,
        /// What was measured, in the unit of the rule's figure; the score where a direction turned.
        value: f64,
    },
    /// The rule on a regime was met.
    RegimeRule {
        /// The regime that the rule waits for.
        to: Label,
        /// The label before.
        from: String,
        /// The rule of the market's that chose it and the numbers it saw.
        reason: String,
    },
}

impl Event {
    /// What kind of thing happened.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Signal { .. } => Kind::Signal,
            Self::Regime { .. } | Self::Mood { .. } => Kind::Market,
            Self::IdeaOpened { .. } | Self::IdeaEnded { .. } => Kind::Idea,
            Self::Rule { .. } | Self::RegimeRule { .. } => Kind::Rule,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The time of the newest input that shows it.
    pub at: UnixMs,
    /// What happened.
    pub event: Event,
}

/// A contract for which a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Which one.
    pub symbol: Symbol,
    /// What was measured, in the unit of the rule's figure; the score where the rule waits for a direction.
    pub value: f64,
    /// The time of its newest input.
    pub as_of: UnixMs,
}

/// How things stand towards a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// Contracts are watched.
    Contracts {
        /// Contracts of its subject on the list.
        watched: u32,
        /// Those of them for which its figure is known.
        known: u32,
        /// Those of these that are beyond its level, or point its way.
        holding: u32,
        /// The foremost of those that hold it, at most [`FOREMOST`](Self::FOREMOST): farthest beyond a level first, most traded
        /// first where they point some way.
        foremost: Vec<Holder>,
        /// Why its figure is missing for the most traded contract for which it is.
        missing: Option<Why>,
    },
    /// The market's regime is watched, and is this now.
    Regime(Figure<Regime>),
}

impl Stands {
    /// How many contracts are named.
    pub const FOREMOST: usize = 5;

    fn check(&self, rule: &Rule) -> Result<(), Invalid> {
        let wrong = |what: &str| Err(Invalid::new("rules", format!("{rule}: {what}")));
        match (rule, self) {
            (Rule::Regime(_), Self::Regime(_)) => Ok(()),
            (Rule::Contract(_), Self::Contracts { watched, known, holding, foremost, missing }) => {
                if holding > known || known > watched {
                    return wrong("holds for more than are known, or more are known than are watched");
                }
                if foremost.len() != Self::FOREMOST.min(usize::try_from(*holding).unwrap_or(usize::MAX)) {
                    return wrong("does not name the foremost that hold it");
                }
                if foremost.iter().any(|holder| !holder.value.is_finite()) {
                    return wrong("a figure that is not finite");
                }
                if missing.is_some() != (known < watched) {
                    return wrong("a reason and a missing figure disagree");
                }
                Ok(())
            }
            (Rule::Regime(_), Self::Contracts { .. }) | (Rule::Contract(_), Self::Regime(_)) => {
                wrong("stands as another kind of rule does")
            }
        }
    }
}

/// A rule and its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleState {
    /// The rule.
    pub rule: Rule,
    /// How things stand towards it.
    pub stands: Stands,
    /// When it was met last; none where it was not since the rule is watched.
    pub met_at: Option<UnixMs>,
}

/// The rules that are in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleBook {
    /// They were read from their file.
    Read(Vec<RuleState>),
    /// Their file cannot be used, so none is in force; the text says what is wrong, in plain words.
    Damaged(String),
    /// They are switched off in the configuration.
    Off,
}

/// What happened, newest first, and the rules that are in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertLog {
    /// Where the data comes from.
    pub source: Venue,
    /// Since when the market is watched: nothing earlier is reported.
    pub watched_since: UnixMs,
    /// What happened, newest first, at most [`KEPT`](Self::KEPT) of each kind.
    pub alerts: Vec<Alert>,
    /// How many older ones were evicted.
    pub given_way: u64,
    /// The rules that are in force.
    pub rules: RuleBook,
}

impl AlertLog {
    /// How many of each kind are kept: what happens often does not push out what happens rarely.
    pub const KEPT: usize = 100;
}

impl Schema for AlertLog {
    const NAME: Name = Name::new("alerts:log");
    const VERSION: u16 = 2;
    const POLICY: Policy = Policy::secs(5, 15, 120);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        for kind in Kind::ALL {
            let n = self.alerts.iter().filter(|alert| alert.event.kind() == kind).count();
            if n > Self::KEPT {
                return Err(Invalid::new(
                    "alerts",
                    format!("{n} of kind {} are more than {}", kind.as_str(), Self::KEPT),
                ));
            }
        }
        if !self.alerts.is_sorted_by(|a, b| a.at >= b.at) {
            return Err(Invalid::new("alerts", "not newest first"));
        }
        for alert in &self.alerts {
            match &alert.event {
                Event::Rule { value, rule, .. } if !value.is_finite() => {
                    return Err(Invalid::new("alerts", format!("{rule}: a figure that is not finite")));
                }
                Event::IdeaEnded { outcome, exit, symbol, .. } if exit.is_none() != (*outcome == Outcome::Unknown) => {
                    return Err(Invalid::new("exit", format!("{symbol}: exit and outcome disagree on being known")));
                }
                _ => {}
            }
        }
        let RuleBook::Read(rules) = &self.rules else { return Ok(()) };
        if rules.len() > Rule::MOST {
            return Err(Invalid::new("rules", format!("{} are more than {}", rules.len(), Rule::MOST)));
        }
        rules.iter().try_for_each(|state| state.stands.check(&state.rule))
    }
}

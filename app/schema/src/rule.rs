//! Rules of a reader's own: what is to be noted in the log of alerts when it happens.
//!
//! A rule is a line of words, the same in the file it is kept in, in forms and on the wire: `BTCUSDT score above 70`,
//! `any turns long`. It is read once, at the edge; nothing after that sees its text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Direction, SignalRow, Symbol};

/// Which contracts a rule watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Every contract of the universe.
    Any,
    /// One contract.
    One(Symbol),
}

impl Subject {
    /// Whether it includes a contract.
    #[must_use]
    pub fn includes(self, symbol: Symbol) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one == symbol,
        }
    }
}

/// A figure of a contract that a rule can hold against a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// The score of closed bars, 0 to 100.
    Score,
    /// The change of the last price over 24 h, in percent.
    Change24h,
    /// The funding rate over 8 h, in percent, whatever the contract's own interval is.
    Funding8h,
    /// The change of open interest in coins over 1 h, in percent.
    OiChange1h,
}

impl Watched {
    /// Every figure.
    pub const ALL: [Self; 4] = [Self::Score, Self::Change24h, Self::Funding8h, Self::OiChange1h];

    /// The word in a rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Change24h => "change_24h",
            Self::Funding8h => "funding_8h",
            Self::OiChange1h => "oi_change_1h",
        }
    }

    /// The name for people, with its unit.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Score => "Score",
            Self::Change24h => "Change 24 h, %",
            Self::Funding8h => "Funding, %/8 h",
            Self::OiChange1h => "OI change 1 h, %",
        }
    }

    /// How far a figure has to come back behind a level before it can cross it again, in the figure's own unit.
    #[must_use]
    pub const fn hysteresis(self) -> f64 {
        match self {
            Self::Score => 2.0,
            Self::Change24h | Self::OiChange1h => 0.5,
            Self::Funding8h => 0.002,
        }
    }

    /// The figure of a contract with the time of its newest input; none where it is missing.
    #[must_use]
    pub fn of(self, row: &SignalRow) -> Option<(f64, crate::UnixMs)> {
        let value = match self {
            Self::Score => row.score.value().map(|score| score.get()),
            Self::Change24h => row.quote.change_24h.value().map(|pct| pct.get()),
            Self::Funding8h => {
                let funding = row.funding.value().filter(|funding| funding.interval_hours > 0);
                funding.map(|funding| 100.0 * funding.rate.get() * 8.0 / f64::from(funding.interval_hours))
            }
            Self::OiChange1h => row.oi_change_1h.value().map(|pct| pct.get()),
        };
        let as_of = match self {
            Self::Score => row.score.as_of(),
            Self::Change24h => row.quote.change_24h.as_of(),
            Self::Funding8h => row.funding.as_of(),
            Self::OiChange1h => row.oi_change_1h.as_of(),
        };
        value.zip(as_of)
    }

    fn takes(self, level: f64) -> bool {
        match self {
            Self::Score => (0.0..=100.0).contains(&level),
            Self::Change24h | Self::Funding8h | Self::OiChange1h => level.is_finite() && level.abs() <= 1_000.0,
        }
    }
}

/// On which side of a level a figure is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Above it.
    Above,
    /// Below it.
    Below,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Above, Self::Below];

    /// The word in a rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }

    /// How far a figure is beyond a level on this side; negative while it is not.
    #[must_use]
    pub fn beyond(self, level: f64, value: f64) -> f64 {
        match self {
            Self::Above => value - level,
            Self::Below => level - value,
        }
    }
}

/// What a rule waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trigger {
    /// A contract comes to point some way.
    Turns(Direction),
    /// A figure crosses a level.
    Crosses {
        /// Which figure.
        figure: Watched,
        /// To which side.
        side: Side,
        /// The level, in the figure's own unit.
        level: f64,
    },
}

/// A rule of a reader's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    subject: Subject,
    trigger: Trigger,
}

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a rule: \"{0}\"; write one as \"BTCUSDT score above 70\" or \"any turns long\"")]
pub struct NotARule(String);

impl Rule {
    /// How many rules there may be.
    pub const MOST: usize = 20;

    /// Which contracts it watches.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// What it waits for.
    #[must_use]
    pub const fn trigger(&self) -> Trigger {
        self.trigger
    }
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Neutral => "neutral",
        Direction::Short => "short",
    }
}

impl FromStr for Rule {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        read(text).ok_or_else(|| NotARule(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<Rule> {
    let mut words = text.split_whitespace();
    let subject = match words.next()? {
        any if any.eq_ignore_ascii_case("any") => Subject::Any,
        symbol => Subject::One(Symbol::new(&symbol.to_ascii_uppercase()).ok()?),
    };
    let trigger = match words.next()? {
        "turns" => {
            let to = words.next()?;
            let ways = [Direction::Long, Direction::Neutral, Direction::Short];
            Trigger::Turns(ways.into_iter().find(|way| word(*way) == to)?)
        }
        figure => {
            let figure = Watched::ALL.into_iter().find(|known| known.as_str() == figure)?;
            let side = words.next()?;
            let side = Side::ALL.into_iter().find(|known| known.as_str() == side)?;
            // Without the sum a level of −0 would be another rule than one of 0.
            let level = words.next()?.parse::<f64>().ok().filter(|level| figure.takes(*level))? + 0.0;
            Trigger::Crosses { figure, side, level }
        }
    };
    words.next().is_none().then_some(Rule { subject, trigger })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Any => f.write_str("any")?,
            Subject::One(symbol) => write!(f, "{symbol}")?,
        }
        match self.trigger {
            Trigger::Turns(direction) => write!(f, " turns {}", word(direction)),
            Trigger::Crosses { figure, side, level } => {
                write!(f, " {} {} {level}", figure.as_str(), side.as_str())
            }
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = NotARule;

    fn try_from(text: String) -> Result<Self, NotARule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_is_read_from_its_words_and_written_in_them() {
        for text in [
            "BTCUSDT score above 70",
            "any turns long",
            "1000PEPEUSDT turns neutral",
            "any funding_8h above 0.05",
            "ETHUSDT oi_change_1h below -7.5",
            "any change_24h below -10",
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
            assert_eq!(serde_json::to_string(&rule).unwrap(), format!("\"{text}\""));
        }
        let spelled: Rule = "  btcusdt  score above 70.0 ".parse().unwrap();
        assert_eq!(spelled.to_string(), "BTCUSDT score above 70");
        assert_eq!("any change_24h above -0".parse::<Rule>(), "any change_24h above 0".parse());
    }

    #[test]
    fn what_cannot_be_meant_is_no_rule() {
        for text in [
            "",
            "any",
            "any score",
            "any score above",
            "any score above high",
            "any score above 101",
            "any score above NaN",
            "any change_24h above inf",
            "any change_24h above 1e9",
            "any score over 70",
            "any price above 70",
            "any turns up",
            "any turns long now",
            "any score above 70 or so",
            "btc/usdt turns long",
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains("any turns long"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_of_the_same_words_or_none(text in "[a-zA-Z0-9_. -]{0,60}") {
            if let Ok(rule) = text.parse::<Rule>() {
                prop_assert_eq!(rule.to_string().parse(), Ok(rule));
            }
        }

        #[test]
        fn every_rule_survives_its_words(
            symbol in "[A-Z0-9._-]{4,24}",
            figure in prop::sample::select(Watched::ALL.to_vec()),
            side in prop::sample::select(Side::ALL.to_vec()),
            level in 0.0..100.0_f64,
        ) {
            let subject = Subject::One(Symbol::new(&symbol).unwrap());
            let rule = Rule { subject, trigger: Trigger::Crosses { figure, side, level } };
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }
}

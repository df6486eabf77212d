//! Rules on contracts: which of them, and what is waited for.

use crate::{Direction, Symbol};

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
    /// What was closed by force within 1 h, longs and shorts together, in US dollars.
    Liquidated1h,
}

impl Watched {
    /// Every figure.
    pub const ALL: [Self; 5] = [Self::Score, Self::Change24h, Self::Funding8h, Self::OiChange1h, Self::Liquidated1h];

    /// The word in a rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Change24h => "change_24h",
            Self::Funding8h => "funding_8h",
            Self::OiChange1h => "oi_change_1h",
            Self::Liquidated1h => "liquidated_1h",
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
            Self::Liquidated1h => "Liquidated 1 h, $",
        }
    }

    /// How far a figure has to come back behind a level before it can cross it again.
    #[must_use]
    pub const fn hysteresis(self) -> Hysteresis {
        match self {
            Self::Score => Hysteresis::Fixed(2.0),
            Self::Change24h | Self::OiChange1h => Hysteresis::Fixed(0.5),
            Self::Funding8h => Hysteresis::Fixed(0.002),
            // What is much for one contract is little for another; the level says which.
            Self::Liquidated1h => Hysteresis::OfLevel(0.1),
        }
    }

    /// Whether a level is one that can be meant.
    pub(super) fn takes(self, level: f64) -> bool {
        match self {
            Self::Score => (0.0..=100.0).contains(&level),
            Self::Change24h | Self::Funding8h | Self::OiChange1h => level.is_finite() && level.abs() <= 1_000.0,
            Self::Liquidated1h => (0.0..=1e12).contains(&level),
        }
    }
}

/// A margin behind a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hysteresis {
    /// In the figure's own unit.
    Fixed(f64),
    /// As a share of the level.
    OfLevel(f64),
}

impl Hysteresis {
    /// The margin behind one level, in the figure's own unit.
    #[must_use]
    pub const fn at(self, level: f64) -> f64 {
        match self {
            Self::Fixed(margin) => margin,
            Self::OfLevel(share) => share * level.abs(),
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

/// What a rule on contracts waits for.
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

/// A rule on contracts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractRule {
    pub(super) subject: Subject,
    pub(super) trigger: Trigger,
}

impl ContractRule {
    /// Which contracts it watches.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// The same rule on one contract.
    #[must_use]
    pub const fn on(self, symbol: Symbol) -> Self {
        Self { subject: Subject::One(symbol), ..self }
    }

    /// What it waits for.
    #[must_use]
    pub const fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// The figure that it holds against a level.
    #[must_use]
    pub const fn figure(&self) -> Option<Watched> {
        match self.trigger {
            Trigger::Turns(_) => None,
            Trigger::Crosses { figure, .. } => Some(figure),
        }
    }
}

//! Ideas: symbols that became long or short on a closed bar, with what would prove them wrong or right.
//!
//! Data, not advice: nothing here says what to do. Results are in R, the distance from entry to stop: gross in [`Running`], and after
//! fee, spread and funding in [`Net`].

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use crate::{
    CostModel, Dimension, Figure, Invalid, Name, Net, Points, Policy, Price, Ratio, Schema, Score, Symbol, Timeframe,
    UnixMs, Venue, unit::RMultiple,
};

/// The side of an idea.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdeaSide {
    /// The score reached the long threshold.
    Long,
    /// The score reached the short threshold.
    Short,
}

/// Where the price of an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryPrice {
    /// The first trade after the decision.
    Trade,
    /// The mid price of the order book: nothing was traded within a minute of the decision.
    Mid,
    /// The open of the next candle, where only candles are known: a reduced reading of the same rule.
    CandleOpen,
}

impl EntryPrice {
    /// The source in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Trade => "first trade after the decision",
            Self::Mid => "mid price, for want of trades",
            Self::CandleOpen => "open of the next candle, for want of trades",
        }
    }
}

/// What ideas are made by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IdeaRules {
    /// The score from which a symbol is long.
    pub long: Score,
    /// The score down from which a symbol is short.
    pub short: Score,
    /// The least distance of an accepted score from 50, times the quality of its reading, in points.
    pub least_weighed: Points,
    /// The stop's distance from the entry, in ATR (14, 5m).
    pub stop_atr: f64,
    /// How long an idea stays open at most, in milliseconds.
    pub expiry_ms: i64,
}

/// One of the largest contributions to the score that opened an idea.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The dimension that the measure belongs to.
    pub dimension: Dimension,
    /// The measure's name for people.
    pub label: ArcStr,
    /// The unit of the raw figure, empty where it has none.
    pub unit: ArcStr,
    /// The candles it is made of, where it is made of candles.
    pub timeframe: Option<Timeframe>,
    /// What a person checks.
    pub raw: f64,
    /// What it adds to `score − 50`.
    pub contribution: Points,
}

/// What a dimension's contribution changed by, from one closed bar to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Which one.
    pub dimension: Dimension,
    /// By how many points of the score.
    pub points: Points,
}

/// A price at which an idea has earned a multiple of its risk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// How many R it is away from the entry.
    pub r: RMultiple,
    /// Its price.
    pub price: Price,
    /// The close of the bar that reached it, in the minute of the entry the trade; none while none did.
    pub reached_at: Option<UnixMs>,
}

/// What an idea is worth at a price, before costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The price.
    pub price: Price,
    /// `(price − entry) / (entry − stop)`: −1 at the stop, 0 at the entry, on either side.
    pub r: RMultiple,
}

/// An open idea.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Idea {
    /// The contract.
    pub symbol: Symbol,
    /// Its price increment, for display.
    pub tick: Price,
    /// Its side.
    pub side: IdeaSide,
    /// The close of the bar that decided it.
    pub bar_closed_at: UnixMs,
    /// When that bar was decided, by the exchange's time: the earliest moment at which anyone could act on it.
    pub decided_at: UnixMs,
    /// When it was entered.
    pub opened_at: UnixMs,
    /// The price of the entry: the first after the decision.
    pub entry: Price,
    /// Where that price comes from.
    pub entry_price: EntryPrice,
    /// Where it is proven wrong.
    pub stop: Price,
    /// Where it has earned 1.5, 2.5 and 4 R, nearest first.
    pub targets: Vec<Target>,
    /// When it ends by itself.
    pub expires_at: UnixMs,
    /// The score that opened it.
    pub score: Score,
    /// The score of the bar before; none where that had none.
    pub score_before: Option<Score>,
    /// How much the dimensions agreed.
    pub agreement: Ratio,
    /// The share of the inputs, by weight, that was known.
    pub coverage: Ratio,
    /// How far the reading was trusted.
    pub quality: Ratio,
    /// The five largest contributions, largest first, whichever way they point.
    pub reasons: Vec<Reason>,
    /// The three dimensions that changed most since the bar before, largest first.
    pub shifts: Vec<Shift>,
    /// What it is worth at the last price before costs, or why that is not known.
    pub running: Figure<Running>,
    /// What would be left if it ended there.
    pub net: Net,
}

/// How an idea ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The stop was reached. Where one bar reached the stop and a target, the stop counts.
    Stopped,
    /// The last target was reached.
    TargetReached,
    /// The symbol points to its side no more.
    Left,
    /// It was open for as long as it may be.
    Expired,
    /// Bars, or trades in the minute of the entry, that would have decided it are missing.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Stopped, Self::TargetReached, Self::Left, Self::Expired, Self::Unknown];

    /// The outcome in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stopped => "stop reached",
            Self::TargetReached => "last target reached",
            Self::Left => "signal left",
            Self::Expired => "expired",
            Self::Unknown => "not known",
        }
    }
}

/// An idea of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedIdea {
    /// The contract.
    pub symbol: Symbol,
    /// Its price increment, for display.
    pub tick: Price,
    /// Its side.
    pub side: IdeaSide,
    /// The close of the bar that decided it.
    pub bar_closed_at: UnixMs,
    /// When that bar was decided, by the exchange's time.
    pub decided_at: UnixMs,
    /// When it was entered.
    pub opened_at: UnixMs,
    /// The price of the entry.
    pub entry: Price,
    /// Where that price comes from.
    pub entry_price: EntryPrice,
    /// Where it would have been proven wrong.
    pub stop: Price,
    /// The score that opened it.
    pub score: Score,
    /// The close of the bar that ended it, in the minute of the entry the trade.
    pub ended_at: UnixMs,
    /// How it ended.
    pub outcome: Outcome,
    /// How many of its targets were reached before.
    pub targets_reached: u8,
    /// The price it ended at and what that is worth before costs; none exactly where the outcome is unknown.
    pub exit: Option<Running>,
    /// What is left of that after costs; none exactly where the outcome is unknown.
    pub net: Option<Net>,
}

/// How many ideas ended, by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// By their stop.
    pub stopped: u32,
    /// By their last target.
    pub target_reached: u32,
    /// By a symbol that pointed to its side no more.
    pub left: u32,
    /// By their time.
    pub expired: u32,
    /// Without a known outcome.
    pub unknown: u32,
}

impl OutcomeCounts {
    /// None ended.
    pub const NONE: Self = Self { stopped: 0, target_reached: 0, left: 0, expired: 0, unknown: 0 };

    /// How many ended in a way.
    #[must_use]
    pub const fn of(&self, outcome: Outcome) -> u32 {
        match outcome {
            Outcome::Stopped => self.stopped,
            Outcome::TargetReached => self.target_reached,
            Outcome::Left => self.left,
            Outcome::Expired => self.expired,
            Outcome::Unknown => self.unknown,
        }
    }

    /// One more ended in a way.
    pub const fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Stopped => self.stopped += 1,
            Outcome::TargetReached => self.target_reached += 1,
            Outcome::Left => self.left += 1,
            Outcome::Expired => self.expired += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    /// How many ended.
    #[must_use]
    pub fn n(&self) -> u64 {
        Outcome::ALL.into_iter().map(|outcome| u64::from(self.of(outcome))).sum()
    }
}

/// Why an idea that was decided was never entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// No trade came within a minute of the decision and no book within another.
    NoPrice,
    /// The symbol pointed to its side no more before a price came.
    Left,
    /// From the price that came, stop or targets would be no prices.
    NoStop,
}

impl DropReason {
    /// The reason in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoPrice => "no price within two minutes of the decision",
            Self::Left => "signal left before a price came",
            Self::NoStop => "no stop can be placed from its price",
        }
    }
}

/// Symbols that became long or short and opened no idea, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The reading's distance from 50, times its quality, was too small; or its quality is not known.
    pub low_quality: u32,
    /// No stop could be placed: the mean true range is not known, or too large for the price.
    pub no_stop: u32,
    /// No price came within two minutes of the decision.
    pub no_price: u32,
    /// The symbol pointed to its side no more before a price came.
    pub left: u32,
}

impl PassedOver {
    /// None was passed over.
    pub const NONE: Self = Self { low_quality: 0, no_stop: 0, no_price: 0, left: 0 };
}

/// The ideas that stand, and what became of earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveIdeas {
    /// Where the data comes from.
    pub source: Venue,
    /// The close of the first bar that was watched: counts and history begin there.
    pub watched_since: UnixMs,
    /// What ideas are made by.
    pub rules: IdeaRules,
    /// What trading them is taken to cost.
    pub costs: CostModel,
    /// The ideas that stand, newest first; one per symbol and side at most.
    pub open: Vec<Idea>,
    /// The latest that ended, newest first, at most [`ENDED`](Self::ENDED).
    pub ended: Vec<EndedIdea>,
    /// All that ended since `watched_since`.
    pub counts: OutcomeCounts,
    /// What opened none, since `watched_since`.
    pub passed_over: PassedOver,
}

impl ActiveIdeas {
    /// How many ideas of the past are kept.
    pub const ENDED: usize = 200;
}

/// What a price is worth to an idea, in R; `None` where the result is no number.
#[must_use]
pub fn worth(entry: Price, stop: Price, price: f64) -> Option<RMultiple> {
    // A zero has no sign.
    RMultiple::new((price - entry.get()) / (entry.get() - stop.get()) + 0.0).ok()
}

fn check_sides(side: IdeaSide, entry: Price, stop: Price) -> Result<(), Invalid> {
    let right = match side {
        IdeaSide::Long => stop < entry,
        IdeaSide::Short => stop > entry,
    };
    if right { Ok(()) } else { Err(Invalid::new("stop", format!("{stop} is on the wrong side of {entry}"))) }
}

/// Bars close before they are decided, and what is decided is entered later or, by candles, where the bar closed.
fn check_times(bar_closed_at: UnixMs, decided_at: UnixMs, opened_at: UnixMs) -> Result<(), Invalid> {
    if bar_closed_at <= decided_at && bar_closed_at <= opened_at {
        Ok(())
    } else {
        Err(Invalid::new(
            "opened_at",
            format!("{opened_at} or {decided_at} is before the bar closed at {bar_closed_at}"),
        ))
    }
}

impl Schema for ActiveIdeas {
    const NAME: Name = Name::new("signals:active");
    const VERSION: u16 = 2;
    const POLICY: Policy = Policy::secs(5, 15, 120);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        if self.ended.len() > Self::ENDED {
            return Err(Invalid::new("ended", format!("{} are more than {}", self.ended.len(), Self::ENDED)));
        }
        if usize::try_from(self.counts.n()).is_ok_and(|n| n < self.ended.len()) {
            return Err(Invalid::new("counts", format!("{} of {} that ended", self.counts.n(), self.ended.len())));
        }
        if ![self.rules.stop_atr]
            .into_iter()
            .chain(self.open.iter().flat_map(|i| &i.reasons).map(|r| r.raw))
            .all(f64::is_finite)
        {
            return Err(Invalid::new("reasons", "a figure that is not finite"));
        }
        for (place, idea) in self.open.iter().enumerate() {
            check_sides(idea.side, idea.entry, idea.stop)?;
            check_times(idea.bar_closed_at, idea.decided_at, idea.opened_at)?;
            let beyond = |price: Price| match idea.side {
                IdeaSide::Long => price > idea.entry,
                IdeaSide::Short => price < idea.entry,
            };
            if !idea.targets.iter().all(|target| beyond(target.price)) || !idea.targets.is_sorted_by(|a, b| a.r < b.r) {
                return Err(Invalid::new("targets", format!("{}: not beyond the entry, nearest first", idea.symbol)));
            }
            if self.open[..place].iter().any(|other| other.symbol == idea.symbol && other.side == idea.side) {
                return Err(Invalid::new("open", format!("{} stands twice on one side", idea.symbol)));
            }
        }
        for idea in &self.ended {
            check_sides(idea.side, idea.entry, idea.stop)?;
            check_times(idea.bar_closed_at, idea.decided_at, idea.opened_at)?;
            if idea.exit.is_none() != idea.net.is_none() {
                return Err(Invalid::new("net", format!("{}: exit and what is left of it disagree", idea.symbol)));
            }
            if idea.exit.is_none() != (idea.outcome == Outcome::Unknown) {
                return Err(Invalid::new("exit", format!("{}: exit and outcome disagree on being known", idea.symbol)));
            }
        }
        Ok(())
    }
}

//! Ideas: a symbol that becomes long or short on a closed 1-minute bar, with its stop, its targets and its outcome.
//!
//! Values in, values out: the caller tells of each closed bar and asks for the whole. An idea opens only where the direction
//! *became* one; a symbol that was long when its first bar was seen opens none, for its entry has passed. A reading of low
//! quality has to be further from 50: its distance times its quality counts.
//!
//! Read on in `outcome` for how bars decide what becomes of an idea.

mod open;
mod outcome;

use std::collections::VecDeque;

use schema::{
    ActiveIdeas, Candle, Direction, Figure, Points, Price, Symbol, UnixMs, Venue,
    ideas::{EndedIdea, Idea, IdeaRules, IdeaSide, Outcome, OutcomeCounts, PassedOver, Running, worth},
};
use serde::{Deserialize, Serialize};

use crate::{Analysis, signal::Thresholds};

/// An idea is given up as undecided once its next bar is further back than the minutes that are kept, in milliseconds.
const REACH_MS: i64 = 6 * 3_600_000;

/// One symbol's closed 1-minute bar with what was found at its close.
#[derive(Debug, Clone, Copy)]
pub struct ClosedBar<'a> {
    /// The contract.
    pub symbol: Symbol,
    /// Its price increment.
    pub tick: Price,
    /// When the bar closed.
    pub closed_at: UnixMs,
    /// The closed 1-minute candles up to it, oldest first.
    pub minutes: &'a [Candle],
    /// What was found at the close before; none at the first.
    pub before: Option<Seen<'a>>,
    /// What was found now.
    pub now: Seen<'a>,
}

/// What was found at a close.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The score, taken apart.
    pub analysis: &'a Analysis,
    /// Where it points.
    pub direction: Option<Direction>,
}

/// Every idea of one market.
#[derive(Debug, Serialize, Deserialize)]
pub struct Book {
    rules: IdeaRules,
    since: Option<UnixMs>,
    open: Vec<Standing>,
    ended: VecDeque<EndedIdea>,
    counts: OutcomeCounts,
    passed_over: PassedOver,
}

/// An idea that stands, and up to when bars have been held against it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Standing {
    idea: Idea,
    judged_until: UnixMs,
}

impl Book {
    /// A book that has seen no bar yet.
    #[must_use]
    pub fn new(thresholds: &Thresholds) -> Self {
        Self {
            rules: open::rules(thresholds),
            since: None,
            open: Vec::new(),
            ended: VecDeque::with_capacity(ActiveIdeas::ENDED),
            counts: OutcomeCounts::NONE,
            passed_over: PassedOver::NONE,
        }
    }

    /// Applies the rules of other thresholds from the next bar on.
    pub fn follow(&mut self, thresholds: &Thresholds) {
        self.rules = open::rules(thresholds);
    }

    /// Takes in a closed bar: first it is held against the ideas that stand, then it may open one.
    pub fn close_bar(&mut self, bar: &ClosedBar<'_>) {
        self.since = Some(self.since.map_or(bar.closed_at, |since| since.min(bar.closed_at)));
        let (of_symbol, others) =
            std::mem::take(&mut self.open).into_iter().partition(|s: &Standing| s.idea.symbol == bar.symbol);
        self.open = others;
        for standing in of_symbol {
            match outcome::judge(standing, bar) {
                outcome::Judged::Stands(standing) => self.open.push(standing),
                outcome::Judged::Ended(ended) => self.end(ended),
            }
        }
        match open::opened(&self.rules, bar) {
            Some(Ok(idea)) if !self.stands(idea.symbol, idea.side) => {
                self.open.push(Standing { idea, judged_until: bar.closed_at });
            }
            Some(Err(open::Refusal::LowQuality)) => self.passed_over.low_quality += 1,
            Some(Err(open::Refusal::NoStop)) => self.passed_over.no_stop += 1,
            Some(Ok(_)) | None => {}
        }
    }

    /// Everything as of a moment, with what each idea is worth at the last `price` of its symbol; `None` before the first bar.
    pub fn told(
        &mut self,
        source: Venue,
        as_of: UnixMs,
        price: impl Fn(Symbol) -> Figure<Price>,
    ) -> Option<ActiveIdeas> {
        let since = self.since?;
        let (open, out_of_reach) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|standing| as_of.0.saturating_sub(standing.judged_until.0) <= REACH_MS);
        self.open = open;
        for Standing { idea, judged_until } in out_of_reach {
            self.end(outcome::ended(&idea, judged_until, Outcome::Unknown, None));
        }
        let mut open: Vec<Idea> = self
            .open
            .iter()
            .map(|Standing { idea, .. }| Idea { running: running(idea, price(idea.symbol)), ..idea.clone() })
            .collect();
        open.sort_by(|a, b| b.opened_at.cmp(&a.opened_at).then_with(|| a.symbol.cmp(&b.symbol)));
        let ended = self.ended.iter().copied().collect();
        Some(ActiveIdeas {
            source,
            watched_since: since,
            rules: self.rules,
            open,
            ended,
            counts: self.counts,
            passed_over: self.passed_over,
        })
    }

    fn stands(&self, symbol: Symbol, side: IdeaSide) -> bool {
        self.open.iter().any(|standing| standing.idea.symbol == symbol && standing.idea.side == side)
    }

    fn end(&mut self, ended: EndedIdea) {
        self.counts.count(ended.outcome);
        self.ended.truncate(ActiveIdeas::ENDED - 1);
        self.ended.push_front(ended);
    }
}

fn running(idea: &Idea, price: Figure<Price>) -> Figure<Running> {
    match price {
        Figure::Known { value, as_of } => worth(idea.entry, idea.stop, value.get())
            .map_or(Figure::Missing(schema::Why::NotFinite), |r| Figure::known(Running { price: value, r }, as_of)),
        Figure::Missing(why) => Figure::Missing(why),
    }
}

/// The side that a direction is, if it is one.
const fn side(direction: Option<Direction>) -> Option<IdeaSide> {
    match direction {
        Some(Direction::Long) => Some(IdeaSide::Long),
        Some(Direction::Short) => Some(IdeaSide::Short),
        Some(Direction::Neutral) | None => None,
    }
}

/// A difference of two contributions; none where it is no number of points.
fn points(value: f64) -> Option<Points> {
    Points::new(value).ok()
}

//! Ideas: a symbol that becomes long or short on a closed bar, with its stop, its targets and its outcome.
//!
//! Values in, values out: the caller hands in each closed bar and what is traded meanwhile. An idea is decided only where the
//! direction *became* a side; a symbol that was long when its first bar was seen opens none, for its entry has passed. A reading of
//! low quality has to be further from 50: its distance times its quality counts.
//!
//! Read on in `entry` for the price at which an idea is entered, in `outcome` for how trades and bars decide what becomes of it, and
//! in [`cost`] for what is left of it.

pub mod cost;
mod entry;
mod event;
mod open;
mod outcome;
mod tape;

use std::collections::{BTreeSet, VecDeque};

use schema::{
    ActiveIdeas, Bps, Candle, CostModel, Direction, Figure, Points, Price, Symbol, Timeframe, UnixMs, Venue, Why,
    ideas::{DropReason, EndedIdea, Idea, IdeaRules, IdeaSide, OutcomeCounts, PassedOver, Running, worth},
};
use serde::{Deserialize, Serialize};

use self::{cost::Parts, entry::Pending, outcome::End};
pub use self::{
    cost::{CostSettings, Settlements},
    event::{Dropped, IdeaEvent},
    tape::Tape,
};
use crate::{Analysis, signal::Thresholds};

/// An idea is given up as undecided once its next bar is further back than the minutes that are kept, in milliseconds.
const REACH_MS: i64 = 6 * 3_600_000;

/// One symbol's closed bar with what was found at its close.
#[derive(Debug, Clone, Copy)]
pub struct ClosedBar<'a> {
    /// The contract.
    pub symbol: Symbol,
    /// Its price increment.
    pub tick: Price,
    /// The length of its candles.
    pub timeframe: Timeframe,
    /// Whether candles are all that is known: ideas enter at the open of the next one.
    pub is_of_candles: bool,
    /// When the bar closed.
    pub closed_at: UnixMs,
    /// When it was decided, by the exchange's time.
    pub decided_at: UnixMs,
    /// The closed candles up to it, oldest first.
    pub candles: &'a [Candle],
    /// What was found at the close before; none at the first.
    pub before: Option<Seen<'a>>,
    /// What was found now.
    pub now: Seen<'a>,
    /// The spread at the close.
    pub spread: &'a Figure<Bps>,
    /// Its settlements of funding; none where the source does not report them.
    pub settlements: Option<Settlements<'a>>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    rules: IdeaRules,
    costs: CostModel,
    since: Option<UnixMs>,
    pending: Vec<Pending>,
    open: Vec<Standing>,
    ended: VecDeque<EndedIdea>,
    counts: OutcomeCounts,
    passed_over: PassedOver,
}

/// An idea that is open, and up to when it has been judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Standing {
    idea: Idea,
    /// What happened before this moment is known.
    judged_until: UnixMs,
    /// The end of the minute of the entry: up to it trades decide.
    followed_until: UnixMs,
    parts: Parts,
}

impl Standing {
    /// Notes what it has received until it was judged.
    fn note_funding(&mut self, settlements: Option<&Settlements<'_>>) {
        self.parts.funding = cost::funding(settlements, self.idea.side, self.idea.opened_at, self.judged_until);
    }
}

impl Book {
    /// A book that has seen no bar yet.
    #[must_use]
    pub fn new(thresholds: &Thresholds, costs: CostModel) -> Self {
        Self {
            rules: open::rules(thresholds),
            costs,
            since: None,
            pending: Vec::new(),
            open: Vec::new(),
            ended: VecDeque::with_capacity(ActiveIdeas::ENDED),
            counts: OutcomeCounts::NONE,
            passed_over: PassedOver::NONE,
        }
    }

    /// Applies the rules and the costs of another book from the next bar on.
    pub const fn adopt_rules(&mut self, other: &Self) {
        (self.rules, self.costs) = (other.rules, other.costs);
    }

    /// The contracts whose trades decide something now, in their order: an entry, or what became of one in its minute.
    #[must_use]
    pub fn followed(&self) -> BTreeSet<Symbol> {
        let entered = self.open.iter().filter(|standing| standing.judged_until < standing.followed_until);
        self.pending.iter().map(|pending| pending.symbol).chain(entered.map(|standing| standing.idea.symbol)).collect()
    }

    /// Takes in what was traded of a contract: ideas of it are entered, and in the minute of their entry judged.
    pub fn follow(&mut self, tape: &Tape<'_>, out: &mut dyn FnMut(IdeaEvent)) {
        for pending in take(&mut self.pending, |pending| pending.symbol == tape.symbol) {
            match pending.price_of(tape) {
                Some(entry) => self.enter(pending, entry, out),
                None => self.pending.push(pending),
            }
        }
        for mut standing in take(&mut self.open, |standing| standing.idea.symbol == tape.symbol) {
            match outcome::follow(&mut standing, tape, out) {
                Some(end) => self.end(standing, end, Some(&tape.settlements), out),
                None => {
                    standing.note_funding(Some(&tape.settlements));
                    self.open.push(standing);
                }
            }
        }
    }

    /// Takes in a closed bar: first it is held against the ideas that are open, then it may decide one.
    pub fn close_bar(&mut self, bar: &ClosedBar<'_>, out: &mut dyn FnMut(IdeaEvent)) {
        self.since = Some(self.since.map_or(bar.closed_at, |since| since.min(bar.closed_at)));
        for pending in take(&mut self.pending, |pending| pending.symbol == bar.symbol) {
            let is_left = bar.now.direction.is_some() && side(bar.now.direction) != Some(pending.side);
            match pending.next_open(bar).filter(|_| bar.is_of_candles) {
                Some(entry) => self.enter(pending, entry, out),
                None if bar.is_of_candles => self.drop(&pending, DropReason::NoPrice, out),
                None if is_left => self.drop(&pending, DropReason::Left, out),
                None => self.pending.push(pending),
            }
        }
        for mut standing in take(&mut self.open, |standing| standing.idea.symbol == bar.symbol) {
            match outcome::judge(&mut standing, bar, out) {
                Some(end) => self.end(standing, end, bar.settlements.as_ref(), out),
                None => {
                    standing.note_funding(bar.settlements.as_ref());
                    self.open.push(standing);
                }
            }
        }
        match open::decided(&self.rules, bar) {
            Some(Ok(pending)) if !self.has(pending.symbol, pending.side) => {
                let assumed = self.costs.assumed_spread.map(|spread| Figure::known(spread, bar.closed_at));
                let spread = assumed.unwrap_or_else(|| pending.spread.clone());
                self.pending.push(Pending { spread, ..pending });
            }
            Some(Err(open::Refusal::LowQuality)) => self.passed_over.low_quality += 1,
            Some(Err(open::Refusal::NoStop)) => self.passed_over.no_stop += 1,
            Some(Ok(_)) | None => {}
        }
    }

    /// Gives up what can be decided no more: an idea that found no price, and one whose bars are further back than is kept.
    pub fn give_up(&mut self, settled_until: UnixMs, out: &mut dyn FnMut(IdeaEvent)) {
        for pending in take(&mut self.pending, |pending| pending.given_up_at < settled_until) {
            self.drop(&pending, DropReason::NoPrice, out);
        }
        let is_out_of_reach = |standing: &Standing| settled_until.0.saturating_sub(standing.judged_until.0) > REACH_MS;
        for standing in take(&mut self.open, is_out_of_reach) {
            let end = End::unknown(standing.judged_until);
            self.end(standing, end, None, out);
        }
    }

    /// Everything that is known, with what each idea is worth at the last `price` of its symbol; `None` before the first bar.
    pub fn active(&self, source: Venue, price: impl Fn(Symbol) -> Figure<Price>) -> Option<ActiveIdeas> {
        let mut open: Vec<Idea> = self.open.iter().map(|one| self.valued(one, price(one.idea.symbol))).collect();
        open.sort_by(|a, b| b.opened_at.cmp(&a.opened_at).then_with(|| a.symbol.cmp(&b.symbol)));
        Some(ActiveIdeas {
            source,
            watched_since: self.since?,
            rules: self.rules,
            costs: self.costs,
            open,
            ended: self.ended.iter().cloned().collect(),
            counts: self.counts,
            passed_over: self.passed_over,
        })
    }

    /// An idea with what it is worth at a price, before and after costs.
    fn valued(&self, Standing { idea, parts, .. }: &Standing, price: Figure<Price>) -> Idea {
        let running = running(idea, price);
        let net = match &running {
            Figure::Known { value, as_of } => {
                let funding = parts.funding.clone();
                let costs = cost::costs(&self.costs, &parts.spread, funding, idea.entry, value.price, *as_of);
                cost::net(value.r, idea.entry, idea.stop, costs, *as_of)
            }
            Figure::Missing(why) => cost::unknown(why),
        };
        Idea { running, net, ..idea.clone() }
    }

    fn has(&self, symbol: Symbol, side: IdeaSide) -> bool {
        let mut decided = self.pending.iter().map(|pending| (pending.symbol, pending.side));
        let mut open = self.open.iter().map(|standing| (standing.idea.symbol, standing.idea.side));
        decided.any(|one| one == (symbol, side)) || open.any(|one| one == (symbol, side))
    }

    fn enter(&mut self, pending: Pending, entry: entry::Entry, out: &mut dyn FnMut(IdeaEvent)) {
        match pending.enter(&self.rules, entry) {
            Ok(standing) => {
                out(IdeaEvent::Opened(Box::new(standing.idea.clone())));
                self.open.push(standing);
            }
            Err(dropped) => self.note_dropped(dropped, out),
        }
    }

    fn drop(&mut self, pending: &Pending, reason: DropReason, out: &mut dyn FnMut(IdeaEvent)) {
        self.note_dropped(pending.dropped(reason), out);
    }

    fn note_dropped(&mut self, dropped: Dropped, out: &mut dyn FnMut(IdeaEvent)) {
        match dropped.reason {
            DropReason::NoPrice => self.passed_over.no_price += 1,
            DropReason::Left => self.passed_over.left += 1,
            DropReason::NoStop => self.passed_over.no_stop += 1,
        }
        out(IdeaEvent::Dropped(dropped));
    }

    fn end(
        &mut self,
        standing: Standing,
        end: End,
        settlements: Option<&Settlements<'_>>,
        out: &mut dyn FnMut(IdeaEvent),
    ) {
        let ended = outcome::ended(standing, end, &self.costs, settlements);
        self.counts.count(ended.outcome);
        self.ended.truncate(ActiveIdeas::ENDED - 1);
        self.ended.push_front(ended.clone());
        out(IdeaEvent::Ended(Box::new(ended)));
    }
}

/// Takes out of a list what fits; the rest keeps its order.
fn take<T>(list: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> Vec<T> {
    list.extract_if(.., |one| fits(one)).collect()
}

fn running(idea: &Idea, price: Figure<Price>) -> Figure<Running> {
    match price {
        Figure::Known { value, as_of } => worth(idea.entry, idea.stop, value.get())
            .map_or(Figure::Missing(Why::NotFinite), |r| Figure::known(Running { price: value, r }, as_of)),
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

//! What becomes of an idea: in the minute of its entry decided by trades, then by closed bars.
//!
//! A bar has a highest and a lowest price but not which came first: where one bar reached both the stop and a target, the stop
//! counts. A bar that opens beyond the stop ends the idea at its open, which is worse than the stop; one that opens beyond the
//! last target ends it at that target, which is worse than the open. Trades have an order: the first that touches decides, and a stop
//! is left at the price of that trade. Where trades of the minute of the entry are missing, its candle proves that nothing was
//! touched, or the outcome is not known.

use schema::{
    Candle, CostModel, Price, UnixMs,
    ideas::{EndedIdea, Idea, IdeaSide, Outcome, Running, worth},
};

use super::{
    ClosedBar, Standing,
    cost::{Settlements, costs, funding, net},
    event::IdeaEvent,
    side,
    tape::Tape,
};

/// An idea that ended: how, when and at which price.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    outcome: Outcome,
    at: UnixMs,
    price: Option<f64>,
}

impl End {
    /// What happened from a moment on is not known, nor can it be later.
    pub(super) const fn unknown(at: UnixMs) -> Self {
        Self { outcome: Outcome::Unknown, at, price: None }
    }
}

/// Prices of a stretch of time, in which order is not known.
#[derive(Debug, Clone, Copy)]
struct Range {
    open: f64,
    high: f64,
    low: f64,
}

impl Range {
    const fn of(candle: &Candle) -> Self {
        Self { open: candle.open, high: candle.high, low: candle.low }
    }

    const fn at(price: f64) -> Self {
        Self { open: price, high: price, low: price }
    }

    fn reaches_stop(self, idea: &Idea) -> bool {
        match idea.side {
            IdeaSide::Long => self.low <= idea.stop.get(),
            IdeaSide::Short => self.high >= idea.stop.get(),
        }
    }

    fn reaches(self, idea: &Idea, price: Price) -> bool {
        match idea.side {
            IdeaSide::Long => self.high >= price.get(),
            IdeaSide::Short => self.low <= price.get(),
        }
    }
}

/// Holds the trades of the minute of the entry against an idea, as far as they are known.
pub(super) fn follow(standing: &mut Standing, tape: &Tape<'_>, out: &mut dyn FnMut(IdeaEvent)) -> Option<End> {
    let complete = (tape.complete_until)(standing.judged_until);
    let until = standing.followed_until.min(tape.settled_until).min(complete);
    let from = tape.trades.partition_point(|trade| trade.at < standing.judged_until);
    for trade in tape.trades[from..].iter().take_while(|trade| trade.at < until) {
        if let Some(end) = touch(&mut standing.idea, Range::at(trade.price), trade.at, out) {
            return Some(end);
        }
    }
    standing.judged_until = standing.judged_until.max(until);
    None
}

/// Holds every bar since the last one that was judged against an idea, then its time and its side.
pub(super) fn judge(standing: &mut Standing, bar: &ClosedBar<'_>, out: &mut dyn FnMut(IdeaEvent)) -> Option<End> {
    if standing.judged_until < standing.followed_until {
        if bar.closed_at < standing.followed_until {
            // It closed before the entry, and proves nothing of what came after.
            return None;
        }
        if !is_untouched(standing, bar) {
            return Some(End::unknown(standing.judged_until));
        }
        standing.judged_until = standing.followed_until;
    }
    let from = bar.candles.partition_point(|candle| candle.start < standing.judged_until);
    for candle in &bar.candles[from..] {
        if candle.start != standing.judged_until {
            return Some(End::unknown(standing.judged_until));
        }
        let closed_at = UnixMs(candle.start.0 + bar.timeframe.ms());
        standing.judged_until = closed_at;
        if let Some(end) = touch(&mut standing.idea, Range::of(candle), closed_at, out) {
            return Some(end);
        }
        if closed_at >= standing.idea.expires_at {
            return Some(End { outcome: Outcome::Expired, at: closed_at, price: Some(candle.close) });
        }
    }
    // A symbol without a score points nowhere, which proves nothing: its bars go on deciding.
    if bar.closed_at <= standing.idea.opened_at
        || bar.now.direction.is_none()
        || side(bar.now.direction) == Some(standing.idea.side)
    {
        return None;
    }
    let close = bar.candles.last().filter(|_| standing.judged_until == bar.closed_at).map(|candle| candle.close);
    let outcome = if close.is_some() { Outcome::Left } else { Outcome::Unknown };
    Some(End { outcome, at: standing.judged_until, price: close })
}

/// Whether the candle of the minute of the entry proves that neither the stop nor a further target was reached in any part of it.
fn is_untouched(standing: &Standing, bar: &ClosedBar<'_>) -> bool {
    let start = UnixMs(standing.followed_until.0 - bar.timeframe.ms());
    let Some(candle) = bar.candles.iter().rfind(|candle| candle.start == start) else { return false };
    let (range, idea) = (Range::of(candle), &standing.idea);
    let open = idea.targets.iter().filter(|target| target.reached_at.is_none());
    !range.reaches_stop(idea) && open.map(|target| target.price).all(|price| !range.reaches(idea, price))
}

/// What prices decide: the stop first, then the targets, each of which is noted.
fn touch(idea: &mut Idea, range: Range, at: UnixMs, out: &mut dyn FnMut(IdeaEvent)) -> Option<End> {
    if range.reaches_stop(idea) {
        let fill = match idea.side {
            IdeaSide::Long => idea.stop.get().min(range.open),
            IdeaSide::Short => idea.stop.get().max(range.open),
        };
        return Some(End { outcome: Outcome::Stopped, at, price: Some(fill) });
    }
    for place in 0..idea.targets.len() {
        let target = idea.targets[place];
        if target.reached_at.is_none() && range.reaches(idea, target.price) {
            idea.targets[place].reached_at = Some(at);
            let (symbol, side, opened_at) = (idea.symbol, idea.side, idea.opened_at);
            out(IdeaEvent::TargetHit { symbol, side, opened_at, target: idea.targets[place] });
        }
    }
    let last = idea.targets.last()?;
    last.reached_at.map(|_| End { outcome: Outcome::TargetReached, at, price: Some(last.price.get()) })
}

/// The record of an idea that ended; one that ended at no known price has an unknown outcome.
pub(super) fn ended(
    standing: Standing,
    end: End,
    model: &CostModel,
    settlements: Option<&Settlements<'_>>,
) -> EndedIdea {
    let Standing { idea, parts, .. } = standing;
    let exit = end
        .price
        .and_then(|price| Some(Running { price: Price::new(price).ok()?, r: worth(idea.entry, idea.stop, price)? }));
    let net = exit.map(|exit| {
        let funding = funding(settlements, idea.side, idea.opened_at, end.at);
        let costs = costs(model, &parts.spread, funding, idea.entry, exit.price, end.at);
        net(exit.r, idea.entry, idea.stop, costs, end.at)
    });
    let reached = idea.targets.iter().filter(|target| target.reached_at.is_some()).count();
    EndedIdea {
        symbol: idea.symbol,
        tick: idea.tick,
        side: idea.side,
        bar_closed_at: idea.bar_closed_at,
        decided_at: idea.decided_at,
        opened_at: idea.opened_at,
        entry: idea.entry,
        entry_price: idea.entry_price,
        stop: idea.stop,
        score: idea.score,
        ended_at: end.at,
        outcome: if exit.is_some() { end.outcome } else { Outcome::Unknown },
        targets_reached: u8::try_from(reached).unwrap_or(u8::MAX),
        exit,
        net,
    }
}

//! What becomes of an idea, decided by closed 1-minute bars alone.
//!
//! A bar tells its highest and lowest price but not which came first: where one bar reached both the stop and a target, the stop
//! counts. A bar that opens beyond the stop ends the idea at its open, which is worse than the stop; one that opens beyond the
//! last target ends it at that target, which is worse than the open.

use schema::{
    Candle, Price, Timeframe, UnixMs,
    ideas::{EndedIdea, Idea, IdeaSide, Outcome, Running, worth},
};

use super::{ClosedBar, Standing, side};

/// An idea after a bar.
pub(super) enum Judged {
    Stands(Standing),
    Ended(EndedIdea),
}

/// Holds every bar since the last one that was judged against an idea, then its time and its side.
pub(super) fn judge(mut standing: Standing, bar: &ClosedBar<'_>) -> Judged {
    let from = bar.minutes.partition_point(|candle| candle.start < standing.judged_until);
    for candle in &bar.minutes[from..] {
        if candle.start != standing.judged_until {
            // What happened between is not known, nor can it be later.
            return Judged::Ended(ended(&standing.idea, standing.judged_until, Outcome::Unknown, None));
        }
        let closed_at = UnixMs(candle.start.0 + Timeframe::M1.ms());
        standing.judged_until = closed_at;
        if let Some((outcome, exit)) = reached(&mut standing.idea, candle, closed_at) {
            return Judged::Ended(ended(&standing.idea, closed_at, outcome, Some(exit)));
        }
        if closed_at >= standing.idea.expires_at {
            return Judged::Ended(ended(&standing.idea, closed_at, Outcome::Expired, Some(candle.close)));
        }
    }
    // A symbol without a score points nowhere, which proves nothing: its bars go on deciding.
    if bar.now.direction.is_none() || side(bar.now.direction) == Some(standing.idea.side) {
        return Judged::Stands(standing);
    }
    let close = bar.minutes.last().filter(|_| standing.judged_until == bar.closed_at).map(|candle| candle.close);
    let outcome = if close.is_some() { Outcome::Left } else { Outcome::Unknown };
    Judged::Ended(ended(&standing.idea, standing.judged_until, outcome, close))
}

/// What one bar decided, with the price: the stop first, then the targets, each of which is noted.
fn reached(idea: &mut Idea, candle: &Candle, closed_at: UnixMs) -> Option<(Outcome, f64)> {
    let stop = idea.stop.get();
    let (stopped, fill) = match idea.side {
        IdeaSide::Long => (candle.low <= stop, stop.min(candle.open)),
        IdeaSide::Short => (candle.high >= stop, stop.max(candle.open)),
    };
    if stopped {
        return Some((Outcome::Stopped, fill));
    }
    let side = idea.side;
    let touched = |price: Price| match side {
        IdeaSide::Long => candle.high >= price.get(),
        IdeaSide::Short => candle.low <= price.get(),
    };
    for target in idea.targets.iter_mut().filter(|target| target.reached_at.is_none() && touched(target.price)) {
        target.reached_at = Some(closed_at);
    }
    let last = idea.targets.last()?;
    last.reached_at.map(|_| (Outcome::TargetReached, last.price.get()))
}

/// The record of an idea that ended at a price; one that ended at no known price has an unknown outcome.
pub(super) fn ended(idea: &Idea, ended_at: UnixMs, outcome: Outcome, exit: Option<f64>) -> EndedIdea {
    let exit = exit
        .and_then(|price| Some(Running { price: Price::new(price).ok()?, r: worth(idea.entry, idea.stop, price)? }));
    let reached = idea.targets.iter().filter(|target| target.reached_at.is_some()).count();
    EndedIdea {
        symbol: idea.symbol,
        tick: idea.tick,
        side: idea.side,
        opened_at: idea.opened_at,
        entry: idea.entry,
        stop: idea.stop,
        score: idea.score,
        ended_at,
        outcome: if exit.is_some() { outcome } else { Outcome::Unknown },
        targets_reached: u8::try_from(reached).unwrap_or(u8::MAX),
        exit,
    }
}

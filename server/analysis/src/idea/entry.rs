//! The entry of an idea: at the first price after its decision.
//!
//! That is the first trade whose exchange time is behind the decision; where none comes within a minute, the mid price of the next
//! book; where none comes within another minute, the idea is dropped. Of candles alone it is the open of the next one. A trade counts
//! once no other that is late by less than the tolerance can come before it.

use schema::{
    Bps, Figure, Price, Ratio, Score, Symbol, Timeframe, UnixMs, Why,
    ideas::{DropReason, EntryPrice, Idea, IdeaRules, IdeaSide, Reason, Shift, Target},
    unit::RMultiple,
};
use serde::{Deserialize, Serialize};

use super::{
    ClosedBar, Standing,
    cost::{self, Parts},
    event::Dropped,
    tape::Tape,
};

/// How long after its decision a trade is waited for, and then as long for a book.
const WAIT_MS: i64 = 60_000;
/// Targets, in R.
const TARGETS_R: [f64; 3] = [1.5, 2.5, 4.0];

/// An idea that was decided and has no price yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) symbol: Symbol,
    pub(super) tick: Price,
    pub(super) side: IdeaSide,
    pub(super) bar_closed_at: UnixMs,
    /// The exchange's time at the decision.
    pub(super) decided_at: UnixMs,
    /// The moment from which no price is waited for any more.
    pub(super) given_up_at: UnixMs,
    /// The stop's distance from the entry, as a share of its price.
    pub(super) risk_share: f64,
    pub(super) spread: Figure<Bps>,
    pub(super) score: Score,
    pub(super) score_before: Option<Score>,
    pub(super) agreement: Ratio,
    pub(super) coverage: Ratio,
    pub(super) quality: Ratio,
    pub(super) reasons: Vec<Reason>,
    pub(super) shifts: Vec<Shift>,
}

/// The moment from which the price of an idea is not waited for any more; by candles, the next one is.
pub(super) const fn given_up_at(bar: &ClosedBar<'_>) -> UnixMs {
    let of_candles = if bar.is_of_candles { bar.timeframe.ms() } else { 0 };
    UnixMs(bar.decided_at.0 + of_candles + 2 * WAIT_MS)
}

/// A price to enter at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    at: UnixMs,
    price: Price,
    from: EntryPrice,
}

impl Pending {
    /// The first price after the decision, as far as it is known.
    pub(super) fn price_of(&self, tape: &Tape<'_>) -> Option<Entry> {
        self.first_trade(tape).or_else(|| self.next_mid(tape))
    }

    fn first_trade(&self, tape: &Tape<'_>) -> Option<Entry> {
        let from = tape.trades.partition_point(|trade| trade.at <= self.decided_at);
        let last = tape.settled_until.0.min(self.decided_at.0 + WAIT_MS + 1);
        let until = tape.trades.partition_point(|trade| trade.at.0 < last).max(from);
        tape.trades[from..until].iter().find_map(|trade| {
            Some(Entry { at: trade.at, price: Price::new(trade.price).ok()?, from: EntryPrice::Trade })
        })
    }

    fn next_mid(&self, tape: &Tape<'_>) -> Option<Entry> {
        let after = UnixMs(self.decided_at.0 + WAIT_MS);
        if tape.settled_until <= after {
            return None;
        }
        let (at, price) = (tape.mid_after)(after)?;
        (at < tape.settled_until && at.0 <= after.0 + WAIT_MS).then_some(Entry { at, price, from: EntryPrice::Mid })
    }

    /// The open of the candle that follows the one that decided.
    pub(super) fn next_open(&self, bar: &ClosedBar<'_>) -> Option<Entry> {
        let candle = bar.candles.iter().rfind(|candle| candle.start == self.bar_closed_at)?;
        let price = Price::new(candle.open).ok()?;
        Some(Entry { at: candle.start, price, from: EntryPrice::CandleOpen })
    }

    /// The idea from its entry on, or why there is none.
    pub(super) fn enter(self, rules: &IdeaRules, entry: Entry) -> Result<Standing, Dropped> {
        let Some((stop, targets)) = levels(self.side, entry.price, self.risk_share) else {
            return Err(self.dropped(DropReason::NoStop));
        };
        let minute = UnixMs(entry.at.floor(Timeframe::M1.ms()).0 + Timeframe::M1.ms());
        Ok(Standing {
            judged_until: entry.at,
            followed_until: if entry.from == EntryPrice::CandleOpen { entry.at } else { minute },
            parts: Parts { spread: self.spread, funding: Figure::Missing(Why::NotYet) },
            idea: Idea {
                symbol: self.symbol,
                tick: self.tick,
                side: self.side,
                bar_closed_at: self.bar_closed_at,
                decided_at: self.decided_at,
                opened_at: entry.at,
                entry: entry.price,
                entry_price: entry.from,
                stop,
                targets,
                expires_at: UnixMs(entry.at.0.saturating_add(rules.expiry_ms)),
                score: self.score,
                score_before: self.score_before,
                agreement: self.agreement,
                coverage: self.coverage,
                quality: self.quality,
                reasons: self.reasons,
                shifts: self.shifts,
                running: Figure::Missing(Why::NotYet),
                net: cost::unknown(&Why::NotYet),
            },
        })
    }

    pub(super) const fn dropped(&self, reason: DropReason) -> Dropped {
        Dropped {
            symbol: self.symbol,
            side: self.side,
            bar_closed_at: self.bar_closed_at,
            decided_at: self.decided_at,
            reason,
        }
    }
}

/// The stop at a share of the entry's price away from it, and the targets at multiples of that on the other side. `None` where
/// one of them would be no price.
fn levels(side: IdeaSide, entry: Price, risk_share: f64) -> Option<(Price, Vec<Target>)> {
    let risk = entry.get() * risk_share;
    let sign = match side {
        IdeaSide::Long => 1.0,
        IdeaSide::Short => -1.0,
    };
    let at = |r: f64| Price::new(entry.get() + sign * r * risk).ok();
    let target = |r| Some(Target { r: RMultiple::new(r).ok()?, price: at(r)?, reached_at: None });
    let targets = TARGETS_R.into_iter().map(target).collect::<Option<Vec<_>>>()?;
    let stop = at(-1.0).filter(|stop| *stop != entry)?;
    Some((stop, targets))
}

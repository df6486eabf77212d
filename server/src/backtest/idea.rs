//! What became of an idea as it is written.

use analysis::idea::{Dropped, IdeaEvent};
use schema::{
    Bps, Figure, Symbol, UnixMs,
    ideas::{DropReason, EndedIdea, EntryPrice, Idea, IdeaSide, Outcome, Target},
};
use serde::Serialize;

/// What happened to an idea.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Opened,
    TargetHit,
    Ended,
    Dropped,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::TargetHit => "target",
            Self::Ended => "ended",
            Self::Dropped => "dropped",
        }
    }
}

/// Something that became of an idea. Times are UTC, results in R, costs in bps of the notional at entry; nothing where a figure is not
/// known or has no place in what happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct IdeaLine {
    event: What,
    /// When it happened.
    at: String,
    symbol: Symbol,
    side: IdeaSide,
    /// The close of the bar that decided it; nothing for a target.
    bar_closed_at: Option<String>,
    /// When that bar was decided, by the exchange's time.
    decided_at: Option<String>,
    /// When it was entered.
    opened_at: Option<String>,
    entry: Option<f64>,
    /// Where the price of the entry comes from; `candle_open` is the reduced reading of candles alone.
    entry_price: Option<EntryPrice>,
    stop: Option<f64>,
    /// The target that was reached.
    target_r: Option<f64>,
    targets_reached: Option<u8>,
    outcome: Option<Outcome>,
    exit: Option<f64>,
    gross_r: Option<f64>,
    net_r: Option<f64>,
    fee_bps: Option<f64>,
    spread_bps: Option<f64>,
    /// Above zero where it was received.
    funding_bps: Option<f64>,
    /// Why there is no net result.
    net_missing: Option<String>,
    /// Why it was dropped.
    reason: Option<DropReason>,
}

impl IdeaLine {
    /// The line of an event.
    pub(super) fn of(event: &IdeaEvent) -> Self {
        match event {
            IdeaEvent::Opened(idea) => Self::opened(idea),
            IdeaEvent::TargetHit { symbol, side, opened_at, target } => {
                Self::target(*symbol, *side, *opened_at, target)
            }
            IdeaEvent::Ended(ended) => Self::ended(ended),
            IdeaEvent::Dropped(dropped) => Self::dropped(dropped),
        }
    }

    fn new(event: What, at: UnixMs, symbol: Symbol, side: IdeaSide) -> Self {
        Self {
            event,
            at: app::format::utc(at),
            symbol,
            side,
            bar_closed_at: None,
            decided_at: None,
            opened_at: None,
            entry: None,
            entry_price: None,
            stop: None,
            target_r: None,
            targets_reached: None,
            outcome: None,
            exit: None,
            gross_r: None,
            net_r: None,
            fee_bps: None,
            spread_bps: None,
            funding_bps: None,
            net_missing: None,
            reason: None,
        }
    }

    fn opened(idea: &Idea) -> Self {
        Self {
            bar_closed_at: Some(app::format::utc(idea.bar_closed_at)),
            decided_at: Some(app::format::utc(idea.decided_at)),
            opened_at: Some(app::format::utc(idea.opened_at)),
            entry: Some(idea.entry.get()),
            entry_price: Some(idea.entry_price),
            stop: Some(idea.stop.get()),
            ..Self::new(What::Opened, idea.opened_at, idea.symbol, idea.side)
        }
    }

    fn target(symbol: Symbol, side: IdeaSide, opened_at: UnixMs, target: &Target) -> Self {
        Self {
            opened_at: Some(app::format::utc(opened_at)),
            target_r: Some(target.r.get()),
            ..Self::new(What::TargetHit, target.reached_at.unwrap_or(opened_at), symbol, side)
        }
    }

    fn ended(ended: &EndedIdea) -> Self {
        let bps = |part: Option<&Figure<Bps>>| part.and_then(|part| part.value().map(|bps| bps.get()));
        let costs = ended.net.as_ref().map(|net| &net.costs);
        let net = ended.net.as_ref().map(|net| &net.r);
        Self {
            bar_closed_at: Some(app::format::utc(ended.bar_closed_at)),
            decided_at: Some(app::format::utc(ended.decided_at)),
            opened_at: Some(app::format::utc(ended.opened_at)),
            entry: Some(ended.entry.get()),
            entry_price: Some(ended.entry_price),
            stop: Some(ended.stop.get()),
            targets_reached: Some(ended.targets_reached),
            outcome: Some(ended.outcome),
            exit: ended.exit.map(|exit| exit.price.get()),
            gross_r: ended.exit.map(|exit| exit.r.get()),
            net_r: net.and_then(|net| net.value().map(|r| r.get())),
            fee_bps: bps(costs.map(|costs| &costs.fee)),
            spread_bps: bps(costs.map(|costs| &costs.spread)),
            funding_bps: bps(costs.map(|costs| &costs.funding)),
            net_missing: net.and_then(|net| net.why().map(ToString::to_string)),
            ..Self::new(What::Ended, ended.ended_at, ended.symbol, ended.side)
        }
    }

    fn dropped(dropped: &Dropped) -> Self {
        Self {
            bar_closed_at: Some(app::format::utc(dropped.bar_closed_at)),
            decided_at: Some(app::format::utc(dropped.decided_at)),
            reason: Some(dropped.reason),
            ..Self::new(What::Dropped, dropped.decided_at, dropped.symbol, dropped.side)
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let side = match self.side {
            IdeaSide::Long => "long",
            IdeaSide::Short => "short",
        };
        let r = |r: Option<f64>| r.map_or_else(|| "-".to_owned(), |r| format!("{r:+.2}"));
        let what = match (self.event, self.entry, self.stop) {
            (What::Opened, Some(entry), Some(stop)) => {
                let from = self.entry_price.map_or("", EntryPrice::label);
                format!("at {entry}, stop {stop} ({from})")
            }
            (What::TargetHit, ..) => format!("of {} R", r(self.target_r)),
            (What::Ended, ..) => {
                let why = self.net_missing.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
                let outcome = self.outcome.map_or("", Outcome::label);
                format!("{outcome}: {} R gross, {} R net{why}", r(self.gross_r), r(self.net_r))
            }
            (What::Dropped, ..) => self.reason.map_or("", DropReason::label).to_owned(),
            (What::Opened, ..) => String::new(),
        };
        format!("{:<20}  {:<16}  {side} idea {} {what}", self.at, self.symbol, self.event.word())
    }
}

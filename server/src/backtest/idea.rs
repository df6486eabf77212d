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
            at: utc_ms(at),
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
            opened_at: Some(utc_ms(idea.opened_at)),
            entry: Some(idea.entry.get()),
            entry_price: Some(idea.entry_price),
            stop: Some(idea.stop.get()),
            ..Self::new(What::Opened, idea.opened_at, idea.symbol, idea.side)
        }
    }

    fn target(symbol: Symbol, side: IdeaSide, opened_at: UnixMs, target: &Target) -> Self {
        Self {
            opened_at: Some(utc_ms(opened_at)),
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
            opened_at: Some(utc_ms(ended.opened_at)),
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
        // To the second, as bars are.
        let at = self.at.split_once('.').map_or(self.at.as_str(), |(second, _)| second);
        format!("{:<20}  {:<16}  {side} idea {} {what}", format!("{at}Z"), self.symbol, self.event.word())
    }
}

/// A time with its milliseconds: an entry may follow its decision by a few.
fn utc_ms(at: UnixMs) -> String {
    format!("{}.{:03}Z", app::format::utc(at).trim_end_matches('Z'), at.0.rem_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn json(line: &IdeaLine) -> String {
        serde_json::to_string(line).unwrap()
    }

    #[test]
    fn an_entry_is_written_with_its_bar_its_decision_and_where_its_price_comes_from() {
        let idea = fixture::ideas().open.remove(0);
        let line = IdeaLine::of(&IdeaEvent::Opened(Box::new(idea)));
        let expected = concat!(
            r#"{"event":"opened","at":"2025-11-20T15:59:00.000Z","symbol":"BTCUSDT","side":"short","#,
            r#""bar_closed_at":"2025-11-20T15:58:00Z","decided_at":"2025-11-20T15:58:01Z","opened_at":"2025-11-20T15:59:00.000Z","#,
            r#""entry":91234.5,"entry_price":"mid","stop":91484.5,"target_r":null,"targets_reached":null,"outcome":null,"#,
            r#""exit":null,"gross_r":null,"net_r":null,"fee_bps":null,"spread_bps":null,"funding_bps":null,"#,
            r#""net_missing":null,"reason":null}"#
        );
        assert_eq!(json(&line), expected);
        assert_eq!(
            line.text(),
            "2025-11-20T15:59:00Z  BTCUSDT           short idea opened at 91234.5, stop 91484.5 (mid price, for want of trades)"
        );
    }

    #[test]
    fn an_end_is_written_with_its_result_before_and_after_each_cost() {
        let ended = fixture::ideas().ended.remove(0);
        let line = IdeaLine::of(&IdeaEvent::Ended(Box::new(ended)));
        let expected = concat!(
            r#"{"event":"ended","at":"2025-11-20T15:59:00.000Z","symbol":"ETHUSDT","side":"long","#,
            r#""bar_closed_at":"2025-11-20T15:01:00Z","decided_at":"2025-11-20T15:01:01Z","opened_at":"2025-11-20T15:01:01.250Z","#,
            r#""entry":3000.0,"entry_price":"trade","stop":2990.0,"target_r":null,"targets_reached":1,"outcome":"stopped","#,
            r#""exit":2990.0,"gross_r":-1.0,"net_r":-1.375,"fee_bps":10.975,"spread_bps":0.5,"funding_bps":-1.25,"#,
            r#""net_missing":null,"reason":null}"#
        );
        assert_eq!(json(&line), expected);
        assert!(line.text().ends_with("long idea ended stop reached: -1.00 R gross, -1.38 R net"), "{}", line.text());
    }

    #[test]
    fn a_cost_that_is_missing_leaves_the_net_result_empty_and_says_why() {
        let mut ended = fixture::ideas().ended.remove(0);
        if let Some(net) = &mut ended.net {
            net.r = Figure::Missing(schema::Why::NotOffered);
        }
        let line = IdeaLine::of(&IdeaEvent::Ended(Box::new(ended)));
        assert_eq!((line.net_r, line.net_missing.as_deref()), (None, Some("not offered by the source")));
        assert!(line.text().ends_with("- R net (not offered by the source)"), "{}", line.text());
    }

    #[test]
    fn a_target_and_an_idea_that_was_dropped_are_written() {
        let idea = fixture::ideas().open.remove(0);
        let (symbol, side, opened_at, target) = (idea.symbol, idea.side, idea.opened_at, idea.targets[0]);
        let line = IdeaLine::of(&IdeaEvent::TargetHit { symbol, side, opened_at, target });
        assert!(line.text().ends_with("short idea target of +1.50 R"), "{}", line.text());
        assert_eq!(line.at, "2025-11-20T16:00:00.000Z");
        let (bar_closed_at, decided_at, reason) = (idea.bar_closed_at, idea.decided_at, DropReason::NoPrice);
        let line = IdeaLine::of(&IdeaEvent::Dropped(Dropped { symbol, side, bar_closed_at, decided_at, reason }));
        assert!(json(&line).ends_with(r#""reason":"no_price"}"#), "{}", json(&line));
        assert!(line.text().ends_with("dropped no price within two minutes of the decision"), "{}", line.text());
    }
}

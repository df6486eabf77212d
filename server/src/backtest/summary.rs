//! What a backtest was made of, in numbers.

use std::{collections::BTreeMap, fmt};

use analysis::idea::IdeaEvent;
use engine::Output;
use schema::{Symbol, UnixMs};
use serde::Serialize;

/// Counts over all outputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Summary {
    /// What the input lacks by its kind; none where it is all that a live session has.
    reduced: Option<&'static str>,
    /// The first moment that was asked for, UTC, where the past was fetched. `from` is later where an exchange offers no more.
    asked_from: Option<String>,
    /// Contracts with at least one bar.
    contracts: usize,
    /// The close of the first bar and of the last, UTC.
    from: Option<String>,
    until: Option<String>,
    /// Bars that were decided.
    bars: u64,
    /// Of these, with a score.
    scored: u64,
    /// Bars that could not be looked at.
    missed: u64,
    /// Messages that could not be recorded: from the first on, bars may differ from what they were.
    lost: u64,
    /// Parts of the recording that end in their middle.
    cut: u64,
    /// Ideas that were entered, that ended, and that were decided and never entered.
    ideas: u64,
    ended: u64,
    dropped: u64,
    /// Scores of 70 and more, and of 30 and less.
    high: u64,
    low: u64,
    #[serde(skip)]
    by_contract: BTreeMap<Symbol, u64>,
    #[serde(skip)]
    span: Option<(UnixMs, UnixMs)>,
}

impl Summary {
    /// Notes that the input is candles, of which the first could be of a moment where that was asked for.
    pub(super) fn reduce(&mut self, asked_from: Option<UnixMs>) {
        self.reduced = Some("no book, no tape");
        self.asked_from = asked_from.map(app::format::utc);
    }

    /// Counts messages that are missing from the input.
    pub(super) const fn lose(&mut self, messages: u64) {
        self.lost += messages;
    }

    /// Notes how many parts of the input end in their middle.
    pub(super) const fn cut(&mut self, parts: u64) {
        self.cut = parts;
    }

    /// Counts an output.
    pub(super) fn count(&mut self, output: &Output) {
        match output {
            Output::BarClosed { symbol, recorded } => {
                self.bars += 1;
                *self.by_contract.entry(*symbol).or_default() += 1;
                self.contracts = self.by_contract.len();
                let at = recorded.bar_closed_at;
                let span = self.span.map_or((at, at), |(from, until)| (from.min(at), until.max(at)));
                if self.span != Some(span) {
                    self.span = Some(span);
                    (self.from, self.until) = (Some(app::format::utc(span.0)), Some(app::format::utc(span.1)));
                }
                if let Some(score) = recorded.analysis.score.value() {
                    self.scored += 1;
                    self.high += u64::from(score.get() >= 70.0);
                    self.low += u64::from(score.get() <= 30.0);
                }
            }
            Output::BarMissed { .. } => self.missed += 1,
            Output::Idea(IdeaEvent::Opened(_)) => self.ideas += 1,
            Output::Idea(IdeaEvent::Ended(_)) => self.ended += 1,
            Output::Idea(IdeaEvent::Dropped(_)) => self.dropped += 1,
            Output::Idea(IdeaEvent::TargetHit { .. }) | Output::DirectionChanged { .. } | Output::BookWrong { .. } => {}
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(from), Some(until)) = (&self.from, &self.until) else {
            return writeln!(f, "No bar was decided.");
        };
        writeln!(f, "{} bars of {} contracts, {from} to {until}.", self.bars, self.contracts)?;
        if let Some(asked) = &self.asked_from {
            writeln!(f, "Asked for from {asked} on.")?;
        }
        if let Some(reduced) = self.reduced {
            writeln!(f, "Reduced: {reduced}.")?;
        }
        writeln!(f, "With a score: {}; 70 and more: {}; 30 and less: {}.", self.scored, self.high, self.low)?;
        writeln!(f, "Ideas: {} entered, {} ended, {} never entered.", self.ideas, self.ended, self.dropped)?;
        writeln!(f, "Not looked at, for want of candles: {}.", self.missed)?;
        if self.lost + self.cut > 0 {
            writeln!(
                f,
                "Of the recording, {} messages are missing and {} parts end in their middle.",
                self.lost, self.cut
            )?;
        }
        Ok(())
    }
}

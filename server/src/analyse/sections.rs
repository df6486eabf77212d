//! Cross-sections of decided bars, each contract with the price at which it could be entered after its decision.

use std::collections::{HashMap, VecDeque};

use analysis::study::Observation;
use engine::{Input, Recorded};
use schema::{Symbol, UnixMs};
use venue::MarketEvent;

use super::columns::Columns;

/// The distance between cross-sections.
pub(super) const EVERY_MS: i64 = 300_000;
/// How long after its end a bar can be entered.
const ENTERED_WITHIN_MS: i64 = 60_000;
/// How much later than its time what gives an entry comes.
const GRACE_MS: i64 = 3_000;

/// Where entry prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// The first trade after the decision.
    ByTrade,
    /// The open of the candle that begins where the bar ends: a record of candles has nothing earlier.
    AtOpen,
}

#[derive(Debug)]
struct Member {
    symbol: Symbol,
    decided_at: UnixMs,
    observation: Option<Observation>,
    instrument: u32,
    values: Vec<Option<f64>>,
}

#[derive(Debug)]
struct Section {
    at: UnixMs,
    members: Vec<Member>,
}

/// Collects cross-sections.
#[derive(Debug)]
pub(super) struct Sections {
    entered: Entered,
    /// How long after its bars a cross-section is complete.
    complete_ms: i64,
    open: VecDeque<Section>,
    instruments: HashMap<Symbol, u32>,
    /// Bars that nobody could enter within a minute.
    not_entered: u64,
}

impl Sections {
    /// None yet; `candle_ms` is the length of the longest recorded candles.
    pub(super) fn new(entered: Entered, candle_ms: i64) -> Self {
        let complete_ms = ENTERED_WITHIN_MS.max(candle_ms) + GRACE_MS;
        Self { entered, complete_ms, open: VecDeque::new(), instruments: HashMap::new(), not_entered: 0 }
    }

    /// Bars that nobody could enter within a minute: without a trade, or before a missing candle.
    pub(super) const fn not_entered(&self) -> u64 {
        self.not_entered
    }

    /// Adds a decided bar, where it belongs to a cross-section.
    pub(super) fn add(&mut self, symbol: Symbol, recorded: &Recorded, columns: &Columns) {
        let at = recorded.bar_closed_at;
        if at.0 % EVERY_MS != 0 || recorded.is_late {
            return;
        }
        let next = u32::try_from(self.instruments.len()).unwrap_or(u32::MAX);
        let instrument = *self.instruments.entry(symbol).or_insert(next);
        let values = columns.values(&recorded.analysis);
        let member = Member { symbol, decided_at: recorded.decided_at, observation: None, instrument, values };
        match self.open.iter_mut().find(|section| section.at == at) {
            Some(section) => section.members.push(member),
            None => self.open.push_back(Section { at, members: vec![member] }),
        }
    }

    /// Takes entry prices from an input.
    pub(super) fn enter(&mut self, input: &Input) {
        if self.open.is_empty() {
            return;
        }
        match input {
            Input::Event { event: MarketEvent::Trades { symbol, trades }, .. } if self.entered == Entered::ByTrade => {
                for trade in trades {
                    self.at_price(*symbol, trade.price, |section, member| {
                        trade.at > member.decided_at && trade.at.0 <= section.0 + ENTERED_WITHIN_MS
                    });
                }
            }
            Input::Event { event: MarketEvent::Candle { symbol, candle, .. }, .. }
                if self.entered == Entered::AtOpen =>
            {
                self.at_price(*symbol, candle.open, |section, _| section == candle.start);
            }
            _ => {}
        }
    }

    fn at_price(&mut self, symbol: Symbol, price: f64, is_first: impl Fn(UnixMs, &Member) -> bool) {
        for Section { at, members } in &mut self.open {
            let waiting = |member: &&mut Member| member.symbol == symbol && member.observation.is_none();
            if let Some(member) = members.iter_mut().find(waiting).filter(|member| is_first(*at, member)) {
                let (instrument, values) = (member.instrument, std::mem::take(&mut member.values));
                member.observation = Some(Observation { instrument, entry: price, values });
            }
        }
    }

    /// The cross-sections that are complete at a moment, oldest first.
    pub(super) fn complete(&mut self, now: UnixMs) -> Vec<(UnixMs, Vec<Observation>)> {
        let mut complete = Vec::new();
        while let Some(section) = self.open.pop_front_if(|section| now.0 >= section.at.0 + self.complete_ms) {
            let all = section.members.len();
            let entered: Vec<_> = section.members.into_iter().filter_map(|member| member.observation).collect();
            self.not_entered += (all - entered.len()) as u64;
            complete.push((section.at, entered));
        }
        complete
    }
}

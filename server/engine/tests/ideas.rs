//! When an idea is entered, and what no later input changes.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::unwrap_used)]

mod support;

use std::collections::HashMap;

use analysis::{idea::IdeaEvent, signal::Thresholds};
use engine::{Input, Output};
use proptest::prelude::*;
use schema::{
    Symbol, Trade, UnixMs,
    ideas::{DropReason, EntryPrice, Idea},
};
use venue::MarketEvent;

use support::{START, engine_with, jittered, session, step_all, with_seconds};

const SECONDS: i64 = 500;

/// Thresholds that a made-up market crosses every few minutes.
fn close_to_neutral() -> Thresholds {
    Thresholds::entering(51.0, 49.0).unwrap()
}

fn outputs(inputs: impl IntoIterator<Item = Input>) -> Vec<Output> {
    step_all(&mut engine_with(close_to_neutral()).0, with_seconds(inputs))
}

fn events(outputs: &[Output]) -> Vec<IdeaEvent> {
    let event = |output: &Output| match output {
        Output::Idea(event) => Some(event.clone()),
        _ => None,
    };
    outputs.iter().filter_map(event).collect()
}

fn opened(events: &[IdeaEvent]) -> Vec<Idea> {
    let idea = |event: &IdeaEvent| match event {
        IdeaEvent::Opened(idea) => Some((**idea).clone()),
        _ => None,
    };
    events.iter().filter_map(idea).collect()
}

/// Inputs of a market in which ideas are entered.
fn inputs(seed: u64) -> Vec<Input> {
    session(&["AUSDT", "BUSDT", "CUSDT"], SECONDS, seed)
}

fn trades(inputs: &[Input], of: Symbol) -> Vec<Trade> {
    let trades = |input: &Input| match input {
        Input::Event { event: MarketEvent::Trades { symbol, trades }, .. } if *symbol == of => Some(trades.clone()),
        _ => None,
    };
    inputs.iter().filter_map(trades).flatten().collect()
}

#[test]
fn an_idea_enters_at_the_first_trade_after_its_bar_was_decided() {
    let inputs = inputs(1);
    let outputs = outputs(inputs.clone());
    let ideas = opened(&events(&outputs));
    assert!(ideas.len() >= 2, "{}", ideas.len());
    for idea in &ideas {
        let first = trades(&inputs, idea.symbol).into_iter().find(|trade| trade.at > idea.decided_at).unwrap();
        assert_eq!((idea.entry.get(), idea.opened_at), (first.price, first.at));
        assert_eq!(idea.entry_price, EntryPrice::Trade);
        let recorded = outputs.iter().find_map(|output| match output {
            Output::BarClosed { symbol, recorded }
                if *symbol == idea.symbol && recorded.bar_closed_at == idea.bar_closed_at =>
            {
                Some(recorded)
            }
            _ => None,
        });
        assert_eq!(recorded.unwrap().decided_at_market, idea.decided_at);
    }
}

#[test]
fn a_clock_that_is_wrong_moves_no_entry() {
    let shifted = |by: i64| {
        let moved = inputs(1).into_iter().map(move |input| match input {
            Input::Event { received, event } => Input::Event { received: UnixMs(received.0 + by), event },
            Input::Loaded { received, loaded } => Input::Loaded { received: UnixMs(received.0 + by), loaded },
            second @ Input::Second(_) => second,
        });
        let ideas = opened(&events(&outputs(moved)));
        ideas.into_iter().map(|idea| (idea.symbol, idea.side, idea.opened_at, idea.entry)).collect::<Vec<_>>()
    };
    let right = shifted(0);
    assert!(!right.is_empty());
    assert_eq!(right, shifted(30_000), "half a minute ahead of the exchange");
    assert_eq!(right, shifted(-900), "and as much behind as is let pass");
}

/// Without what comes after the first decision: its trades, and its book as well.
fn silent(since: UnixMs, has_book: bool) -> Vec<Input> {
    inputs(1)
        .into_iter()
        .filter(|input| match input {
            Input::Event { received, event: MarketEvent::Trades { .. } } => *received < since,
            Input::Event { received, event: MarketEvent::Book { .. } } => *received < since || has_book,
            _ => true,
        })
        .collect()
}

#[test]
fn a_contract_that_is_not_traded_enters_at_its_book_and_without_one_its_idea_is_dropped() {
    let first = opened(&events(&outputs(inputs(1)))).remove(0);
    let since = first.decided_at;
    let is_first = |idea: &&Idea| idea.symbol == first.symbol && idea.bar_closed_at == first.bar_closed_at;
    let by_book = opened(&events(&outputs(silent(since, true))));
    let entered = by_book.iter().find(is_first).unwrap();
    assert_eq!(entered.entry_price, EntryPrice::Mid);
    let waited = entered.opened_at.0 - since.0;
    assert!((60_001..=60_300).contains(&waited), "{waited}");

    let events = events(&outputs(silent(since, false)));
    let dropped = events.iter().find_map(|event| match event {
        IdeaEvent::Dropped(dropped)
            if dropped.symbol == first.symbol && dropped.bar_closed_at == first.bar_closed_at =>
        {
            Some(dropped.reason)
        }
        _ => None,
    });
    assert!(matches!(dropped, Some(DropReason::NoPrice | DropReason::Left)), "{dropped:?}");
}

#[test]
fn each_change_of_direction_is_given_out_after_the_bar_that_made_it() {
    let outputs = outputs(inputs(3));
    let mut last = HashMap::new();
    let (mut changes, mut expected) = (0, 0);
    let mut pending = None;
    for output in &outputs {
        match output {
            Output::BarClosed { symbol, recorded } => {
                assert_eq!(pending, None, "a change follows its bar");
                let before = last.insert(*symbol, recorded.direction).flatten();
                if before != recorded.direction {
                    expected += 1;
                    pending = Some((*symbol, before, recorded.direction, recorded.bar_closed_at));
                }
            }
            Output::DirectionChanged { symbol, from, to, bar_closed_at } => {
                changes += 1;
                assert_eq!(pending.take(), Some((*symbol, *from, *to, *bar_closed_at)));
            }
            _ => {}
        }
    }
    assert!(changes > 3, "{changes}");
    assert_eq!(changes, expected);
}

/// Until then bars are decided that closed before the start, from what is there when they are: they may differ.
const STARTED_MS: i64 = 120_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Nothing looks ahead: whatever is cut off, what became of ideas before stays the same.
    #[test]
    fn cutting_the_input_anywhere_leaves_each_idea_before_unchanged(seed in 0..1_000_u64, cut in 0.4..1.0_f64) {
        let inputs = with_seconds(inputs(seed));
        let cut = (inputs.len() as f64 * cut) as usize;
        let whole = step_all(&mut engine_with(close_to_neutral()).0, inputs.clone());
        let until = step_all(&mut engine_with(close_to_neutral()).0, inputs[..cut].to_vec());
        prop_assert_eq!(&whole[..until.len()], &until[..]);
    }

    /// Trades that come late and out of order by less than the tolerance give the same entries.
    #[test]
    fn trades_that_are_late_within_the_tolerance_move_no_entry(seed in 0..1_000_u64, jitter in 0..1_000_u64) {
        let inputs = inputs(seed);
        let entries = |inputs: Vec<Input>| {
            let ideas = opened(&events(&outputs(inputs))).into_iter();
            ideas
                .map(|idea| ((idea.symbol, idea.bar_closed_at), (idea.side, idea.opened_at, idea.entry, idea.stop)))
                .collect::<HashMap<_, _>>()
        };
        prop_assert_eq!(entries(inputs.clone()), entries(jittered(&inputs, START + STARTED_MS, 480, jitter)));
    }
}

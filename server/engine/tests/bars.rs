//! When a bar is decided, from what, and how often.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::unwrap_used)]

mod support;

use std::{collections::HashMap, sync::Arc};

use engine::{Input, Loaded, Output, kept, lock};
use proptest::prelude::*;
use schema::{Symbol, Timeframe, UnixMs};
use venue::{BookChange, Kline, MarketEvent};

use support::{MINUTE, START, bars, engine, event, jittered, loaded, run, session, step_all, symbol, with_seconds};

const FIRST_END: i64 = START + 20_000;

#[test]
fn each_bar_is_recorded_once_one_second_after_its_end() {
    let bars = bars(&run(session(&["AUSDT", "BUSDT"], 150, 1)));
    let mut of: HashMap<Symbol, Vec<(i64, i64)>> = HashMap::new();
    for (symbol, bar) in &bars {
        of.entry(*symbol).or_default().push((bar.bar_closed_at.0 - FIRST_END, bar.decided_at.0 - FIRST_END));
        assert_eq!(bar.is_late, bar.bar_closed_at.0 < FIRST_END);
        assert!(bar.analysis.score.value().is_some(), "{:?}", bar.analysis.score);
    }
    for times in of.values() {
        // The first closed before the start and is decided as soon as everything was fetched.
        assert_eq!(times[0].0, -MINUTE);
        assert!(times[0].1 < 0);
        assert_eq!(times[1..], [0, 1, 2].map(|n| (n * MINUTE, n * MINUTE + 1_000)));
    }
    assert_eq!(of.len(), 2);
}

#[test]
fn a_history_that_is_loaded_again_records_nothing_twice() {
    let inputs = session(&["AUSDT"], 150, 1);
    let again: Vec<Input> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::Loaded { loaded: list @ Loaded::Candles { .. }, .. } => Some(list.clone()),
            _ => None,
        })
        .flat_map(|list| [5_000, 21_500, 65_000].map(|after| loaded(START + after, list.clone())))
        .collect();
    let mut twice: Vec<Input> = inputs.iter().cloned().chain(again).collect();
    twice.sort_by_key(Input::received);
    let ends = |inputs: Vec<Input>| bars(&run(inputs)).iter().map(|(_, bar)| bar.bar_closed_at).collect::<Vec<_>>();
    let ends = (ends(inputs), ends(twice));
    assert_eq!(ends.0, ends.1);
}

/// The record used to be made of the trades and the book of up to a minute later.
#[test]
fn what_happens_after_the_end_of_a_bar_is_not_in_its_score() {
    let inputs = session(&["AUSDT"], 90, 7);
    let calm = bars(&run(inputs.clone()));
    let crash = inputs.into_iter().map(|input| match input {
        Input::Event {
            received,
            event: MarketEvent::Book { symbol, at, change: BookChange::Snapshot { bids, asks } },
        } if at.0 >= FIRST_END => {
            let change = BookChange::Snapshot { bids: bids.into_iter().take(6).collect(), asks };
            Input::Event { received, event: MarketEvent::Book { symbol, at, change } }
        }
        Input::Event { received, event: MarketEvent::Trades { symbol, trades } } if trades[0].at.0 >= FIRST_END => {
            let trades = trades.iter().map(|t| schema::Trade::new(t.at, schema::Side::Sell, 1.0, 1e6)).collect();
            Input::Event { received, event: MarketEvent::Trades { symbol, trades } }
        }
        other => other,
    });
    let crashed = bars(&run(crash));
    assert_eq!(calm[1].1.bar_closed_at.0, FIRST_END);
    assert_eq!(calm[1], crashed[1]);
    assert_ne!(calm[2].1.analysis.score, crashed[2].1.analysis.score, "it is in the next one");
}

#[test]
fn a_bar_whose_final_candle_does_not_come_is_decided_after_two_seconds_from_the_trades() {
    let inputs = session(&["AUSDT"], 60, 3);
    let whole = bars(&run(inputs.clone()));
    let without = inputs
        .into_iter()
        .filter(|input| !matches!(input, Input::Event { event: MarketEvent::Candle { closed: true, .. }, .. }));
    let (mut engine, market) = engine();
    let found = bars(&step_all(&mut engine, with_seconds(without)));
    assert_eq!(found[1].1.decided_at.0, FIRST_END + 2_000);
    assert_eq!(found[1].1.analysis.score, whole[1].1.analysis.score, "the trades make the same candle");
    let window = market.window(symbol("AUSDT")).unwrap();
    assert_eq!(lock(&window).candles(Timeframe::M1).last().unwrap().start.0, FIRST_END - MINUTE);
}

#[test]
fn a_contract_that_falls_quiet_goes_on_with_flat_bars_and_one_that_was_cut_off_with_none() {
    let quiet = |name: &str, cut: bool| {
        let mut inputs: Vec<Input> = session(&["AUSDT", "BUSDT"], 150, 5)
            .into_iter()
            .filter(|input| match input {
                Input::Event { received, event } => received.0 < FIRST_END + 5_000 || of(event) != Some(symbol(name)),
                _ => true,
            })
            .collect();
        if cut {
            let lost = MarketEvent::Lost {
                connection: 0,
                symbols: Arc::new([symbol(name)]),
                trades: true,
                cause: "closed".to_owned(),
            };
            inputs.push(event(FIRST_END + 5_001, lost));
            inputs.sort_by_key(Input::received);
        }
        let outputs = run(inputs);
        let missed = outputs.iter().filter(|output| matches!(output, Output::BarMissed { .. })).count();
        let closed = bars(&outputs).iter().filter(|(of, _)| *of == symbol(name)).count();
        (closed, missed)
    };
    assert_eq!(quiet("AUSDT", false), (4, 0));
    assert_eq!(quiet("AUSDT", true), (2, 2), "what was traded is not known");
}

fn of(event: &MarketEvent) -> Option<Symbol> {
    match event {
        MarketEvent::Ticker { symbol, .. }
        | MarketEvent::Candle { symbol, .. }
        | MarketEvent::Trades { symbol, .. }
        | MarketEvent::Book { symbol, .. } => Some(*symbol),
        _ => None,
    }
}

/// By the clock of a machine that is ahead, each bar would end before its last trades.
#[test]
fn a_clock_that_is_wrong_moves_no_bar() {
    let shifted = |by: i64| {
        let moved = session(&["AUSDT"], 150, 1).into_iter().map(move |input| match input {
            Input::Event { received, event } => Input::Event { received: UnixMs(received.0 + by), event },
            Input::Loaded { received, loaded } => Input::Loaded { received: UnixMs(received.0 + by), loaded },
            second @ Input::Second(_) => second,
        });
        let found = bars(&run(moved)).into_iter().skip(1);
        found.map(|(_, bar)| (bar.bar_closed_at, bar.analysis.score.clone())).collect::<Vec<_>>()
    };
    assert_eq!(shifted(0).len(), 3);
    assert_eq!(shifted(0), shifted(30_000), "half a minute ahead of the exchange");
    assert_eq!(shifted(0), shifted(-900), "and as much behind as is let pass");
}

#[test]
fn after_a_night_without_a_feed_the_bars_between_are_missed_and_the_next_ones_count() {
    let night = 8 * 3_600_000;
    let inputs = session(&["AUSDT"], 60, 2);
    let mut all = inputs.clone();
    let at = UnixMs(START + night);
    let symbols: Arc<[Symbol]> = Arc::new([symbol("AUSDT")]);
    all.push(event(at.0, MarketEvent::Lost { connection: 0, symbols, trades: true, cause: "asleep".to_owned() }));
    let ticker = Box::new(support::ticker(at.0, 100.0));
    all.push(event(at.0 + 20, MarketEvent::Ticker { symbol: symbol("AUSDT"), ticker }));
    all.push(event(at.0 + 3_000, MarketEvent::Connected { connection: 0 }));
    let outputs = run(all);
    let missed = outputs.iter().filter(|output| matches!(output, Output::BarMissed { .. })).count();
    assert_eq!(missed, 8 * 60 - 1);
    assert_eq!(bars(&outputs).len(), 2);
}

/// One reconnect used to erase hours of taker volume.
#[test]
fn a_short_reconnect_costs_the_score_nothing_once_its_trades_were_fetched() {
    let inputs = session(&["AUSDT"], 60, 4);
    let cut = (START + 5_000, START + 12_000);
    let mut missed = Vec::new();
    let mut all = Vec::new();
    for input in inputs.iter().cloned() {
        match &input {
            Input::Event { received, event: MarketEvent::Trades { trades, .. } }
                if (cut.0..cut.1).contains(&received.0) =>
            {
                missed.extend(trades.clone());
            }
            _ => all.push(input),
        }
    }
    let of: Arc<[Symbol]> = Arc::new([symbol("AUSDT")]);
    let lost = MarketEvent::Lost { connection: 0, symbols: Arc::clone(&of), trades: true, cause: String::new() };
    all.push(event(cut.0 - 1, lost));
    all.push(event(cut.1 - 1, MarketEvent::Hearing { symbols: of }));
    // The book is sent again after a reconnect, as each of these is.
    let mut trades = vec![schema::Trade::new(UnixMs(START + 3_000), schema::Side::Buy, 100.0, 1.0)];
    trades.extend(missed);
    all.push(loaded(START + 14_000, Loaded::Trades { symbol: symbol("AUSDT"), trades }));
    all.sort_by_key(Input::received);
    let flow = |inputs: Vec<Input>| {
        let bar = bars(&run(inputs)).remove(1).1;
        let of = [schema::Dimension::Orderflow, schema::Dimension::Volume];
        of.map(|dimension| bar.analysis.dimension_scores().get(dimension).unwrap())
    };
    assert_eq!(flow(inputs), flow(all));
}

#[test]
fn taker_volume_of_the_venues_own_candles_is_known_from_the_start() {
    let (mut engine, market) = engine();
    let inputs: Vec<Input> = session(&["AUSDT"], 1, 1)
        .into_iter()
        .map(|input| match input {
            Input::Loaded { received, loaded: Loaded::Candles { symbol, timeframe, limit, candles } } => {
                let bought = |Kline { candle, .. }| Kline { candle, taker_buy: Some(candle.volume / 4.0) };
                let candles = candles.into_iter().map(bought).collect();
                Input::Loaded { received, loaded: Loaded::Candles { symbol, timeframe, limit, candles } }
            }
            other => other,
        })
        .collect();
    step_all(&mut engine, with_seconds(inputs));
    let window = market.window(symbol("AUSDT")).unwrap();
    let window = lock(&window);
    let minutes = window.minutes();
    assert!(minutes.len() >= usize::from(kept(Timeframe::M1)));
    let known = minutes.iter().filter(|minute| minute.coverage() >= 1.0 && minute.buy > 0.0).count();
    assert_eq!(known, usize::from(kept(Timeframe::M1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Nothing looks ahead: whatever is cut off, what was given out before stays the same.
    #[test]
    fn cutting_the_input_at_any_event_changes_nothing_before(seed in 0..1_000_u64, cut in 0.0..1.0_f64) {
        let inputs = with_seconds(session(&["AUSDT", "BUSDT"], 90, seed));
        let cut = (inputs.len() as f64 * cut) as usize;
        let (mut whole, _) = engine();
        let mut before = step_all(&mut whole, inputs[..cut].to_vec());
        before.extend(step_all(&mut whole, inputs[cut..].to_vec()));
        let (mut part, _) = engine();
        let until = step_all(&mut part, inputs[..cut].to_vec());
        prop_assert_eq!(&before[..until.len()], &until[..]);
    }

    /// Trades that come late and out of order by less than the tolerance give the same record.
    #[test]
    fn trades_that_are_late_within_the_tolerance_change_no_record(seed in 0..1_000_u64, jitter in 0..1_000_u64) {
        let inputs = session(&["AUSDT"], 90, seed);
        let record = |inputs: Vec<Input>| bars(&run(inputs)).into_iter().filter(|(_, bar)| !bar.is_late).collect::<Vec<_>>();
        prop_assert_eq!(record(inputs.clone()), record(jittered(&inputs, START, 480, jitter)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Those that were received after the end of a bar pushed out the oldest that its score read.
    #[test]
    fn late_trades_change_no_record_where_more_was_traded_than_is_kept(seed in 0..1_000_u64, jitter in 0..1_000_u64) {
        let inputs = session(&["AUSDT"], 250, seed);
        let record = |inputs: Vec<Input>| bars(&run(inputs)).into_iter().filter(|(_, bar)| !bar.is_late).collect::<Vec<_>>();
        prop_assert_eq!(record(inputs.clone()), record(jittered(&inputs, START, 480, jitter)));
    }
}

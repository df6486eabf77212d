//! What a market of 150 contracts costs its engine: taking in events, deciding all bars of a minute on one and on several threads, and
//! saving everything.
//!
//! Budgets: 1 µs an event, 15 µs a close.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{hint::black_box, num::NonZeroUsize, sync::Arc};

use analysis::{idea::CostSettings, signal::Thresholds};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use engine::{Engine, Input, Market, idea_book, lock};
use schema::{UnixMs, Venue};

use support::{START, session, with_seconds};

const CONTRACTS: usize = 150;
/// The second in which the bars of the minute that ends 80 s after the start are decided: one that ends no longer bar.
const DECIDED: Input = Input::Second(UnixMs(START + 81_000));

/// An engine as it was saved, with what a second of scores keeps of candles.
fn restored(mut bytes: &[u8], threads: usize) -> Engine {
    let market = Arc::new(Market::new(Venue::Sim));
    let ideas = idea_book(&Thresholds::STANDARD, CostSettings::MEASURED.of(Venue::Sim));
    let engine = Engine::restore(&mut bytes, Arc::clone(&market), Thresholds::STANDARD, ideas).unwrap();
    for window in market.windows().iter() {
        lock(window).score_forming();
    }
    engine.on_threads(NonZeroUsize::new(threads).unwrap()).unwrap()
}

fn saved(engine: &Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

fn market(criterion: &mut Criterion) {
    let names: Vec<String> = (0..CONTRACTS).map(|n| format!("C{n}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let inputs = with_seconds(session(&names, 84, 5));
    let second = |after: i64| inputs.iter().position(|input| *input == Input::Second(UnixMs(START + after))).unwrap();
    let (mut engine, _market) = support::engine();
    let step = |engine: &mut Engine, inputs: &[Input]| support::step_all(engine, inputs.to_vec()).len();
    step(&mut engine, &inputs[..second(78_000)]);
    let before_events = saved(&engine);
    let events: Vec<Input> = inputs[second(78_000)..second(80_000)]
        .iter()
        .filter(|input| matches!(input, Input::Event { .. }))
        .cloned()
        .collect();
    step(&mut engine, &inputs[second(78_000)..second(81_000)]);
    let before_close = saved(&engine);

    let mut group = criterion.benchmark_group("150 contracts");
    group.sample_size(10);
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("events", |bencher| {
        bencher.iter_batched(
            || (restored(&before_events, 1), events.clone()),
            |(mut engine, events)| {
                for event in events {
                    engine.step(event, &mut |output| drop(black_box(output)));
                }
                engine
            },
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(CONTRACTS as u64));
    for threads in [1, 2] {
        group.bench_function(format!("close of all, {threads} threads"), |bencher| {
            bencher.iter_batched(
                || restored(&before_close, threads),
                |mut engine| {
                    let mut closed = 0;
                    engine.step(DECIDED, &mut |_| closed += 1);
                    assert_eq!(closed, CONTRACTS);
                    engine
                },
                BatchSize::PerIteration,
            );
        });
    }
    println!("{} bytes of state a contract", before_close.len() / CONTRACTS);
    group.throughput(Throughput::Bytes(before_close.len() as u64));
    group.bench_function("save", |bencher| {
        let mut bytes = Vec::with_capacity(before_close.len());
        bencher.iter(|| {
            bytes.clear();
            engine.save(&mut bytes).unwrap();
            bytes.len()
        });
    });
    group.bench_function("restore, and a forming score each", |bencher| {
        bencher.iter(|| restored(black_box(&before_close), 1));
    });
}

criterion_group!(benches, market);
criterion_main!(benches);

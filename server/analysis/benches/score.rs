//! How long a score takes: one symbol with everything that is kept of it, a market of 600, a second in which its candles
//! did not change, and one in which a minute closed. `tick.rs` measures ticks and closes of candles.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/world.rs"]
mod world;

use std::hint::black_box;

use analysis::{Bars, Scorer, analyse, input::SymbolInput};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schema::Timeframe;
use world::World;

fn score(criterion: &mut Criterion) {
    let worlds: Vec<World> = (0..600).map(World::full).collect();
    let inputs: Vec<_> = worlds.iter().map(World::input).collect();
    let mut scorers: Vec<Scorer> = inputs
        .iter()
        .map(|input| {
            let mut scorer = Scorer::new(Bars::Closed);
            black_box(scorer.analyse(input));
            scorer
        })
        .collect();
    criterion.bench_function("one symbol", |bencher| {
        bencher.iter(|| analyse(black_box(&inputs[0]), Bars::Closed));
    });
    criterion.bench_function("one symbol, tick", |bencher| {
        bencher.iter(|| scorers[0].score(black_box(&inputs[0])));
    });
    criterion.bench_function("one symbol, tick, explained", |bencher| {
        bencher.iter(|| scorers[0].analyse(black_box(&inputs[0])));
    });
    // A market does not fit the processor's caches: these two measure memory too, and give the cost of each symbol.
    let mut market = criterion.benchmark_group("600 symbols");
    market.throughput(Throughput::Elements(600)).sample_size(20);
    market.bench_function("full", |bencher| {
        bencher.iter(|| {
            for input in &inputs {
                black_box(analyse(black_box(input), Bars::Closed));
            }
        });
    });
    market.bench_function("tick", |bencher| {
        bencher.iter(|| {
            for (scorer, input) in scorers.iter_mut().zip(&inputs) {
                black_box(scorer.score(black_box(input)));
            }
        });
    });
    // One more minute and one less in turn: candles of one timeframe of four are measured each time.
    let shorter: Vec<_> = inputs.iter().map(without_the_last_minute).collect();
    market.bench_function("a minute closed", |bencher| {
        let mut rounds = [&shorter, &inputs].into_iter().cycle();
        bencher.iter(|| {
            for (scorer, input) in scorers.iter_mut().zip(rounds.next().unwrap_or(&inputs)) {
                black_box(scorer.analyse(black_box(input)));
            }
        });
    });
}

fn without_the_last_minute<'a>(input: &SymbolInput<'a>) -> SymbolInput<'a> {
    let mut shorter = input.clone();
    let minutes = shorter.candles.get_mut(Timeframe::M1);
    *minutes = &minutes[..minutes.len() - 1];
    shorter
}

criterion_group!(benches, score);
criterion_main!(benches);

//! How long a score takes: one symbol with everything that is kept of it, a market of 600, and a second in which no candle
//! closed. The budgets are 100 µs, 60 ms and 20 µs a symbol.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/world.rs"]
mod world;

use std::hint::black_box;

use analysis::{Bars, Scorer, analyse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use world::World;

fn score(criterion: &mut Criterion) {
    let worlds: Vec<World> = (0..600).map(World::full).collect();
    let inputs: Vec<_> = worlds.iter().map(World::input).collect();
    let mut scorers: Vec<Scorer> = inputs
        .iter()
        .map(|input| {
            let mut scorer = Scorer::new();
            black_box(scorer.score(input));
            scorer
        })
        .collect();
    criterion.bench_function("one symbol", |bencher| {
        bencher.iter(|| analyse(black_box(&inputs[0]), Bars::Closed));
    });
    criterion.bench_function("one symbol, tick", |bencher| {
        bencher.iter(|| scorers[0].score(black_box(&inputs[0])));
    });
    // A market does not fit the processor's caches: these two measure memory too, and tell the cost of each symbol.
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
}

criterion_group!(benches, score);
criterion_main!(benches);

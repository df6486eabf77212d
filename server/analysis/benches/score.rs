//! How long a score takes: one symbol with everything that is kept of it, and a market of 600.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/world.rs"]
mod world;

use std::hint::black_box;

use analysis::{Bars, analyse};
use criterion::{Criterion, criterion_group, criterion_main};
use world::World;

fn score(criterion: &mut Criterion) {
    let worlds: Vec<World> = (0..600).map(World::full).collect();
    let inputs: Vec<_> = worlds.iter().map(World::input).collect();
    criterion.bench_function("one symbol", |bencher| {
        bencher.iter(|| analyse(black_box(&inputs[0]), Bars::Closed));
    });
    criterion.bench_function("600 symbols", |bencher| {
        bencher.iter(|| {
            for input in &inputs {
                black_box(analyse(black_box(input), Bars::Closed));
            }
        });
    });
}

criterion_group!(benches, score);
criterion_main!(benches);

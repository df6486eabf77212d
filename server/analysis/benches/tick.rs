//! How long a tick, a close and a second of a market take, beside the full pass over all candles.
//!
//! Of one symbol only the candles are measured here, for they alone differ between the two; `score.rs` measures the rest.
//! Budgets: 3 µs a tick of one symbol, 15 µs a close, 10 ms a second of 600 symbols, 40 ms one of 2,400.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/world.rs"]
mod world;

use std::hint::black_box;

use analysis::{
    Bars, Scorer, analyse,
    input::{Book, PerTimeframe, SymbolInput, UsualDepth},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schema::{Candle, Timeframe, UnixMs};
use world::{Dice, NOW, World};

/// Candles of each timeframe that the server keeps.
const KEPT: [usize; 4] = [280, 300, 340, 260];
/// More of them than it keeps, so that a window of that many can move on.
const MORE: usize = 64;
/// The share of open minutes that a second moves, measured in a simulated market of 600 contracts (docs/PERFORMANCE.md).
const MOVED: f64 = 0.22;

fn symbol(seed: u64) -> World {
    World::new(seed, KEPT.map(|kept| kept + MORE), 0.0)
}

/// Open bars as trades of a minute and more would make them, one a second.
fn ticks(world: &World, seconds: usize) -> Vec<PerTimeframe<Option<Candle>>> {
    let mut dice = Dice::new(7);
    let mut open = PerTimeframe(world.open);
    let mut price = world.candles[0].last().unwrap().close;
    let moved = (0..seconds).map(|_| {
        price += 0.013 * dice.bell();
        for candle in open.0.iter_mut().flatten() {
            candle.close = price;
            candle.high = candle.high.max(price);
            candle.low = candle.low.min(price);
            candle.volume += dice.roll();
        }
        open
    });
    moved.collect()
}

/// Open bars whose close alone moves.
fn within(world: &World) -> Vec<PerTimeframe<Option<Candle>>> {
    let moved = (0..MORE).map(|i| {
        let share = i as f64 / MORE as f64;
        PerTimeframe(world.open.map(|open| {
            open.map(|bar| Candle { close: bar.low + share * (bar.high - bar.low), volume: bar.volume + share, ..bar })
        }))
    });
    moved.collect()
}

/// Open bars that each reach further than the one before.
fn extremes(world: &World) -> Vec<PerTimeframe<Option<Candle>>> {
    let moved = (0..MORE).map(|i| {
        let further = 1.0 + i as f64 / MORE as f64;
        PerTimeframe(world.open.map(|open| {
            open.map(|bar| {
                let high = bar.open + further * (bar.high - bar.open + 0.01);
                Candle { high, close: high, volume: bar.volume + further, ..bar }
            })
        }))
    });
    moved.collect()
}

/// Candles alone, of the kept ones, with so many bars of the given timeframes gone by.
fn at<'a>(world: &'a World, gone: usize, moving: &[Timeframe]) -> SymbolInput<'a> {
    let end = |timeframe: Timeframe| {
        let run = &world.candles[timeframe.index()];
        if moving.contains(&timeframe) { run.len() - MORE + gone } else { run.len() }
    };
    let closed = PerTimeframe::build(|timeframe| {
        let end = end(timeframe);
        &world.candles[timeframe.index()][end - KEPT[timeframe.index()]..end]
    });
    let mut input = SymbolInput::of_candles(NOW, closed);
    input.open = PerTimeframe::build(|timeframe| {
        let run = &world.candles[timeframe.index()];
        run.get(end(timeframe)).copied().or(world.open[timeframe.index()])
    });
    // No bar is too old for what moves here: the moment is that of the oldest window.
    let newest = closed.0.iter().zip(Timeframe::ALL).map(|(run, tf)| run.last().unwrap().start.0 + tf.ms());
    input.as_of = UnixMs(newest.min().unwrap());
    input
}

fn one_symbol(criterion: &mut Criterion) {
    let world = symbol(1);
    let mut group = criterion.benchmark_group("candles of one symbol");
    let base = at(&world, MORE, &[]);
    let moved = |opens: Vec<PerTimeframe<Option<Candle>>>| -> Vec<SymbolInput<'_>> {
        opens.into_iter().map(|open| SymbolInput { open, ..base.clone() }).collect()
    };
    let walk = moved(ticks(&world, 60));
    group.bench_function("full pass", |bencher| {
        let mut inputs = walk.iter().cycle();
        bencher.iter(|| analyse(black_box(inputs.next().unwrap()), Bars::WithOpen).score);
    });
    group.bench_function("nothing moved", |bencher| {
        let mut scorer = Scorer::new(Bars::WithOpen);
        bencher.iter(|| scorer.score(black_box(&walk[0])));
    });
    let cases = [
        ("tick", walk.clone()),
        ("tick within the bars' ranges", moved(within(&world))),
        ("tick beyond all four bars' ranges", moved(extremes(&world))),
    ];
    for (name, inputs) in &cases {
        group.bench_function(*name, |bencher| {
            let mut scorer = Scorer::new(Bars::WithOpen);
            let mut inputs = inputs.iter().cycle();
            bencher.iter(|| scorer.score(black_box(inputs.next().unwrap())));
        });
    }
    let closes = [("close of a minute", &[Timeframe::M1][..]), ("close of all four timeframes", &Timeframe::ALL[..])];
    for (name, moving) in closes {
        let inputs: Vec<_> = (0..MORE).map(|gone| at(&world, gone, moving)).collect();
        group.bench_function(name, |bencher| {
            let mut scorer = Scorer::new(Bars::WithOpen);
            let mut inputs = inputs.iter().cycle();
            bencher.iter(|| scorer.score(black_box(inputs.next().unwrap())));
        });
    }
    // A bar closes: the score that is recorded, taken apart, and the forming score of the next bar.
    let inputs: Vec<_> = (0..MORE).map(|gone| at(&world, gone, &[Timeframe::M1])).collect();
    group.bench_function("close of a minute, recorded and forming", |bencher| {
        let mut scorer = Scorer::new(Bars::WithOpen);
        let mut inputs = inputs.iter().cycle();
        bencher.iter(|| {
            let input = black_box(inputs.next().unwrap());
            (scorer.analyse_closed(input), scorer.score(input))
        });
    });
}

/// What the seconds of a market bring to each of its symbols: in about a fifth of them its open bars move.
fn seconds(worlds: &[World], base: impl Fn(&World) -> SymbolInput<'_>) -> Vec<Vec<SymbolInput<'_>>> {
    let mut dice = Dice::new(3);
    let of_symbol = |world| {
        let base = base(world);
        let mut open = base.open;
        let still_or_moved = ticks(world, 40).into_iter().map(|moved| {
            open = if dice.roll() < MOVED { moved } else { open };
            SymbolInput { open, ..base.clone() }
        });
        still_or_moved.collect()
    };
    worlds.iter().map(of_symbol).collect()
}

fn market(criterion: &mut Criterion) {
    let worlds: Vec<World> = (0..600).map(symbol).collect();
    let alone = seconds(&worlds, |world| at(world, MORE, &[]));
    let mut complete = seconds(&worlds, |world| {
        let SymbolInput { as_of, candles, open, .. } = at(world, MORE, &[]);
        let mut input = SymbolInput { as_of, candles, open, ..world.input() };
        // As many trades and minutes as the server keeps.
        input.trades = &input.trades[input.trades.len() - 1_280..];
        input.flow = &input.flow[..input.flow.len().min(500)];
        input
    });
    let measured_again = complete.clone();
    // As the server does, beside a history that no second of this changes.
    let usual_depth: Vec<UsualDepth> = worlds.iter().map(|_| UsualDepth::default()).collect();
    for (inputs, usual_depth) in complete.iter_mut().zip(&usual_depth) {
        for input in inputs {
            input.book = input.book.map(|book| Book { usual_depth: Some(usual_depth), ..book });
        }
    }
    let mut group = criterion.benchmark_group("a second of a market");
    group.sample_size(20);
    let cases = [
        ("candles alone", &alone),
        ("complete", &complete),
        ("complete, what is usual of depth measured again", &measured_again),
    ];
    for (name, seconds) in cases {
        for symbols in [600, 2_400] {
            group.throughput(Throughput::Elements(symbols as u64));
            // Beyond 600 the inputs are shared; every instrument keeps a state of its own.
            let instruments = || seconds.iter().cycle().take(symbols);
            let mut scorers: Vec<Scorer> = instruments().map(|_| Scorer::new(Bars::WithOpen)).collect();
            let mut second = 0;
            group.bench_function(format!("{symbols} symbols, {name}"), |bencher| {
                bencher.iter(|| {
                    second += 1;
                    for (scorer, inputs) in scorers.iter_mut().zip(instruments()) {
                        black_box(scorer.score(black_box(&inputs[second % inputs.len()])));
                    }
                });
            });
        }
        group.throughput(Throughput::Elements(600));
        group.bench_function(format!("600 symbols, {name}, full pass"), |bencher| {
            bencher.iter(|| {
                for inputs in seconds {
                    black_box(analyse(black_box(&inputs[0]), Bars::WithOpen));
                }
            });
        });
    }
}

criterion_group!(benches, one_symbol, market);
criterion_main!(benches);

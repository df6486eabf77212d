//! How much of a score is known after a first start, from what each venue offers of the time before: `docs/cold-start.md` has it.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Bars, analyse};
use world::World;

const PAGE: &str = include_str!("../../../docs/cold-start.md");

/// A contract of which everything is known but what no venue offers of the time before: the book's past and liquidations.
fn started() -> World {
    let mut world = World::small(3);
    world.depth_history.clear();
    world.liquidations = Some(Vec::new());
    world
}

/// Takes away what is not known in a situation.
type Lack = fn(&mut World);

/// The latest minutes of taker volume.
fn minutes(world: &mut World, n: usize) {
    world.flow.drain(..world.flow.len() - n);
}

#[test]
fn the_coverage_of_each_situation_after_a_first_start_is_as_documented() {
    let situations: [(&str, Lack); 9] = [
        ("Bybit, busy: 1,000 trades are less than 16 minutes", |world| minutes(world, 15)),
        ("Bybit, busy, after 16 minutes of trades", |world| minutes(world, 16)),
        ("Bybit, busy, after 20 minutes of trades", |world| minutes(world, 20)),
        ("Bybit, calm: 1,000 trades are 20 to 100 minutes", |world| minutes(world, 99)),
        ("Bybit, quiet: fewer than 100 trades in 15 minutes", |world| world.trades.clear()),
        ("Binance, candles alone", |world| {
            world.trades.clear();
            world.open_interest.clear();
            world.accounts.clear();
        }),
        ("Binance, candles and open interest", |world| {
            world.trades.clear();
            world.accounts.clear();
        }),
        ("Binance, trades too", |_| {}),
        ("Either, after 100 minutes", |world| world.depth_history = World::small(3).depth_history),
    ];
    let rows = situations.map(|(situation, lack)| {
        let mut world = started();
        lack(&mut world);
        let coverage = 100.0 * analyse(&world.input(), Bars::Closed).coverage.get();
        format!("| {situation} | {coverage:.0} % |")
    });
    let lacking: Vec<_> = rows.iter().filter(|row| !PAGE.contains(row.as_str())).collect();
    assert!(lacking.is_empty(), "docs/cold-start.md has no rows {lacking:#?}");
}

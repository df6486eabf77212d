//! An open bar is compared with the same part of other bars.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Bars, analyse, input::SymbolInput};
use schema::{Timeframe, UnixMs, breakdown::Finding};
use world::{NOW, World};

const M5: usize = 1;

/// What relative volume of five minutes says when so many milliseconds of its open bar are over and so much was traded.
fn found(world: &World, ms: i64, volume: f64) -> (String, Finding) {
    let mut world = world.clone();
    world.open[M5].as_mut().unwrap().volume = volume;
    let input = SymbolInput { as_of: UnixMs(NOW.0 + ms), ..world.input() };
    let analysis = analyse(&input, Bars::WithOpen);
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let part = parts.find(|part| part.id == "rvol" && part.timeframe == Some(Timeframe::M5)).unwrap();
    (part.label.to_string(), part.finding.value().unwrap().clone())
}

fn world() -> World {
    let mut world = World::small(9);
    let open = world.open[M5].as_mut().unwrap();
    (open.close, open.low, open.high) = (open.open + 0.2, open.open, open.open + 0.3);
    world
}

#[test]
fn half_of_a_bar_with_half_of_its_volume_is_as_usual_as_the_whole() {
    let world = world();
    let (label, half) = found(&world, 75_000, 20.0);
    assert_eq!(label, "Relative volume (30 bars, so far)");
    let (_, more) = found(&world, 150_000, 40.0);
    assert!((half.raw - more.raw).abs() < 1e-9 && (half.lean.get() - more.lean.get()).abs() < 1e-9);
    assert!(half.raw > 0.0);
}

#[test]
fn an_open_bar_at_its_end_says_what_it_says_once_closed() {
    let world = world();
    let (_, open) = found(&world, 179_000, 40.0);
    let mut closed = world.clone();
    let mut bar = closed.open[M5].take().unwrap();
    bar.volume = 40.0;
    let usual = 40.0 / open.raw / (179_000.0 / 300_000.0);
    closed.candles[M5].push(bar);
    let analysis = analyse(&SymbolInput { as_of: UnixMs(NOW.0 + 100_000), ..closed.input() }, Bars::Closed);
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let part = parts.find(|part| part.id == "rvol" && part.timeframe == Some(Timeframe::M5)).unwrap();
    assert_eq!(part.label, "Relative volume (30 bars)");
    // The average range is the same, for both are measured with the bar; so the sign's share is, too.
    assert!((part.finding.value().unwrap().raw - 40.0 / usual).abs() < 1e-9);
}

#[test]
fn a_bar_begins_without_a_direction_and_gains_it_without_a_step() {
    let world = world();
    assert_eq!(found(&world, 0, 30.0).1.lean.get(), 0.0);
    let mut before = 0.0;
    for ms in (0..=170_000).step_by(1_000) {
        let lean = found(&world, ms, 30.0).1.lean.get();
        assert!((lean - before).abs() < 0.02, "{ms} ms: {before} {lean}");
        before = lean;
    }
}

#[test]
fn a_busy_start_of_a_bar_is_no_burst_of_volume() {
    // A tenth of the bar is over, with a fifth of its usual volume: at most twice the usual pace, and half its weight.
    let world = world();
    let usual: f64 = world.candles[M5].iter().rev().take(30).map(|candle| candle.volume).sum::<f64>() / 30.0;
    let (_, early) = found(&world, 30_000, usual / 5.0);
    assert!(early.raw <= 1.0 + 1e-9 && early.lean.get() <= 0.5 * (1.0_f64 / 3.0).tanh() + 1e-9, "{early:?}");
}

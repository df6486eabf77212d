//! Measures of depth name the band that the book covers, and are missing where it covers none.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{
    Analysis, Bars, analyse,
    input::{DepthShares, LADDER},
};
use schema::{
    Figure, Level, Why,
    breakdown::{Condition, Finding, Part},
};
use world::{MID, World};

/// A world whose book has so many levels on each side, each so many basis points beyond the one before it.
fn book(levels: u32, step_bps: f64) -> World {
    let mut world = World::small(3);
    let step = MID * step_bps / 10_000.0;
    let side = |away: f64| (0..levels).map(move |n| away * step * (0.5 + f64::from(n)));
    let size = |n: usize| 1.0 + (n % 5) as f64;
    let level = |(n, price): (usize, f64)| Level { price, size: size(n) };
    world.bids = side(-1.0).map(|away| MID + away).enumerate().map(level).collect();
    world.asks = side(1.0).map(|away| MID + away).enumerate().map(|(n, price)| level((n + 2, price))).collect();
    world
}

fn part(analysis: &Analysis, id: &str) -> Part {
    analysis.dimensions.iter().flat_map(|dimension| &dimension.parts).find(|part| part.id == id).unwrap().clone()
}

fn finding(analysis: &Analysis, id: &str) -> Finding {
    part(analysis, id).finding.value().unwrap_or_else(|| panic!("{id}: {:?}", part(analysis, id))).clone()
}

fn condition(analysis: &Analysis, id: &str) -> Condition {
    analysis.conditions.iter().find(|condition| condition.id == id).unwrap().clone()
}

#[test]
fn labels_name_the_band_that_both_sides_cover() {
    // 50 levels of 1 bps end 49.5 bps from mid; the asks of the second book end at 12.5.
    let whole = analyse(&book(50, 1.0).input(), Bars::Closed);
    assert_eq!(part(&whole, "book_imbalance").label, "Book imbalance (±49 bps)");
    assert_eq!(part(&whole, "depth_balance").label, "Bid depth (±25 bps)");
    assert_eq!(condition(&whole, "depth").label, "Depth ±25 bps");
    let mut lopsided = book(50, 1.0);
    lopsided.asks.truncate(13);
    let lopsided = analyse(&lopsided.input(), Bars::Closed);
    assert_eq!(part(&lopsided, "book_imbalance").label, "Book imbalance (±12 bps)");
    assert_eq!(part(&lopsided, "depth_balance").label, "Bid depth (±10 bps)");
    assert_eq!(condition(&lopsided, "depth").label, "Depth ±10 bps");
}

#[test]
fn depth_counts_what_is_within_its_band_and_nothing_beyond() {
    let world = book(50, 1.0);
    let depth = *condition(&analyse(&world.input(), Bars::Closed), "depth").value.value().unwrap();
    let near = |level: &&Level| (level.price - MID).abs() <= MID * 0.0025;
    let usd: f64 = world.bids.iter().chain(&world.asks).filter(near).map(|level| level.price * level.size).sum();
    assert!((depth - usd).abs() < 1e-6, "{depth} {usd}");
}

#[test]
fn a_book_that_ends_at_the_touch_has_no_depth_and_says_why() {
    // Fifty levels of a tick of 0.011 bps, as Bitcoin's of 0.1 at 91,000.
    let shallow = analyse(&book(50, 0.011).input(), Bars::Closed);
    let why = Why::ShallowBook { have: 54, need: 100 };
    for id in ["book_imbalance", "depth_balance"] {
        assert_eq!(part(&shallow, id).finding.why(), Some(&why), "{id}");
    }
    assert_eq!(condition(&shallow, "depth").value, Figure::Missing(why));
    assert!(shallow.quality.value().is_some(), "quality is made of what is known");
    finding(&shallow, "book_imbalance_top5");
    // Two hundred levels of it reach 2 bps.
    let deeper = analyse(&book(200, 0.011).input(), Bars::Closed);
    assert_eq!(part(&deeper, "book_imbalance").label, "Book imbalance (±2 bps)");
    finding(&deeper, "depth_balance");
}

#[test]
fn depth_is_compared_with_the_same_band_of_the_past() {
    let mut world = book(200, 1.0);
    let usual = |bps: f64| if bps <= 10.0 { 0.2 } else { 0.8 };
    let shares = |n: usize, reach: f64| {
        let share = move |bps: f64| (bps <= reach).then(|| usual(bps) + 0.01 * (n % 7) as f64);
        DepthShares::build(share)
    };
    // Most of the past reached 10 bps, and only sixty minutes of it farther.
    world.depth_history = (0..300).map(|n| shares(n, if n < 60 { 100.0 } else { 10.0 })).collect();
    let analysis = analyse(&world.input(), Bars::Closed);
    let found = part(&analysis, "depth_balance");
    assert_eq!(found.label, "Bid depth (±10 bps)");
    assert_eq!(finding(&analysis, "depth_balance").n, 300);
    assert!(finding(&analysis, "depth_balance").lean.get() > 0.9, "half of it is much where a fifth is usual");
    // With enough of the wide band, that one counts.
    world.depth_history = (0..300).map(|n| shares(n, 100.0)).collect();
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(part(&analysis, "depth_balance").label, "Bid depth (±100 bps)");
    assert!(finding(&analysis, "depth_balance").lean.get() < -0.9);
    // And with too little of any, it is missing.
    world.depth_history.truncate(99);
    let analysis = analyse(&world.input(), Bars::Closed);
    let why = part(&analysis, "depth_balance").finding.why().cloned();
    assert_eq!(why, Some(Why::TooFewSamples { have: 99, need: 100 }));
}

#[test]
fn a_book_whose_reach_crosses_a_step_of_the_ladder_moves_the_score_by_a_hair() {
    for step in &LADDER[1..] {
        let reaching = |bps: f64| {
            let mut world = book(400, 0.5);
            world.bids.retain(|level| level.price > MID * (1.0 - bps / 10_000.0));
            world.asks.retain(|level| level.price < MID * (1.0 + bps / 10_000.0));
            // Too small to count, and decides how far the book is known.
            world.bids.push(Level { price: MID * (1.0 - bps / 10_000.0), size: 1e-9 });
            world.asks.push(Level { price: MID * (1.0 + bps / 10_000.0), size: 1e-9 });
            analyse(&world.input(), Bars::Closed).score.value().unwrap().get()
        };
        for edge in [1.0, 1.25] {
            let (below, above) = (reaching(edge * step * (1.0 - 1e-6)), reaching(edge * step * (1.0 + 1e-6)));
            assert!((below - above).abs() < 1e-3, "{edge} × {step} bps: {below} {above}");
        }
    }
}

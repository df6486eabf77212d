//! The map from a raw figure to its lean: it rises with the figure (or falls, where the crowd is read against itself) and is
//! 0 where the figure says nothing. Every row of the registry is in the table below.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;

use analysis::{Analysis, Bars, analyse, registry::REGISTRY};
use proptest::{prelude::any, prop_assert, prop_assume, proptest, test_runner::Config};
use world::World;

/// How a lean follows its raw figure.
#[derive(Debug, Clone, Copy)]
enum Map {
    /// It follows from the figure alone: rising with it (1) or falling (−1), 0 at the neutral figure.
    Alone { neutral: f64, side: f64 },
    /// It has the figure's side, and its size depends on the market's own (ranges, usual flow).
    Sided,
    /// It compares the figure with its own past, or reads it with the price: the unit tests of its file hold it.
    Compared,
}

fn map(id: &str) -> Map {
    match id {
        "large_trades"
        | "trade_imbalance"
        | "cvd_price"
        | "trade_momentum"
        | "pressure"
        | "book_imbalance"
        | "order_flow_imbalance"
        | "book_imbalance_top5"
        | "micro_price"
        | "absorption"
        | "volume_delta"
        | "adl_slope"
        | "cmf_20"
        | "obv_slope"
        | "rvol"
        | "volume_profile"
        | "support_resistance"
        | "trend_position"
        | "order_blocks"
        | "structure_breaks"
        | "value_area"
        | "range_50"
        | "fair_value_gaps"
        | "cci_20"
        | "adx_14"
        | "liquidations" => Map::Alone { neutral: 0.0, side: 1.0 },
        "rsi_14" => Map::Alone { neutral: 50.0, side: 1.0 },
        "williams_r_14" => Map::Alone { neutral: -50.0, side: 1.0 },
        "accounts_long" => Map::Alone { neutral: 50.0, side: -1.0 },
        "cvd" | "vwap" | "ao" | "macd_hist" => Map::Sided,
        "depth_balance" | "open_interest" | "funding" => Map::Compared,
        other => panic!("{other} is not in the table of maps"),
    }
}

/// Raw figures and leans by measure, over all timeframes.
fn found(analyses: &[Analysis]) -> BTreeMap<&str, Vec<(f64, f64)>> {
    let mut found: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for part in analyses.iter().flat_map(|analysis| &*analysis.dimensions).flat_map(|dimension| &dimension.parts) {
        let finding = part.finding.value().unwrap_or_else(|| panic!("a full market leaves nothing unknown: {part:?}"));
        found.entry(part.id.as_ref()).or_default().push((finding.raw, finding.lean.get()));
    }
    found
}

proptest! {
    #![proptest_config(Config::with_cases(32))]

    #[test]
    fn a_lean_follows_its_raw_figure(seed in any::<u64>(), drift in -0.3..0.3f64) {
        let worlds = [drift, -drift, 0.0].map(|drift| World::new(seed, [260, 130, 120, 110], drift));
        prop_assume!(worlds.iter().all(World::is_priced));
        let other = World::small(seed ^ 1);
        let analyses: Vec<Analysis> =
            worlds.iter().chain([&other]).map(|world| analyse(&world.input(), Bars::Closed)).collect();
        let found = found(&analyses);
        prop_assert!(found.len() == REGISTRY.len());
        for (id, mut pairs) in found {
            match map(id) {
                Map::Alone { neutral, side } => {
                    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
                    for two in pairs.windows(2) {
                        prop_assert!(side * (two[1].1 - two[0].1) >= -1e-12, "{id}: {two:?}");
                    }
                    for (raw, lean) in pairs {
                        prop_assert!(side * (raw - neutral) * lean >= 0.0, "{id}: {raw} {lean}");
                    }
                }
                Map::Sided => {
                    for (raw, lean) in pairs {
                        prop_assert!(raw * lean >= 0.0 && (raw == 0.0) == (lean == 0.0), "{id}: {raw} {lean}");
                    }
                }
                Map::Compared => {}
            }
        }
    }
}

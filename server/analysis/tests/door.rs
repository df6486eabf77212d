//! Bad input is not enough data: never a panic, never a silent 50.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Analysis, Bars, analyse};
use proptest::{prelude::any, prop_assert, proptest, test_runner::Config};
use schema::{Dimension, Timeframe, Trade, Why, breakdown::Part};
use world::World;

fn part<'a>(analysis: &'a Analysis, id: &str, timeframe: Option<Timeframe>) -> &'a Part {
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    parts.find(|part| part.id == id && part.timeframe == timeframe).unwrap()
}

fn why<'a>(analysis: &'a Analysis, id: &str, timeframe: Option<Timeframe>) -> Option<&'a Why> {
    part(analysis, id, timeframe).finding.why()
}

const M1: Option<Timeframe> = Some(Timeframe::M1);

#[test]
fn a_candle_that_is_not_a_number_silences_its_timeframe_alone() {
    let mut world = World::small(3);
    world.candles[0][200].close = f64::NAN;
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(why(&analysis, "rsi_14", M1), Some(&Why::NotFinite));
    assert!(part(&analysis, "rsi_14", Some(Timeframe::M5)).finding.value().is_some());
    assert!(analysis.score.value().is_some());
}

#[test]
fn prices_that_never_change_are_flat_and_not_neutral() {
    let mut world = World::small(4);
    for candle in &mut world.candles[0] {
        [candle.open, candle.high, candle.low, candle.close] = [100.0; 4];
    }
    let analysis = analyse(&world.input(), Bars::Closed);
    for id in ["rsi_14", "ao", "macd_hist", "cci_20", "adx_14", "williams_r_14", "obv_slope", "range_50"] {
        assert_eq!(why(&analysis, id, M1), Some(&Why::Flat), "{id}");
    }
}

#[test]
fn without_volume_there_is_nothing_to_compare_with() {
    let mut world = World::small(5);
    world.candles.iter_mut().flatten().for_each(|candle| candle.volume = 0.0);
    world.flow.iter_mut().for_each(|bar| (bar.buy, bar.sell) = (0.0, 0.0));
    let analysis = analyse(&world.input(), Bars::Closed);
    for id in ["cmf_20", "rvol", "volume_profile", "vwap", "value_area"] {
        assert_eq!(why(&analysis, id, M1), Some(&Why::Undefined), "{id}");
    }
    assert_eq!(why(&analysis, "adl_slope", M1), Some(&Why::Flat));
    assert_eq!(why(&analysis, "volume_delta", None), Some(&Why::Undefined));
    let volume = analysis.dimensions.iter().find(|d| d.dimension == Dimension::Volume).unwrap();
    assert_eq!(volume.lean.why(), Some(&Why::LowCoverage { have_pct: 0, need_pct: 50 }));
    assert_eq!((analysis.dimension_scores().volume, volume.contribution), (None, None));
}

#[test]
fn one_trade_is_too_few() {
    let mut world = World::small(6);
    world.trades.truncate(1);
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(why(&analysis, "pressure", None), Some(&Why::TooFewSamples { have: 1, need: 100 }));
    assert_eq!(why(&analysis, "absorption", None), Some(&Why::TooFewSamples { have: 1, need: 100 }));
}

#[test]
fn old_trades_are_no_trades() {
    let mut world = World::small(6);
    world.trades.iter_mut().for_each(|trade| trade.at.0 -= 16 * 60_000);
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(why(&analysis, "pressure", None), Some(&Why::TooFewSamples { have: 0, need: 100 }));
}

#[test]
fn a_book_that_is_empty_thin_old_or_crossed_says_nothing() {
    let world = World::small(7);
    let id = "book_imbalance_top5";
    let mut thin = world.clone();
    thin.asks.truncate(4);
    assert_eq!(why(&analyse(&thin.input(), Bars::Closed), id, None), Some(&Why::TooFewSamples { have: 4, need: 5 }));
    let mut none = world.clone();
    none.bids.clear();
    let analysis = analyse(&none.input(), Bars::Closed);
    assert_eq!(why(&analysis, id, None), Some(&Why::NotYet));
    assert_eq!(analysis.quality.why(), Some(&Why::NotYet));
    let mut crossed = world.clone();
    std::mem::swap(&mut crossed.bids, &mut crossed.asks);
    assert_eq!(why(&analyse(&crossed.input(), Bars::Closed), id, None), Some(&Why::Undefined));
    let mut input = world.input();
    input.book = input.book.map(|book| analysis::input::Book { at: schema::UnixMs(world::NOW.0 - 61_000), ..book });
    let old = analyse(&input, Bars::Closed);
    assert_eq!(why(&old, id, None), Some(&Why::TooOld { age_ms: 61_000, limit_ms: 60_000 }));
}

#[test]
fn candles_that_stopped_are_too_old() {
    let world = World::small(8);
    let mut input = world.input();
    input.as_of = schema::UnixMs(world::NOW.0 + 200_000);
    let analysis = analyse(&input, Bars::Closed);
    assert_eq!(why(&analysis, "rsi_14", M1), Some(&Why::TooOld { age_ms: 200_000, limit_ms: 180_000 }));
}

#[test]
fn liquidations_that_are_not_told_are_not_offered() {
    let mut world = World::small(9);
    world.liquidations = None;
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(why(&analysis, "liquidations", None), Some(&Why::NotOffered));
    assert!(analysis.score.value().is_some());
}

#[test]
fn candles_alone_are_not_enough_for_a_score() {
    let mut world = World::small(10);
    world.trades.clear();
    world.flow.clear();
    world.bids.clear();
    world.open_interest.clear();
    world.funding = None;
    world.accounts.clear();
    let analysis = analyse(&world.input(), Bars::Closed);
    assert_eq!(analysis.score.why(), Some(&Why::LowCoverage { have_pct: 39, need_pct: 60 }));
    assert_eq!(analysis.agreement, None);
    assert!(analysis.dimensions.iter().all(|dimension| dimension.contribution.is_none()));
    assert!(analysis.dimension_scores().technical.is_some());
}

#[test]
fn a_price_a_thousand_times_too_high_leaves_the_score_a_score() {
    let mut world = World::small(11);
    let candle = &mut world.candles[0][255];
    (candle.high, candle.close) = (100_000.0, 100_000.0);
    let analysis = analyse(&world.input(), Bars::Closed);
    let score = analysis.score.value().unwrap().get();
    assert!((0.0..=100.0).contains(&score));
}

#[test]
fn a_missing_timeframe_leaves_its_weight_to_the_others() {
    let mut world = World::small(12);
    world.candles[3].truncate(0);
    let analysis = analyse(&world.input(), Bars::Closed);
    let technical = analysis.dimensions.iter().find(|d| d.dimension == Dimension::Technical).unwrap();
    assert!((technical.coverage.get() - 0.9).abs() < 1e-9);
    assert_eq!(why(&analysis, "rsi_14", Some(Timeframe::H4)), Some(&Why::TooFewSamples { have: 0, need: 50 }));
    let sum: f64 = technical.parts.iter().filter_map(|p| p.finding.value()).map(|f| f.contribution.get()).sum();
    assert!((sum - technical.contribution.unwrap().get()).abs() < 1e-9);
}

proptest! {
    #![proptest_config(Config::with_cases(128))]

    #[test]
    fn no_number_whatever_breaks_an_analysis(
        seed in any::<u64>(),
        numbers in proptest::collection::vec((any::<f64>(), 0..9_u8, any::<proptest::sample::Index>()), 1..8),
    ) {
        let mut world = World::small(seed);
        for (number, place, index) in numbers {
            match place {
                0 => index.get_mut(&mut world.candles[0][..]).close = number,
                1 => index.get_mut(&mut world.candles[1][..]).volume = number,
                2 => {
                    let candle = index.get_mut(&mut world.candles[2][..]);
                    [candle.open, candle.high, candle.low, candle.close] = [number; 4];
                }
                3 => {
                    let trade = index.get_mut(&mut world.trades[..]);
                    *trade = Trade::new(trade.at, trade.side(), trade.price, number);
                }
                4 => index.get_mut(&mut world.trades[..]).price = number,
                5 => index.get_mut(&mut world.bids[..]).size = number,
                6 => index.get_mut(&mut world.best[..]).ask.size = number,
                7 => index.get_mut(&mut world.open_interest[..]).coins = number,
                _ => index.get_mut(&mut world.flow[..]).buy = number,
            }
        }
        let analysis = analyse(&world.input(), Bars::WithOpen);
        if let Some(score) = analysis.score.value() {
            let sum: f64 = analysis.dimensions.iter().filter_map(|d| d.contribution).map(schema::Points::get).sum();
            prop_assert!((sum - (score.get() - 50.0)).abs() < 1e-9);
        }
        for part in analysis.dimensions.iter().flat_map(|dimension| &dimension.parts) {
            prop_assert!(part.finding.value().is_none_or(|finding| finding.raw.is_finite()), "{}", part.id);
        }
    }
}

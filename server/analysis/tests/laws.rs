//! Properties that hold for every market: limits, the mirror, scale, smoothness, and that every number is explained.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{
    Analysis, Bars, analyse, common,
    registry::{REGISTRY, factor_weight},
    shape,
};
use proptest::{prelude::any, prop_assert, prop_assert_eq, prop_assume, proptest, sample::Index, test_runner::Config};
use schema::{Factor, Points, Trade, breakdown::Part};
use world::World;

fn score(analysis: &Analysis) -> f64 {
    analysis.score.value().unwrap().get()
}

fn parts(analysis: &Analysis) -> impl Iterator<Item = &Part> {
    analysis.dimensions.iter().flat_map(|dimension| &dimension.parts)
}

#[test]
fn a_full_market_leaves_nothing_unknown() {
    let world = World::full(1);
    let analysis = analyse(&world.input(), Bars::Closed);
    for part in parts(&analysis) {
        assert!(part.finding.value().is_some(), "{} {:?}: {:?}", part.id, part.timeframe, part.finding.why());
    }
    assert!((analysis.coverage.get() - 1.0).abs() < 1e-9);
    assert_eq!(parts(&analysis).count(), 7 + 6 + (1 + 6 * 4) + 7 * 4 + 6 * 4 + 3);
    assert!(analysis.conditions.iter().all(|condition| condition.value.value().is_some()), "{:?}", analysis.conditions);
    assert!(analysis.quality.value().is_some());
}

proptest! {
    #![proptest_config(Config::with_cases(64))]

    #[test]
    fn every_number_is_within_its_limits_and_explained(seed in any::<u64>(), drift in -0.2..0.2f64, open in any::<bool>()) {
        let world = World::new(seed, [260, 130, 120, 110], drift);
        let analysis = analyse(&world.input(), if open { Bars::WithOpen } else { Bars::Closed });
        let sum: f64 = analysis.dimensions.iter().filter_map(|d| d.contribution).map(Points::get).sum();
        prop_assert!((sum - (score(&analysis) - 50.0)).abs() < 1e-9, "{sum} {}", score(&analysis));
        for dimension in &*analysis.dimensions {
            let weight: f64 = dimension.parts.iter().map(|part| part.weight.get()).sum();
            prop_assert!((weight - 1.0).abs() < 1e-9);
            let known: Vec<_> = dimension.parts.iter().filter_map(|part| part.finding.value()).collect();
            let sum: f64 = known.iter().map(|finding| finding.contribution.get()).sum();
            prop_assert!((sum - dimension.contribution.unwrap().get()).abs() < 1e-9);
        }
        for part in parts(&analysis) {
            let row = REGISTRY.iter().find(|row| row.id == part.id).unwrap();
            let raw = part.finding.value().unwrap().raw;
            prop_assert!(raw >= row.range.0 - 1e-9 && raw <= row.range.1 + 1e-9, "{} {raw}", row.id);
        }
    }

    #[test]
    fn a_score_can_be_recomputed_from_what_is_published_whatever_is_missing(seed in any::<u64>(), gone in 0..64_u32) {
        let mut world = World::new(seed, [260, 130, 120, 110], 0.1);
        let is_gone = |bit: u32| gone >> bit & 1 == 1;
        if is_gone(0) { world.trades.clear() }
        if is_gone(1) { world.flow.clear() }
        if is_gone(2) { world.depth_history.clear() }
        if is_gone(3) { world.funding = None }
        if is_gone(4) { world.open_interest.clear() }
        if is_gone(5) { world.candles[3].clear() }
        let analysis = analyse(&world.input(), Bars::Closed);
        let mut sums = [0.0; 4];
        for dimension in analysis.dimensions.iter().filter(|dimension| dimension.lean.value().is_some()) {
            for part in &dimension.parts {
                let Some(finding) = part.finding.value() else { continue };
                let factor = REGISTRY.iter().find(|row| row.id == part.id).unwrap().factor;
                sums[factor.index()] += dimension.weight.get() * part.weight.get() * finding.lean.get();
            }
        }
        let factors = Factor::ALL.map(|factor| (factor_weight(factor), sums[factor.index()] / factor_weight(factor)));
        for ((_, direction), reading) in factors.iter().zip(&*analysis.factors) {
            let Some(lean) = reading.direction.value() else { continue };
            prop_assert!((lean.get() * reading.coverage.get() - direction).abs() < 1e-9, "{:?}", reading.factor);
        }
        let (direction, agreement) = common(factors.into_iter()).unwrap();
        let Some(known) = analysis.agreement else {
            prop_assert!(analysis.coverage.get() < 0.6);
            return Ok(());
        };
        prop_assert!((known.get() - agreement).abs() < 1e-9);
        prop_assert!((score(&analysis) - 50.0 - 50.0 * shape(direction, agreement)).abs() < 1e-9);
        let sum: f64 = analysis.dimensions.iter().filter_map(|d| d.contribution).map(Points::get).sum();
        prop_assert!((sum - (score(&analysis) - 50.0)).abs() < 1e-9);
        let bound = 50.0 * shape(analysis.coverage.get(), 1.0);
        prop_assert!((score(&analysis) - 50.0).abs() <= bound + 1e-9, "the less is known, the nearer to 50");
    }

    #[test]
    fn a_mirrored_market_turns_every_measure_round(seed in any::<u64>(), drift in -0.2..0.2f64) {
        let world = World::new(seed, [260, 130, 120, 110], drift);
        let mirrored = world.mirrored();
        prop_assume!(world.is_priced() && mirrored.is_priced());
        let here = analyse(&world.input(), Bars::WithOpen);
        let there = analyse(&mirrored.input(), Bars::WithOpen);
        for (a, b) in parts(&here).zip(parts(&there)) {
            let (a_lean, b_lean) = (a.finding.value().unwrap().lean.get(), b.finding.value().unwrap().lean.get());
            prop_assert!((a_lean + b_lean).abs() < 1e-6, "{} {:?}: {a_lean} {b_lean}", a.id, a.timeframe);
        }
        prop_assert!((score(&here) + score(&there) - 100.0).abs() < 1e-6);
        prop_assert!((here.agreement.unwrap().get() - there.agreement.unwrap().get()).abs() < 1e-6);
    }

    #[test]
    fn the_size_of_a_coin_does_not_matter(seed in any::<u64>(), up in any::<bool>()) {
        let world = World::small(seed);
        let scaled = world.scaled(if up { 1_000.0 } else { 0.001 });
        let (here, there) = (analyse(&world.input(), Bars::Closed), analyse(&scaled.input(), Bars::Closed));
        for (a, b) in parts(&here).zip(parts(&there)) {
            let (a_lean, b_lean) = (a.finding.value().unwrap().lean.get(), b.finding.value().unwrap().lean.get());
            prop_assert!((a_lean - b_lean).abs() < 1e-6, "{} {:?}: {a_lean} {b_lean}", a.id, a.timeframe);
        }
        prop_assert!((score(&here) - score(&there)).abs() < 1e-6);
    }

    #[test]
    fn bars_beyond_the_window_do_not_matter(seed in any::<u64>(), more in 0..200_usize) {
        let long = World::new(seed, [700, 600, 260, 255], 0.0);
        let mut cut = long.clone();
        // Only the time-of-day mean of relative volume and the day's mean price look further back than 250 bars.
        cut.candles[0].drain(..700 - 250 - more);
        cut.candles[2].drain(..10);
        let (whole, cut) = (analyse(&long.input(), Bars::Closed), analyse(&cut.input(), Bars::Closed));
        let kept = |part: &&Part| part.id != "rvol";
        for (a, b) in parts(&whole).filter(kept).zip(parts(&cut).filter(kept)) {
            prop_assert_eq!(&a.finding.value().map(|f| (f.raw, f.lean)), &b.finding.value().map(|f| (f.raw, f.lean)));
        }
    }

    #[test]
    fn the_same_input_gives_the_same_analysis(seed in any::<u64>()) {
        let world = World::small(seed);
        prop_assert_eq!(analyse(&world.input(), Bars::Closed), analyse(&world.clone().input(), Bars::Closed));
    }

    #[test]
    fn open_bars_do_not_touch_the_closed_score(seed in any::<u64>()) {
        let world = World::small(seed);
        let mut without = world.clone();
        without.open = [None; 4];
        prop_assert_eq!(analyse(&world.input(), Bars::Closed), analyse(&without.input(), Bars::Closed));
        prop_assert_eq!(analyse(&without.input(), Bars::WithOpen), analyse(&without.input(), Bars::Closed));
    }

    #[test]
    fn a_bar_that_closes_unchanged_had_that_score_before(seed in any::<u64>()) {
        // The forming score of candles equals the closed one a moment later: nothing in it knew more than the open bar. Relative
        // volume asks how much of the bar is over, which here is nothing: tests/partial_bars.rs holds it.
        let world = World::small(seed);
        let mut closed = world.clone();
        for (run, open) in closed.candles.iter_mut().zip(&mut closed.open) {
            run.extend(open.take());
        }
        let mut input = closed.input();
        input.as_of = schema::UnixMs(world::NOW.0);
        let (forming, closed) = (analyse(&world.input(), Bars::WithOpen), analyse(&input, Bars::Closed));
        let compared = |part: &Part| part.timeframe.is_some() && part.id != "rvol";
        for (a, b) in parts(&forming).zip(parts(&closed)).filter(|(part, _)| compared(part)) {
            let (a_lean, b_lean) = (a.finding.value().unwrap().lean.get(), b.finding.value().unwrap().lean.get());
            prop_assert!((a_lean - b_lean).abs() < 1e-12, "{} {:?}: {a_lean} {b_lean}", a.id, a.timeframe);
        }
    }

    #[test]
    fn a_hair_in_an_input_moves_the_score_by_a_hair(seed in any::<u64>(), which in 0..10_usize, at in any::<Index>(), up in any::<bool>()) {
        let world = World::small(seed);
        let mut moved = world.clone();
        let hair = if up { 1.0 + 1e-6 } else { 1.0 - 1e-6 };
        let pick = |n: usize| at.index(n);
        let run = &mut moved.candles[which % 4];
        // The newest bars weigh most: half of the time it is one of the last twenty.
        let bar = if seed % 2 == 0 { pick(run.len()) } else { run.len() - 1 - pick(20) };
        match which {
            0..4 => {
                let candle = &mut run[bar];
                candle.close = (candle.close * hair).clamp(candle.low, candle.high);
            }
            4 => run[bar].high *= 1.0 + 1e-6,
            5 => run[bar].low *= 1.0 - 1e-6,
            6 => run[bar].volume *= hair,
            7 => {
                let n = moved.trades.len();
                let trade = &mut moved.trades[pick(n)];
                *trade = Trade::new(trade.at, trade.side(), trade.price, trade.size() * hair);
            }
            8 => { let n = moved.bids.len(); moved.bids[pick(n)].size *= hair }
            _ => { let n = moved.open_interest.len(); moved.open_interest[n - 1 - pick(12)].coins *= hair }
        }
        // What a price says is counted in average true ranges. Here one minute's is 0.2 % of the price, so a hair of 1e-6 is
        // 1/2,000 of it: 5e-3 points means that no price moves the score by more than ten points a range.
        // The steepest are the nearness of levels and the place of a close within a narrow bar of much volume, both of one
        // minute: 2.5e-3, in proportion to the hair down to 1e-9, so a slope and no cliff.
        let limit = if which < 6 { 5e-3 } else { 1e-3 };
        let (before, after) = (analyse(&world.input(), Bars::Closed), analyse(&moved.input(), Bars::Closed));
        let change = (score(&before) - score(&after)).abs();
        prop_assert!(change < limit, "{change}");
    }
}

#[test]
fn an_analysis_makes_a_breakdown_that_checks() {
    use schema::{Breakdown, Figure, PerDimension, Price, Schema, Symbol, Venue, Why, signals};
    let world = World::small(21);
    let analysis = analyse(&world.input(), Bars::Closed);
    let symbol = Symbol::new("BTCUSDT").unwrap();
    let price = Price::new(world::MID).unwrap();
    fn missing<T>() -> Figure<T> {
        Figure::Missing(Why::NotYet)
    }
    let (_, direction) = analysis::signal::SignalState::new()
        .next(&analysis::signal::Thresholds::STANDARD, analysis.score.value().copied());
    let dimensions: PerDimension<_> = analysis.dimension_scores();
    let breakdown = Breakdown {
        source: Venue::Sim,
        row: schema::SignalRow {
            symbol,
            base: "BTC".into(),
            tick: price,
            quote: signals::Quote {
                price,
                change_24h: missing(),
                high_24h: missing(),
                low_24h: missing(),
                turnover_24h: missing(),
                open_interest_usd: missing(),
                forming: missing(),
            },
            score: analysis.score.clone(),
            direction,
            dimensions,
            agreement: analysis.agreement,
            coverage: analysis.coverage,
            funding: missing(),
            oi_change_1h: missing(),
            trend: missing(),
            spark: Vec::new().into(),
        },
        mark_price: missing(),
        index_price: missing(),
        accounts_long: missing(),
        liquidated_24h: missing(),
        key_levels: analysis::key_levels(world.input().candles.get(schema::Timeframe::M30), world::NOW),
        bar_closed_at: Some(world::NOW),
        sentence: analysis::sentence::describe(&symbol, &analysis, direction),
        dimensions: analysis.dimensions,
        factors: analysis.factors,
        quality: analysis.quality,
        conditions: analysis.conditions,
        history: Vec::new(),
        book: missing(),
    };
    breakdown.check().unwrap();
    assert!(breakdown.sentence.starts_with("BTCUSDT scores "), "{}", breakdown.sentence);
    println!("{}", breakdown.sentence);
    assert!(dimensions.iter().all(|(_, score)| score.is_some()));
}

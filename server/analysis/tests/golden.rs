//! Golden days: the whole analysis over a simulated market and over recorded candles, held against what someone accepted.
//!
//! A change of any measure shows as lines of scores that differ. `make accept` takes the new ones over, so that they are
//! reviewed as a diff. Of the recorded candles nothing is kept but our own scores; without them the test is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "support/accepted.rs"]
mod accepted;
#[path = "support/record.rs"]
mod record;
#[path = "support/world.rs"]
mod world;

use std::{collections::BTreeSet, fmt::Write as _};

use accepted::{difference, is_accepted};
use analysis::{
    Analysis, Bars, analyse, common,
    input::SymbolInput,
    market::{dispersion, regime},
    shape,
    signal::{SignalState, Thresholds},
};
use record::Runs;
use schema::{Candle, Dimension, Direction, Figure, Pct, Ratio, Score, Timeframe, UnixMs, Why};
use world::{NOW, World};

/// The simulated markets with their drift, one after the other; each has contracts of its own seeds.
const MARKETS: [(&str, u64, f64); 3] = [("falling", 100, -0.5), ("calm", 200, 0.0), ("rising", 300, 0.5)];
/// Contracts of a market.
const CONTRACTS: u64 = 6;
/// Closed bars that are scored, one every quarter of an hour.
const BARS: i64 = 6;
const QUARTER_MS: i64 = 15 * 60_000;

/// The market at an earlier moment: candles that were closed then, and everything else moved there.
fn earlier(world: &World, by_ms: i64) -> World {
    let now = UnixMs(NOW.0 - by_ms);
    let mut then = world.clone();
    for (run, timeframe) in then.candles.iter_mut().zip(Timeframe::ALL) {
        run.retain(|candle| candle.start.0 + timeframe.ms() <= now.0);
    }
    let back = |at: &mut UnixMs| at.0 -= by_ms;
    then.trades.iter_mut().for_each(|trade| back(&mut trade.at));
    then.flow.iter_mut().for_each(|bar| back(&mut bar.start));
    then.best.iter_mut().for_each(|quote| back(&mut quote.at));
    then.open_interest.iter_mut().for_each(|point| back(&mut point.at));
    then.funding_history.iter_mut().for_each(|point| back(&mut point.at));
    then.accounts.iter_mut().for_each(|point| back(&mut point.at));
    then.liquidations.iter_mut().flatten().for_each(|event| back(&mut event.at));
    then
}

fn scored(world: &World, now: UnixMs) -> Analysis {
    let mut input = world.input();
    input.as_of = now;
    if let Some(book) = &mut input.book {
        book.at = now;
    }
    if let Some((at, _)) = &mut input.derivatives.funding {
        *at = now;
    }
    analyse(&input, Bars::Closed)
}

/// The change over 24 h by candles of five minutes.
fn change_24h(fives: &[Candle]) -> f64 {
    100.0 * (fives[fives.len() - 1].close / fives[fives.len() - 289].close - 1.0)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn simulated_markets_have_the_scores_directions_and_labels_that_were_accepted() {
    let mut label = regime::RegimeState::new();
    // Lower than usual: what is simulated says little, and a day without a direction would hold nothing of them.
    let thresholds = Thresholds::entering(54.0, 46.0).unwrap();
    let mut text = String::new();
    for (market, first, drift) in MARKETS {
        writeln!(text, "# {market}: World::new(seed, [1000, 500, 500, 300], {drift}), seeds from {first} on").unwrap();
        let of = |seed| World::new(seed, [1_000, 500, 500, 300], drift);
        let mut contracts: Vec<_> = (first..first + CONTRACTS).map(|seed| (of(seed), SignalState::new())).collect();
        for back in (0..BARS).rev() {
            let now = UnixMs(NOW.0 - back * QUARTER_MS);
            let (mut scores, mut changes, mut lines) = (Vec::new(), Vec::new(), String::new());
            for (seed, (world, signal)) in (first..).zip(&mut contracts) {
                let then = earlier(world, back * QUARTER_MS);
                let analysis = scored(&then, now);
                changes.push(change_24h(&then.candles[Timeframe::M5.index()]));
                let score = analysis.score.value().copied();
                scores.extend(score.map(Score::get));
                let (next, direction) = signal.next(&thresholds, score);
                *signal = next;
                let direction = direction.map_or("none", Direction::label);
                writeln!(lines, "  {seed} {} {direction}{}", score_text(&analysis.score), dimensions(&analysis))
                    .unwrap();
            }
            let rising = changes.iter().filter(|change| **change > 0.0).count();
            let input = regime::RegimeInput {
                mean_score: Score::new(mean(&scores)).ok(),
                scored: u32::try_from(scores.len()).unwrap(),
                universe: u32::try_from(contracts.len()).unwrap(),
                percent_advancing: Pct::new(100.0 * rising as f64 / changes.len() as f64).ok(),
                dispersion: dispersion(&changes).ok(),
                btc_change_24h: Pct::new(changes[0]).ok(),
                btc_dominance_change: None,
                fear_greed: None,
            };
            let Figure::Known { value: regime, .. } = label.next(&input, now) else { panic!("no label") };
            write!(text, "bar {} {}: {}\n{lines}", now.0, regime.label, regime.reason).unwrap();
        }
    }
    let labels: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("bar ")?.split(':').next()?.split_once(' '))
        .map(|bar| bar.1)
        .collect();
    assert!(labels.len() > 1, "one label alone holds nothing of the others: {labels:?}");
    for word in ["Long", "Neutral", "Short"] {
        assert!(text.contains(word), "no contract points {word}: the markets hold nothing of it");
    }
    is_accepted("simulated.txt", &text);
}

/// A known score, or why there is none.
fn score_text(score: &Figure<Score>) -> String {
    match score {
        Figure::Known { value, .. } => format!("{:.10}", value.get()),
        Figure::Missing(why) => format!("({why})"),
    }
}

/// The dimensions and factors that are known, each by its name, the agreement and the quality.
fn dimensions(analysis: &Analysis) -> String {
    let mut text = String::new();
    for (dimension, score) in analysis.dimension_scores().iter() {
        if let Some(score) = score {
            write!(text, " {} {:.10}", dimension.as_str(), score.get()).unwrap();
        }
    }
    for reading in &*analysis.factors {
        if let Some(direction) = reading.direction.value() {
            write!(text, " {} {:.10}", reading.factor.as_str(), direction.get()).unwrap();
        }
    }
    if let Some(agreement) = analysis.agreement {
        write!(text, " agreement {:.10}", agreement.get()).unwrap();
    }
    if let Some(quality) = analysis.quality.value().map(|quality: &Ratio| quality.get()) {
        write!(text, " quality {quality:.10}").unwrap();
    }
    text
}

/// Scores of every contract at some bars. Candles alone make no score; their agreement is written in its place.
fn recorded(name: &str, runs: Option<Vec<Runs>>, first: usize, step: usize) {
    let Some(runs) = runs else {
        println!("skipped: the recorded candles of {name} are absent");
        return;
    };
    let mut text = "# Scores over recorded candles: what they say together, then each dimension.\n".to_owned();
    for (contract, runs) in (1..).zip(&runs) {
        for end in (first..runs.finest().len()).step_by(step) {
            let (now, candles) = runs.known_at(end);
            let analysis = analyse(&SymbolInput::of_candles(now, candles), Bars::Closed);
            assert!(matches!(analysis.score, Figure::Missing(Why::LowCoverage { .. })), "candles alone are no score");
            let leans = analysis.dimensions.iter().filter_map(|d| Some((d.weight.get(), d.lean.value()?.get())));
            // Candles are one factor: nothing among them agrees or disagrees.
            let (direction, _) = common(leans).expect("at least one dimension");
            let together = 50.0 + 50.0 * shape(direction, 1.0);
            assert!(analysis.dimension_scores().get(Dimension::Technical).is_some());
            writeln!(text, "{contract:2} {} {together:.10}{}", now.0, dimensions(&analysis)).unwrap();
        }
    }
    is_accepted(name, &text);
}

#[test]
fn recorded_minutes_have_the_scores_that_were_accepted() {
    recorded("recorded-1m.txt", record::minutes(), 2_500, 4_001);
}

#[test]
fn recorded_five_minutes_have_the_scores_that_were_accepted() {
    recorded("recorded-5m.txt", record::fives(), 2_000, 2_003);
}

#[test]
fn a_change_is_told_by_the_lines_that_differ_and_rounding_is_none() {
    let accepted = "bar 1 Consolidation\n  1 50.0000000001 Long\n  2 51.5 Short\n";
    assert_eq!(difference(accepted, "bar 1 Consolidation\n  1 50.0000000002 Long\n  2 51.5 Short\n"), "");
    let changes =
        difference(accepted, "bar 1 Consolidation\n  1 50.0000000001 Long\n  2 51.500001 Short\n  3 49.0 Long\n");
    assert_eq!(changes, "-   2 51.5 Short\n+   2 51.500001 Short\n+   3 49.0 Long\n");
    assert_ne!(difference("1 50.0 Long", "1 50.0 Short"), "");
}

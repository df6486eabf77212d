//! Beta against Bitcoin: against `wickra-core`, and where there is none.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::market::{Benchmark, beta};
use proptest::{prelude::any, prop_assert, proptest};
use schema::{Candle, Symbol, Timeframe, UnixMs, Why, beta::BetaWindow};
use wickra_core::{Beta, Indicator, PearsonCorrelation};
use world::{Dice, NOW};

/// Candles up to now whose log returns are `share` of the market's and their own noise.
fn candles(timeframe: Timeframe, n: i64, share: f64, seed: u64) -> Vec<Candle> {
    let (mut market, mut own) = (Dice::new(99), Dice::new(seed));
    let mut log = 0.0;
    (0..n)
        .map(|i| {
            log += share * 0.001 * market.bell() + 0.0005 * own.bell();
            let close = 100.0 * f64::exp(log);
            Candle {
                start: UnixMs(NOW.0 - timeframe.ms() * (n - i)),
                open: close,
                high: close,
                low: close,
                close,
                volume: 1.0,
                turnover: close,
            }
        })
        .collect()
}

fn returns(candles: &[Candle], n: usize) -> Vec<f64> {
    let all: Vec<f64> = candles.windows(2).map(|pair| (pair[1].close / pair[0].close).ln()).collect();
    all[all.len() - n..].to_vec()
}

#[test]
fn every_window_agrees_with_a_second_implementation() {
    for window in BetaWindow::ALL {
        let (btc, alt) = (candles(window.timeframe(), 500, 1.0, 1), candles(window.timeframe(), 500, 1.6, 2));
        let ours = beta(&alt, &btc, window, NOW).unwrap();
        let pairs: Vec<(f64, f64)> =
            returns(&alt, window.bars()).into_iter().zip(returns(&btc, window.bars())).collect();
        let mut slope = Beta::new(window.bars()).unwrap();
        let mut correlation = PearsonCorrelation::new(window.bars()).unwrap();
        let theirs = pairs.iter().map(|pair| (slope.update(*pair), correlation.update(*pair))).last().unwrap();
        assert!((ours.beta - theirs.0.unwrap()).abs() < 1e-9, "{window:?} {ours:?} {theirs:?}");
        assert!((ours.correlation - theirs.1.unwrap()).abs() < 1e-9, "{window:?} {ours:?} {theirs:?}");
        assert_eq!(ours.n as usize, window.bars());
        assert!((ours.r_squared() - ours.correlation.powi(2)).abs() < 1e-12);
        assert!((ours.beta - 1.6).abs() < 4.0 * ours.standard_error + 0.5, "{window:?} {ours:?}");
    }
}

#[test]
fn the_market_against_itself_has_a_beta_of_one() {
    let btc = candles(Timeframe::M5, 300, 1.0, 1);
    let own = beta(&btc, &btc, BetaWindow::H12, NOW).unwrap();
    assert!((own.beta - 1.0).abs() < 1e-12 && own.standard_error < 1e-9 && (own.r_squared() - 1.0).abs() < 1e-12);
}

#[test]
fn gaps_count_on_neither_side() {
    let (btc, mut alt) = (candles(Timeframe::M1, 400, 1.0, 1), candles(Timeframe::M1, 400, 1.6, 2));
    alt.remove(380);
    // The two returns beside the gap are lost, and none of two bars takes their place.
    assert_eq!(beta(&alt, &btc, BetaWindow::H1, NOW).unwrap().n, 58);
    alt.drain(345..370);
    assert_eq!(beta(&alt, &btc, BetaWindow::H1, NOW), Err(Why::TooFewSamples { have: 32, need: 45 }));
}

#[test]
fn an_open_candle_does_not_count_and_old_ones_are_too_old() {
    let (btc, alt) = (candles(Timeframe::M1, 400, 1.0, 1), candles(Timeframe::M1, 400, 1.6, 2));
    let mut open = alt.clone();
    open.push(Candle { start: NOW, close: 5_000.0, ..alt[399] });
    let found = beta(&alt, &btc, BetaWindow::H1, NOW);
    assert!(found.is_ok());
    assert_eq!(beta(&open, &btc, BetaWindow::H1, UnixMs(NOW.0 + 59_999)), found);
    let late = UnixMs(NOW.0 + 181_000);
    assert!(matches!(beta(&alt, &btc, BetaWindow::H1, late), Err(Why::TooOld { age_ms: 181_000, .. })));
    let flat: Vec<Candle> = alt.iter().map(|candle| Candle { close: 100.0, ..*candle }).collect();
    assert_eq!(beta(&flat, &btc, BetaWindow::H1, NOW), Err(Why::Flat));
    assert_eq!(beta(&alt, &flat, BetaWindow::H1, NOW), Err(Why::Flat));
    let mut broken = alt.clone();
    broken[390].close = f64::NAN;
    assert_eq!(beta(&broken, &btc, BetaWindow::H1, NOW), Err(Why::NotFinite));
    assert_eq!(beta(&[], &btc, BetaWindow::H1, NOW), Err(Why::NotYet));
}

#[test]
fn a_table_tells_who_did_better_and_who_did_worse() {
    let name = |text: &str| Symbol::new(text).unwrap();
    let line = |change: f64| -> Vec<Candle> {
        let run = candles(Timeframe::M5, 289, 1.0, 1);
        let n = 288.0;
        run.iter().zip(0..).map(|(c, i)| Candle { close: c.close * (1.0 + change * f64::from(i) / n), ..*c }).collect()
    };
    let (btc, up, down, short) = (line(0.0), line(0.05), line(-0.03), line(0.2)[200..].to_vec());
    let benchmark = Benchmark::new(name("BTCUSDT"), &btc, BetaWindow::H24, NOW);
    let contracts = [("BTCUSDT", &btc), ("UPUSDT", &up), ("DOWNUSDT", &down), ("NEWUSDT", &short)];
    let ranking = benchmark.ranking(contracts.map(|(text, run)| benchmark.against(name(text), run)).into());
    assert_eq!(ranking.outperformers, [name("UPUSDT")]);
    assert_eq!(ranking.underperformers, [name("DOWNUSDT")]);
    assert_eq!(ranking.rows.len(), 3, "the market is not held against itself");
    let row = &ranking.rows[0];
    let market = ranking.market_change.value().unwrap().get();
    assert!((row.change.value().unwrap().get() - (1.05 * (100.0 + market) - 100.0)).abs() < 1e-9);
    assert!((row.excess.value().unwrap().get() - (row.change.value().unwrap().get() - market)).abs() < 1e-12);
    assert_eq!(row.beta.as_of(), Some(NOW), "as of the close of the newest candle");
    let drawn: Vec<Symbol> = ranking.lines.iter().map(|line| line.symbol).collect();
    assert_eq!(drawn, ["BTCUSDT", "UPUSDT", "DOWNUSDT"].map(name), "the market first, and those that are listed");
    let line = &ranking.lines[1].points;
    assert_eq!((line.len(), line[0]), (49, 100.0));
    assert!((line[48] - 100.0 - row.change.value().unwrap().get()).abs() < 1e-9);
    let new = &ranking.rows[2];
    assert_eq!(new.beta.why(), Some(&Why::TooFewSamples { have: 88, need: 216 }));
    assert!(new.change.value().is_none() && new.excess.value().is_none());
}

#[test]
fn without_a_market_there_are_changes_and_no_betas() {
    let name = |text: &str| Symbol::new(text).unwrap();
    let alt = candles(Timeframe::M1, 400, 1.6, 2);
    let benchmark = Benchmark::new(name("BTCUSDT"), &[], BetaWindow::H1, UnixMs(NOW.0 + 30_000));
    let ranking = benchmark.ranking(vec![benchmark.against(name("ALTUSDT"), &alt)]);
    assert_eq!(ranking.market_change.why(), Some(&Why::NotYet));
    assert_eq!(ranking.rows[0].change.as_of(), Some(NOW), "the close of its candle, not the moment of asking");
    assert_eq!((ranking.rows[0].beta.why(), ranking.rows[0].excess.why()), (Some(&Why::NotYet), Some(&Why::NotYet)));
    assert!(ranking.lines.is_empty() && ranking.outperformers.is_empty());
}

proptest! {
    #[test]
    fn the_size_of_a_coin_does_not_matter(seed in any::<u64>(), scale in 1e-6..1e6f64) {
        let (btc, alt) = (candles(Timeframe::M1, 70, 1.0, 1), candles(Timeframe::M1, 70, 0.7, seed));
        let scaled: Vec<Candle> = alt.iter().map(|candle| Candle { close: candle.close * scale, ..*candle }).collect();
        let (here, there) = (beta(&alt, &btc, BetaWindow::H1, NOW).unwrap(), beta(&scaled, &btc, BetaWindow::H1, NOW).unwrap());
        prop_assert!((here.beta - there.beta).abs() < 1e-6 && here.correlation.abs() <= 1.0);
        prop_assert!((here.standard_error - there.standard_error).abs() < 1e-6);
    }
}

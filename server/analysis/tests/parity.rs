//! Every measure that TA-Lib has, too, against a second, plain implementation written from its definition.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Bars, analyse};
use schema::{Candle, Timeframe};
use world::World;

const TAIL: usize = 250;

fn raw(world: &World, id: &str) -> f64 {
    let analysis = analyse(&world.input(), Bars::Closed);
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let part = parts.find(|part| part.id == id && part.timeframe == Some(Timeframe::M1)).unwrap();
    part.finding.value().unwrap().raw
}

fn assert_same(id: &str, plain: fn(&[Candle]) -> f64) {
    for seed in 0..8 {
        let world = World::small(seed);
        let run = &world.candles[0];
        let (ours, theirs) = (raw(&world, id), plain(&run[run.len() - TAIL..]));
        assert!((ours - theirs).abs() < 1e-9, "{id}, seed {seed}: {ours} {theirs}");
    }
}

/// Wilder's smoothing: the plain mean of the first `n`, then `(before·(n − 1) + new)/n`.
fn wilder(values: &[f64], n: usize) -> f64 {
    let first = values[..n].iter().sum::<f64>() / n as f64;
    values[n..].iter().fold(first, |mean, value| (mean * (n - 1) as f64 + value) / n as f64)
}

fn closes(candles: &[Candle]) -> Vec<f64> {
    candles.iter().map(|candle| candle.close).collect()
}

#[test]
fn rsi_is_wilders() {
    assert_same("rsi_14", |candles| {
        let closes = closes(candles);
        let changes: Vec<f64> = closes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let gains: Vec<f64> = changes.iter().map(|change| change.max(0.0)).collect();
        let losses: Vec<f64> = changes.iter().map(|change| (-change).max(0.0)).collect();
        100.0 - 100.0 / (1.0 + wilder(&gains, 14) / wilder(&losses, 14))
    });
}

#[test]
fn awesome_oscillator_is_two_means_of_median_prices() {
    assert_same("ao", |candles| {
        let mean = |n: usize| {
            candles[candles.len() - n..].iter().map(|c| f64::midpoint(c.high, c.low)).sum::<f64>() / n as f64
        };
        mean(5) - mean(34)
    });
}

#[test]
fn macd_histogram_is_its_line_minus_its_signal() {
    fn ema(values: &[f64], n: usize) -> Vec<f64> {
        let mut mean = values[..n].iter().sum::<f64>() / n as f64;
        let mut means = vec![mean];
        for value in &values[n..] {
            mean += 2.0 / (n as f64 + 1.0) * (value - mean);
            means.push(mean);
        }
        means
    }
    assert_same("macd_hist", |candles| {
        let closes = closes(candles);
        let slow = ema(&closes, 26);
        // TA-Lib starts the fast mean so that its first value falls on the slow one's.
        let fast = ema(&closes[26 - 12..], 12);
        let line: Vec<f64> = fast.iter().zip(&slow).map(|(fast, slow)| fast - slow).collect();
        line.last().unwrap() - ema(&line, 9).last().unwrap()
    });
}

#[test]
fn cci_is_the_distance_in_mean_deviations() {
    assert_same("cci_20", |candles| {
        let typical: Vec<f64> =
            candles[candles.len() - 20..].iter().map(|c| (c.high + c.low + c.close) / 3.0).collect();
        let mean = typical.iter().sum::<f64>() / 20.0;
        let deviation = typical.iter().map(|price| (price - mean).abs()).sum::<f64>() / 20.0;
        (typical[19] - mean) / (0.015 * deviation)
    });
}

#[test]
fn williams_r_is_the_place_in_the_range() {
    assert_same("williams_r_14", |candles| {
        let last = &candles[candles.len() - 14..];
        let top = last.iter().map(|c| c.high).fold(f64::MIN, f64::max);
        let bottom = last.iter().map(|c| c.low).fold(f64::MAX, f64::min);
        -100.0 * (top - last[13].close) / (top - bottom)
    });
}

#[test]
fn adx_and_its_sides_are_wilders() {
    assert_same("adx_14", |candles| {
        let n = 14;
        let [mut plus, mut minus, mut range] = [Vec::new(), Vec::new(), Vec::new()];
        for pair in candles.windows(2) {
            let (up, down) = (pair[1].high - pair[0].high, pair[0].low - pair[1].low);
            plus.push(if up > down && up > 0.0 { up } else { 0.0 });
            minus.push(if down > up && down > 0.0 { down } else { 0.0 });
            range.push((pair[1].high.max(pair[0].close)) - pair[1].low.min(pair[0].close));
        }
        // TA-Lib's sums begin with n − 1 values and lose a fourteenth of themselves from the next one on.
        let sums = |values: &[f64]| -> Vec<f64> {
            let mut sum: f64 = values[..n - 1].iter().sum();
            values[n - 1..]
                .iter()
                .map(|value| {
                    sum += value - sum / n as f64;
                    sum
                })
                .collect()
        };
        let (plus, minus, range) = (sums(&plus), sums(&minus), sums(&range));
        let sides: Vec<(f64, f64)> = (0..plus.len()).map(|i| (plus[i] / range[i], minus[i] / range[i])).collect();
        let dx: Vec<f64> = sides.iter().map(|(p, m)| 100.0 * (p - m).abs() / (p + m)).collect();
        let (p, m) = sides.last().unwrap();
        (p - m) / (p + m) * wilder(&dx, n).min(50.0)
    });
}

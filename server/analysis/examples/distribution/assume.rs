//! What the dimensions without a record may say, and the gain that follows.

use analysis::GAIN;

use crate::seen::{Seen, root_mean_square};

/// Weights of order flow, book and sentiment.
const UNKNOWN: [f64; 3] = [0.30, 0.20, 0.07];

/// Tells the spread of the scores under three assumptions.
pub(crate) fn tell(seen: &Seen) {
    let rho = seen.mean_correlation() / 2.0;
    println!("\n## Scores\n");
    println!(
        "Order flow, book and sentiment (57 % of the weight) are not on record. Three assumptions: they say what candles\n\
         say; they are as strong as candles and independent of them; they are as strong and go with candles half as closely\n\
         as the dimensions of candles go with each other (a correlation of {rho:.2}; one common factor, the rest drawn from\n\
         bars far away), since they watch the same market but not the same candles. The first two are limits, the third is\n\
         what `GAIN` follows until whole markets are on record.\n"
    );
    let same = seen.leans.iter().map(|bar| reach(&weighed(bar))).collect();
    let common = with_others(seen, rho);
    println!("| Assumption | Gain for 5 % outside 30..70 | Outside at {GAIN} | at 1.0 | at 1.5 | at 2.0 |");
    println!("|---|---:|---:|---:|---:|---:|");
    row("the same as candles", same);
    row("independent", with_others(seen, 0.0).iter().map(|x| x.abs()).collect());
    row("half as correlated as candles are", common.iter().map(|x| x.abs()).collect());
    histogram(&common);
}

fn weighed(bar: &[(schema::Dimension, f64, f64)]) -> Vec<(f64, f64)> {
    bar.iter().map(|(_, weight, lean)| (*weight, *lean)).collect()
}

/// Signed reach of every bar with stand-ins for what is not on record: each correlates to `rho` with the dimensions of
/// candles by way of the one factor that these share, and else follows leans from other bars.
fn with_others(seen: &Seen, rho: f64) -> Vec<f64> {
    let leans: Vec<f64> = seen.leans.iter().flatten().map(|(_, _, lean)| *lean).collect();
    let strength = root_mean_square(&leans);
    // The factor's loading on each of the three known leans, and on the others.
    let own = seen.mean_correlation().max(0.0).sqrt();
    let other = (rho / own).min(1.0);
    // Its mean and spread once the three are seen.
    let known = 1.0 + 2.0 * own * own;
    let spread = ((1.0 - own * own) / known).sqrt();
    let bars = seen.leans.iter().enumerate().filter(|(_, bar)| bar.len() == 3);
    bars.map(|(i, bar)| {
        let far = |k: usize| leans[(i * 7_919 + k * leans.len() / 5 + 1) % leans.len()] / strength;
        let sum: f64 = bar.iter().map(|(_, _, lean)| lean / strength).sum();
        let factor = own * sum / known + spread * far(4);
        let others = UNKNOWN.iter().zip(1..).map(|(weight, k)| {
            let lean = strength * (other * factor + (1.0 - other * other).sqrt() * far(k));
            (*weight, lean.clamp(-1.0, 1.0))
        });
        signed_reach(&weighed(bar).into_iter().chain(others).collect::<Vec<_>>())
    })
    .collect()
}

fn reach(leans: &[(f64, f64)]) -> f64 {
    signed_reach(leans).abs()
}

/// `direction · (0.6 + 0.4·agreement)` of some leans, before the gain.
fn signed_reach(leans: &[(f64, f64)]) -> f64 {
    let present: f64 = leans.iter().map(|(weight, _)| weight).sum();
    let direction: f64 = leans.iter().map(|(weight, lean)| weight / present * lean).sum();
    let variance: f64 = leans.iter().map(|(weight, lean)| weight / present * (lean - direction).powi(2)).sum();
    direction * (0.6 + 0.4 * (1.0 - variance.sqrt().min(1.0)))
}

fn row(assumption: &str, mut reach: Vec<f64>) {
    reach.sort_by(f64::total_cmp);
    // Outside 30..70 means tanh(gain·reach) > 0.4.
    let edge = 0.4_f64.atanh();
    let gain = edge / reach[(reach.len() as f64 * 0.95) as usize];
    let outside = [GAIN, 1.0, 1.5, 2.0].map(|gain| {
        let beyond = reach.iter().filter(|reach| gain * **reach > edge).count();
        format!("{:.1} %", 100.0 * beyond as f64 / reach.len() as f64)
    });
    println!("| {assumption} | {gain:.2} | {} |", outside.join(" | "));
}

fn histogram(reach: &[f64]) {
    println!("\nScores at a gain of {GAIN} under the third assumption:\n\n| Score | Share of bars |\n|---|---:|");
    for low in (0..100).step_by(10) {
        let score = |reach: &f64| 50.0 + 50.0 * (GAIN * reach).tanh();
        let (from, to) = (f64::from(low), f64::from(low + 10));
        let n = reach.iter().filter(|reach| score(reach) >= from && score(reach) < to).count();
        println!("| {low} to {} | {:.1} % |", low + 10, 100.0 * n as f64 / reach.len() as f64);
    }
}

//! Taker buying minus taker selling: volume delta, its running sum (CVD), and that against price.

use std::borrow::Cow;

use schema::{Timeframe, Why};

use crate::{
    context::{Context, FLOW_COVERAGE_LEAST},
    input::FlowBar,
    measure::{Measured, Sub, at_least, divisor, lean_of_z},
    stats::{root_mean_square, sum_of},
};

const DELTA_MINUTES: usize = 20;
const CVD_MINUTES: usize = 30;
const CVD_LEAST: usize = 100;

fn delta(bar: &FlowBar) -> f64 {
    bar.buy - bar.sell
}

/// Delta ÷ volume of some minutes, −1 to 1.
fn share(bars: &[FlowBar]) -> Result<f64, Why> {
    let traded = divisor(bars.iter().map(|bar| bar.buy + bar.sell).sum(), Why::Undefined)?;
    Ok(bars.iter().map(delta).sum::<f64>() / traded)
}

/// Volume delta of 20 minutes ÷ their volume; `tanh(x/0.25)`.
pub(crate) fn volume_delta(context: &Context<'_>) -> Measured {
    let bars = context.last_flow(DELTA_MINUTES)?;
    let raw = share(bars)?;
    Sub::measured(raw, (raw / 0.25).tanh(), bars.len(), context.input.as_of)
}

/// CVD anchored 30 minutes ago. The raw figure is its share of the volume; the lean is `tanh(z/2)` with
/// `z = CVD ÷ (rms of a minute's delta · √minutes)` over the minutes that are known of the 30, the rms over every minute of which at least 80 % was received.
pub(crate) fn cvd(context: &Context<'_>) -> Measured {
    let last = context.last_flow(CVD_MINUTES)?;
    let flow = context.flow.clone()?;
    let is_received = |bar: &FlowBar| bar.coverage() >= FLOW_COVERAGE_LEAST;
    // Copied only where some were lost: a symbol has hundreds, and is scored each second.
    let bars: Cow<'_, [FlowBar]> = if flow.iter().all(is_received) {
        flow.into()
    } else {
        flow.iter().filter(|bar| is_received(bar)).copied().collect()
    };
    at_least(bars.len(), CVD_LEAST)?;
    let usual = divisor(root_mean_square(&bars, delta), Why::Flat)?;
    let z = last.iter().map(delta).sum::<f64>() / (usual * (last.len() as f64).sqrt());
    Sub::measured(share(last)?, lean_of_z(z), bars.len(), context.input.as_of)
}

/// CVD against price over 20 minutes: `(2·ρ(CVD, time) + ρ(price, time))/3`, where ρ is the rank correlation.
///
/// Where both go the same way the measure is strong; where they diverge it follows the CVD at a third of its strength.
/// Ranks are smooth at ties: two values closer than a twentieth of their spread share their ranks in proportion.
pub(crate) fn cvd_against_price(context: &Context<'_>) -> Measured {
    let bars = context.last_flow(DELTA_MINUTES)?;
    // Ranks are those of whole minutes, one beside the other: here none may be missing.
    at_least(bars.len(), DELTA_MINUTES)?;
    context.sketch(Timeframe::M1)?;
    let mut closes = [0.0; DELTA_MINUTES];
    let mut matched = 0;
    let mut candles = context.input.candles.get(Timeframe::M1).iter().rev().peekable();
    for (bar, close) in bars.iter().zip(&mut closes).rev() {
        while candles.next_if(|candle| candle.start > bar.start).is_some() {}
        if let Some(candle) = candles.next_if(|candle| candle.start == bar.start) {
            *close = candle.close;
            matched += 1;
        }
    }
    at_least(matched, DELTA_MINUTES)?;
    let mut running = [0.0; DELTA_MINUTES];
    let mut sum = 0.0;
    for (total, bar) in running.iter_mut().zip(bars) {
        sum += delta(bar);
        *total = sum;
    }
    let raw = (2.0 * rank_correlation_with_time(&running)? + rank_correlation_with_time(&closes)?) / 3.0;
    Sub::measured(raw, raw, matched, context.input.as_of)
}

/// Correlation of smooth ranks with the order of the values, −1 to 1.
fn rank_correlation_with_time(values: &[f64; DELTA_MINUTES]) -> Result<f64, Why> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    let per_edge = 20.0 / divisor(spread, Why::Flat)?;
    let (mut product, mut squares, mut time_squares) = (0.0, 0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        let time = i as f64 - (n - 1.0) / 2.0;
        // The rank's distance from the middle rank: half the sum of the signs of all differences.
        let rank: f64 = sum_of(values, |other| ((value - other) * per_edge).clamp(-1.0, 1.0)) / 2.0;
        product += time * rank;
        squares += rank * rank;
        time_squares += time * time;
    }
    Ok(product / divisor((squares * time_squares).sqrt(), Why::Flat)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordered_series_correlates_fully_with_time() {
        let rising: [f64; 20] = std::array::from_fn(|i| (i * i) as f64);
        assert!((rank_correlation_with_time(&rising).unwrap() - 1.0).abs() < 2e-2);
        let falling = rising.map(|x| -x);
        assert!(
            (rank_correlation_with_time(&falling).unwrap() + rank_correlation_with_time(&rising).unwrap()).abs()
                < 1e-12
        );
        assert_eq!(rank_correlation_with_time(&[3.0; 20]), Err(Why::Flat));
    }

    #[test]
    fn eight_bought_and_two_sold_is_a_share_of_six_tenths() {
        let bars = [FlowBar::of_trades(schema::UnixMs(0), 8.0, 2.0)];
        assert!((share(&bars).unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(share(&[FlowBar::of_trades(schema::UnixMs(0), 0.0, 0.0)]), Err(Why::Undefined));
    }
}

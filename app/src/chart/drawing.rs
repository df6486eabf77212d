//! The picture: few paths, one for each kind of mark, so that the page stays small.

use std::fmt::Write as _;

use leptos::prelude::*;
use schema::{Candle, Price, UnixMs};

use super::{
    Chart, axis,
    band::{BODY, Beneath, EDGE, LABELS, PRICE, Reach, VOLUME, WIDTH, left, middle},
    beneath::{Points, cvd_line, score_line},
    label::{right, right_price},
    marks, spoken,
};
use crate::format;

/// How near two labels of a side may stand.
const APART: f64 = 11.0;

/// All candles, as the data of paths.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bodies {
    wicks: String,
    rising: String,
    falling: String,
    volume_rising: String,
    volume_falling: String,
}

fn bodies(run: &[Candle], reach: &Reach) -> Bodies {
    let mut drawn = Bodies::default();
    for (place, candle) in run.iter().enumerate() {
        let x = left(place, run.len());
        let (top, bottom) = (reach.y(candle.open.max(candle.close)), reach.y(candle.open.min(candle.close)));
        let rises = candle.close >= candle.open;
        let (bodies, volume) = if rises {
            (&mut drawn.rising, &mut drawn.volume_rising)
        } else {
            (&mut drawn.falling, &mut drawn.volume_falling)
        };
        // A candle that ends where it began is a line.
        let height = (bottom - top).max(1.0);
        // Writing to a string cannot fail.
        let _ = write!(bodies, "M{x} {top:.1}h{BODY}v{height:.1}h-{BODY}z");
        let (high, low) = (reach.y(candle.high), reach.y(candle.low));
        let _ = write!(drawn.wicks, "M{} {high:.1}V{low:.1}", middle(place, run.len()));
        if candle.volume > 0.0 {
            let y = VOLUME.y(candle.volume, 0.0, reach.volume);
            let _ = write!(volume, "M{x} {:.1}h{BODY}V{y:.1}h-{BODY}z", VOLUME.bottom);
        }
    }
    drawn
}

pub(super) fn picture(chart: &Chart, run: &[Candle], points: &Points<'_>, tick: Price) -> AnyView {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return ().into_any() };
    let reach = Reach::of(run);
    let drawn = bodies(run, &reach);
    let shown = |price: f64| Price::new(price).map_or_else(|_| String::new(), |price| format::price(price, tick));
    let beneath = Beneath::of(chart.timeframe);
    let close_y = reach.y(last.close);
    let rounds: Vec<f64> = axis::prices(reach.low, reach.high, tick.get(), 4);
    let grid = rounds.iter().fold(String::new(), |mut grid, price| {
        let _ = write!(grid, "M0 {:.1}H{EDGE}", reach.y(*price));
        grid
    });
    let labels: Vec<_> = rounds
        .into_iter()
        .map(|price| (reach.y(price), price))
        .filter(|(y, _)| (y - close_y).abs() >= APART)
        .map(|(y, price)| right_price(y, "axis", shown(price)))
        .collect();
    let label = format!(
        "Candles of {}, {} of them, from {} to {}: first open {}, highest {}, lowest {}, last close {}",
        spoken(chart.timeframe),
        run.len(),
        format::moment(first.start, chart.zone),
        format::moment(UnixMs(last.start.0 + chart.timeframe.ms()), chart.zone),
        shown(first.open),
        shown(reach.high),
        shown(reach.low),
        shown(last.close),
    );
    let [level_lines, level_names] = marks::levels(&chart.levels, &reach);
    let flow = matches!(beneath, Beneath::Flow | Beneath::FlowAndScores);
    let scores = matches!(beneath, Beneath::FlowAndScores);
    view! {
        <svg class="candles" viewBox=format!("0 0 {WIDTH} {}", beneath.bottom() + 16.0) role="img" aria-label=label>
            <path class="grid" d=grid/>
            {level_lines}
            <path class="volume up" d=drawn.volume_rising/>
            <path class="volume down" d=drawn.volume_falling/>
            <path class="wick" d=drawn.wicks/>
            <path class="body up" d=drawn.rising/>
            <path class="body down" d=drawn.falling/>
            <path class="close" d=format!("M0 {close_y:.1}H{EDGE}")/>
            {level_names}
            {marks::ideas(chart, run, &reach)}
            {labels}
            {right_price(close_y, "axis close-label", shown(last.close))}
            {extreme(run, |a, b| b.high > a.high, |candle| candle.high, PRICE.top - 5.0, &shown)}
            {extreme(run, |a, b| b.low < a.low, |candle| candle.low, PRICE.bottom + 11.0, &shown)}
            {right(VOLUME.top + 4.0, "axis", format!("{} vol", format::amount(reach.volume)))}
            {flow.then(|| cvd_line(&points.cvd, run.len()))}
            {scores.then(|| score_line(&points.scores, run.len()))}
            {times(chart, run, beneath.bottom() + 12.0)}
        </svg>
    }
    .into_any()
}

/// The highest or the lowest price, beside where it was reached.
fn extreme(
    run: &[Candle],
    beyond: impl Fn(&Candle, &Candle) -> bool,
    price: impl Fn(&Candle) -> f64,
    y: f64,
    shown: &impl Fn(f64) -> String,
) -> AnyView {
    let Some(place) = (0..run.len()).reduce(|best, n| if beyond(&run[best], &run[n]) { n } else { best }) else {
        return ().into_any();
    };
    let x = middle(place, run.len());
    let anchor = if x < LABELS / 2.0 { "start" } else { "end" };
    view! { <text class="axis extreme" x=x.to_string() y=y.to_string() text-anchor=anchor>{shown(price(&run[place]))}</text> }
        .into_any()
}

fn times(chart: &Chart, run: &[Candle], y: f64) -> Vec<AnyView> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Vec::new() };
    axis::times(first.start, last.start, chart.timeframe, 14, chart.zone)
        .into_iter()
        .filter_map(|mark| {
            let place = usize::try_from((mark.at.0 - first.start.0) / chart.timeframe.ms()).ok()?;
            let x = middle(place, run.len());
            // A label that would be cut off at a side is left out.
            (20.0..LABELS - 20.0).contains(&x).then(|| {
                view! { <text class="axis" x=x.to_string() y=y.to_string() text-anchor="middle">{mark.text}</text> }
                    .into_any()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{CANDLES, band::STEP},
        *,
    };

    fn candle(n: i64, open: f64, close: f64, volume: f64) -> Candle {
        Candle {
            start: UnixMs(n * 60_000),
            open,
            high: open.max(close) + 1.0,
            low: open.min(close) - 1.0,
            close,
            volume,
            turnover: volume * close,
        }
    }

    #[test]
    fn a_rising_and_a_falling_candle_are_of_two_paths_and_one_that_stands_still_is_a_line() {
        let run = [candle(0, 100.0, 110.0, 1.0), candle(1, 110.0, 101.0, 2.0), candle(2, 101.0, 101.0, 0.0)];
        let drawn = bodies(&run, &Reach::of(&run));
        assert_eq!(drawn.rising.matches('M').count(), 2);
        assert!(drawn.rising.ends_with("v1.0h-3z"), "{}", drawn.rising);
        assert_eq!(drawn.falling.matches('M').count(), 1);
        assert_eq!(drawn.wicks.matches('M').count(), 3);
        let volumes = [&drawn.volume_rising, &drawn.volume_falling].map(|path| path.matches('M').count());
        assert_eq!(volumes, [1, 1], "nothing was traded in the last");
    }

    #[test]
    fn the_newest_candle_stands_at_the_right_however_few_there_are() {
        assert_eq!(left(1, 2) + STEP, left(CANDLES - 1, CANDLES) + STEP);
        assert!(left(CANDLES - 1, CANDLES) + BODY < LABELS);
    }

    proptest! {
        #[test]
        fn every_mark_lies_inside_its_band(prices in prop::collection::vec((1.0..1e6f64, 1.0..1e6f64), 2..=CANDLES)) {
            let run: Vec<Candle> = (0..).zip(&prices).map(|(n, (open, close))| candle(n, *open, *close, *open)).collect();
            let reach = Reach::of(&run);
            for candle in &run {
                for price in [candle.open, candle.high, candle.low, candle.close] {
                    let y = reach.y(price);
                    prop_assert!(y > PRICE.top - 1e-6 && y < PRICE.bottom + 1e-6);
                }
            }
        }
    }
}

//! The picture: few paths, one for each kind of mark, so that the page stays small.

use std::fmt::Write as _;

use leptos::prelude::*;
use schema::{Candle, Price, Timeframe, UnixMs, breakdown::ScorePoint};

use super::{CANDLES, Chart, axis, spoken};
use crate::format;

// One unit is a pixel on a phone of 390.
/// From one candle to the next.
const STEP: f64 = 4.0;
/// The width of a body.
const BODY: f64 = 3.0;
/// Where the labels of the right side begin.
const LABELS: f64 = 277.0;
/// The whole width: the plot and its labels.
const WIDTH: f64 = 332.0;
/// Prices, from top to bottom.
const PRICE: Band = Band { top: 14.0, bottom: 162.0 };
/// Volume beneath them.
const VOLUME: Band = Band { top: 178.0, bottom: 208.0 };
/// Scores beneath that, where they are drawn.
const SCORE: Band = Band { top: 216.0, bottom: 250.0 };
/// How near two labels of a side may stand.
const APART: f64 = 11.0;

/// A band of the picture, from top to bottom.
struct Band {
    top: f64,
    bottom: f64,
}

impl Band {
    /// The height of a value between two ends; the middle where they are one.
    fn y(&self, value: f64, low: f64, high: f64) -> f64 {
        if high > low {
            self.bottom - (value - low) / (high - low) * (self.bottom - self.top)
        } else {
            f64::midpoint(self.top, self.bottom)
        }
    }
}

/// What the candles reach over.
struct Reach {
    low: f64,
    high: f64,
    volume: f64,
}

impl Reach {
    fn of(run: &[Candle]) -> Self {
        let start = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, volume: 0.0 };
        run.iter().fold(start, |reach, candle| Self {
            low: reach.low.min(candle.low),
            high: reach.high.max(candle.high),
            volume: reach.volume.max(candle.volume),
        })
    }

    fn y(&self, price: f64) -> f64 {
        PRICE.y(price, self.low, self.high)
    }
}

/// The marks of all candles, as the data of paths.
#[derive(Debug, Default, PartialEq, Eq)]
struct Marks {
    wicks: String,
    rising: String,
    falling: String,
    volume_rising: String,
    volume_falling: String,
}

/// The left side of a candle's place. The newest stands at the right, so that the picture moves left.
fn left(place: usize, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a place among 68")]
    let steps = (CANDLES - count + place) as f64;
    steps * STEP
}

fn marks(run: &[Candle], reach: &Reach) -> Marks {
    let mut marks = Marks::default();
    for (place, candle) in run.iter().enumerate() {
        let x = left(place, run.len());
        let (top, bottom) = (reach.y(candle.open.max(candle.close)), reach.y(candle.open.min(candle.close)));
        let rises = candle.close >= candle.open;
        let (bodies, volume) = if rises {
            (&mut marks.rising, &mut marks.volume_rising)
        } else {
            (&mut marks.falling, &mut marks.volume_falling)
        };
        // A candle that ends where it began is a line.
        let height = (bottom - top).max(1.0);
        // Writing to a string cannot fail.
        let _ = write!(bodies, "M{x} {top:.1}h{BODY}v{height:.1}h-{BODY}z");
        let (high, low) = (reach.y(candle.high), reach.y(candle.low));
        let middle = x + BODY / 2.0;
        let _ = write!(marks.wicks, "M{middle} {high:.1}V{low:.1}");
        if candle.volume > 0.0 {
            let y = VOLUME.y(candle.volume, 0.0, reach.volume);
            let _ = write!(volume, "M{x} {:.1}h{BODY}V{y:.1}h-{BODY}z", VOLUME.bottom);
        }
    }
    marks
}

/// A label on the right, level with `y`.
fn right(y: f64, class: &'static str, text: String) -> AnyView {
    view! { <text class=class x=LABELS.to_string() y=format!("{:.1}", y + 3.5)>{text}</text> }.into_any()
}

/// The scores that belong to the candles on the picture.
fn scores<'a>(chart: &'a Chart, run: &[Candle]) -> Vec<(usize, &'a ScorePoint)> {
    let Some(first) = run.first().filter(|_| chart.timeframe == Timeframe::M1) else { return Vec::new() };
    let place = |at: UnixMs| usize::try_from((at.0 - first.start.0) / Timeframe::M1.ms() - 1).ok();
    chart.scores.iter().filter_map(|point| Some((place(point.at)?, point))).filter(|(n, _)| *n < run.len()).collect()
}

pub(super) fn picture(chart: &Chart, run: &[Candle], tick: Price) -> AnyView {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return ().into_any() };
    let reach = Reach::of(run);
    let drawn = marks(run, &reach);
    let shown = |price: f64| Price::new(price).map_or_else(|_| String::new(), |price| format::price(price, tick));
    let scored = chart.timeframe == Timeframe::M1;
    let bottom = if scored { SCORE.bottom } else { VOLUME.bottom };
    let close_y = reach.y(last.close);
    let rounds: Vec<f64> = axis::prices(reach.low, reach.high, tick.get(), 4);
    let grid = rounds.iter().fold(String::new(), |mut grid, price| {
        let _ = write!(grid, "M0 {:.1}H{}", reach.y(*price), LABELS - 5.0);
        grid
    });
    let labels: Vec<_> = rounds
        .into_iter()
        .map(|price| (reach.y(price), price))
        .filter(|(y, _)| (y - close_y).abs() >= APART)
        .map(|(y, price)| right(y, "axis", shown(price)))
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
    view! {
        <svg class="candles" viewBox=format!("0 0 {WIDTH} {}", bottom + 16.0) role="img" aria-label=label>
            <path class="grid" d=grid/>
            <path class="volume up" d=drawn.volume_rising/>
            <path class="volume down" d=drawn.volume_falling/>
            <path class="wick" d=drawn.wicks/>
            <path class="body up" d=drawn.rising/>
            <path class="body down" d=drawn.falling/>
            <path class="close" d=format!("M0 {close_y:.1}H{}", LABELS - 5.0)/>
            {labels}
            {right(close_y, "axis close-label", shown(last.close))}
            {extreme(run, |a, b| b.high > a.high, |candle| candle.high, PRICE.top - 5.0, &shown)}
            {extreme(run, |a, b| b.low < a.low, |candle| candle.low, PRICE.bottom + 11.0, &shown)}
            {right(VOLUME.top + 4.0, "axis", format!("{} vol", format::amount(reach.volume)))}
            {scored.then(|| score_line(chart, run))}
            {times(chart, run, bottom + 12.0)}
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
    let x = left(place, run.len()) + BODY / 2.0;
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
            let x = left(place, run.len()) + BODY / 2.0;
            // A label that would be cut off at a side is left out.
            (20.0..LABELS - 20.0).contains(&x).then(|| {
                view! { <text class="axis" x=x.to_string() y=y.to_string() text-anchor="middle">{mark.text}</text> }
                    .into_any()
            })
        })
        .collect()
}

/// The recorded scores under their bars, around 50.
fn score_line(chart: &Chart, run: &[Candle]) -> AnyView {
    let points = scores(chart, run);
    let Some((_, last)) = points.last() else {
        let y = (SCORE.bottom - 12.0).to_string();
        return view! { <text class="axis" x="0" y=y>"No score recorded yet"</text> }.into_any();
    };
    // As in the score's history: never so near 50 that noise looks like a move.
    let reach = points.iter().map(|(_, point)| (point.score.get() - 50.0).abs()).fold(5.0, f64::max);
    let y = |score: f64| SCORE.y(score, 50.0 - reach, 50.0 + reach);
    let mut line = String::new();
    let mut before = None;
    for (place, point) in &points {
        // A bar without a score is a hole in the line.
        let pen = if before.is_some_and(|before| before + 1 == *place) { 'L' } else { 'M' };
        let _ = write!(line, "{pen}{} {:.1}", left(*place, run.len()) + BODY / 2.0, y(point.score.get()));
        before = Some(*place);
    }
    let middle = format!("M0 {:.1}H{}", y(50.0), LABELS - 5.0);
    view! {
        <path class="fifty" d=middle/>
        <path class="score" d=line/>
        {right(y(last.score.get()).clamp(SCORE.top, SCORE.bottom - 4.0), "axis score-label", format!("{} score", format::fixed(last.score.get(), 1)))}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        let drawn = marks(&run, &Reach::of(&run));
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

//! The lines beneath the volume: what takers bought and sold, and the recorded scores.

use std::fmt::Write as _;

use leptos::prelude::*;
use schema::{Candle, Timeframe, UnixMs, breakdown::ScorePoint};

use super::{
    Chart,
    band::{Band, EDGE, FLOW, SCORE, middle},
    label::right,
};
use crate::format;

/// The height of a line of text.
const LINE: f64 = 11.0;

/// A candle's place and what belongs to it.
pub(super) type Placed<T> = (usize, T);

/// What the lines are drawn of; a line of nothing is empty.
pub(super) struct Points<'a> {
    /// CVD.
    pub(super) cvd: Vec<Placed<f64>>,
    /// The recorded scores.
    pub(super) scores: Vec<Placed<&'a ScorePoint>>,
}

impl<'a> Points<'a> {
    pub(super) fn of(chart: &'a Chart, run: &[Candle], deltas: &[Option<f64>]) -> Self {
        Self { cvd: cvd(deltas), scores: scores(chart, run) }
    }
}

/// CVD after each candle, counted from the first candle whose trades were all received; empty where none were.
///
/// The newest candles may wait for their last trades: the line ends before them. Trades that were missed break the sum.
fn cvd(deltas: &[Option<f64>]) -> Vec<Placed<f64>> {
    let end = deltas.iter().rposition(Option::is_some).map_or(0, |newest| newest + 1);
    let first = deltas[..end].iter().rposition(Option::is_none).map_or(0, |gap| gap + 1);
    let running = deltas[first..end].iter().flatten().scan(0.0, |sum, delta| {
        *sum += delta;
        Some(*sum)
    });
    (first..).zip(running).collect()
}

/// The scores that belong to the candles on the picture.
fn scores<'a>(chart: &'a Chart, run: &[Candle]) -> Vec<Placed<&'a ScorePoint>> {
    let Some(first) = run.first().filter(|_| chart.timeframe == Timeframe::M1) else { return Vec::new() };
    let place = |at: UnixMs| usize::try_from((at.0 - first.start.0) / Timeframe::M1.ms() - 1).ok();
    chart.scores.iter().filter_map(|point| Some((place(point.at)?, point))).filter(|(n, _)| *n < run.len()).collect()
}

/// CVD around nothing bought more than sold.
pub(super) fn cvd_line(points: &[Placed<f64>], count: usize) -> AnyView {
    let Some((_, last)) = points.last() else { return absent(&FLOW, "No trades of a complete candle received yet") };
    let low = points.iter().map(|(_, sum)| *sum).fold(0.0, f64::min);
    let high = points.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
    let y = |sum: f64| FLOW.y(sum, low, high);
    let path = line(points, count, |sum| y(*sum));
    Drawn {
        band: FLOW,
        class: "cvd",
        name: "CVD",
        around: y(0.0),
        path,
        end: y(*last),
        last: format::signed_amount(*last),
    }
    .view()
}

/// The recorded scores under their bars, around 50.
pub(super) fn score_line(points: &[Placed<&ScorePoint>], count: usize) -> AnyView {
    let Some((_, last)) = points.last() else { return absent(&SCORE, "No score recorded yet") };
    let last = last.score.get();
    // As in the score's history: never so near 50 that noise looks like a move.
    let reach = points.iter().map(|(_, point)| (point.score.get() - 50.0).abs()).fold(5.0, f64::max);
    let y = |score: f64| SCORE.y(score, 50.0 - reach, 50.0 + reach);
    let path = line(points, count, |point| y(point.score.get()));
    Drawn {
        band: SCORE,
        class: "score",
        name: "score",
        around: y(50.0),
        path,
        end: y(last),
        last: format::fixed(last, 1),
    }
    .view()
}

fn absent(band: &Band, reason: &'static str) -> AnyView {
    view! { <text class="axis" x="0" y=(band.bottom - 12.0).to_string()>{reason}</text> }.into_any()
}

/// The path through points; a candle without one is a hole in it.
fn line<T>(points: &[Placed<T>], count: usize, y: impl Fn(&T) -> f64) -> String {
    let mut line = String::new();
    let mut before = None;
    for (place, point) in points {
        let pen = if before.is_some_and(|before| before + 1 == *place) { 'L' } else { 'M' };
        // Writing to a string cannot fail.
        let _ = write!(line, "{pen}{} {:.1}", middle(*place, count), y(point));
        before = Some(*place);
    }
    line
}

/// A line with what it lies around, and its last value over its name.
struct Drawn {
    band: Band,
    class: &'static str,
    name: &'static str,
    around: f64,
    path: String,
    end: f64,
    last: String,
}

impl Drawn {
    fn view(self) -> AnyView {
        let label = self.end.clamp(self.band.top, self.band.bottom - LINE - 4.0);
        view! {
            <path class="around" d=format!("M0 {:.1}H{EDGE}", self.around)/>
            <path class=self.class d=self.path/>
            {right(label, &format!("axis {}-label", self.class), self.last)}
            {right(label + LINE, "axis", self.name.to_owned())}
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cvd_counts_from_the_first_candle_after_which_every_trade_was_heard() {
        assert_eq!(cvd(&[None, Some(4.0), None, Some(-1.5), Some(2.0)]), [(3, -1.5), (4, 0.5)]);
        assert_eq!(cvd(&[Some(1.0); 5]).last(), Some(&(4, 5.0)));
        let waiting = [None, Some(3.0), Some(1.0), None, None];
        assert_eq!(cvd(&waiting), [(1, 3.0), (2, 4.0)], "the newest wait for their last trades");
        assert_eq!(cvd(&[None; 5]), []);
        assert_eq!(cvd(&[]), []);
    }
}

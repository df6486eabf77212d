//! A recording as the course of a price.
//!
//! Within a recorded candle the price goes from the open to the extreme on the far side of the close, to the other
//! extreme and to the close, in straight lines. Trades are placed on that way: one at each of the four corners, others
//! between them, with sizes that sum up to the recorded volume. When a recording ends it starts over.

use std::sync::Arc;

use super::{
    candle::Bar,
    noise::{Noise, whole},
};

/// What all recordings of a market share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first time at which every recording has begun, in recorded ms.
    pub(crate) start: i64,
    /// The time at which the first recording ends.
    pub(crate) end: i64,
    /// Market time minus recorded time, until the recording starts over.
    pub(crate) shift: i64,
}

impl Window {
    /// How often the recording has started over at a market time.
    pub(crate) const fn restarts(self, at: i64) -> i64 {
        let recorded = at - self.shift;
        if recorded < self.end { 0 } else { (recorded - self.end).div_euclid(self.end - self.start) + 1 }
    }
}

/// The recorded candles of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Candles by recorded time, oldest first; a missing one is a quiet one.
    pub(crate) rows: Vec<Bar>,
    /// Their length in ms.
    pub(crate) span: i64,
}

/// A trade that is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intent {
    /// When, in market ms.
    pub(crate) at: i64,
    /// At which price, in ticks.
    pub(crate) price: i64,
    /// How much, in lots.
    pub(crate) lots: i64,
    /// Whether the taker buys.
    pub(crate) buy: bool,
}

/// The corners of a candle's way: distance from its start in ms, and price.
fn corners(row: &Bar, span: i64) -> [(i64, i64); 4] {
    let (first, second) = if row.close >= row.open { (row.low, row.high) } else { (row.high, row.low) };
    [(0, row.open), (span / 3, first), (2 * span / 3, second), (span - 1, row.close)]
}

/// The price at a distance from the candle's start.
fn price_on_the_way(corners: &[(i64, i64); 4], offset: i64) -> i64 {
    for pair in corners.windows(2) {
        let ((from, begin), (to, end)) = (pair[0], pair[1]);
        if offset <= to {
            let share = (offset - from) as f64 / (to - from).max(1) as f64;
            return begin + whole((end - begin) as f64 * share);
        }
    }
    corners[3].1
}

/// The volume of a candle up to a distance from its start.
fn volume_until(lots: i64, span: i64, offset: i64) -> i64 {
    i64::try_from(i128::from(lots) * i128::from(offset.clamp(0, span)) / i128::from(span)).unwrap_or(0)
}

/// A recording being played.
#[derive(Debug, Clone)]
pub(crate) struct Replay {
    recording: Arc<Recording>,
    window: Window,
    /// Market time minus recorded time.
    shift: i64,
    place: usize,
    /// What is left of the volume of the candle at `place`.
    left: i64,
    corners_done: usize,
}

impl Replay {
    /// A replay from its beginning.
    pub(crate) fn new(recording: Arc<Recording>, window: Window) -> Self {
        let left = recording.rows.first().map_or(0, |row| row.lots);
        Self { recording, window, shift: window.shift, place: 0, left, corners_done: 0 }
    }

    /// The market time at which it begins, and its first price; `None` when it is empty.
    pub(crate) fn beginning(&self) -> Option<(i64, i64)> {
        self.recording.rows.first().map(|row| (row.start + self.shift, row.open))
    }

    /// The candle of market time `from` to `to`, which opens at `open`; without trades where none are recorded.
    ///
    /// Consecutive calls share the volume of a longer recorded candle out without loss. Turnover is estimated by the
    /// middle of the range.
    pub(crate) fn bar(&mut self, (from, to): (i64, i64), open: i64) -> Bar {
        let (start, end) = (from - self.shift, to - self.shift);
        let span = self.recording.span;
        let mut bar = Bar::flat(from, open);
        while let Some(row) = self.recording.rows.get(self.place).filter(|row| row.start < end) {
            let way = corners(row, span);
            let (begin, finish) = ((start - row.start).max(0), (end - row.start).min(span));
            let lots = volume_until(row.lots, span, finish) - volume_until(row.lots, span, begin);
            if finish > begin && row.lots > 0 {
                let piece = way.iter().filter(|(offset, _)| (begin..finish).contains(offset)).map(|&(_, price)| price);
                let ends = [price_on_the_way(&way, begin), price_on_the_way(&way, finish)];
                for price in piece.chain(ends) {
                    bar.high = bar.high.max(price);
                    bar.low = bar.low.min(price);
                }
                bar.close = ends[1];
                bar.lots += lots;
                bar.value += i128::from(lots) * i128::from((bar.high + bar.low) / 2);
                self.left -= lots;
                self.corners_done = way.iter().filter(|(offset, _)| *offset < finish).count();
            }
            if row.start + span > end {
                break;
            }
            self.step_to(self.place + 1);
        }
        bar
    }

    fn step_to(&mut self, place: usize) {
        self.place = place;
        self.left = self.recording.rows.get(place).map_or(0, |row| row.lots);
        self.corners_done = 0;
    }

    /// The trades of market time `from` to `to`, in order, appended to `out`.
    pub(crate) fn play(&mut self, (from, to): (i64, i64), trades_per_s: f64, noise: &mut Noise, out: &mut Vec<Intent>) {
        if from - self.shift >= self.window.end {
            self.shift += self.window.end - self.window.start;
            let first = self.recording.rows.partition_point(|row| row.start + self.recording.span <= self.window.start);
            self.step_to(first);
        }
        let recording = Arc::clone(&self.recording);
        let (start, end) = (from - self.shift, (to - self.shift).min(self.window.end));
        while let Some(row) = recording.rows.get(self.place).filter(|row| row.start < end) {
            self.play_row(row, recording.span, (start.max(row.start), end), trades_per_s, noise, out);
            if row.start + recording.span > end {
                break;
            }
            self.step_to(self.place + 1);
        }
    }

    /// The trades of one recorded candle in recorded time `from` to `to`.
    fn play_row(
        &mut self,
        row: &Bar,
        span: i64,
        (from, to): (i64, i64),
        trades_per_s: f64,
        noise: &mut Noise,
        out: &mut Vec<Intent>,
    ) {
        let way = corners(row, span);
        let (begin, finish) = (from - row.start, (to - row.start).min(span));
        let first = out.len();
        let expected = trades_per_s * (finish - begin).max(0) as f64 / 1_000.0;
        for _ in 0..noise.count(expected.min(8.0)) {
            let offset = begin + noise.below(finish - begin);
            out.push(Intent { at: offset, price: price_on_the_way(&way, offset), lots: 0, buy: false });
        }
        let between = out.len();
        for &(offset, price) in way.iter().skip(self.corners_done).filter(|(offset, _)| *offset < finish) {
            out.push(Intent { at: offset, price, lots: -1, buy: false });
        }
        self.corners_done += out.len() - between;
        // Stable, so that a corner comes after other trades of its moment and the close comes last.
        out[first..].sort_by_key(|intent| intent.at);

        let usual = row.lots as f64 / (trades_per_s * span as f64 / 1_000.0 + 4.0);
        let mut corner = self.corners_done - out[first..].iter().filter(|intent| intent.lots < 0).count();
        let (shift, mut kept) = (self.shift, first);
        for index in first..out.len() {
            let mut intent = out[index];
            let is_corner = intent.lots < 0;
            corner += usize::from(is_corner);
            // A lot is kept back for each corner that is still to come.
            let kept_back = i64::try_from(4 - corner).unwrap_or(0);
            intent.lots = if is_corner && corner == 4 {
                self.left
            } else {
                whole(usual * noise.skewed(0.8)).max(1).min(self.left - kept_back)
            };
            if intent.lots <= 0 {
                continue;
            }
            self.left -= intent.lots;
            let rising = price_on_the_way(&way, intent.at + span / 50) >= intent.price;
            intent.buy = rising == noise.chance(0.85);
            intent.at += row.start + shift;
            out[kept] = intent;
            kept += 1;
        }
        out.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::candle::{Candles, MINUTE, Span};
    use proptest::prelude::*;

    fn window(start: i64, end: i64) -> Window {
        Window { start, end, shift: 0 }
    }

    #[test]
    fn the_recording_starts_over_at_its_common_window() {
        let window = Window { start: 100, end: 300, shift: 1_000 };
        assert_eq!([1_100, 1_299, 1_300, 1_499, 1_500].map(|at| window.restarts(at)), [0, 0, 1, 1, 2]);
    }

    prop_compose! {
        fn rows()(first in 500_i64..2_000, moves in proptest::collection::vec(
            (-50_i64..50, 0_i64..30, 0_i64..30, 4_i64..5_000), 1..40,
        )) -> Vec<Bar> {
            let mut open = first;
            moves.iter().enumerate().map(|(index, &(change, up, down, lots))| {
                let close = (open + change).max(40);
                let start = i64::try_from(index).unwrap() * MINUTE;
                let bar = Bar { start, open, high: open.max(close) + up, low: open.min(close) - down, close, lots, value: 0 };
                open = close;
                bar
            }).collect()
        }
    }

    proptest! {
        // Each case plays up to forty minutes tick by tick.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_candles_of_its_trades_are_the_recorded_ones(rows in rows(), rate in 0.05_f64..6.0, seed in any::<u64>()) {
            let end = i64::try_from(rows.len()).unwrap() * MINUTE;
            let mut noise = Noise::new(seed, 0);
            let mut replay = Replay::new(Arc::new(Recording { rows: rows.clone(), span: MINUTE }), window(0, end));
            let mut candles = Candles::new(0, rows[0].open);
            let (mut trades, mut last) = (Vec::new(), 0);
            for tick in 0..end / 100 {
                trades.clear();
                replay.play((tick * 100, tick * 100 + 100), rate, &mut noise, &mut trades);
                for trade in &trades {
                    prop_assert!(trade.at >= last && (tick * 100..tick * 100 + 100).contains(&trade.at));
                    last = trade.at;
                    candles.trade(trade.price, trade.lots);
                }
                candles.roll(tick * 100 + 100);
            }
            let played: Vec<Bar> = candles.of(Span::M1).closed().iter().map(|bar| Bar { value: 0, ..*bar }).collect();
            prop_assert_eq!(played, rows);
        }

        #[test]
        fn pieces_of_history_share_the_recorded_volume_out_without_loss(rows in rows(), pieces in 1_i64..7) {
            let five: Vec<Bar> = rows.iter().map(|row| Bar { start: row.start * 5, ..*row }).collect();
            let end = i64::try_from(rows.len()).unwrap() * 5 * MINUTE;
            let mut replay = Replay::new(Arc::new(Recording { rows: five, span: 5 * MINUTE }), window(0, end));
            let mut candles = Candles::new(0, rows[0].open);
            let mut open = rows[0].open;
            let mut at = 0;
            while at < end {
                let to = (at + pieces * MINUTE).min((at.div_euclid(5 * MINUTE) + 1) * 5 * MINUTE);
                let bar = replay.bar((at, to), open);
                candles.absorb(&bar, to, Span::M5);
                open = bar.close;
                at = to;
            }
            for (made, row) in candles.of(Span::M5).closed().iter().zip(&rows) {
                prop_assert_eq!((made.open, made.close, made.lots), (row.open, row.close, row.lots));
                prop_assert_eq!((made.high, made.low), (row.high, row.low));
            }
        }
    }
}

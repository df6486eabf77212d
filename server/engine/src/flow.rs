//! Trades of one symbol, and what takers bought and sold in each minute.

use analysis::input::{FlowBar, FlowSource};
use schema::{Side, Trade, UnixMs};
use serde::{Deserialize, Serialize};

use crate::{gaps::Gaps, recent::Recent};

/// How many trades are read at most: the latest before a moment. Sums over longer than these take are those of whole minutes.
const READ: usize = 1_024;
/// How many are kept: those of the seconds between the end of a bar and its decision push none out that its score reads, as long as they
/// are no more than this beyond.
const TRADES: usize = READ + 256;
/// The analysis reads no trade that is older.
const TRADES_MS: i64 = 15 * 60_000;
const MINUTES: usize = 500;
const MINUTE_MS: i64 = 60_000;
/// How long a stream may run before its grant is received: what it sends earlier than that belongs to the time before the gap.
const GRANTED_WITHIN_MS: i64 = 5_000;

/// The latest trades, the minutes with the share of each that was received, and the gaps between.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    /// By time; of the same millisecond in the order of their arrival.
    trades: Recent<Trade>,
    /// Without a hole, the running one last. A minute of which nothing was received has a coverage of zero.
    minutes: Recent<FlowBar>,
    gaps: Gaps,
    /// Trades are subscribed again; the gap ends with the next sign of life, by the exchange's time.
    granted: bool,
    /// The first trade of the stream since the open gap began: before it was granted.
    resumed: Option<UnixMs>,
}

impl Flow {
    /// Nothing received yet.
    pub(crate) fn new() -> Self {
        Self {
            trades: Recent::new(TRADES),
            minutes: Recent::new(MINUTES),
            gaps: Gaps::everything(),
            granted: false,
            resumed: None,
        }
    }

    /// All trades that are kept, oldest first.
    pub(crate) fn trades(&self) -> &[Trade] {
        self.trades.as_slice()
    }

    /// The latest trades that are read.
    pub(crate) fn latest(&self) -> &[Trade] {
        let trades = self.trades.as_slice();
        &trades[trades.len().saturating_sub(READ)..]
    }

    /// The latest trades before a moment that are read.
    pub(crate) fn trades_before(&self, end: UnixMs) -> &[Trade] {
        let trades = self.trades.as_slice();
        let before = trades.partition_point(|trade| trade.at < end);
        &trades[before.saturating_sub(READ)..before]
    }

    /// The first moment at or after another from which trades are missing, by a gap or because more came since than are kept.
    pub(crate) fn complete_until(&self, from: UnixMs) -> UnixMs {
        let trades = self.trades.as_slice();
        let is_pushed_out = trades.len() >= TRADES && trades.first().is_some_and(|first| first.at > from);
        if is_pushed_out { from } else { self.gaps.next_missing(from) }
    }

    /// The minutes that ended by a moment, oldest first.
    pub(crate) fn minutes_until(&self, end: UnixMs) -> &[FlowBar] {
        let minutes = self.minutes.as_slice();
        &minutes[..minutes.partition_point(|minute| minute.start.0 + MINUTE_MS <= end.0)]
    }

    /// Stretches without trades.
    pub(crate) const fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Every trade is received from now on; what was traded before may be missing.
    pub(crate) const fn grant(&mut self) {
        self.granted = true;
    }

    /// Something was received that the exchange sent at a moment: a gap that was to end has ended.
    pub(crate) fn note(&mut self, at: UnixMs) {
        if !self.granted {
            return;
        }
        self.granted = false;
        self.gaps.close(self.resumed.take().map_or(at, |first| UnixMs(first.0.min(at.0))));
        self.measure_coverage();
    }

    /// Trades are missing from a moment on.
    pub(crate) fn pause(&mut self, at: UnixMs) {
        self.gaps.open(at);
        self.granted = false;
        self.resumed = None;
        self.measure_coverage();
    }

    /// Takes in a trade of the stream.
    pub(crate) fn add(&mut self, trade: Trade) {
        self.advance(trade.at);
        if self.gaps.is_open() {
            self.resumed.get_or_insert(trade.at);
        } else if self.gaps.contains(trade.at) && !self.gaps.contains(UnixMs(trade.at.0 + GRANTED_WITHIN_MS)) {
            // The stream went on before it was granted: what an answer contains of this time would count twice.
            self.gaps.fill(trade.at, UnixMs(i64::MAX));
        }
        self.count(&trade);
        self.insert(trade);
    }

    /// Takes in trades over HTTP, oldest first: those that the stream lacks.
    pub(crate) fn load(&mut self, history: &[Trade]) {
        let (Some(first), Some(last)) = (history.first(), history.last()) else { return };
        self.begin(first.at.floor(MINUTE_MS));
        let resumed = self.resumed.unwrap_or(UnixMs(i64::MAX));
        for trade in history {
            // The first may share its millisecond with one that is not in the answer.
            if trade.at > first.at && trade.at < resumed && self.gaps.contains(trade.at) {
                self.advance(trade.at);
                self.count(trade);
                self.insert(*trade);
            }
        }
        // Once the stream is on, it has what came after the answer; before, the answer's last trade is the newest that is known.
        let streamed = self.granted || !self.gaps.is_open();
        self.gaps.fill(first.at, if streamed { UnixMs(i64::MAX) } else { last.at });
        self.measure_coverage();
    }

    /// Takes over what the venue itself says of closed minutes, oldest first: complete, where trades are not.
    pub(crate) fn load_minutes(&mut self, sums: &[FlowBar]) {
        let (Some(first), Some(last)) = (sums.first(), sums.last()) else { return };
        self.begin(first.start);
        self.advance(last.start);
        let minutes = self.minutes.as_mut_slice();
        for bar in sums {
            if let Ok(place) = minutes.binary_search_by_key(&bar.start, |minute| minute.start)
                && minutes[place].coverage() < 1.0
            {
                minutes[place] = *bar;
            }
        }
    }

    /// Begins the minutes that ran up to `now`; a minute without a trade is one of zero volume.
    pub(crate) fn advance(&mut self, now: UnixMs) {
        self.trades.drop_while(|trade| now.0 - trade.at.0 > TRADES_MS);
        let minute = now.floor(MINUTE_MS);
        let Some(last) = self.minutes.last().copied() else {
            self.minutes.push(self.empty(minute));
            return;
        };
        // After a long silence none of the minutes that are kept is worth more than an empty one.
        let from = (last.start.0 + MINUTE_MS).max(minute.0 - i64::try_from(MINUTES).unwrap_or(0) * MINUTE_MS);
        let mut start = from;
        while start <= minute.0 {
            self.minutes.push(self.empty(UnixMs(start)));
            start += MINUTE_MS;
        }
    }

    /// Lets the minutes begin earlier than they do.
    fn begin(&mut self, start: UnixMs) {
        let Some(first) = self.minutes.as_slice().first().copied() else {
            self.minutes.push(self.empty(start));
            return;
        };
        let kept = self.minutes.as_slice();
        let room = i64::try_from(MINUTES - kept.len().min(MINUTES)).unwrap_or(0);
        let begin = start.0.max(first.start.0 - room * MINUTE_MS);
        if begin >= first.start.0 {
            return;
        }
        let steps = (first.start.0 - begin) / MINUTE_MS;
        let mut all: Vec<FlowBar> = (0..steps).map(|n| self.empty(UnixMs(begin + n * MINUTE_MS))).collect();
        all.extend_from_slice(self.minutes.as_slice());
        self.minutes.replace(all);
    }

    fn empty(&self, start: UnixMs) -> FlowBar {
        FlowBar { start, buy: 0.0, sell: 0.0, covered_ms: self.covered_ms(start), source: FlowSource::Trades }
    }

    /// How much of a minute was received, as far as is known now.
    fn covered_ms(&self, start: UnixMs) -> u16 {
        let share = self.gaps.coverage(start, UnixMs(start.0 + MINUTE_MS));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 60,000")]
        let ms = (share * MINUTE_MS as f64).round() as u16;
        ms
    }

    /// Adds a trade to its minute, unless the venue's own sum is there already.
    fn count(&mut self, trade: &Trade) {
        let minutes = self.minutes.as_mut_slice();
        let Ok(place) = minutes.binary_search_by_key(&trade.at.floor(MINUTE_MS), |minute| minute.start) else { return };
        let minute = &mut minutes[place];
        match (minute.source, trade.side()) {
            (FlowSource::Venue, _) => {}
            (FlowSource::Trades, Side::Buy) => minute.buy += trade.size(),
            (FlowSource::Trades, Side::Sell) => minute.sell += trade.size(),
        }
    }

    fn insert(&mut self, trade: Trade) {
        self.trades.insert_by(trade, |kept| kept.at <= trade.at);
    }

    /// Measures how much of each minute was received.
    fn measure_coverage(&mut self) {
        for place in 0..self.minutes.as_slice().len() {
            let minute = self.minutes.as_slice()[place];
            if minute.source == FlowSource::Trades {
                let covered_ms = self.covered_ms(minute.start);
                self.minutes.as_mut_slice()[place].covered_ms = covered_ms;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trade(at: i64, side: Side, size: f64) -> Trade {
        Trade::new(UnixMs(at), side, 10.0, size)
    }

    fn buy(at: i64) -> Trade {
        trade(at, Side::Buy, 1.0)
    }

    /// `(minute, bought, sold, seconds received)` of each minute that ended by a moment.
    fn minutes(flow: &mut Flow, until: i64) -> Vec<(i64, f64, f64, u16)> {
        flow.advance(UnixMs(until));
        let row = |bar: &FlowBar| (bar.start.0 / 60_000, bar.buy, bar.sell, bar.covered_ms / 1_000);
        flow.minutes_until(UnixMs(until)).iter().map(row).collect()
    }

    fn streaming(from: i64) -> Flow {
        let mut flow = Flow::new();
        flow.advance(UnixMs(from));
        grant(&mut flow, from);
        flow
    }

    fn grant(flow: &mut Flow, at: i64) {
        flow.grant();
        flow.note(UnixMs(at));
    }

    #[test]
    fn a_minute_knows_how_much_of_it_was_received() {
        let mut flow = streaming(90_000);
        flow.add(trade(95_000, Side::Buy, 5.0));
        flow.add(trade(130_000, Side::Buy, 2.0));
        flow.add(trade(150_000, Side::Sell, 3.0));
        assert_eq!(minutes(&mut flow, 180_000), [(1, 5.0, 0.0, 30), (2, 2.0, 3.0, 60)]);
    }

    #[test]
    fn a_quiet_minute_is_a_minute_of_zero() {
        let mut flow = streaming(60_000);
        assert_eq!(minutes(&mut flow, 240_000), [(1, 0.0, 0.0, 60), (2, 0.0, 0.0, 60), (3, 0.0, 0.0, 60)]);
    }

    #[test]
    fn loaded_trades_come_before_those_of_the_stream_and_none_counts_twice() {
        let mut flow = Flow::new();
        flow.add(buy(200_000));
        grant(&mut flow, 200_300);
        flow.add(buy(210_000));
        let history = [trade(59_000, Side::Sell, 9.0), trade(100_000, Side::Sell, 4.0), buy(200_000)];
        flow.load(&history);
        assert_eq!(flow.trades().iter().map(|trade| trade.at.0).collect::<Vec<_>>(), [100_000, 200_000, 210_000]);
        let expected = [(0, 0.0, 0.0, 1), (1, 0.0, 4.0, 60), (2, 0.0, 0.0, 60), (3, 2.0, 0.0, 60)];
        assert_eq!(minutes(&mut flow, 240_000), expected);
    }

    /// A short reconnect used to erase up to 500 good minutes.
    #[test]
    fn a_reconnect_keeps_what_was_received_and_an_answer_fills_the_gap() {
        let mut flow = streaming(0);
        for second in 0..150 {
            flow.add(buy(second * 1_000));
        }
        flow.pause(UnixMs(149_000));
        grant(&mut flow, 170_000);
        flow.add(buy(170_500));
        let lost = [(0, 60.0, 0.0, 60), (1, 60.0, 0.0, 60), (2, 31.0, 0.0, 39)];
        assert_eq!(minutes(&mut flow, 180_000), lost);
        let answer: Vec<Trade> = (140..=170).map(|second| buy(second * 1_000)).collect();
        flow.load(&answer);
        let healed = [(0, 60.0, 0.0, 60), (1, 60.0, 0.0, 60), (2, 51.0, 0.0, 60)];
        assert_eq!(minutes(&mut flow, 180_000), healed);
    }

    #[test]
    fn the_venues_own_sum_replaces_a_minute_that_was_received_in_part() {
        let mut flow = streaming(90_000);
        flow.add(buy(100_000));
        let whole = |minute: i64| FlowBar::of_venue(UnixMs(minute * 60_000), 30.0, 10.0);
        flow.load_minutes(&[whole(0), whole(1)]);
        assert_eq!(minutes(&mut flow, 120_000), [(0, 30.0, 10.0, 60), (1, 30.0, 10.0, 60)]);
        flow.load(&[buy(80_000), buy(85_000)]);
        flow.add(buy(119_000));
        assert_eq!(minutes(&mut flow, 120_000)[1], (1, 30.0, 10.0, 60), "its trades are in the sum already");
        assert_eq!(flow.trades().len(), 3, "each is known one by one all the same");
    }

    #[test]
    fn a_long_silence_leaves_no_more_than_what_is_kept() {
        let mut flow = streaming(0);
        flow.advance(UnixMs(10_000 * 60_000));
        assert_eq!(flow.minutes.as_slice().len(), MINUTES);
    }

    proptest! {
        /// Trades that come out of order make the same minutes, and the same tape but for the order within a millisecond.
        #[test]
        fn order_of_arrival_does_not_matter(times in prop::collection::vec(0..600_000i64, 1..100), late in 0..100usize) {
            let mut times = times;
            times.sort_unstable();
            times.dedup();
            let sorted: Vec<Trade> = times.iter().map(|at| trade(*at, Side::Buy, 1.0 + (*at % 7) as f64)).collect();
            let mut moved = sorted.clone();
            let one = moved.remove(late % moved.len());
            moved.push(one);
            let [mut a, mut b] = [sorted, moved].map(|trades| {
                let mut flow = streaming(0);
                trades.into_iter().for_each(|trade| flow.add(trade));
                flow
            });
            prop_assert_eq!(a.trades(), b.trades());
            prop_assert_eq!(minutes(&mut a, 600_000), minutes(&mut b, 600_000));
        }
    }
}

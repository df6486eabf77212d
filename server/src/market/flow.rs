//! Trades of one symbol, and what takers bought and sold in each whole minute.

use analysis::input::FlowBar;
use schema::{Side, Trade, UnixMs};

use super::recent::Recent;

/// Four times what the analysis reads one by one. Sums over longer than these trades take are those of whole minutes.
const TRADES: usize = 1_280;
/// The analysis reads no trade that is older.
const TRADES_MS: i64 = 15 * 60_000;
const MINUTES: usize = 500;
const MINUTE_MS: i64 = 60_000;

/// The latest trades and the minutes that were watched from beginning to end.
#[derive(Debug)]
pub(crate) struct Flow {
    trades: Recent<Trade>,
    bars: Recent<FlowBar>,
    /// The running minute, once it was watched from its beginning.
    running: Option<FlowBar>,
    /// From when on no trade was missed.
    watched_since: Option<UnixMs>,
}

impl Flow {
    /// Nothing watched yet.
    pub(crate) const fn new() -> Self {
        Self { trades: Recent::new(TRADES), bars: Recent::new(MINUTES), running: None, watched_since: None }
    }

    /// The latest trades, oldest first.
    pub(crate) fn trades(&self) -> &[Trade] {
        self.trades.as_slice()
    }

    /// Whole minutes, oldest first.
    pub(crate) fn bars(&self) -> &[FlowBar] {
        self.bars.as_slice()
    }

    /// Takes over trades of before the watch began. They count as watched without a hole up to the first
    /// trade that was heard.
    pub(crate) fn load(&mut self, history: Vec<Trade>) {
        let Some(first) = history.first() else { return };
        let heard = self.trades.as_slice().to_vec();
        let until = history.last().map_or(first.at, |last| last.at);
        *self = Self::new();
        // The first loaded trade may share its millisecond with one that was not loaded.
        self.watched_since = Some(UnixMs(first.at.0 + 1));
        for trade in history {
            self.add(trade);
        }
        for trade in heard.into_iter().filter(|trade| trade.at > until) {
            self.add(trade);
        }
    }

    /// Takes in a trade.
    pub(crate) fn add(&mut self, trade: Trade) {
        self.advance(trade.at);
        if let Some(running) = self.running.as_mut().filter(|running| running.start == trade.at.floor(MINUTE_MS)) {
            match trade.side() {
                Side::Buy => running.buy += trade.size(),
                Side::Sell => running.sell += trade.size(),
            }
        }
        self.trades.push(trade);
    }

    /// Closes the minutes that ended by `now`; a minute without a trade is a minute of zero volume.
    pub(crate) fn advance(&mut self, now: UnixMs) {
        let since = *self.watched_since.get_or_insert(now);
        self.trades.drop_while(|trade| now.0 - trade.at.0 > TRADES_MS);
        let minute = now.floor(MINUTE_MS);
        if self.running.is_none() {
            // The first minute counts only when it was watched from its first millisecond.
            let first = UnixMs(since.0 + MINUTE_MS - 1).floor(MINUTE_MS);
            if minute < first {
                return;
            }
            self.running = Some(FlowBar { start: first, buy: 0.0, sell: 0.0 });
        }
        while let Some(running) = self.running.filter(|running| running.start < minute) {
            self.bars.push(running);
            self.running = Some(FlowBar { start: UnixMs(running.start.0 + MINUTE_MS), buy: 0.0, sell: 0.0 });
        }
    }

    /// Trades were missed: what was summed up may not be continued.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(at: i64, side: Side, size: f64) -> Trade {
        Trade::new(UnixMs(at), side, 10.0, size)
    }

    #[test]
    fn a_minute_that_was_not_watched_from_its_beginning_does_not_count() {
        let mut flow = Flow::new();
        flow.add(trade(90_000, Side::Buy, 5.0));
        flow.add(trade(130_000, Side::Buy, 2.0));
        flow.add(trade(150_000, Side::Sell, 3.0));
        flow.advance(UnixMs(180_000));
        assert_eq!(flow.bars(), [FlowBar { start: UnixMs(120_000), buy: 2.0, sell: 3.0 }]);
    }

    #[test]
    fn a_quiet_minute_is_a_minute_of_zero() {
        let mut flow = Flow::new();
        flow.advance(UnixMs(60_000));
        flow.advance(UnixMs(240_000));
        assert_eq!(flow.bars().len(), 3);
        assert!(flow.bars().iter().all(|bar| bar.buy == 0.0 && bar.sell == 0.0));
    }

    #[test]
    fn loaded_trades_come_before_those_heard_and_none_counts_twice() {
        let mut flow = Flow::new();
        flow.add(trade(200_000, Side::Buy, 1.0));
        flow.add(trade(210_000, Side::Buy, 1.0));
        flow.load(vec![
            trade(59_000, Side::Sell, 9.0),
            trade(100_000, Side::Sell, 4.0),
            trade(200_000, Side::Buy, 1.0),
        ]);
        flow.advance(UnixMs(240_000));
        assert_eq!(flow.trades().len(), 4);
        let sums: Vec<_> = flow.bars().iter().map(|bar| (bar.start.0, bar.buy, bar.sell)).collect();
        assert_eq!(sums, [(60_000, 0.0, 4.0), (120_000, 0.0, 0.0), (180_000, 2.0, 0.0)]);
    }

    #[test]
    fn a_lost_connection_breaks_the_sums() {
        let mut flow = Flow::new();
        flow.advance(UnixMs(0));
        flow.advance(UnixMs(120_000));
        flow.forget();
        assert!(flow.bars().is_empty() && flow.trades().is_empty());
    }
}

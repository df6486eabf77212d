//! What is known of a contract's past without its book and its tape.

use schema::{Symbol, Timeframe, UnixMs};
use venue::{Instrument, Kline, OpenInterest, PaidFunding};

/// A contract's candles of one length, and what else the exchange sent of it. All lists are oldest first.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) instrument: Instrument,
    pub(crate) timeframe: Timeframe,
    /// Closed candles; where the record has a gap, some are missing.
    pub(crate) candles: Vec<Kline>,
    pub(crate) open_interest: Vec<OpenInterest>,
    pub(crate) funding: Vec<PaidFunding>,
    /// Lines of a file that repeated an earlier one and were left out.
    pub(crate) repeated: usize,
    /// Candles that are missing between the first and the last.
    pub(crate) missing: i64,
}

impl Record {
    pub(crate) const fn symbol(&self) -> Symbol {
        self.instrument.symbol
    }

    /// When the first candle began; none without candles.
    pub(crate) fn begins(&self) -> Option<UnixMs> {
        self.candles.first().map(|kline| kline.candle.start)
    }

    /// When the last candle ended; none without candles.
    pub(crate) fn ends(&self) -> Option<UnixMs> {
        self.candles.last().map(|kline| UnixMs(kline.candle.start.0 + self.timeframe.ms()))
    }

    /// Which candle ended at a moment.
    pub(crate) fn place(&self, closed_at: UnixMs) -> Option<usize> {
        let start = UnixMs(closed_at.0 - self.timeframe.ms());
        self.candles.binary_search_by_key(&start, |kline| kline.candle.start).ok()
    }
}

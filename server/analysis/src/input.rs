//! What goes into an analysis: measured values and nothing derived.
//!
//! The caller keeps the windows; this crate reads them. Every slice is oldest first.

use schema::{Candle, Level, Ratio, Timeframe, Trade, UnixMs, signals::Funding};
use serde::{Deserialize, Serialize};

pub use crate::{
    band::{DepthShares, LADDER},
    usual_depth::UsualDepth,
};

/// One thing per timeframe, in the order of [`Timeframe::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PerTimeframe<T>(pub [T; 4]);

impl<T> PerTimeframe<T> {
    /// Makes one thing per timeframe.
    pub fn build(f: impl FnMut(Timeframe) -> T) -> Self {
        Self(Timeframe::ALL.map(f))
    }

    /// The one of a timeframe.
    pub const fn get(&self, timeframe: Timeframe) -> &T {
        &self.0[timeframe.index()]
    }

    /// The one of a timeframe, to be changed.
    pub const fn get_mut(&mut self, timeframe: Timeframe) -> &mut T {
        &mut self.0[timeframe.index()]
    }
}

/// Where a minute's taker volume is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowSource {
    /// Summed from the trades that were received.
    Trades,
    /// The venue's own sum of the whole minute.
    Venue,
}

/// What takers bought and sold in one minute, in base coin, as far as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FlowBar {
    /// The first millisecond of the minute.
    pub start: UnixMs,
    /// Bought by takers.
    pub buy: f64,
    /// Sold by takers.
    pub sell: f64,
    /// How many of its 60,000 milliseconds were received.
    pub covered_ms: u16,
    /// Where the sums are from.
    pub source: FlowSource,
}

impl FlowBar {
    const WHOLE_MS: u16 = 60_000;

    /// A minute whose every trade was received.
    #[must_use]
    pub const fn of_trades(start: UnixMs, buy: f64, sell: f64) -> Self {
        Self { start, buy, sell, covered_ms: Self::WHOLE_MS, source: FlowSource::Trades }
    }

    /// A minute as the venue sums it up itself.
    #[must_use]
    pub const fn of_venue(start: UnixMs, buy: f64, sell: f64) -> Self {
        Self { start, buy, sell, covered_ms: Self::WHOLE_MS, source: FlowSource::Venue }
    }

    /// The share of the minute that was received, 0 to 1.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        f64::from(self.covered_ms) / f64::from(Self::WHOLE_MS)
    }
}

/// The best bid and ask after one change of either.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BestQuote {
    /// When it changed.
    pub at: UnixMs,
    /// The best bid.
    pub bid: Level,
    /// The best ask.
    pub ask: Level,
}

/// The order book at one moment, best level first on both sides. Of each side every level is known down to the last one
/// that is given: how far the book is known is read from there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Book<'a> {
    /// The time of its last change.
    pub at: UnixMs,
    /// What buyers offer, highest price first.
    pub bids: &'a [Level],
    /// What sellers offer, lowest price first.
    pub asks: &'a [Level],
    /// The last changes of the best quotes, at least the 51 that a measure reads.
    pub best: &'a [BestQuote],
    /// Earlier shares of the depth that rested on the bid side, one a minute, up to 500.
    pub depth_history: &'a [DepthShares],
    /// What is usual of that history, where its owner keeps it; it is measured again otherwise.
    pub usual_depth: Option<&'a UsualDepth>,
}

/// Open interest at one moment, one side, in base coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenInterestPoint {
    /// When it was measured.
    pub at: UnixMs,
    /// Contracts open, one side, in base coin.
    pub coins: f64,
}

/// A funding rate that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FundingPoint {
    /// When it was paid.
    pub at: UnixMs,
    /// The rate, as a fraction per interval.
    pub rate: f64,
}

/// The share of holders that are long at one moment: accounts, not size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AccountsPoint {
    /// When it was measured.
    pub at: UnixMs,
    /// Long holders ÷ all holders.
    pub long: Ratio,
}

/// A position that the venue closed by force.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Liquidation {
    /// When it happened.
    pub at: UnixMs,
    /// Whether the position was long.
    pub long: bool,
    /// Its size in US dollars.
    pub usd: f64,
}

/// What is known of a contract's positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivatives<'a> {
    /// Open interest every five minutes.
    pub open_interest: &'a [OpenInterestPoint],
    /// The funding of the running interval.
    pub funding: Option<(UnixMs, Funding)>,
    /// Rates that were paid, up to 30 days back.
    pub funding_history: &'a [FundingPoint],
    /// Accounts long every five minutes.
    pub accounts: &'a [AccountsPoint],
    /// Liquidations of the last 24 h; none where the source does not report them.
    pub liquidations: Option<&'a [Liquidation]>,
}

/// Everything one symbol is scored from.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolInput<'a> {
    /// The moment of the analysis: the time of the newest input.
    pub as_of: UnixMs,
    /// Closed candles.
    pub candles: PerTimeframe<&'a [Candle]>,
    /// The candle that is still open; it counts only in a forming score.
    pub open: PerTimeframe<Option<Candle>>,
    /// The latest trades, up to 1,280 in what the server keeps.
    pub trades: &'a [Trade],
    /// Taker volume of minutes that were watched from beginning to end, up to 1,000.
    pub flow: &'a [FlowBar],
    /// The order book, where one is held.
    pub book: Option<Book<'a>>,
    /// What is known of the contract's positions.
    pub derivatives: Derivatives<'a>,
}

impl<'a> SymbolInput<'a> {
    /// Closed candles and nothing else: what a record of candles contains of a symbol.
    ///
    /// `as_of` is the close of the newest candle. Whatever needs trades, a book or positions is missing.
    #[must_use]
    pub const fn of_candles(as_of: UnixMs, candles: PerTimeframe<&'a [Candle]>) -> Self {
        Self {
            as_of,
            candles,
            open: PerTimeframe([None; 4]),
            trades: &[],
            flow: &[],
            book: None,
            derivatives: Derivatives {
                open_interest: &[],
                funding: None,
                funding_history: &[],
                accounts: &[],
                liquidations: None,
            },
        }
    }
}

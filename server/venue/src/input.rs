//! What reaches whoever watches an exchange, in the order in which it is taken in.
//!
//! A recording holds it ([`record`](crate::record)), so that a past session can be gone through again exactly as it was.

use schema::{Symbol, Timeframe, Trade, UnixMs};
use serde::{Deserialize, Serialize};

use crate::{Accounts, Instrument, Kline, MarketEvent, OpenInterest, PaidFunding, Ticker};

/// Something that happened, or a second that went by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The stream of the exchange sent something.
    Event {
        /// When it was taken in, by this machine's clock.
        received: UnixMs,
        /// What it says.
        event: MarketEvent,
    },
    /// The exchange answered a request.
    Loaded {
        /// When it was taken in, by this machine's clock: right after the answer was complete.
        received: UnixMs,
        /// What it says.
        loaded: Loaded,
    },
    /// A second of the session began. Seconds come in order, each once, before what was received after them.
    Second(UnixMs),
}

impl Input {
    /// When it was taken in; of a second, when it began.
    #[must_use]
    pub const fn received(&self) -> UnixMs {
        match self {
            Self::Event { received, .. } | Self::Loaded { received, .. } | Self::Second(received) => *received,
        }
    }
}

/// Where the candles of a contract come from that closed before it was watched, or that were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// They are fetched; until then the contract has no score.
    Fetched,
    /// There are none: candles of this length and longer ones made of them grow from nothing, and start again after each gap.
    Grown(Timeframe),
}

/// What an exchange answered. Lists are oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loaded {
    /// Which contracts are watched from now on.
    Universe {
        /// The watched contracts.
        instruments: Vec<Instrument>,
        /// Contracts the venue lists, watched or not.
        linear_symbols: u32,
        /// Where candles of before come from.
        history: History,
    },
    /// The state of contracts; what the stream said is newer.
    Tickers(Vec<(Symbol, Ticker)>),
    /// Closed candles.
    Candles {
        /// Which contract.
        symbol: Symbol,
        /// Their length.
        timeframe: Timeframe,
        /// How many were asked for.
        limit: u16,
        /// The candles.
        candles: Vec<Kline>,
    },
    /// The latest trades.
    Trades {
        /// Which contract.
        symbol: Symbol,
        /// The trades.
        trades: Vec<Trade>,
    },
    /// Open interest every five minutes.
    OpenInterest {
        /// Which contract.
        symbol: Symbol,
        /// The points.
        points: Vec<OpenInterest>,
    },
    /// Funding that was paid.
    Funding {
        /// Which contract.
        symbol: Symbol,
        /// The payments.
        points: Vec<PaidFunding>,
    },
    /// The share of accounts that are long.
    Accounts {
        /// Which contract.
        symbol: Symbol,
        /// The points.
        points: Vec<Accounts>,
    },
    /// The history of every contract is to be fetched again.
    FetchAgain,
}

//! What an exchange sends, without the peculiarities of any one exchange.

use std::{sync::Arc, time::Duration};

use schema::{Candle, Level, Symbol, Timeframe, Trade, UnixMs, signals::Funding};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// A contract as the venue lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    /// The contract's symbol.
    pub symbol: Symbol,
    /// Its base coin, as the venue names it.
    pub base: String,
    /// The currency its price is in.
    pub quote: String,
    /// Whether it never expires.
    pub perpetual: bool,
    /// Whether it trades normally now: not before its listing, not being delivered, not closed.
    pub trading: bool,
    /// What state it is in, in the venue's word; empty where it gives none.
    pub status: String,
    /// What type of contract it is, in the venue's word; empty where it gives none.
    pub contract_type: String,
    /// What kind of thing the base is, in the venue's word; empty for ordinary coins.
    pub kind: String,
    /// The price increment.
    pub tick: f64,
    /// When it was listed.
    pub launched_at: UnixMs,
    /// When it ends: the expiry of a dated contract, the delisting of a perpetual one where that is announced.
    pub delivery_at: Option<UnixMs>,
}

impl Instrument {
    /// A perpetual contract in USDT that trades, of which its symbol says all that a venue would.
    #[must_use]
    pub fn usdt_perpetual(symbol: Symbol, tick: f64, launched_at: UnixMs) -> Self {
        Self {
            symbol,
            base: symbol.as_str().trim_end_matches("USDT").to_owned(),
            quote: "USDT".to_owned(),
            perpetual: true,
            trading: true,
            status: String::new(),
            contract_type: String::new(),
            kind: String::new(),
            tick,
            launched_at,
            delivery_at: None,
        }
    }
}

/// The state of a contract, merged from everything that was received of it.
///
/// `None` is "not sent"; zero is a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticker {
    /// When the venue sent the newest part.
    pub at: UnixMs,
    /// The last price.
    pub last: f64,
    /// The price at which the venue marks positions.
    pub mark: Option<f64>,
    /// The price of the underlying index.
    pub index: Option<f64>,
    /// The last price 24 h ago.
    pub prev_24h: Option<f64>,
    /// The last price 1 h ago.
    pub prev_1h: Option<f64>,
    /// The highest price in 24 h.
    pub high_24h: Option<f64>,
    /// The lowest price in 24 h.
    pub low_24h: Option<f64>,
    /// Traded in 24 h, in base coin.
    pub volume_24h: Option<f64>,
    /// Traded in 24 h, in quote currency.
    pub turnover_24h: Option<f64>,
    /// Open interest, one side, in base coin.
    pub open_interest: Option<f64>,
    /// The funding of the running interval.
    pub funding: Option<Funding>,
}

/// Which way a position points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PositionSide {
    /// It gains when the price rises.
    Long,
    /// It gains when the price falls.
    Short,
}

/// A position, or a part of one, that the venue closed by force.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Liquidation {
    /// When it was closed.
    pub at: UnixMs,
    /// Which way the closed position pointed; the order that closed it went the other way.
    pub side: PositionSide,
    /// The price the venue sends of it, in quote currency: with Bybit the bankruptcy price of the position, not that
    /// of a trade; with Binance the average price of the closing order.
    pub price: f64,
    /// Its size, in base coin.
    pub size: f64,
}

impl Liquidation {
    /// Its size in quote currency.
    #[must_use]
    pub fn notional(&self) -> f64 {
        self.price * self.size
    }
}

/// A change of an order book.
///
/// Each side is known down to its last level: a level between two that are held is nowhere missing. A venue
/// whose changes reach beyond its whole book leaves those out. So whoever measures depth sees from the last level how far
/// from mid it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BookChange {
    /// The whole book: replaces what was held.
    Snapshot {
        /// What buyers offer.
        bids: Vec<Level>,
        /// What sellers offer.
        asks: Vec<Level>,
    },
    /// Levels that changed; size 0 removes one.
    Delta {
        /// Changed bids.
        bids: Vec<Level>,
        /// Changed asks.
        asks: Vec<Level>,
    },
    /// A message was lost: what is held may not be used until the next snapshot.
    Lost,
}

/// A stream of a contract that speaks whether or not anything happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Its state.
    Ticker,
    /// Its candles.
    Candle,
    /// Its book.
    Book,
}

/// An event on its way from a connection to whoever watches.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedEvent {
    /// When its message had been read from the connection.
    pub read: Instant,
    /// The event.
    pub event: MarketEvent,
}

/// An event of the live stream of an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MarketEvent {
    /// A contract's state.
    Ticker {
        /// Which contract.
        symbol: Symbol,
        /// Its state.
        ticker: Box<Ticker>,
    },
    /// A candle, open or closed.
    Candle {
        /// Which contract.
        symbol: Symbol,
        /// Its length.
        timeframe: Timeframe,
        /// The candle.
        candle: Candle,
        /// How much of its volume takers bought, in base coin, where the venue says so.
        #[serde(default)]
        taker_buy: Option<f64>,
        /// Whether it is final.
        closed: bool,
        /// When the venue sent it.
        at: UnixMs,
    },
    /// Trades, oldest first.
    Trades {
        /// Which contract.
        symbol: Symbol,
        /// The trades.
        trades: Vec<Trade>,
    },
    /// Positions that were closed by force, oldest first.
    ///
    /// Not every venue sends all of them: with Binance it is the largest of each contract and second.
    Liquidations {
        /// Which contract.
        symbol: Symbol,
        /// The positions.
        liquidations: Vec<Liquidation>,
    },
    /// A change of the book.
    Book {
        /// Which contract.
        symbol: Symbol,
        /// When the venue sent it.
        at: UnixMs,
        /// The change.
        change: BookChange,
    },
    /// A stream of a contract that always speaks has said nothing for long; it is asked for again.
    Silent {
        /// Which contract.
        symbol: Symbol,
        /// Which stream of it.
        stream: Stream,
        /// For how long.
        silent_for: Duration,
    },
    /// From now on every trade of these contracts is sent. What was traded up to this moment is to be fetched.
    Hearing {
        /// Which contracts.
        symbols: Arc<[Symbol]>,
    },
    /// Trades or liquidations of a contract were missed although the connection is open.
    Missed {
        /// Which contract.
        symbol: Symbol,
    },
    /// A connection was made; its topics start again.
    Connected {
        /// Which of the subscription's connections, counted from 0.
        connection: usize,
    },
    /// A connection was lost and is being made again, or another attempt to make it failed.
    Lost {
        /// Which of the subscription's connections, counted from 0.
        connection: usize,
        /// The contracts it carries: all of them have missed something.
        symbols: Arc<[Symbol]>,
        /// Whether their trades came over it; they are sent again from the next [`MarketEvent::Hearing`] on.
        trades: bool,
        /// What happened, in plain words.
        cause: String,
    },
}

/// How a candle of history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// One of the timeframes that are scored.
    Timeframe(Timeframe),
    /// A day from 00:00 UTC.
    Day,
}

impl Interval {
    /// Its length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Timeframe(timeframe) => timeframe.ms(),
            Self::Day => 86_400_000,
        }
    }
}

/// Open interest at one moment, one side, in base coin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenInterest {
    /// When it was measured.
    pub at: UnixMs,
    /// Contracts open, one side, in base coin.
    pub coins: f64,
}

/// A funding rate that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PaidFunding {
    /// When it was paid.
    pub at: UnixMs,
    /// The rate, as a fraction per interval.
    pub rate: f64,
}

/// The share of holders that are long: accounts, not size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accounts {
    /// When it was measured.
    pub at: UnixMs,
    /// Long holders ÷ all holders.
    pub long: f64,
}

//! What can be subscribed to, and how Bybit spells it.

use std::fmt;

use schema::{Symbol, Timeframe};

use crate::Interval;

/// The book of recordings made while fifty levels were subscribed.
const RECORDED_BOOK: &str = "orderbook.50.";

/// One kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The state of a contract.
    Ticker,
    /// Candles of one timeframe.
    Candle(Timeframe),
    /// Trades.
    Trades,
    /// The best two hundred levels of each side of the book, every 100 ms: what a measure of depth can be made of. Fifty end
    /// 0.5 bps from Bitcoin's mid, two hundred 2 bps; a thousand would come half as often at five times the memory.
    Book,
    /// Positions closed by force.
    Liquidations,
}

impl Channel {
    /// What is watched of every symbol. Longer candles are made of the one-minute ones.
    pub const WATCHED: [Self; 5] =
        [Self::Ticker, Self::Candle(Timeframe::M1), Self::Trades, Self::Book, Self::Liquidations];

    /// Every stream that is understood.
    const ALL: [Self; 8] = [
        Self::Ticker,
        Self::Trades,
        Self::Book,
        Self::Liquidations,
        Self::Candle(Timeframe::M1),
        Self::Candle(Timeframe::M5),
        Self::Candle(Timeframe::M30),
        Self::Candle(Timeframe::H4),
    ];

    /// The part before the symbol.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Ticker => "tickers.",
            Self::Candle(Timeframe::M1) => "kline.1.",
            Self::Candle(Timeframe::M5) => "kline.5.",
            Self::Candle(Timeframe::M30) => "kline.30.",
            Self::Candle(Timeframe::H4) => "kline.240.",
            Self::Trades => "publicTrade.",
            Self::Book => "orderbook.200.",
            Self::Liquidations => "allLiquidation.",
        }
    }
}

/// One stream of one symbol; its `Display` is the topic on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// The kind of stream.
    pub channel: Channel,
    /// The contract.
    pub symbol: Symbol,
}

impl Topic {
    /// Reads a topic; none where it is not one of those that are understood. A recording made at another depth of the book is read,
    /// too: of its book less is known, which whoever measures depth sees from its levels.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if let Some(symbol) = text.strip_prefix(RECORDED_BOOK) {
            return Some(Self { channel: Channel::Book, symbol: Symbol::new(symbol).ok()? });
        }
        Channel::ALL.into_iter().find_map(|channel| {
            let symbol = Symbol::new(text.strip_prefix(channel.prefix())?).ok()?;
            Some(Self { channel, symbol })
        })
    }

    /// Its length on the wire, in characters.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.channel.prefix().len() + self.symbol.as_str().len()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.channel.prefix(), self.symbol)
    }
}

/// How a length of candles is asked for.
#[must_use]
pub const fn interval_code(interval: Interval) -> &'static str {
    match interval {
        Interval::Timeframe(Timeframe::M1) => "1",
        Interval::Timeframe(Timeframe::M5) => "5",
        Interval::Timeframe(Timeframe::M30) => "30",
        Interval::Timeframe(Timeframe::H4) => "240",
        Interval::Day => "D",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_read_back_from_its_spelling() {
        let symbol = Symbol::new("BTC-24MAR23").unwrap();
        for channel in Channel::ALL {
            let topic = Topic { channel, symbol };
            assert_eq!(Topic::read(&topic.to_string()), Some(topic));
            assert_eq!(topic.chars(), topic.to_string().len());
        }
        assert_eq!(Topic::read("orderbook.50.BTC-24MAR23"), Some(Topic { channel: Channel::Book, symbol }));
        for text in ["orderbook.500.BTCUSDT", "kline.7.BTCUSDT", "tickers.", "tickers.\n", "BTCUSDT", ""] {
            assert_eq!(Topic::read(text), None, "{text}");
        }
    }
}

//! What can be subscribed to, and how Binance spells it.

use std::fmt;

use schema::{Symbol, Timeframe};

use crate::Interval;

/// A root of streams; a stream that is asked for at the other one says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// Trades, candles, prices and positions closed by force.
    Market,
    /// Books.
    Public,
}

impl Root {
    /// Its name in the address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Public => "public",
        }
    }

    /// What is watched of every symbol at this root. Longer candles are made of the one-minute ones.
    #[must_use]
    pub const fn watched(self) -> &'static [Channel] {
        match self {
            Self::Market => &[Channel::Ticker, Channel::Mark, Channel::Candle, Channel::Trades, Channel::Liquidations],
            Self::Public => &[Channel::Book],
        }
    }
}

/// One kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Last price and the figures of 24 hours.
    Ticker,
    /// Mark price, index price and funding, each second.
    Mark,
    /// Candles of one minute.
    Candle,
    /// Trades, those of one taker's order at one price together.
    Trades,
    /// Positions closed by force: the largest of each second.
    Liquidations,
    /// Changes of the book, ten times a second.
    Book,
}

impl Channel {
    const ALL: [Self; 6] = [Self::Ticker, Self::Mark, Self::Candle, Self::Trades, Self::Liquidations, Self::Book];

    /// The part behind the symbol.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Ticker => "@ticker",
            Self::Mark => "@markPrice@1s",
            Self::Candle => "@kline_1m",
            Self::Trades => "@aggTrade",
            Self::Liquidations => "@forceOrder",
            Self::Book => "@depth@100ms",
        }
    }
}

/// One stream of one symbol; its `Display` is its name on the wire, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// The kind of stream.
    pub channel: Channel,
    /// The contract.
    pub symbol: Symbol,
}

impl Topic {
    /// Reads the name of a stream; none where it is not one of those that are watched.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (symbol, _) = text.split_once('@')?;
        let channel = Channel::ALL.into_iter().find(|channel| text[symbol.len()..] == *channel.suffix())?;
        Some(Self { channel, symbol: Symbol::new(&symbol.to_ascii_uppercase()).ok()? })
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.symbol.as_str().to_ascii_lowercase(), self.channel.suffix())
    }
}

/// How a length of candles is asked for.
#[must_use]
pub const fn interval_code(interval: Interval) -> &'static str {
    match interval {
        Interval::Timeframe(Timeframe::M1) => "1m",
        Interval::Timeframe(Timeframe::M5) => "5m",
        Interval::Timeframe(Timeframe::M30) => "30m",
        Interval::Timeframe(Timeframe::H4) => "4h",
        Interval::Day => "1d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_read_back_from_its_spelling() {
        let symbol = Symbol::new("1000PEPEUSDT").unwrap();
        for channel in Channel::ALL {
            let topic = Topic { channel, symbol };
            assert_eq!(Topic::read(&topic.to_string()), Some(topic));
        }
        assert_eq!(Topic { channel: Channel::Mark, symbol }.to_string(), "1000pepeusdt@markPrice@1s");
        for text in ["btcusdt@kline_5m", "btcusdt", "@aggTrade", "!ticker@arr", "btcusdt@depth@500ms", ""] {
            assert_eq!(Topic::read(text), None, "{text}");
        }
    }

    #[test]
    fn every_channel_is_watched_at_one_root() {
        let both: Vec<_> = [Root::Market, Root::Public].iter().flat_map(|root| root.watched()).copied().collect();
        assert!(Channel::ALL.iter().all(|channel| both.contains(channel)) && both.len() == Channel::ALL.len());
    }
}

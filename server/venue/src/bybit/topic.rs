//! What can be subscribed to, and how Bybit spells it.

use std::fmt;

use schema::{Symbol, Timeframe};

use crate::Interval;

/// One kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The state of a contract.
    Ticker,
    /// Candles of one timeframe.
    Candle(Timeframe),
    /// Trades.
    Trades,
    /// The best fifty levels of each side of the book.
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

    /// What stands before the symbol.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Ticker => "tickers.",
            Self::Candle(Timeframe::M1) => "kline.1.",
            Self::Candle(Timeframe::M5) => "kline.5.",
            Self::Candle(Timeframe::M30) => "kline.30.",
            Self::Candle(Timeframe::H4) => "kline.240.",
            Self::Trades => "publicTrade.",
            Self::Book => "orderbook.50.",
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
    /// Reads a topic; none where it is not one of those that are understood.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
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

/// Divides symbols among connections, in their order and each once.
#[must_use]
pub fn shards(symbols: &[Symbol], per_connection: usize, max_chars: usize) -> Vec<Vec<Symbol>> {
    let mut seen = std::collections::HashSet::new();
    let mut shards: Vec<Vec<Symbol>> = Vec::new();
    let mut chars = 0;
    for symbol in symbols.iter().copied().filter(|symbol| seen.insert(*symbol)) {
        let more: usize = Channel::WATCHED.into_iter().map(|channel| Topic { channel, symbol }.chars()).sum();
        match shards.last_mut() {
            Some(shard) if shard.len() < per_connection && chars + more <= max_chars => {
                shard.push(symbol);
                chars += more;
            }
            _ => {
                shards.push(vec![symbol]);
                chars = more;
            }
        }
    }
    shards
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_channel_is_read_back_from_its_spelling() {
        let symbol = Symbol::new("BTC-24MAR23").unwrap();
        for channel in Channel::ALL {
            let topic = Topic { channel, symbol };
            assert_eq!(Topic::read(&topic.to_string()), Some(topic));
            assert_eq!(topic.chars(), topic.to_string().len());
        }
        for text in ["orderbook.500.BTCUSDT", "kline.7.BTCUSDT", "tickers.", "tickers.\n", "BTCUSDT", ""] {
            assert_eq!(Topic::read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn shards_hold_every_symbol_once_and_keep_both_limits(
            numbers in prop::collection::vec(0_u32..400, 0..300),
            per in 1_usize..50,
            max_chars in 100_usize..3_000,
        ) {
            let symbols: Vec<_> = numbers.iter().map(|n| Symbol::new(&format!("S{n}USDT")).unwrap()).collect();
            let shards = shards(&symbols, per, max_chars);
            let mut all: Vec<_> = shards.iter().flatten().copied().collect();
            let mut expected = symbols;
            all.sort();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(all, expected);
            for shard in &shards {
                let chars: usize = shard
                    .iter()
                    .flat_map(|symbol| Channel::WATCHED.map(|channel| Topic { channel, symbol: *symbol }.chars()))
                    .sum();
                prop_assert!(shard.len() <= per && chars <= max_chars);
            }
        }
    }
}

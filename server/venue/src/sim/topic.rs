//! What can be subscribed to.

use std::fmt;

use schema::Symbol;

use super::candle::Span;

/// A kind of topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The state of a contract.
    Tickers,
    /// Its trades.
    Trades,
    /// Its book: up to two hundred levels a side.
    Book,
    /// Its positions that were closed by force.
    Liquidations,
    /// Its candles of one length.
    Kline(Span),
}

impl Kind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = 9;

    /// A number below [`COUNT`](Self::COUNT).
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Tickers => 0,
            Self::Trades => 1,
            Self::Book => 2,
            Self::Liquidations => 3,
            Self::Kline(span) => 4 + span.index(),
        }
    }
}

/// A topic: a kind and a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Which kind.
    pub(crate) kind: Kind,
    /// Which contract.
    pub(crate) symbol: Symbol,
}

/// A text that is no topic of this exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoTopic;

impl std::str::FromStr for Topic {
    type Err = NoTopic;

    fn from_str(text: &str) -> Result<Self, NoTopic> {
        let (kind, symbol) = text.rsplit_once('.').ok_or(NoTopic)?;
        let kind = match kind {
            "tickers" => Kind::Tickers,
            "publicTrade" => Kind::Trades,
            "orderbook.200" => Kind::Book,
            "allLiquidation" => Kind::Liquidations,
            _ => Kind::Kline(kind.strip_prefix("kline.").and_then(Span::parse).ok_or(NoTopic)?),
        };
        Ok(Self { kind, symbol: Symbol::new(symbol).map_err(|_| NoTopic)? })
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Tickers => write!(f, "tickers.{}", self.symbol),
            Kind::Trades => write!(f, "publicTrade.{}", self.symbol),
            Kind::Book => write!(f, "orderbook.200.{}", self.symbol),
            Kind::Liquidations => write!(f, "allLiquidation.{}", self.symbol),
            Kind::Kline(span) => write!(f, "kline.{}.{}", span.name(), self.symbol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        let mut seen = std::collections::HashSet::new();
        for text in [
            "tickers.BTCUSDT",
            "publicTrade.SHIB1000USDT",
            "orderbook.200.ETHUSDT",
            "allLiquidation.ETHUSDT",
            "kline.1.BTCUSDT",
            "kline.5.BTCUSDT",
            "kline.30.BTCUSDT",
            "kline.240.BTCUSDT",
            "kline.D.BTCUSDT",
        ] {
            let topic: Topic = text.parse().unwrap();
            assert_eq!(topic.to_string(), text);
            assert!(topic.kind.index() < Kind::COUNT && seen.insert(topic.kind.index()));
        }
        for text in ["", "tickers", "orderbook.1.BTCUSDT", "kline.7.BTCUSDT", "tickers.btc\tusdt", "foo.BTCUSDT"] {
            assert_eq!(text.parse::<Topic>(), Err(NoTopic), "{text}");
        }
    }
}

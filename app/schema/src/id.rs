//! What a figure belongs to: a symbol, a venue, a timeframe.

use std::{borrow::Borrow, fmt, hash, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not a symbol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a symbol: 1 to 24 of A-Z, 0-9, '.', '_' and '-' are allowed")]
pub struct NotASymbol;

/// A contract's symbol as the venue spells it: `[A-Z0-9._-]{1,24}`, for example `BTCUSDT`.
///
/// Held in place, so that it is copied freely.
#[derive(Clone, Copy)]
pub struct Symbol {
    len: u8,
    bytes: [u8; Self::MAX_LEN],
}

impl Symbol {
    /// The longest symbol, in bytes.
    pub const MAX_LEN: usize = 24;

    /// Checks the spelling of a symbol.
    ///
    /// # Errors
    ///
    /// [`NotASymbol`] when it is empty, too long or holds another character.
    pub fn new(text: &str) -> Result<Self, NotASymbol> {
        let source = text.as_bytes();
        let spelled = source.iter().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        let len = u8::try_from(source.len()).map_err(|_| NotASymbol)?;
        if source.is_empty() || source.len() > Self::MAX_LEN || !spelled {
            return Err(NotASymbol);
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes[..source.len()].copy_from_slice(source);
        Ok(Self { len, bytes })
    }

    /// The symbol as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor took ASCII only, so this always is text.
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Symbol {}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl hash::Hash for Symbol {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Symbol {
    type Err = NotASymbol;

    fn from_str(text: &str) -> Result<Self, NotASymbol> {
        Self::new(text)
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Where market data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Venue {
    /// Bybit, linear USDT perpetuals.
    Bybit,
    /// Binance, USDT-margined perpetuals.
    Binance,
    /// The simulated exchange of this project.
    Sim,
    /// A recording of one of them that is played back.
    Replay,
}

impl Venue {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bybit, Self::Binance, Self::Sim, Self::Replay];
    /// The longest name of a venue, in bytes.
    pub const MAX_LEN: usize = 16;

    /// The name on the wire and in keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bybit => "bybit",
            Self::Binance => "binance",
            Self::Sim => "sim",
            Self::Replay => "replay",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bybit => "Bybit",
            Self::Binance => "Binance",
            Self::Sim => "Simulator",
            Self::Replay => "Recording",
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The length of a candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Timeframe {
    /// One minute.
    #[serde(rename = "1m")]
    M1,
    /// Five minutes.
    #[serde(rename = "5m")]
    M5,
    /// Thirty minutes.
    #[serde(rename = "30m")]
    M30,
    /// Four hours.
    #[serde(rename = "4h")]
    H4,
}

impl Timeframe {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::M1, Self::M5, Self::M30, Self::H4];
    /// The longest name of a timeframe, in bytes.
    pub const MAX_LEN: usize = 3;

    /// The length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::M1 => 60_000,
            Self::M5 => 300_000,
            Self::M30 => 1_800_000,
            Self::H4 => 14_400_000,
        }
    }

    /// The name on the wire and on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M30 => "30m",
            Self::H4 => "4h",
        }
    }

    /// The place in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::M1 => 0,
            Self::M5 => 1,
            Self::M30 => 2,
            Self::H4 => 3,
        }
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_that_could_break_a_key_is_refused() {
        for text in ["", "btcusdt", "BTC USDT", "X 0 0 1\r\nset evil", "ABCDEFGHIJKLMNOPQRSTUVWXY"] {
            assert!(Symbol::new(text).is_err(), "{text:?}");
        }
        for text in ["BTCUSDT", "1000PEPEUSDT", "BTC-24MAR23", "SHIB1000USDT"] {
            assert_eq!(Symbol::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_symbol_survives_json() {
        let symbol = Symbol::new("ETHUSDT").unwrap();
        assert_eq!(serde_json::to_string(&symbol).unwrap(), "\"ETHUSDT\"");
        assert_eq!(serde_json::from_str::<Symbol>("\"ETHUSDT\"").unwrap(), symbol);
        assert!(serde_json::from_str::<Symbol>("\"eth usdt\"").is_err());
    }
}

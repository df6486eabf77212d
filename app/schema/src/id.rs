//! What a figure belongs to: a symbol, a venue, a timeframe.

mod escape;

use std::{cmp, fmt, hash, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use escape::Escaped;

/// Why a text is not a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASymbol {
    /// It is empty or too long.
    #[error("not a symbol: 1 to {} bytes are expected", Symbol::MAX_LEN)]
    Length,
    /// It has a control character, such as a line break.
    #[error("not a symbol: it has a control character")]
    Control,
    /// It begins or ends with a blank.
    #[error("not a symbol: it begins or ends with a blank")]
    Blank,
    /// An escape in its spelling is damaged.
    #[error("not a symbol: an escape in it is damaged")]
    Escape,
}

/// A contract's symbol, as the venue lists it: 1 to 64 bytes of text without control characters, for example `BTCUSDT`,
/// `kPEPE`, `xyz:TSLA` or `币安人生USDT`.
///
/// Blanks at either end are refused: forms, lists in the configuration and terminals trim them or do not show them, so that two
/// contracts would look like one. Upper and lower case differ, as they do for the venue.
///
/// It is stored in place, so that it is copied freely. Wherever it leaves the program it is [`escaped`](Self::escaped).
#[derive(Clone, Copy)]
pub struct Symbol {
    len: u8,
    /// The text, then zeros.
    bytes: [u8; Self::MAX_LEN],
}

impl Symbol {
    /// The longest symbol, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Checks a symbol.
    ///
    /// # Errors
    ///
    /// [`NotASymbol`] when it is empty or too long, has a control character, or begins or ends with a blank.
    pub fn new(text: &str) -> Result<Self, NotASymbol> {
        let source = text.as_bytes();
        let len = u8::try_from(source.len()).map_err(|_| NotASymbol::Length)?;
        if source.is_empty() || source.len() > Self::MAX_LEN {
            return Err(NotASymbol::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(NotASymbol::Control);
        }
        if text.trim().len() < text.len() {
            return Err(NotASymbol::Blank);
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes[..source.len()].copy_from_slice(source);
        Ok(Self { len, bytes })
    }

    /// The symbol as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor took text, so this always is text.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The bytes of its text. Comparing and hashing use them, as they need not be checked for being text again.
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Symbol {}

impl PartialOrd for Symbol {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Symbol {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl hash::Hash for Symbol {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
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
    fn accepts_any_text_that_an_exchange_lists() {
        let longest = "A".repeat(64);
        for text in [
            "BTCUSDT",
            "1000PEPEUSDT",
            "BTC-24MAR23",
            "币安人生USDT",
            "kPEPE",
            "xyz:TSLA",
            "A/B",
            "A B",
            "\"A\"",
            "100%",
            "?",
            "#1",
            "..",
            "<b>&amp;",
            "btcusdt",
            "币币币币币币币币币币币币币币币币币币币币币",
            &longest,
        ] {
            let symbol = Symbol::new(text).unwrap();
            assert_eq!((symbol.as_str(), symbol.to_string().as_str()), (text, text));
        }
    }

    #[test]
    fn refuses_what_cannot_be_listed_or_seen() {
        for (text, why) in [
            ("", NotASymbol::Length),
            (&*"A".repeat(65), NotASymbol::Length),
            (&*"币".repeat(22), NotASymbol::Length),
            (&*"A".repeat(300), NotASymbol::Length),
            ("X 0 0 1\r\nset evil", NotASymbol::Control),
            ("A\0B", NotASymbol::Control),
            ("A\u{7f}", NotASymbol::Control),
            ("A\u{85}", NotASymbol::Control),
            (" BTCUSDT", NotASymbol::Blank),
            ("BTCUSDT\u{a0}", NotASymbol::Blank),
            (" ", NotASymbol::Blank),
        ] {
            assert_eq!(Symbol::new(text).unwrap_err(), why, "{text:?}");
        }
    }

    #[test]
    fn compares_as_its_text_does() {
        let texts = ["A", "AB", "B", "a", "币", "币安", "A!", "A\u{fffd}"];
        for a in texts {
            for b in texts {
                let (one, two) = (Symbol::new(a).unwrap(), Symbol::new(b).unwrap());
                assert_eq!((one.cmp(&two), one == two), (a.cmp(b), a == b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn a_symbol_survives_json() {
        for text in ["ETHUSDT", "币安人生USDT", "A\"B\\C"] {
            let symbol = Symbol::new(text).unwrap();
            let json = serde_json::to_string(&symbol).unwrap();
            assert_eq!(serde_json::from_str::<Symbol>(&json).unwrap(), symbol);
        }
        assert_eq!(serde_json::to_string(&Symbol::new("ETHUSDT").unwrap()).unwrap(), "\"ETHUSDT\"");
        assert!(serde_json::from_str::<Symbol>("\"eth\\u0000usdt\"").is_err());
    }

    #[test]
    fn a_symbol_takes_no_more_room_than_its_text_can() {
        assert_eq!(size_of::<Symbol>(), 1 + Symbol::MAX_LEN);
    }
}

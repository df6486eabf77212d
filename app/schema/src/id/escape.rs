//! How a symbol is spelled where not every character is allowed: in keys of the cache, addresses, topics of the live
//! stream, cookies, ids of HTML and names of files.
//!
//! [`Symbol::escaped`] is the one way out and [`Symbol::unescape`] the one way back. Letters, digits, `.`, `_` and `-` are
//! kept, so that an ordinary symbol is its own spelling; any other byte becomes `%XX`. A few symbols would not survive that
//! everywhere, and are spelled as `~` and two hexadecimal digits for each byte:
//!
//! - those of dots alone: browsers take `%2E%2E` in a path for the folder above;
//! - those with `/`, `\` or `%`: proxies decode `%2F`, `%5C` and `%25`, and some of them twice;
//! - those that begin with `~`, so that this spelling has one meaning;
//! - those whose other spelling would not fit into a key of memcached.

use std::fmt::{self, Write as _};

use super::{NotASymbol, Symbol};

/// What the second spelling begins with.
const HEX: char = '~';

/// A symbol as [`Symbol::escaped`] spells it.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(&'a str);

impl Symbol {
    /// The longest spelling, in bytes: `~` and two digits for each byte.
    pub const ESCAPED_MAX_LEN: usize = 1 + 2 * Self::MAX_LEN;

    /// The spelling of the symbol for keys, addresses, topics, cookies, ids and names of files: up to
    /// [`ESCAPED_MAX_LEN`](Self::ESCAPED_MAX_LEN) of `[A-Za-z0-9._~%-]`.
    #[must_use]
    pub fn escaped(&self) -> Escaped<'_> {
        Escaped(self.as_str())
    }

    /// The spelling of the symbol in hexadecimal digits, which [`unescape`](Self::unescape) reads as well: for places where even
    /// letters have another meaning.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut out = String::with_capacity(Self::ESCAPED_MAX_LEN);
        // Writing to a string cannot fail.
        let _ = write_hex(self.as_str(), &mut out);
        out
    }

    /// Reads what [`escaped`](Self::escaped) or [`hex`](Self::hex) wrote, and a symbol that was typed as it is.
    ///
    /// # Errors
    ///
    /// [`NotASymbol`] when an escape is cut off or has other digits, or what comes out is no symbol.
    pub fn unescape(text: &str) -> Result<Self, NotASymbol> {
        if text.starts_with(HEX) {
            return Self::decoded(text);
        }
        if !text.contains('%') {
            return Self::new(text);
        }
        if text.len() > 3 * Self::MAX_LEN {
            return Err(NotASymbol::Length);
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => pair(rest.next(), rest.next())?,
                other => other,
            });
        }
        Self::new(std::str::from_utf8(&bytes).map_err(|_| NotASymbol::Escape)?)
    }

    /// Reads what was [`escaped`](Self::escaped) and whose `%XX` were decoded by whoever took the address apart: a router, a form.
    ///
    /// # Errors
    ///
    /// [`NotASymbol`] when it is no symbol.
    pub fn decoded(text: &str) -> Result<Self, NotASymbol> {
        let Some(digits) = text.strip_prefix(HEX) else { return Self::new(text) };
        if digits.len() > 2 * Self::MAX_LEN {
            return Err(NotASymbol::Length);
        }
        let bytes: Vec<u8> = digits
            .as_bytes()
            .chunks(2)
            .map(|digits| pair(digits.first().copied(), digits.get(1).copied()))
            .collect::<Result<_, _>>()?;
        Self::new(std::str::from_utf8(&bytes).map_err(|_| NotASymbol::Escape)?)
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let escapes = text.bytes().filter(|byte| !kept(*byte)).count();
        let fragile = text.starts_with(HEX) || text.bytes().all(|byte| byte == b'.') || text.contains(['/', '\\', '%']);
        if fragile || text.len() + 2 * escapes > Symbol::ESCAPED_MAX_LEN {
            return write_hex(text, f);
        }
        for byte in text.bytes() {
            if kept(byte) { f.write_char(char::from(byte))? } else { write!(f, "%{byte:02X}")? }
        }
        Ok(())
    }
}

fn write_hex(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char(HEX)?;
    text.bytes().try_for_each(|byte| write!(out, "{byte:02x}"))
}

const fn kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn pair(high: Option<u8>, low: Option<u8>) -> Result<u8, NotASymbol> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    let value = digit(high).zip(digit(low)).map(|(high, low)| high * 16 + low);
    value.and_then(|value| u8::try_from(value).ok()).ok_or(NotASymbol::Escape)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        Symbol::new(text).unwrap().escaped().to_string()
    }

    #[test]
    fn an_ordinary_symbol_is_its_own_spelling() {
        for text in ["BTCUSDT", "1000PEPEUSDT", "BTC-24MAR23", "BTCUSDT_260925", "BTC.D", "kPEPE"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn spells_what_a_place_does_not_allow() {
        for (text, expected) in [
            ("币安人生USDT", "%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT"),
            ("xyz:TSLA", "xyz%3ATSLA"),
            ("A B", "A%20B"),
            ("A\"B'", "A%22B%27"),
            ("A?b=c#d&e", "A%3Fb%3Dc%23d%26e"),
            ("<b>", "%3Cb%3E"),
            ("a,b;c", "a%2Cb%3Bc"),
            ("..", "~2e2e"),
            (".", "~2e"),
            ("../../etc", "~2e2e2f2e2e2f657463"),
            ("A/B", "~412f42"),
            ("A\\B", "~415c42"),
            ("100%", "~31303025"),
            ("~2e2e", "~7e32653265"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
        assert_eq!(escaped(&"币".repeat(21)).len(), 1 + 2 * 63, "the longest fit into a key");
    }

    #[test]
    fn refuses_a_damaged_spelling() {
        for text in
            ["%", "%4", "%4G", "A%", "~", "~4", "~4g", "%FF", "%00", "~00", "~+1", &format!("~{}", "41".repeat(65))]
        {
            assert!(Symbol::unescape(text).is_err(), "{text}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        let odd = "[ -~é币\u{1F600}/%~.]{1,64}";
        prop_oneof![odd, "\\PC{1,40}", "[.]{1,4}", "~[0-9a-f]{2,20}", "[A-Z0-9]{1,24}"]
    }

    proptest! {
        #[test]
        fn every_symbol_survives_its_spelling_and_the_spelling_is_safe(text in texts()) {
            let Ok(symbol) = Symbol::new(&text) else { return Ok(()) };
            let spelling = symbol.escaped().to_string();
            prop_assert_eq!(Symbol::unescape(&spelling), Ok(symbol));
            prop_assert_eq!(Symbol::unescape(&symbol.hex()), Ok(symbol));
            prop_assert!(spelling.len() <= Symbol::ESCAPED_MAX_LEN, "{} bytes", spelling.len());
            prop_assert!(spelling.bytes().all(|b| kept(b) || b == b'%' || b == b'~'), "{}", spelling);
            prop_assert!(!spelling.trim_matches('.').is_empty(), "a folder: {}", spelling);
            // As a router does, once.
            let decoded = percent(&spelling);
            prop_assert_eq!(Symbol::decoded(&decoded), Ok(symbol));
            // As a proxy does that decodes and encodes again, or twice: nothing but the symbol can come out.
            prop_assert!(!decoded.contains(['/', '\\']) && !decoded.trim_matches('.').is_empty());
            prop_assert_eq!(percent(&decoded), decoded);
        }

        #[test]
        fn any_text_is_a_symbol_that_survives_or_none(text in "\\PC{0,80}") {
            for read in [Symbol::unescape(&text), Symbol::decoded(&text)].into_iter().flatten() {
                prop_assert_eq!(Symbol::unescape(&read.escaped().to_string()), Ok(read));
            }
        }
    }

    fn percent(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(if byte == b'%' { pair(rest.next(), rest.next()).unwrap() } else { byte });
        }
        String::from_utf8(bytes).unwrap()
    }
}

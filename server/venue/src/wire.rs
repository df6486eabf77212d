//! What the messages of every exchange have in common: text that is a number, a time or a symbol.

use std::borrow::Cow;

use schema::{Invalid, Symbol, UnixMs};
use serde::Deserialize;

/// Text of a message, borrowed unless it holds escapes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why JSON text could not be turned into events.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It is not JSON, or not of the documented shape.
    #[error("not of the documented shape")]
    Shape(#[from] serde_json::Error),
    /// It has the right shape and an impossible value.
    #[error(transparent)]
    Impossible(#[from] Invalid),
}

/// The text of a field that must have one.
pub(crate) fn named<'t>(field: &'static str, text: Option<&'t Text<'_>>) -> Result<&'t str, Invalid> {
    text.map(Text::as_str).filter(|text| !text.is_empty()).ok_or_else(|| Invalid::new(field, "is missing"))
}

/// A symbol, as the venue spells it.
pub(crate) fn symbol(text: &str) -> Result<Symbol, Invalid> {
    Symbol::new(text).map_err(|error| Invalid::new("symbol", format!("`{text}`: {error}")))
}

/// A finite number.
pub(crate) fn number(field: &'static str, text: &str) -> Result<f64, Invalid> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(Invalid::new(field, format!("`{text}` is not a number"))),
    }
}

/// A number above zero.
pub(crate) fn price(field: &'static str, text: &str) -> Result<f64, Invalid> {
    let price = number(field, text)?;
    if price > 0.0 { Ok(price) } else { Err(Invalid::new(field, format!("{text} is not a price"))) }
}

/// A number not below zero.
pub(crate) fn amount(field: &'static str, text: &str) -> Result<f64, Invalid> {
    let amount = number(field, text)?;
    if amount >= 0.0 { Ok(amount) } else { Err(Invalid::new(field, format!("{text} is not an amount"))) }
}

/// Milliseconds since 1970, as text.
pub(crate) fn time(field: &'static str, text: &str) -> Result<UnixMs, Invalid> {
    text.parse().map_err(|_| Invalid::new(field, format!("`{text}` is not a time"))).and_then(|ms| stamp(field, ms))
}

/// Milliseconds since 1970.
pub(crate) fn stamp(field: &'static str, ms: i64) -> Result<UnixMs, Invalid> {
    if ms >= 0 { Ok(UnixMs(ms)) } else { Err(Invalid::new(field, format!("{ms} is not a time"))) }
}

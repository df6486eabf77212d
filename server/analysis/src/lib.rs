//! From candles, trades, book and derivatives to a score that explains itself.
//!
//! Pure functions: values in, values out. This crate reads no clock, does no I/O and draws no random number.

pub mod input;

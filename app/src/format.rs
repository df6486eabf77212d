//! How numbers and times become text, the same on the server and in the browser.
//!
//! Pure functions: no locale, no time zone, no clock. The true minus sign (U+2212) is used throughout, and a number
//! that rounds to zero has no sign.

mod number;
mod sum;
mod time;

pub use number::{
    MINUS, amount, bytes, count, decimals, fixed, full_price, percent, price, quantity, score, share, signed,
    signed_amount, usd, whole,
};
pub use sum::addends;
pub use time::{age, clock, clock_off, countdown, date, day, minute, moment, utc};

//! From candles, trades, book and derivatives to a score that explains itself.
//!
//! Pure functions: values in, values out. This crate reads no clock, does no I/O and draws no random number.
//!
//! [`analyse`] scores one symbol; [`Scorer`] does the same second by second, at the price of what changed. `series.rs` digests
//! closed candles, `frame.rs` sets the newest against them, and `follow.rs` keeps both up to date.
//! Each measure is one row in the [`registry`] and one function under `indicator/`; `confluence.rs` makes one score of
//! them; [`signal`] turns scores of closed bars into directions, [`idea`] follows what became of them,
//! [`alert`] notes what turned, [`market`] looks at all symbols together, [`key_levels`] finds prices at which much happened
//! and [`sentence`] puts the numbers into words.

#[cfg(test)]
extern crate self as analysis;

pub mod alert;
mod analyse;
mod band;
mod candled;
mod catalogue;
mod condition;
mod confluence;
mod context;
mod follow;
mod frame;
pub mod idea;
mod indicator;
pub mod input;
mod key_levels;
pub mod market;
mod math;
mod measure;
#[cfg(test)]
mod oracle;
pub mod registry;
mod scorer;
pub mod sentence;
mod series;
pub mod signal;
mod stats;
pub mod study;
mod usual_depth;

pub use analyse::{Analysis, Bars, analyse};
pub use catalogue::catalogue;
pub use condition::{CONDITIONS, Row as ConditionRow};
pub use confluence::{GAIN, common, shape};
pub use key_levels::key_levels;
pub use scorer::Scorer;
pub use series::TAIL;

//! The small pieces that cards are made of. Each is a pure function of what it shows.

pub(crate) mod bar;
pub(crate) mod figure;
pub(crate) mod live;
pub(crate) mod markup;
pub(crate) mod ring;
pub(crate) mod spark;
pub(crate) mod symbol;
pub(crate) mod time;

/// Text that only screen readers read.
pub(crate) const HIDDEN: &str = "vh";

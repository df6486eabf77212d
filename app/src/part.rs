//! The small pieces that cards are made of. Each is a pure function of what it shows.

#[cfg(feature = "ssr")]
pub(crate) mod ages;
pub(crate) mod bar;
pub(crate) mod cadence;
pub(crate) mod figure;
#[cfg(feature = "ssr")]
pub(crate) mod idea;
pub(crate) mod live;
pub(crate) mod markup;
pub(crate) mod note;
pub(crate) mod price_times;
pub(crate) mod ring;
pub(crate) mod spark;
pub(crate) mod symbol;
pub(crate) mod time;

/// Text that only screen readers read.
pub(crate) const HIDDEN: &str = "vh";

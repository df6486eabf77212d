//! What the tasks do with the market that the engine keeps: which contracts are watched, what is fetched and when, what is drawn.

pub(crate) mod confirm;
#[cfg(test)]
pub(crate) mod example;
pub(crate) mod retry;
pub(crate) mod series;
pub(crate) mod universe;

pub(crate) use engine::{Market, Window, kept, lock};

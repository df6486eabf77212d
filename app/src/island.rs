//! The islands: one per page, with everything of the page that lives.
//!
//! Each gets its page's snapshot once, as its only large prop; the first rendering in the browser is made from that very
//! value and from its clock, so it equals the server's.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

mod market;
mod not_found;
mod scores;
mod symbol;
mod system;

pub use crate::card::score_list::Listing;
pub use market::{MarketIsland, MarketIslandProps};
pub use not_found::{NotFoundIsland, NotFoundIslandProps};
pub use scores::{ScoresIsland, ScoresIslandProps};
pub use symbol::{SymbolIsland, SymbolIslandProps};
pub use system::{SystemIsland, SystemIslandProps};

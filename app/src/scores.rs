//! How the list of symbols is filtered, put in order and cut into pages.
//!
//! Pure, and the same on the server and in the browser, so that the browser goes on with the very list it was given.

mod arrange;
mod query;

pub use arrange::{Arranged, PAGE_SIZE, arrange, order, per_8h};
pub(crate) use query::direction_name;
pub use query::{Order, Query, SortBy};

//! The one path from market events to recorded scores.
//!
//! [`Engine::step`] takes in events, answers and seconds, and gives out what follows. It reads no clock, does no I/O and draws no
//! random number: the same inputs give the same outputs, live, replayed and at any speed. Others read what it knows through
//! [`Market`].
//!
//! Layers, each built on those before it: `recent` and `gaps`; `candles`, `flow`, `book` and `derivatives`, one kind of data each;
//! [`Window`], one contract; [`Market`], all of them; [`Engine`].

mod book;
mod candles;
mod derivatives;
mod engine;
mod flow;
mod gaps;
mod ideas;
mod market;
mod output;
mod recent;
mod resume;
mod seconds;
mod threads;
mod window;

pub use derivatives::DerivativesData;
pub use engine::{Engine, RestoreError};
pub use ideas::{IdeaBook, idea_book};
pub use market::{Market, lock};
pub use output::Output;
pub use seconds::Seconds;
pub use threads::{Threads, ThreadsError};
pub use venue::{History, Input, Loaded};
pub use window::{Audited, Needs, Recorded, Unaudited, Window, kept};

//! What a store promises, whatever keeps it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss, missing_docs)]

mod files;
mod kept;
mod killed;
mod minutes;
mod world;

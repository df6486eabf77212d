//! How a page stays current.
//!
//! [`Store`] holds what is on screen and takes messages of the stream; `clock` keeps the server's time;
//! `client` owns the page's one connection and `refresh` asks anew for what the server alone renders (browser only). What a figure looks like follows from its age, never from the
//! state of the connection.

pub(crate) mod backoff;
#[cfg(feature = "hydrate")]
pub(crate) mod client;
pub(crate) mod clock;
#[cfg(feature = "hydrate")]
mod flash;
mod pace;
#[cfg(feature = "hydrate")]
mod refresh;
pub(crate) mod store;

pub use clock::ServerClock;
pub use store::{Link, Store, Taken};

#[cfg(feature = "hydrate")]
pub(crate) use client::connect;
#[cfg(feature = "hydrate")]
pub(crate) use refresh::refresh;

/// Brings a page to life in the browser; the server has nothing to connect.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn connect(
    _store: Store,
    _own: &[schema::stream::Topic],
    _page: schema::UnixMs,
    _since: Option<schema::Stamp>,
) {
}

/// Keeps the content that the server alone renders current in the browser.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn refresh(_store: Store) {}

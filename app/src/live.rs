//! How a page stays current.
//!
//! [`Store`] holds what every page shows and takes messages of the stream, [`List`] and [`Opened`] what two pages show beside it;
//! `clock` keeps the server's time. In the browser alone, `client` owns the page's one connection, `refresh` fetches again what the
//! server alone renders, `rewrite` keeps rows of markup current, and `ask` answers what the list of scores is asked. What a figure looks
//! like follows from its age, never from the state of the connection.

#[cfg(feature = "hydrate")]
mod ask;
pub(crate) mod backoff;
#[cfg(feature = "hydrate")]
pub(crate) mod client;
pub(crate) mod clock;
mod content;
#[cfg(feature = "hydrate")]
mod flash;
mod list;
mod opened;
mod pace;
#[cfg(feature = "hydrate")]
mod refresh;
#[cfg(feature = "hydrate")]
mod rewrite;
#[cfg(feature = "hydrate")]
mod sight;
pub(crate) mod store;
#[cfg(feature = "hydrate")]
mod swap;
mod taken;

pub use clock::ServerClock;
pub use content::Content;
pub(crate) use content::{Reader, reader};
pub use list::List;
pub use opened::Opened;
pub use store::{Link, Sent, Store};
pub use taken::Taken;

#[cfg(feature = "hydrate")]
pub(crate) use ask::ask;
#[cfg(feature = "hydrate")]
pub(crate) use client::connect;
#[cfg(feature = "hydrate")]
pub(crate) use refresh::refresh;
#[cfg(feature = "hydrate")]
pub(crate) use rewrite::rewrite;

/// Brings a page to life in the browser; the server has nothing to connect.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn connect(
    _store: Store,
    _topics: &[schema::stream::Topic],
    _own: Option<Reader>,
    _page: schema::UnixMs,
    _since: Option<schema::Stamp>,
) {
}

/// Answers what the list of scores is asked in the browser; the server answers by another page.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn ask(
    _list: List,
    _asked: leptos::prelude::RwSignal<crate::scores::Query>,
    _drawn: leptos::prelude::RwSignal<usize>,
) {
}

/// Keeps markup current in the browser; on the server it is as it was made.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn rewrite<E: leptos::html::ElementType>(
    _place: leptos::prelude::NodeRef<E>,
    _markup: leptos::prelude::Memo<String>,
) {
}

/// Keeps the content that the server alone renders current in the browser.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn refresh(_store: Store) {}

//! The page, the API, the live stream and what an operator asks, over HTTP.

pub(crate) mod access;
#[cfg(test)]
mod answers;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod base;
pub(crate) mod candles;
pub(crate) mod client;
pub(crate) mod compat;
pub(crate) mod cookie;
pub(crate) mod edition;
#[cfg(test)]
mod encoded_once;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod form;
pub(crate) mod forwarded;
pub(crate) mod guide;
mod hand_on;
pub(crate) mod headers;
pub(crate) mod hosts;
pub(crate) mod limit;
pub(crate) mod log_once;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod page_cache;
pub(crate) mod pages;
pub(crate) mod policy;
pub(crate) mod probe;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod refused;
pub(crate) mod regime;
pub(crate) mod router;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod site;
#[cfg(test)]
pub(crate) mod stage;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod unread;
pub(crate) mod watch;
pub(crate) mod weights;

pub(crate) use access::Gate;
pub(crate) use client::Reach;
pub(crate) use limit::Streams;
pub(crate) use router::router;
pub(crate) use state::{AppState, Shared};

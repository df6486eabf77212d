//! The page, the API, the live stream and what an operator asks, over HTTP.

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod base;
pub(crate) mod candles;
pub(crate) mod compat;
pub(crate) mod cookie;
pub(crate) mod edition;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod guide;
pub(crate) mod headers;
pub(crate) mod lead;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod origin;
pub(crate) mod pages;
pub(crate) mod policy;
pub(crate) mod probe;
pub(crate) mod ready;
pub(crate) mod regime;
pub(crate) mod router;
pub(crate) mod rules;
pub(crate) mod seen;
pub(crate) mod settings;
pub(crate) mod stream;
pub(crate) mod watch;
pub(crate) mod weights;

pub(crate) use access::Gate;
pub(crate) use router::{AppState, Shared, router};

//! Bybit v5, linear contracts: public market data over HTTP and WebSocket.
//!
//! [`model`] is the wire, [`parse`] and [`frame`] turn it into events without any I/O, [`ticker`] and [`book`] hold
//! what must be remembered between messages, `http` knows the routes and `ws` the dialogue of a connection.
//! The same code talks to the exchange and to the simulator. It never signs a request: public data needs no key.

mod adapter;
pub mod book;
mod config;
pub mod frame;
mod http;
mod limits;
pub mod model;
pub mod parse;
mod subscriptions;
pub mod ticker;
pub mod topic;
mod watched;
mod ws;

pub use adapter::Bybit;
pub use config::BybitConfig;

pub use crate::{config::ConfigError, http::HttpConfig, ws::StreamConfig};

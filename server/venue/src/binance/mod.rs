//! Binance USDT-M futures: public market data over HTTP and WebSocket.
//!
//! The files are those of [`crate::bybit`] and mean the same: [`model`] is the wire, [`parse`] and [`frame`] turn it
//! into events without any I/O, [`ticker`] and [`book`] hold what must be remembered between messages, `http` knows the
//! routes and `ws` the dialogue of a connection. What differs: there are two roots of streams, a symbol's state comes
//! in two kinds of message, a whole book comes over HTTP and is joined with the changes (`depth` fetches it, `reach` says
//! how far it is known), and
//! requests are weighed. It never signs a request: public data needs no key.

mod adapter;
pub mod book;
mod config;
mod depth;
pub mod frame;
mod http;
mod limits;
pub mod model;
pub mod parse;
mod reach;
mod subscriptions;
pub mod ticker;
pub mod topic;
mod watched;
mod ws;

pub use adapter::Binance;
pub use config::BinanceConfig;

pub use crate::{config::ConfigError, http::HttpConfig, ws::StreamConfig};

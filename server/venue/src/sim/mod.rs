//! The simulated exchange: an HTTP and WebSocket server on loopback that speaks Bybit v5 (linear perpetuals).
//!
//! It exists so that everything above it runs, unchanged, where the exchange cannot be reached. The market is a pure,
//! seeded machine (`market`) that knows neither sockets nor a clock: the same seed, start and recording give the
//! same market. `rest` and `stream` put it on the wire; `server` holds the only clock. It never listens on
//! anything but loopback and never claims to be the exchange: that what is shown is simulated is the caller's to say.
//!
//! It answers for the services beside an exchange as well (`outside`).
//!
//! Read on: a contract from one tick to the next is in `contract`, what the price does in `walk`, what a
//! recording does to it in `replay`.

mod book;
mod candle;
mod catalogue;
mod contract;
mod earlier_trades;
mod fault;
mod fill;
mod fixed;
mod frames;
mod history;
mod hub;
mod json;
mod lately;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_recorded;
mod liquidation;
mod market;
mod noise;
mod outside;
mod positions;
mod recorded;
mod replay;
mod rest;
mod rows;
mod server;
mod shared;
mod stream;
mod table;
mod ticker;
mod topic;
mod truth;
mod walk;

use std::path::PathBuf;

use schema::UnixMs;

pub use crate::candle_file::CandleFileError;
pub use fault::{Fault, FaultSwitch, NoFault, Silence, TimedFault, TooManyFaults};
pub use recorded::{RecordedCandles, RecordingError, recorded_candles};
pub use server::{SimError, SimServer};

/// What to simulate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimConfig {
    /// How many contracts to list: 1 to [`MAX_SYMBOLS`](Self::MAX_SYMBOLS).
    pub symbols: u16,
    /// Which market of all possible ones.
    pub seed: u64,
    /// A folder of recorded candles (`*.csv`, `*.csv.gz`), or one such file, that the prices follow; then at most
    /// [`symbols`](Self::symbols) of the recorded contracts are listed, the most traded first.
    pub candles: Option<PathBuf>,
    /// How many times as many trades, and so changes of books and states, as usual: 1 to
    /// [`MAX_ACTIVITY`](Self::MAX_ACTIVITY). What is traded in a day stays the same.
    pub activity: u8,
    /// The time of the market when the server starts; history is before it.
    pub start: UnixMs,
}

impl SimConfig {
    /// How many contracts are listed unless asked otherwise.
    pub const DEFAULT_SYMBOLS: u16 = 60;
    /// The most contracts that can be listed.
    pub const MAX_SYMBOLS: u16 = 600;

    /// The most times as many trades as usual.
    pub const MAX_ACTIVITY: u8 = 20;

    /// The default market, standing at `start`.
    #[must_use]
    pub const fn new(start: UnixMs) -> Self {
        Self { symbols: Self::DEFAULT_SYMBOLS, seed: 1, candles: None, activity: 1, start }
    }
}

//! Exchange adapters, and a simulated exchange that speaks their protocol.
//!
//! An adapter turns one exchange's HTTP and WebSocket messages into the events of [`event`];
//! it never scores and never caches. [`bybit`] is one; [`sim`] is an exchange on loopback for it to talk to.
//! [`record`] keeps what an exchange says, and [`replay`] is an exchange on loopback that says it again.

pub mod binance;
pub mod bybit;
mod candle_file;
mod clock;
mod config;
mod counters;
mod date;
mod departed;
pub mod error;
pub mod event;
mod guard;
mod http;
mod input;
mod intervals;
mod kline;
mod limit;
mod local_book;
mod loopback;
mod news;
mod order;
mod past;
mod patience;
mod proxy;
pub mod record;
mod repeated;
pub mod replay;
mod resync;
pub mod rows;
pub mod sim;
mod sink;
mod subscription;
mod tls;
mod wire;
mod ws;

use futures_util::future::BoxFuture;
use schema::{Symbol, Venue, universe::SkippedRows};
use tokio::sync::mpsc;

pub use candle_file::moment;
pub use clock::Clock;
pub use config::{ConfigError, http_address};
pub use counters::StreamCounters;
pub use error::VenueError;
pub use event::{
    Accounts, BookChange, Instrument, Interval, Liquidation, MarketEvent, OpenInterest, PaidFunding, PositionSide,
    ReceivedEvent, Stream, Ticker,
};
pub use http::{http_client, http_client_through};
pub use input::{History, Input, Loaded};
pub use kline::Kline;
pub use limit::{Budget, Pause, budgets};
pub use local_book::{Crossed, LocalBook};
pub use past::Past;
pub use patience::{WAIT_MAX, retry_after};
pub use proxy::{Proxy, ProxyError, ProxyFailure, ProxyRules, proxy_in_use};
pub use subscription::{Open, Share, Subscription, Updated, WatchedSymbols};
pub use tls::install_crypto_provider;

/// The answer to a request.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, VenueError>>;

/// An exchange that can be watched.
pub trait Exchange: Send + Sync + 'static {
    /// Which venue the data is to be shown as coming from.
    fn venue(&self) -> Venue;

    /// Every linear contract the venue lists.
    fn instruments(&self) -> Answer<'_, Vec<Instrument>>;

    /// The state of every linear contract, in one request.
    fn tickers(&self) -> Answer<'_, Vec<(Symbol, Ticker)>>;

    /// The last closed candles, oldest first; the running one is left out. Each with what takers bought, where the venue says so.
    fn candles(&self, symbol: Symbol, interval: Interval, limit: u16) -> Answer<'_, Vec<Kline>>;

    /// The latest trades, oldest first.
    fn recent_trades(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<schema::Trade>>;

    /// Open interest every five minutes, oldest first.
    fn open_interest(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<OpenInterest>>;

    /// Funding rates that were paid, oldest first.
    fn funding_history(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<PaidFunding>>;

    /// The share of accounts that are long every five minutes, oldest first.
    fn accounts(&self, symbol: Symbol, limit: u16) -> Answer<'_, Vec<Accounts>>;

    /// Watches symbols until the returned subscription is dropped; [`Subscription::update`] changes which.
    ///
    /// Reconnects by itself for ever. Events of one symbol keep their order. When `events` is full an event is
    /// dropped and counted; a dropped book change is followed by [`BookChange::Lost`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    fn watch(&self, symbols: Vec<Symbol>, events: mpsc::Sender<ReceivedEvent>) -> Subscription;

    /// Gives up the book of a watched contract, which its reader found to be wrong, and fetches it again:
    /// [`BookChange::Lost`] and a snapshot follow.
    ///
    /// An exchange whose every book message is a snapshot has nothing to do.
    fn resync_book(&self, _symbol: Symbol) {}

    /// Why nothing is asked of this exchange for now: it refused this address.
    fn pause(&self) -> Option<Pause>;

    /// How far the exchange's clock is ahead of this machine's, in ms, as far as the last answer that carried the time
    /// shows; half of the time the answer took is uncertain.
    fn clock_skew_ms(&self) -> Option<i64>;

    /// What the streams of this exchange went through since it was made.
    fn counters(&self) -> schema::health::StreamCounters;

    /// The malformed rows of its lists that were skipped since it was made, by list and field.
    fn skipped_rows(&self) -> Vec<SkippedRows> {
        Vec::new()
    }

    /// How many requests about open interest and accounts together it answers in five minutes, where it has a limit for them
    /// alone.
    fn derivatives_limit(&self) -> Option<u32> {
        None
    }
}

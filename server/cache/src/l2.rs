//! The shared tier: what the cache asks of it, and the implementations.
//!
//! Everything above works through [`L2`] alone; `tests/contract.rs` holds every implementation to the same suite.
//! Which of several servers a key belongs to, when one rests, and what is repeated later is decided in `tier`.

mod memcached;
mod memory;

use std::time::Duration;

use futures_util::future::BoxFuture;
use schema::UnixMs;

pub use memcached::{BadServers, MemcachedL2};
pub use memory::MemoryL2;

/// The number that memcached gives to each write of an item. It is compared for equality only: a restarted server
/// counts from low numbers again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cas(pub u64);

/// An item of the shared tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its bytes.
    pub value: Vec<u8>,
    /// The number of its last write.
    pub cas: Cas,
    /// The client flags it was written with.
    pub flags: u32,
    /// How long it is kept from now on; none where it does not expire.
    pub expires_in: Option<Duration>,
}

/// What came of an `add`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// The item is stored under this number.
    Stored(Cas),
    /// There was one already; nothing changed.
    Exists,
}

/// What came of a compare-and-swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// The item is stored under this number.
    Stored(Cas),
    /// Somebody else wrote in between; nothing changed.
    Lost,
    /// There is no such item; nothing changed.
    Gone,
}

impl From<Added> for Swapped {
    fn from(added: Added) -> Self {
        match added {
            Added::Stored(cas) => Self::Stored(cas),
            Added::Exists => Self::Lost,
        }
    }
}

/// One of several conditional writes that travel together.
#[derive(Debug, Clone, Copy)]
pub struct StoreIf<'a> {
    /// Under which key.
    pub key: &'a str,
    /// The bytes.
    pub value: &'a [u8],
    /// The client flags.
    pub flags: u32,
    /// How long they are kept.
    pub keep_for: Duration,
    /// The number that the item has to have; none where there must be no item.
    pub expected: Option<Cas>,
}

/// Why the shared tier did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum L2Error {
    /// No connection, or it broke before the request had left.
    #[error("{0}")]
    Unreachable(String),
    /// No answer within the deadline.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The request left, the answer did not come: a write may or may not have been applied.
    #[error("outcome unknown: {0}")]
    Ambiguous(String),
    /// The server answered and refused.
    #[error("refused by the server: {0}")]
    Refused(String),
    /// The breaker is open: nothing was sent.
    #[error("resting after failures: {0}")]
    Resting(String),
}

impl L2Error {
    /// The name of the failure in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Timeout(_) => "timeout",
            Self::Ambiguous(_) => "ambiguous",
            Self::Refused(_) => "refused",
            Self::Resting(_) => "resting",
        }
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its version.
    pub version: String,
    /// The largest item it takes, key and header included, in bytes.
    pub item_limit_bytes: Option<u64>,
    /// The memory it may use for items, in bytes.
    pub memory_limit_bytes: Option<u64>,
    /// Items that it dropped for want of memory, since it started.
    pub evictions: Option<u64>,
    /// The time by its clock, which counts in whole seconds.
    pub time: Option<UnixMs>,
}

/// One server of the shared tier. Every call ends within a deadline of the implementation, and none is repeated by it.
pub trait L2: Send + Sync + 'static {
    /// How it is called in reports; it also decides which keys are its own where there are several.
    fn name(&self) -> &str;

    /// The item with its number and flags; `None` when there is none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>>;

    /// Stores an item where there is none.
    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>>;

    /// Replaces the item whose number still is `expected`.
    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>>;

    /// The numbers of many items in one round trip, without their values; one answer per key, in order.
    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>>;

    /// Many items in one round trip; one answer per key, in order.
    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Item>, L2Error>>>;

    /// Many conditional writes in one round trip; one answer per write, in order. Where an item that had to be absent
    /// is there, the write is [`Swapped::Lost`]. After a write that the server refused, others may be
    /// [`L2Error::Ambiguous`].
    fn store_many<'a>(&'a self, writes: &'a [StoreIf<'a>]) -> BoxFuture<'a, Vec<Result<Swapped, L2Error>>>;

    /// Asks who is there and how it is set up. Also used as the probe after an outage.
    fn facts(&self) -> BoxFuture<'_, Result<Facts, L2Error>>;
}

//! The first half of a stamp: which writer is newer, whatever its clock says.
//!
//! A writer begins with the time of its start, so that it can publish at once. Before its first write to the shared
//! tier it takes a number there that is higher than that of every writer before it: a fencing token. So a writer that
//! starts after a clock was set back, or on a host whose clock is behind, still replaces what an older one wrote.
//!
//! The number of a writer only grows, and a value that was published under a lower one is written under the higher:
//! neither the readers of this process nor those of another see a stamp go back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use schema::Name;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::{
    l2::{Added, Cas, Item, L2Error, Swapped},
    lock::lock,
};

/// The client flags of a token: it is not an envelope.
const FLAGS: u32 = 0x5643_ff01;
/// How long a token is kept. Where it has gone the clocks decide again.
const KEEP_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Attempts against other writers that start at the same moment.
const ATTEMPTS: u32 = 5;

/// The number of the newest writer of a schema, and who that is.
#[derive(Debug, Serialize, Deserialize)]
struct Token<'a> {
    epoch: u64,
    #[serde(borrow)]
    by: std::borrow::Cow<'a, str>,
}

/// What keeps tokens: one server of the shared tier.
pub(crate) trait TokenStore: Send + Sync {
    /// The item under a key.
    fn token<'a>(self: Arc<Self>, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>>;

    /// Stores an item where there is none.
    fn add_token<'a>(
        self: Arc<Self>,
        key: &'a str,
        bytes: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>>;

    /// Replaces an item whose number still is the expected one.
    fn swap_token<'a>(
        self: Arc<Self>,
        key: &'a str,
        bytes: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>>;
}

/// What this process knows of the publishers of one name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Writer {
    /// Whether one lives.
    pub(crate) taken: bool,
    /// The last number of any.
    pub(crate) epoch: u64,
}

/// The publishers of this process, by name.
pub(crate) type Writers = Arc<Mutex<HashMap<&'static str, Writer>>>;

/// How a writer compares with another whose value is stored where it wants to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// It is the newer one, and has a higher number now.
    Newer,
    /// It is the older one.
    Older,
    /// It has taken no number yet, so nobody knows.
    Unknown,
}

/// The number of one writer, from its start to its end.
pub(crate) struct Epoch {
    schema: Name,
    /// It holds a character that no schema's name may have, so it is nobody else's.
    token_key: String,
    by: Arc<str>,
    /// The server that keeps the token; none without a shared tier.
    server: Option<Weak<dyn TokenStore>>,
    number: AtomicU64,
    claimed: OnceCell<()>,
    retired: AtomicBool,
    writers: Writers,
}

impl Epoch {
    /// The number that a writer begins with.
    pub(crate) fn starting(
        number: u64,
        schema: Name,
        token_key: String,
        by: Arc<str>,
        server: Option<Weak<dyn TokenStore>>,
        writers: Writers,
    ) -> Arc<Self> {
        let (number, claimed, retired) = (AtomicU64::new(number), OnceCell::new(), AtomicBool::new(false));
        Arc::new(Self { schema, token_key, by, server, number, claimed, retired, writers })
    }

    /// The number as it is now.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Whether the shared tier gave the number.
    pub(crate) fn is_claimed(&self) -> bool {
        self.claimed.initialized()
    }

    /// Ends the writer: what it left behind is written under the number that it has.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Raises the number; a lower one changes nothing.
    pub(crate) fn raise(&self, number: u64) {
        self.number.fetch_max(number, Ordering::Relaxed);
        if let Some(writer) = lock(&self.writers).get_mut(self.schema.as_str()) {
            writer.epoch = writer.epoch.max(number);
        }
    }

    /// Whether the token is kept by this server.
    pub(super) fn is_kept_by<S: TokenStore>(&self, server: &Arc<S>) -> bool {
        self.server.as_ref().is_some_and(|own| std::ptr::addr_eq(own.as_ptr(), Arc::as_ptr(server)))
    }

    /// Takes the number of the newest writer, once: the one it has, or one more than the highest that was taken.
    ///
    /// # Errors
    ///
    /// While the shared tier does not give one, the clock's number is used.
    pub(super) async fn claim(&self) -> Result<(), L2Error> {
        if self.is_claimed() || self.retired.load(Ordering::Relaxed) {
            return Ok(());
        }
        let claim = self.claimed.get_or_try_init(async || {
            let began = self.number();
            let number = self.take(|there| Some(there.map_or(began, |there| there.saturating_add(1)).max(began))).await?;
            if let Some(number) = number.filter(|number| *number > began) {
                tracing::info!(schema = %self.schema, epoch = number, "an earlier writer's clock was ahead of this one");
            }
            Ok::<_, L2Error>(())
        });
        claim.await.copied()
    }

    /// Compares with the writer of a value that has a higher stamp: the token decides who started later. Where this
    /// one did (the token of an older writer was lost, and its clock was ahead), it takes a higher number than that.
    pub(super) async fn outrank(&self, other: u64) -> Result<Rank, L2Error> {
        if self.retired.load(Ordering::Relaxed) {
            return Ok(Rank::Older);
        }
        if !self.is_claimed() {
            return Ok(Rank::Unknown);
        }
        let own = self.number();
        let taken = self.take(|there| (there == Some(own)).then(|| other.max(own).saturating_add(1))).await?;
        Ok(if taken.is_some() { Rank::Newer } else { Rank::Older })
    }

    /// Replaces the token by the number that `choose` makes of the one that is there; `None` leaves it alone.
    async fn take(&self, choose: impl Fn(Option<u64>) -> Option<u64>) -> Result<Option<u64>, L2Error> {
        let Some(server) = self.server.as_ref().and_then(Weak::upgrade) else {
            return Err(L2Error::Unreachable("the shared cache is no longer in use".into()));
        };
        let key = &self.token_key;
        for _ in 0..ATTEMPTS {
            let there = Arc::clone(&server).token(key).await?;
            let token = there.as_ref().and_then(|item| serde_json::from_slice::<Token<'_>>(&item.value).ok());
            let Some(number) = choose(token.map(|token| token.epoch)) else { return Ok(None) };
            let bytes = serde_json::to_vec(&Token { epoch: number, by: self.by.as_ref().into() })
                .map_err(|error| L2Error::Refused(format!("a token cannot be encoded: {error}")))?;
            let landed = match there {
                None => matches!(Arc::clone(&server).add_token(key, &bytes, FLAGS, KEEP_FOR).await?, Added::Stored(_)),
                Some(item) => {
                    matches!(
                        Arc::clone(&server).swap_token(key, &bytes, FLAGS, KEEP_FOR, item.cas).await?,
                        Swapped::Stored(_)
                    )
                }
            };
            if landed {
                self.raise(number);
                return Ok(Some(number));
            }
        }
        Err(L2Error::Refused("other writers took every number".into()))
    }
}

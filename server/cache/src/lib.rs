//! A typed cache of two tiers: moka in this process, memcached between processes.
//!
//! What it promises:
//!
//! - **A key is a type.** Callers name a [`Schema`](schema::Schema) and a scope; no text of theirs becomes a key.
//! - **One encoding.** A publisher takes the value, never a string or bytes, and encodes it once.
//! - **The newest wins.** Order is decided by a stamp, not by arrival: in this process by a compare in moka, between
//!   processes by compare-and-swap. A reader's stamp never goes back.
//! - **One writer per schema.** A [`Publisher`] cannot be cloned or taken twice. A [`Warmer`] fills holes only.
//! - **"Wrote" means written.** It is logged when the shared tier has confirmed it; [`Published`] says what happened in
//!   this process, [`Published::outcome`] what became of it there.
//! - **An old value is old, a missing one is missing.** Ages count from `as_of`; a failed read is an
//!   [`Absence`](schema::Absence) with its reason, and the last good value is never thrown away for being old.
//! - **A failing memcached costs nobody their page.** Publishing never waits for it: what is published is queued, and
//!   written behind, the latest value of each key. Every exchange has a deadline, and a breaker rests.
//!
//! It never knows a market word, reads no clock but its [`Clock`], and hands out no raw client.
//!
//! ```
//! use cache::{Cache, Clock, Shared};
//! use schema::{Reading, UnixMs};
//! # use schema::{Invalid, Name, Policy, Schema};
//! # #[derive(serde::Serialize, serde::Deserialize)]
//! # struct Tide { metres: f64 }
//! # impl Schema for Tide {
//! #     const NAME: Name = Name::new("sea:tide");
//! #     const VERSION: u16 = 1;
//! #     const POLICY: Policy = Policy::secs(1, 5, 60);
//! #     type Scope = ();
//! #     fn check(&self) -> Result<(), Invalid> { Ok(()) }
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let cache = Cache::builder(Clock::System, "example@host/1").build();
//! let publisher = cache.publisher::<Tide>().unwrap();
//! assert!(cache.publisher::<Tide>().is_err());
//!
//! let published = publisher.publish(&(), Tide { metres: 1.2 }, cache.now()).await;
//! assert!(published.l1 && matches!(published.l2, Shared::Off));
//! assert!(matches!(cache.read::<Tide>(&()).await, Reading::Fresh(held) if held.value.metres == 1.2));
//! # });
//! ```
//!
//! Read on in `publish` and `read` for the two paths, in [`l2`] for what is asked of the shared tier, in `tier` for
//! what happens when it fails, and in `envelope` for its contents.

mod advisor;
mod breaker;
mod cache;
mod clock;
mod envelope;
mod follow;
mod inner;
mod key;
mod l1;
pub mod l2;
mod lock;
mod meter;
mod mirror;
mod negative_cache;
mod publish;
mod read;
mod replace;
mod report;
mod snapshot;
mod stores;
mod tally;
mod tier;
mod warm;

pub use advisor::{Advice, advise};
pub use cache::{Cache, CacheBuilder};
pub use clock::{Clock, ManualClock, PacedClock};
pub use envelope::BODY_LIMIT;
pub use envelope::{Encoded, Unreadable};
pub use follow::Follow;
pub use key::{BadNamespace, Namespace};
pub use mirror::Mirror;
pub use publish::{Published, Publisher, PublisherTaken, Receipt, Shared};
pub use replace::{remove_leftovers, replace};
pub use snapshot::{Restored, Snapshot, SnapshotError};
pub use tier::{ITEM_LIMIT, Outcome, Refusal, Superseded, WriteBehind};
pub use warm::{FillOutcome, Filled, Warmer};

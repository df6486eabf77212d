//! One write to the shared tier: compare-and-swap until it lands or something newer is found.

use std::{sync::Arc, time::Duration};

use schema::{Held, Stamp};

use super::server::Server;
use crate::{
    envelope::{self, Packed, Unreadable},
    l2::{Added, Cas, Item, L2Error, Swapped},
};

/// Compare-and-swaps that one write may lose.
const SWAPS: u32 = 5;

/// One write, whole, so that it can be repeated later.
#[derive(Debug)]
pub(crate) struct Write {
    /// The wire key.
    pub(crate) key: String,
    /// The envelope, as it travels.
    pub(crate) packed: Packed,
    /// Its header.
    pub(crate) header: Held<()>,
    /// How long the shared tier keeps it.
    pub(crate) keep_for: Duration,
}

/// What a writer believes of the item that it is about to replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belief {
    /// Nothing: look first.
    Unknown,
    /// There is none.
    Absent,
    /// It is an older one of this number.
    Older(Cas),
}

/// What came of a write.
#[derive(Debug)]
pub(crate) enum Put {
    /// It lies in the shared tier under this number.
    Applied(Cas),
    /// Something newer lies there.
    Superseded(Stamp, Item),
    /// Something of a newer format lies there; it was left alone.
    Unknown(Unreadable),
    /// Every swap was lost to another writer.
    Contested,
}

impl Server {
    /// Writes unless something newer lies there: one round trip while the belief holds.
    pub(crate) async fn put_newer(self: &Arc<Self>, write: &Write, belief: Belief) -> Result<Put, L2Error> {
        let mut belief = belief;
        let mut lost = 0;
        while lost < SWAPS {
            belief = match belief {
                Belief::Older(cas) => {
                    let Write { key, packed, keep_for, .. } = write;
                    match self.swap_raw(key, &packed.bytes, packed.flags, *keep_for, cas).await? {
                        Swapped::Stored(cas) => return Ok(Put::Applied(cas)),
                        Swapped::Lost => {
                            lost += 1;
                            Belief::Unknown
                        }
                        Swapped::Gone => Belief::Absent,
                    }
                }
                Belief::Absent => match self.add(write).await? {
                    Added::Stored(cas) => return Ok(Put::Applied(cas)),
                    Added::Exists => {
                        lost += 1;
                        Belief::Unknown
                    }
                },
                Belief::Unknown => match self.get(&write.key).await? {
                    None => Belief::Absent,
                    Some(item) => match envelope::header(&item.value, item.flags) {
                        // An earlier attempt whose answer was lost.
                        Ok(there) if there.stamp == write.header.stamp && there.by == write.header.by => {
                            return Ok(Put::Applied(item.cas));
                        }
                        Ok(there) if there.stamp >= write.header.stamp => {
                            return Ok(Put::Superseded(there.stamp, item));
                        }
                        Ok(_) => Belief::Older(item.cas),
                        Err(unknown @ Unreadable::UnknownVersion { .. }) => return Ok(Put::Unknown(unknown)),
                        // The key is this writer's: what nobody can read gives way to what everybody can.
                        Err(error) => {
                            tracing::warn!(key = write.key, %error, "an unreadable item gives way to a live value");
                            Belief::Older(item.cas)
                        }
                    },
                },
            };
        }
        Ok(Put::Contested)
    }
}

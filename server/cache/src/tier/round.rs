//! Writing a batch of what waits: compare-and-swap, pipelined, until each value is stored or something newer is found.
//!
//! One round trip where nobody else writes: the number of each key's last write is known. Otherwise one more, to look
//! at what is there. A batch in which the server refuses one item says nothing about the rest of it, so what had no
//! answer of its own is then written alone: one refusal never affects another key.

use std::sync::Arc;

use futures_util::future::join_all;
use schema::Held;

use super::{
    claim::{Epoch, Rank},
    outcome::{Outcome, Refusal},
    server::Server,
    write::Write,
};
use crate::{
    envelope::{self, Packed, Unreadable},
    l2::{Cas, Item, L2Error, StoreIf, Swapped},
    lock::lock,
};

/// The largest item that is sent, in bytes: memcached's limit is 1 MiB unless it was set otherwise, and a value above
/// it would also remove the old one.
pub const ITEM_LIMIT: usize = 900 * 1024;
/// What memcached adds to an item in its count, with room: its own header and the key.
const ITEM_HEADER: usize = 1_024;
/// Compare-and-swaps that one write may lose in a row.
const SWAPS: u32 = 5;

/// What a writer believes of the item that it is about to replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belief {
    /// Nothing: look first.
    Unknown,
    /// There is none.
    Absent,
    /// It is an older one of this number.
    Older(Cas),
}

/// One write under way.
struct Job {
    write: Arc<Write>,
    /// The header with the stamp that it is sent under.
    header: Held<()>,
    packed: Packed,
    belief: Belief,
    lost: u32,
}

/// What came of an item that was looked at.
enum Looked {
    /// It goes on.
    On(Job),
    /// It is over, one way or the other.
    Over,
}

/// How a round went.
pub(super) struct Round {
    /// Whether every value was settled: stored, refused, or found out of date.
    pub(super) complete: bool,
}

impl Server {
    /// Writes the next batch of what waits. What is not settled stays in the queue.
    pub(super) async fn write_some(self: &Arc<Self>) -> Round {
        // The loop and a drain must not write the same.
        let _turn = self.writing.lock().await;
        let (batch, outages) = {
            let state = lock(&self.state);
            (state.queue.batch(), state.outages)
        };
        let mut round = Round { complete: true };
        if let Err(error) = self.claim(&batch).await {
            self.defer(&batch, &error);
            return Round { complete: false };
        }
        let limit = self.item_budget();
        let jobs: Vec<Job> = batch.into_iter().filter_map(|write| self.seal(write, limit, outages)).collect();
        let alone = self.write_together(jobs, outages, &mut round).await;
        for job in alone {
            // Alone, nothing is left over.
            self.write_together(vec![job], outages, &mut round).await;
        }
        round
    }

    /// Has every writer of a batch take its number, once. Only a failure of this server itself is one here: where
    /// another server keeps the token, the clock's number is used meanwhile.
    async fn claim(self: &Arc<Self>, batch: &[Arc<Write>]) -> Result<(), L2Error> {
        let mut epochs: Vec<&Arc<Epoch>> = Vec::new();
        for write in batch {
            let epoch = write.owner.epoch();
            if !epoch.is_claimed() && !epochs.iter().any(|known| Arc::ptr_eq(known, epoch)) {
                epochs.push(epoch);
            }
        }
        let claims = epochs.iter().map(|epoch| epoch.claim());
        for (epoch, claimed) in epochs.iter().zip(join_all(claims).await) {
            match claimed {
                Err(error) if epoch.is_kept_by(self) && !matches!(error, L2Error::Refused(_)) => return Err(error),
                Err(error) => tracing::debug!(%error, "no number was taken yet"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// How large an item may be, by our own limit and the server's.
    fn item_budget(&self) -> usize {
        let of_server = self.item_limit().and_then(|limit| usize::try_from(limit).ok());
        of_server.map_or(ITEM_LIMIT, |limit| limit.saturating_sub(ITEM_HEADER).min(ITEM_LIMIT))
    }

    /// Seals the envelope, and refuses one that the server could not take: memcached would also drop the old one.
    fn seal(&self, write: Arc<Write>, limit: usize, outages: u64) -> Option<Job> {
        let (header, packed) = match sealed(&write) {
            Ok(sealed) => sealed,
            Err(error) => {
                self.settle(&write, Outcome::Refused(Refusal::ByServer(format!("it cannot be packed: {error}"))), None);
                return None;
            }
        };
        let bytes = packed.bytes.len();
        write.owner.sealed(&write.key, bytes, limit);
        if bytes > limit {
            self.settle(&write, Outcome::Refused(Refusal::TooLarge { bytes, limit }), None);
            return None;
        }
        let known = lock(&self.state).queue.known(&write.key, outages);
        Some(Job { write, header, packed, belief: known.map_or(Belief::Unknown, Belief::Older), lost: 0 })
    }

    /// Writes several at a time until each is settled or deferred; gives back what has to be tried alone.
    async fn write_together(self: &Arc<Self>, mut jobs: Vec<Job>, outages: u64, round: &mut Round) -> Vec<Job> {
        let (together, mut alone) = (jobs.len() > 1, Vec::new());
        while !jobs.is_empty() {
            let (look, put): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.belief == Belief::Unknown);
            jobs = Vec::new();
            let found = self.get_many(&look.iter().map(|job| job.write.key.clone()).collect::<Vec<_>>()).await;
            for (mut job, found) in look.into_iter().zip(found) {
                match found {
                    Ok(None) => {
                        job.belief = Belief::Absent;
                        jobs.push(job);
                    }
                    Ok(Some(item)) => {
                        if let Looked::On(job) = self.judge(job, &item, outages, round).await {
                            jobs.push(job);
                        }
                    }
                    Err(error) => self.put_off(&job.write, &error.to_string(), round),
                }
            }
            let stores: Vec<StoreIf<'_>> = put.iter().map(Job::store).collect();
            let stored = self.store_many(&stores).await;
            drop(stores);
            for (mut job, stored) in put.into_iter().zip(stored) {
                match stored {
                    Ok(Swapped::Stored(cas)) => {
                        self.settle(&job.write, Outcome::Applied, Some((cas, outages)));
                        continue;
                    }
                    // The server refused one of them, and the outcome of those after it is unknown.
                    Err(L2Error::Refused(_)) if together => {
                        job.belief = Belief::Unknown;
                        alone.push(job);
                        continue;
                    }
                    Err(L2Error::Refused(text)) => {
                        self.settle(&job.write, Outcome::Refused(Refusal::ByServer(text)), None);
                        continue;
                    }
                    Err(error) => {
                        self.put_off(&job.write, &error.to_string(), round);
                        continue;
                    }
                    Ok(Swapped::Lost) => job.belief = Belief::Unknown,
                    Ok(Swapped::Gone) => job.belief = Belief::Absent,
                }
                job.lost += 1;
                if job.lost < SWAPS {
                    jobs.push(job);
                } else {
                    lock(&self.state).queue.postpone(&job.write.key);
                    self.put_off(&job.write, "another writer won every swap", round);
                }
            }
        }
        alone
    }

    /// Compares a write with what is stored under its key.
    async fn judge(self: &Arc<Self>, mut job: Job, item: &Item, outages: u64, round: &mut Round) -> Looked {
        let ours = job.header.stamp;
        match envelope::header(&item.value, item.flags) {
            // An earlier attempt whose answer was lost.
            Ok(there) if there.stamp == ours && there.by == job.header.by => {
                self.settle(&job.write, Outcome::Applied, Some((item.cas, outages)));
                Looked::Over
            }
            Ok(there) if there.stamp >= ours => match job.write.owner.epoch().outrank(there.stamp.epoch).await {
                Ok(Rank::Newer) => match sealed(&job.write) {
                    Ok((header, packed)) if header.stamp > there.stamp => {
                        job.lost += 1;
                        Looked::On(Job { header, packed, belief: Belief::Older(item.cas), ..job })
                    }
                    _ => self.over(&job.write, "its number did not rise", round),
                },
                Ok(Rank::Older) => {
                    let by = there.stamp;
                    job.write.owner.superseded(&job.write.key, there, item).await;
                    self.settle(&job.write, Outcome::Superseded { by }, None);
                    Looked::Over
                }
                Ok(Rank::Unknown) => self.over(
                    &job.write,
                    "this writer could not take a number yet, and another's value is there",
                    round,
                ),
                Err(error) => self.over(&job.write, &error.to_string(), round),
            },
            Ok(_) => {
                job.belief = Belief::Older(item.cas);
                Looked::On(job)
            }
            Err(unknown @ Unreadable::UnknownVersion { .. }) => {
                let text = format!("a newer program's item is stored there and was left alone: {unknown}");
                self.settle(&job.write, Outcome::Refused(Refusal::ByServer(text)), None);
                Looked::Over
            }
            // The key is this writer's: what nobody can read is replaced by what everybody can.
            Err(error) => {
                tracing::warn!(key = job.write.key, %error, "an unreadable item is replaced by a live value");
                job.belief = Belief::Older(item.cas);
                Looked::On(job)
            }
        }
    }

    fn over(&self, write: &Write, cause: &str, round: &mut Round) -> Looked {
        self.put_off(write, cause, round);
        Looked::Over
    }

    /// Takes a write out of the queue, with the number that it was given, and reports what became of it.
    fn settle(&self, write: &Write, outcome: Outcome, stored: Option<(Cas, u64)>) {
        let mut state = lock(&self.state);
        state.queue.settle(write);
        match stored {
            Some((cas, outages)) => state.queue.learn(&write.key, cas, outages),
            None => state.queue.forget(&write.key),
        }
        self.show_waiting(&state);
        drop(state);
        write.report(outcome);
    }

    /// Leaves a write in the queue, and reports why.
    fn put_off(&self, write: &Write, cause: &str, round: &mut Round) {
        round.complete = false;
        lock(&self.state).queue.forget(&write.key);
        write.report(Outcome::Deferred(cause.to_owned()));
    }

    /// The same for many, which a failure of the server befell.
    pub(super) fn defer(&self, writes: &[Arc<Write>], error: &L2Error) {
        for write in writes {
            write.report(Outcome::Deferred(error.to_string()));
        }
    }
}

impl Job {
    fn store(&self) -> StoreIf<'_> {
        StoreIf {
            key: &self.write.key,
            value: &self.packed.bytes,
            flags: self.packed.flags,
            keep_for: self.write.keep_for,
            expected: if let Belief::Older(cas) = self.belief { Some(cas) } else { None },
        }
    }
}

/// The envelope of a write, under the number that its writer has now.
fn sealed(write: &Write) -> std::io::Result<(Held<()>, Packed)> {
    let mut header = write.header.clone();
    header.stamp.epoch = header.stamp.epoch.max(write.owner.epoch().number());
    let packed = envelope::seal(write.name, write.version, &header, &write.key, &write.body)?;
    Ok((header, packed))
}

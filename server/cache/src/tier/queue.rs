//! What waits to be written to one server: the latest value of each key, first come first served, and no more keys
//! than fit.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::{Arc, atomic::Ordering},
};

use super::write::Write;
use crate::l2::Cas;

/// Keys that may wait at most: every scoped value of a large universe, with room.
pub(super) const CAPACITY: usize = 4_096;
/// Keys that are written in one round trip at most.
const BATCH_KEYS: usize = 128;
/// Encoded bytes that are written in one round trip; one value may be more by itself.
const BATCH_BYTES: usize = 512 * 1024;
/// Keys of which the number of the last write is remembered.
const REMEMBERED: usize = 8_192;

/// The queue of one server.
#[derive(Default)]
pub(super) struct Queue {
    waiting: HashMap<String, Waiting>,
    /// The keys in the order of their turns.
    turns: BTreeMap<u64, String>,
    next_turn: u64,
    known: HashMap<String, Known>,
}

struct Waiting {
    write: Arc<Write>,
    turn: u64,
}

/// What was learnt from the last write of a key.
#[derive(Debug, Clone, Copy)]
struct Known {
    cas: Cas,
    outages: u64,
}

impl Queue {
    /// Keeps a write unless a newer one of its key waits; `false` when there is no room for its key. A newer value
    /// takes the turn of the one that it replaces, so that a key that changes often is not passed over for ever.
    pub(super) fn keep(&mut self, write: Arc<Write>) -> bool {
        let full = self.waiting.len() >= CAPACITY;
        match self.waiting.entry(write.key.clone()) {
            Entry::Occupied(mut kept) => {
                if kept.get().write.header.stamp < write.header.stamp {
                    kept.get_mut().write = write;
                }
                true
            }
            Entry::Vacant(_) if full => false,
            Entry::Vacant(place) => {
                self.turns.insert(self.next_turn, write.key.clone());
                place.insert(Waiting { write, turn: self.next_turn });
                self.next_turn += 1;
                true
            }
        }
    }

    /// Forgets a write whose outcome is known; a newer one of the same key goes on waiting.
    pub(super) fn settle(&mut self, write: &Write) {
        if self.waiting.get(&write.key).is_some_and(|kept| kept.write.header.stamp <= write.header.stamp)
            && let Some(kept) = self.waiting.remove(&write.key)
        {
            self.turns.remove(&kept.turn);
        }
    }

    /// Lets all other keys go first.
    pub(super) fn postpone(&mut self, key: &str) {
        if let Some(kept) = self.waiting.get_mut(key) {
            self.turns.remove(&kept.turn);
            kept.turn = self.next_turn;
            self.turns.insert(self.next_turn, key.to_owned());
            self.next_turn += 1;
        }
    }

    /// What is written next, in one round trip. It stays in the queue until it is settled.
    pub(super) fn batch(&self) -> Vec<Arc<Write>> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for waiting in self.turns.values().take(BATCH_KEYS).filter_map(|key| self.waiting.get(key)) {
            bytes += waiting.write.body.len();
            if !batch.is_empty() && bytes > BATCH_BYTES {
                break;
            }
            batch.push(Arc::clone(&waiting.write));
        }
        batch
    }

    /// Everything that waits, in turn.
    pub(super) fn all(&self) -> Vec<Arc<Write>> {
        let waiting = self.turns.values().filter_map(|key| self.waiting.get(key));
        waiting.map(|waiting| Arc::clone(&waiting.write)).collect()
    }

    /// How many keys wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many of them wait although an attempt was made, or could not be made.
    pub(super) fn deferred(&self) -> usize {
        self.waiting.values().filter(|waiting| waiting.write.deferred.load(Ordering::Relaxed)).count()
    }

    /// Whether a value of a key waits.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.waiting.contains_key(key)
    }

    /// The number that the last write of a key was given, unless there was an outage since.
    pub(super) fn known(&self, key: &str, outages: u64) -> Option<Cas> {
        self.known.get(key).filter(|known| known.outages == outages).map(|known| known.cas)
    }

    /// Remembers the number of a write, and how many outages there had been when it was begun.
    pub(super) fn learn(&mut self, key: &str, cas: Cas, outages: u64) {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(key) {
            self.known.clear();
        }
        self.known.insert(key.to_owned(), Known { cas, outages });
    }

    /// Forgets the number of a key's last write.
    pub(super) fn forget(&mut self, key: &str) {
        self.known.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Mutex, atomic::AtomicBool},
        time::Duration,
    };

    use futures_util::future::{BoxFuture, FutureExt as _};
    use schema::{Held, Invalid, Name, Origin, Policy, Schema, Stamp, UnixMs};

    use super::*;
    use crate::{
        envelope::Encoded,
        l2::Item,
        tier::{Epoch, Outcome, Owner, Writers},
    };

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Text(String);

    impl Schema for Text {
        const NAME: Name = Name::new("test:text");
        const VERSION: u16 = 1;
        const POLICY: Policy = Policy::secs(1, 5, 60);
        type Scope = ();

        fn check(&self) -> Result<(), Invalid> {
            Ok(())
        }
    }

    struct Nobody(Arc<Epoch>);

    impl Owner for Nobody {
        fn epoch(&self) -> &Arc<Epoch> {
            &self.0
        }

        fn sealed(&self, _: &str, _: usize, _: usize) {}

        fn settled(&self, _: &Write, _: &Outcome) {}

        fn superseded<'a>(&'a self, _: &'a str, _: Held<()>, _: &'a Item) -> BoxFuture<'a, ()> {
            async {}.boxed()
        }
    }

    fn write(key: &str, seq: u64, bytes: usize) -> Arc<Write> {
        let epoch = Epoch::starting(1, Text::NAME, String::new(), "test".into(), None, Writers::default());
        Arc::new(Write {
            key: key.to_owned(),
            name: Text::NAME,
            version: Text::VERSION,
            header: Held {
                stamp: Stamp { epoch: 1, seq },
                origin: Origin::Live,
                by: "test".into(),
                written_at: UnixMs(0),
                as_of: UnixMs(0),
                fresh_until: UnixMs(0),
                stale_until: UnixMs(0),
                value: Arc::new(()),
            },
            body: Encoded::of(&Text("x".repeat(bytes))).unwrap(),
            keep_for: Duration::from_secs(60),
            owner: Arc::new(Nobody(epoch)),
            receipt: Mutex::new(None),
            deferred: AtomicBool::new(false),
        })
    }

    fn order(queue: &Queue) -> Vec<(String, u64)> {
        queue.batch().iter().map(|write| (write.key.clone(), write.header.stamp.seq)).collect()
    }

    #[test]
    fn keeps_the_newest_value_of_a_key_in_the_turn_of_the_first() {
        let mut queue = Queue::default();
        for (key, seq) in [("a", 1), ("b", 2), ("a", 4), ("a", 3)] {
            assert!(queue.keep(write(key, seq, 8)));
        }
        assert_eq!(order(&queue), [("a".into(), 4), ("b".into(), 2)]);
        queue.settle(&write("a", 3, 8));
        assert_eq!(queue.len(), 2, "a newer one goes on waiting");
        queue.postpone("a");
        assert_eq!(order(&queue), [("b".into(), 2), ("a".into(), 4)]);
        queue.settle(&write("a", 4, 8));
        assert_eq!(order(&queue), [("b".into(), 2)]);
    }

    #[test]
    fn a_batch_is_bounded_in_keys_and_bytes_and_never_empty() {
        let mut queue = Queue::default();
        for n in 0..BATCH_KEYS + 5 {
            assert!(queue.keep(write(&n.to_string(), 1, 8)));
        }
        assert_eq!(queue.batch().len(), BATCH_KEYS);
        let mut queue = Queue::default();
        for key in ["large", "larger", "small"] {
            assert!(queue.keep(write(key, 1, BATCH_BYTES)));
        }
        assert_eq!(order(&queue), [("large".into(), 1)]);
    }

    #[test]
    fn takes_no_key_more_than_there_is_room_for() {
        let mut queue = Queue::default();
        for n in 0..CAPACITY {
            assert!(queue.keep(write(&n.to_string(), 1, 8)));
        }
        assert!(!queue.keep(write("one too many", 1, 8)));
        assert!(queue.keep(write("7", 2, 8)));
        assert_eq!(queue.len(), CAPACITY);
    }

    #[test]
    fn the_number_of_a_write_is_worth_nothing_after_an_outage() {
        let mut queue = Queue::default();
        queue.learn("a", Cas(5), 0);
        assert_eq!((queue.known("a", 0), queue.known("a", 1)), (Some(Cas(5)), None));
        queue.forget("a");
        assert_eq!(queue.known("a", 0), None);
    }
}

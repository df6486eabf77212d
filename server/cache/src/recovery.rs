//! Writes that the shared tier has not taken yet: the latest of each key, and no more keys than fit.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use crate::tier::Write;

/// Keys kept at most: every scoped value of a large universe, with room.
const CAPACITY: usize = 2_048;

/// The latest write of each key.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    pending: HashMap<String, Arc<Write>>,
}

impl Recovery {
    /// Keeps a write unless a newer one of its key is kept; `false` when there is no room for its key.
    pub(crate) fn keep(&mut self, write: Arc<Write>) -> bool {
        let full = self.pending.len() >= CAPACITY;
        match self.pending.entry(write.key.clone()) {
            Entry::Occupied(mut kept) => {
                if kept.get().header.stamp < write.header.stamp {
                    kept.insert(write);
                }
                true
            }
            Entry::Vacant(_) if full => false,
            Entry::Vacant(place) => {
                place.insert(write);
                true
            }
        }
    }

    /// Forgets a write that is settled, and keeps a newer one of the same key.
    pub(crate) fn settle(&mut self, write: &Write) {
        if self.pending.get(&write.key).is_some_and(|kept| kept.header.stamp <= write.header.stamp) {
            self.pending.remove(&write.key);
        }
    }

    /// Everything that waits.
    pub(crate) fn pending(&self) -> Vec<Arc<Write>> {
        self.pending.values().cloned().collect()
    }

    /// How many keys wait.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use schema::{Held, Origin, Stamp, UnixMs};

    use super::*;
    use crate::envelope::Packed;

    fn write(key: &str, seq: u64) -> Arc<Write> {
        let header = Held {
            stamp: Stamp { epoch: 1, seq },
            origin: Origin::Live,
            by: "test".into(),
            written_at: UnixMs(0),
            as_of: UnixMs(0),
            fresh_until: UnixMs(0),
            stale_until: UnixMs(0),
            value: Arc::new(()),
        };
        let packed = Packed { bytes: vec![b'{'], flags: 0 };
        Arc::new(Write { key: key.to_owned(), packed, header, keep_for: Duration::from_secs(60) })
    }

    #[test]
    fn only_the_newest_write_of_a_key_waits() {
        let mut recovery = Recovery::default();
        for seq in [1, 3, 2] {
            assert!(recovery.keep(write("a", seq)));
        }
        assert_eq!(recovery.pending()[0].header.stamp.seq, 3);
        recovery.settle(&write("a", 2));
        assert_eq!(recovery.len(), 1);
        recovery.settle(&write("a", 3));
        assert_eq!(recovery.len(), 0);
    }

    #[test]
    fn no_more_keys_wait_than_there_is_room_for() {
        let mut recovery = Recovery::default();
        for n in 0..CAPACITY {
            assert!(recovery.keep(write(&n.to_string(), 1)));
        }
        assert!(!recovery.keep(write("one too many", 1)));
        assert!(recovery.keep(write("7", 2)));
        assert_eq!(recovery.len(), CAPACITY);
    }
}

//! The messages that a client which comes back may have missed.

use std::collections::{HashMap, VecDeque};

use schema::stream::Topic;

use super::frame::{Frame, Kind};

/// Deltas that are kept: a minute of them, or more.
const DELTAS: usize = 240;
/// What they may weigh together, in bytes. The oldest are dropped, and a client that missed one is sent the whole list, which weighs
/// less: a list of 600 symbols is half a mebibyte.
const DELTAS_BYTES: usize = 2 << 20;

/// What was sent: of each topic the newest whole message, and the deltas of the list.
///
/// A whole message makes those before it needless, so there are no more of them than topics.
#[derive(Debug, Default)]
pub(super) struct Kept {
    newest: HashMap<(Topic, Kind), (u64, Frame)>,
    deltas: VecDeque<(u64, Topic, Frame)>,
    bytes: usize,
    /// The newest delta that was dropped for want of room.
    dropped: u64,
}

impl Kept {
    /// Keeps the messages of a tick.
    pub(super) fn keep(&mut self, seq: u64, frames: Vec<(Topic, Frame)>) {
        for (topic, frame) in frames {
            match frame.kind() {
                Kind::Delta => {
                    self.bytes += frame.bytes().len();
                    self.deltas.push_back((seq, topic, frame));
                }
                kind @ (Kind::Whole | Kind::Live) => {
                    if topic == Topic::Signals {
                        self.deltas.clear();
                        (self.bytes, self.dropped) = (0, 0);
                    }
                    self.newest.insert((topic, kind), (seq, frame));
                }
            }
        }
        while self.deltas.len() > DELTAS || self.bytes > DELTAS_BYTES {
            let Some((seq, _, frame)) = self.deltas.pop_front() else { return };
            self.bytes -= frame.bytes().len();
            self.dropped = seq;
        }
    }

    /// Drops what is kept of a topic.
    pub(super) fn forget(&mut self, topic: Topic) {
        self.newest.retain(|(kept, _), _| *kept != topic);
    }

    /// What was sent on some topics after a tick, in order; none where some of it was dropped.
    pub(super) fn since(&self, known: u64, topics: &[Topic]) -> Option<Vec<Frame>> {
        if known < self.dropped && topics.contains(&Topic::Signals) {
            return None;
        }
        let whole = self.newest.iter().map(|((topic, kind), (seq, frame))| (*seq, *kind, topic, frame));
        let deltas = self.deltas.iter().map(|(seq, topic, frame)| (*seq, Kind::Delta, topic, frame));
        let mut missed: Vec<_> =
            whole.chain(deltas).filter(|(seq, _, topic, _)| *seq > known && topics.contains(topic)).collect();
        missed.sort_by_key(|(seq, kind, ..)| (*seq, *kind));
        Some(missed.into_iter().map(|(.., frame)| frame.clone()).collect())
    }
}

//! The messages that a client which comes back may have missed.

use std::collections::{HashMap, VecDeque};

use schema::stream::Topic;

use super::frame::{Frame, Kind};

/// Messages of one kind that are kept: a minute of the list's deltas, or more.
const MESSAGES: usize = 240;
/// What they may weigh together, in bytes. The oldest are dropped, and a client that missed one is sent the whole list, which weighs
/// less: a list of 600 symbols is half a mebibyte.
const BYTES: usize = 2 << 20;

/// What was sent: of each topic the newest whole message, and the latest of those that follow on one another.
///
/// A whole message makes those before it needless, so there are no more of them than topics.
#[derive(Debug, Default)]
pub(super) struct Kept {
    newest: HashMap<(Topic, Kind), (u64, Frame)>,
    /// The list's.
    deltas: Run,
    alerts: Run,
}

/// The latest messages of one topic, each of which is needed.
#[derive(Debug, Default)]
struct Run {
    frames: VecDeque<(u64, Frame)>,
    bytes: usize,
    /// The newest that was dropped for want of room.
    dropped: u64,
}

impl Run {
    fn push(&mut self, seq: u64, frame: Frame) {
        self.bytes += frame.bytes().len();
        self.frames.push_back((seq, frame));
        while self.frames.len() > MESSAGES || self.bytes > BYTES {
            let Some((seq, frame)) = self.frames.pop_front() else { return };
            self.bytes -= frame.bytes().len();
            self.dropped = seq;
        }
    }
}

impl Kept {
    /// Keeps the messages of a tick.
    pub(super) fn keep(&mut self, seq: u64, frames: Vec<(Topic, Frame)>) {
        for (topic, frame) in frames {
            match frame.kind() {
                Kind::Delta => {
                    self.deltas.push(seq, frame);
                    // A whole list that not every delta follows on any more helps nobody, and weighs half a mebibyte.
                    let dropped = self.deltas.dropped;
                    self.newest.retain(|(topic, _), (seq, _)| *topic != Topic::Signals || *seq > dropped);
                }
                Kind::Event => self.alerts.push(seq, frame),
                kind @ (Kind::Whole | Kind::Live) => {
                    if topic == Topic::Signals {
                        self.deltas = Run::default();
                    }
                    self.newest.insert((topic, kind), (seq, frame));
                }
            }
        }
    }

    /// Drops what is kept of a topic.
    pub(super) fn forget(&mut self, topic: Topic) {
        self.newest.retain(|(kept, _), _| *kept != topic);
    }

    /// What was sent on some topics after a tick, in order; none where some of it was dropped.
    pub(super) fn since(&self, known: u64, topics: &[Topic]) -> Option<Vec<Frame>> {
        let newest = self.newest.iter().filter(|((topic, _), _)| topics.contains(topic));
        let mut missed: Vec<_> = newest.map(|((_, kind), (seq, frame))| (*seq, *kind, frame)).collect();
        for (topic, kind, run) in
            [(Topic::Signals, Kind::Delta, &self.deltas), (Topic::Alert, Kind::Event, &self.alerts)]
        {
            if topics.contains(&topic) {
                if known < run.dropped {
                    return None;
                }
                missed.extend(run.frames.iter().map(|(seq, frame)| (*seq, kind, frame)));
            }
        }
        missed.retain(|(seq, ..)| *seq > known);
        // Stable, so that what happened in one tick keeps its order.
        missed.sort_by_key(|(seq, kind, _)| (*seq, *kind));
        Some(missed.into_iter().map(|(.., frame)| frame.clone()).collect())
    }
}

//! Takes what adapters receive, without ever waiting, and hands it to the thread that writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use schema::Venue;

use super::{
    line::{Line, What},
    reader::{Recording, RecordingError},
    work::{Counts, RecordLimits, Work, plain},
    writer::Writer,
};
use crate::Clock;

/// What a recorder went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordCounts {
    /// Answers and messages that were handed to it.
    pub received: u64,
    /// Of those, how many could not be kept: its queue was full, or the disk refused them.
    pub lost: u64,
    /// Segments begun.
    pub segments: u64,
    /// Bytes of all segments that are kept.
    pub bytes: u64,
}

/// A recording that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The folder cannot be used.
    #[error("cannot record into {}: {}", folder.display(), plain(source))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The folder holds a recording of another exchange.
    #[error("{} holds a recording of {found}: record {asked} into another folder", folder.display())]
    OtherVenue {
        /// The folder.
        folder: PathBuf,
        /// Which exchange is recorded there.
        found: Venue,
        /// Which one was to be.
        asked: Venue,
    },
    /// What is in the folder cannot be read.
    #[error("looking at what was recorded there before")]
    Earlier(#[source] RecordingError),
    /// The thread that writes could not be started.
    #[error("starting the thread that writes the recording")]
    Thread(#[source] io::Error),
}

/// A recorder at work.
#[derive(Debug)]
pub struct Recorder {
    queue: SyncSender<Work>,
    counts: Arc<Counts>,
    clock: Clock,
    thread: JoinHandle<()>,
}

/// Where adapters hand over what they receive; it never waits.
#[derive(Debug)]
pub(super) struct Inlet {
    queue: SyncSender<Work>,
    counts: Arc<Counts>,
    clock: Clock,
}

impl Recorder {
    /// Lines that may wait for the disk.
    const QUEUE: usize = 65_536;

    /// Begins to record an exchange into a folder, which is made where it is missing. What another run left there stays
    /// until it is deleted.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the folder cannot be written to, or no thread can be started.
    pub fn start(folder: &Path, venue: Venue, limits: RecordLimits) -> Result<Self, RecordError> {
        let clock = Clock::SYSTEM;
        let counts = Arc::new(Counts::default());
        let unusable = |source| RecordError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        match Recording::open(folder) {
            Ok(earlier) if earlier.venue() != venue => {
                let (folder, found) = (folder.to_owned(), earlier.venue());
                return Err(RecordError::OtherVenue { folder, found, asked: venue });
            }
            Ok(_) | Err(RecordingError::Empty { .. }) => {}
            Err(error) => return Err(RecordError::Earlier(error)),
        }
        let writer = Writer::begin(folder, venue, limits, clock.clone(), Arc::clone(&counts)).map_err(unusable)?;
        let (queue, work) = sync_channel(Self::QUEUE);
        let named = std::thread::Builder::new().name("recorder".to_owned());
        let thread = named.spawn(move || writer.run(&work)).map_err(RecordError::Thread)?;
        Ok(Self { queue, counts, clock, thread })
    }

    /// What an adapter is given to be recorded.
    #[must_use]
    pub fn tap(&self) -> super::Tap {
        let inlet = Inlet { queue: self.queue.clone(), counts: Arc::clone(&self.counts), clock: self.clock.clone() };
        super::Tap(Some(Arc::new(inlet)))
    }

    /// What it went through so far.
    #[must_use]
    pub fn counts(&self) -> RecordCounts {
        self.counts.read()
    }

    /// Writes what still waits and ends the last segment. It waits for the disk.
    #[must_use]
    pub fn finish(self) -> RecordCounts {
        // A thread that is gone has ended its segment by being dropped, and has counted what it lost.
        if self.queue.send(Work::End).is_ok() && self.thread.join().is_err() {
            tracing::error!("the thread that writes the recording broke down");
        }
        self.counts.read()
    }
}

impl Counts {
    pub(super) fn read(&self) -> RecordCounts {
        RecordCounts {
            received: self.received.load(Relaxed),
            lost: self.lost.load(Relaxed),
            segments: self.segments.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    pub(super) fn lose(&self, messages: u64) {
        self.lost.fetch_add(messages, Relaxed);
        metrics::counter!("venue_record_lost_total").increment(messages);
    }
}

impl Inlet {
    pub(super) fn segments(&self) -> u64 {
        self.counts.segments.load(Relaxed)
    }

    pub(super) fn keep(&self, what: What) {
        self.counts.received.fetch_add(1, Relaxed);
        match self.queue.try_send(Work::Keep(Line { at: self.clock.now(), what })) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.counts.lose(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_lost_and_counted() {
        let (queue, work) = sync_channel(2);
        let inlet = Inlet { queue, counts: Arc::default(), clock: Clock::SYSTEM };
        for connection in 0..5 {
            inlet.keep(What::Frame { connection, text: String::new() });
        }
        assert_eq!((inlet.counts.read().received, inlet.counts.read().lost), (5, 3));
        assert_eq!(work.try_iter().count(), 2);
        drop(work);
        inlet.keep(What::Lost { messages: 0 });
        assert_eq!(inlet.counts.read().lost, 4, "nobody writes any more");
    }
}

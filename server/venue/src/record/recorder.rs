//! Writes what adapters receive into segments, on a thread of its own.

use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use schema::{UnixMs, Venue};

use super::{
    line::{FORMAT, Line, What},
    segment::{self, Segment},
    state::States,
};
use crate::Clock;

/// How much is kept, and in what pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordLimits {
    /// Bytes of all segments together, at most; the oldest segment gives way.
    pub max_bytes: u64,
    /// How long a segment is written to before the next one begins.
    pub segment_age: Duration,
}

impl RecordLimits {
    /// A segment is an eighth of the whole: so much is lost at once when the oldest gives way.
    const fn segment_bytes(&self) -> u64 {
        self.max_bytes / 8
    }

    /// What closed segments may take when a new one begins, so that it never grows past the bound before it ends.
    const fn room_before(&self) -> u64 {
        self.max_bytes - 2 * self.segment_bytes()
    }
}

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
    /// The thread that writes could not be started.
    #[error("starting the thread that writes the recording")]
    Thread(#[source] io::Error),
}

/// What the disk ails, in plain words.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "the quota of this user is used up".to_owned(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "this user may not write there".to_owned(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "something that is not a folder is there".to_owned(),
        _ => error.to_string(),
    }
}

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    lost: AtomicU64,
    segments: AtomicU64,
    bytes: AtomicU64,
}

/// What waits for the thread that writes.
enum Work {
    Keep(Line),
    End,
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
    /// until it gives way.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the folder cannot be written to, or no thread can be started.
    pub fn start(folder: &Path, venue: Venue, limits: RecordLimits) -> Result<Self, RecordError> {
        let clock = Clock::SYSTEM;
        let counts = Arc::new(Counts::default());
        let mut writer = Writer {
            folder: folder.to_owned(),
            limits,
            venue,
            run: clock.now(),
            clock: clock.clone(),
            counts: Arc::clone(&counts),
            closed: VecDeque::new(),
            current: None,
            begun: Instant::now(),
            newest: UnixMs(0),
            states: States::default(),
            told_lost: 0,
            failed: None,
        };
        let unusable = |source| RecordError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        writer.closed = segment::list(folder).map_err(unusable)?.into();
        writer.begin().map_err(unusable)?;
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
    fn read(&self) -> RecordCounts {
        RecordCounts {
            received: self.received.load(Relaxed),
            lost: self.lost.load(Relaxed),
            segments: self.segments.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    fn lose(&self, messages: u64) {
        self.lost.fetch_add(messages, Relaxed);
        metrics::counter!("venue_record_lost_total").increment(messages);
    }
}

impl Inlet {
    pub(super) fn keep(&self, what: What) {
        self.counts.received.fetch_add(1, Relaxed);
        match self.queue.try_send(Work::Keep(Line { at: self.clock.now(), what })) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.counts.lose(1),
        }
    }
}

/// The thread's own.
struct Writer {
    folder: PathBuf,
    limits: RecordLimits,
    venue: Venue,
    run: UnixMs,
    clock: Clock,
    counts: Arc<Counts>,
    /// Segments that are whole, oldest first, and their sizes.
    closed: VecDeque<(PathBuf, u64)>,
    current: Option<Segment>,
    begun: Instant,
    /// The name of the newest segment: the next one has a later one.
    newest: UnixMs,
    states: States,
    /// Of the messages that were lost, how many the recording tells of.
    told_lost: u64,
    /// Since when nothing can be written.
    failed: Option<Instant>,
}

impl Writer {
    /// How much may be lost to a kill.
    const FLUSH_EVERY: Duration = Duration::from_secs(1);
    /// So much is compressed before it is put into the file, at most.
    const FLUSH_BYTES: usize = 256 * 1_024;
    /// How long it waits before it tries the disk again.
    const RETRY: Duration = Duration::from_secs(5);

    fn run(mut self, work: &Receiver<Work>) {
        let mut flushed = Instant::now();
        loop {
            let line = match work.recv_timeout(Self::FLUSH_EVERY.saturating_sub(flushed.elapsed())) {
                Ok(Work::Keep(line)) => Some(line),
                Err(RecvTimeoutError::Timeout) => None,
                Ok(Work::End) | Err(RecvTimeoutError::Disconnected) => break,
            };
            let due = flushed.elapsed() >= Self::FLUSH_EVERY;
            if due {
                flushed = Instant::now();
            }
            if let Err(error) = self.step(line.as_ref(), due) {
                self.fail(&error, line.is_some());
            }
        }
        if let Err(error) = self.end() {
            self.fail(&error, false);
        }
    }

    /// Follows a line, writes it, and puts what waits into the file when that is due.
    fn step(&mut self, line: Option<&Line>, due: bool) -> io::Result<()> {
        match line.map(|line| &line.what) {
            Some(What::Frame { connection, text }) => drop(self.states.take(*connection, text)),
            Some(What::Opened { connection, .. } | What::Closed { connection, .. }) => self.states.forget(*connection),
            _ => {}
        }
        if self.current.is_none() {
            if self.failed.is_some_and(|since| since.elapsed() < Self::RETRY) {
                self.counts.lose(u64::from(line.is_some()));
                return Ok(());
            }
            self.begin()?;
            if self.failed.take().is_some() {
                tracing::info!(lost = self.counts.read().lost, "the recording goes on");
            }
        }
        let lost = self.counts.lost.load(Relaxed);
        let Some(segment) = &mut self.current else { return Ok(()) };
        if lost > self.told_lost {
            let messages = lost - self.told_lost;
            segment.add(&Line { at: self.clock.now(), what: What::Lost { messages } })?;
            self.told_lost = lost;
        }
        if let Some(line) = line {
            segment.add(line)?;
        }
        let most = usize::try_from(self.limits.segment_bytes() / 2).unwrap_or(usize::MAX).min(Self::FLUSH_BYTES);
        if due || segment.held_bytes() >= most {
            segment.flush()?;
            let bytes = segment.bytes();
            self.counts.bytes.store(self.closed.iter().map(|(_, bytes)| bytes).sum::<u64>() + bytes, Relaxed);
            if bytes >= self.limits.segment_bytes() || self.begun.elapsed() >= self.limits.segment_age {
                self.end()?;
                self.begin()?;
            }
        }
        Ok(())
    }

    /// Begins a segment, after the oldest ones gave way; it tells the whole of what later lines only tell changes of.
    fn begin(&mut self) -> io::Result<()> {
        while self.closed.iter().map(|(_, bytes)| bytes).sum::<u64>() > self.limits.room_before() {
            let Some((oldest, _)) = self.closed.pop_front() else { break };
            tracing::info!(segment = %oldest.display(), "the recording has reached its bound: the oldest segment goes");
            fs::remove_file(oldest)?;
        }
        let at = self.clock.now();
        self.newest = at.max(UnixMs(self.newest.0 + 1));
        let mut segment = Segment::begin(&self.folder, self.newest)?;
        let (venue, run) = (self.venue, self.run);
        segment.add(&Line { at, what: What::Begin { format: FORMAT, venue, run } })?;
        for (connection, text) in self.states.all() {
            segment.add(&Line { at, what: What::State { connection, text } })?;
        }
        // An unusable folder shows now and not in a second.
        segment.flush()?;
        self.current = Some(segment);
        self.begun = Instant::now();
        self.counts.segments.fetch_add(1, Relaxed);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(mut segment) = self.current.take() else { return Ok(()) };
        segment.flush()?;
        let path = segment.path.clone();
        let bytes = segment.end()?;
        self.closed.push_back((path, bytes));
        self.counts.bytes.store(self.closed.iter().map(|(_, bytes)| bytes).sum(), Relaxed);
        Ok(())
    }

    /// Gives the segment up. What is in its file stays readable; what was not yet is lost, and so is the line at hand.
    fn fail(&mut self, error: &io::Error, line: bool) {
        let held = self.current.as_ref().map_or(u64::from(line), |segment| segment.held_lines.max(u64::from(line)));
        self.counts.lose(held);
        if let Some(segment) = self.current.take() {
            self.closed.push_back((segment.path.clone(), segment.bytes()));
        }
        if self.failed.replace(Instant::now()).is_none() {
            let (folder, cause) = (self.folder.display(), plain(error));
            tracing::error!(%folder, cause, "nothing can be recorded: messages are lost and counted until it works again");
        }
    }
}

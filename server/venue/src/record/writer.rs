//! The thread that writes: segments one after the other, the oldest deleted before the bound is passed.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use schema::{UnixMs, Venue};

use super::{
    line::{FORMAT, Line, What},
    segment::{self, Segment},
    state::States,
    work::{Counts, RecordLimits, Work, plain},
};
use crate::Clock;

/// What the thread that writes holds.
pub(super) struct Writer {
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
    /// Of the messages that were lost, how many the recording reports.
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

    /// Looks at what the folder holds and begins the first segment.
    pub(super) fn begin(
        folder: &Path,
        venue: Venue,
        limits: RecordLimits,
        clock: Clock,
        counts: Arc<Counts>,
    ) -> io::Result<Self> {
        let mut writer = Self {
            folder: folder.to_owned(),
            limits,
            venue,
            run: clock.now(),
            clock,
            counts,
            closed: segment::list(folder)?.into(),
            current: None,
            begun: Instant::now(),
            newest: UnixMs(0),
            states: States::default(),
            told_lost: 0,
            failed: None,
        };
        writer.begin_segment()?;
        Ok(writer)
    }

    /// Writes until there is no more work.
    pub(super) fn run(mut self, work: &Receiver<Work>) {
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
            if let Err(error) = self.rotate() {
                self.fail(&error, false);
            }
        }
        if let Err(error) = self.end_segment() {
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
            self.begin_segment()?;
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
        }
        Ok(())
    }

    /// Ends a segment that is large or old enough, and begins the next one.
    fn rotate(&mut self) -> io::Result<()> {
        let Some(segment) = &self.current else { return Ok(()) };
        if segment.bytes() >= self.limits.segment_bytes() || self.begun.elapsed() >= self.limits.segment_age {
            self.end_segment()?;
            self.begin_segment()?;
        }
        Ok(())
    }

    /// Begins a segment, after the oldest ones were deleted, with snapshots of what later lines only change.
    fn begin_segment(&mut self) -> io::Result<()> {
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

    fn end_segment(&mut self) -> io::Result<()> {
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

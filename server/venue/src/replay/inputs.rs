//! What a recorded session took in, in its order.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use schema::UnixMs;

use super::{Recording, RecordingError};
use crate::{
    Input,
    record::{line::What, reader::Lines},
};

/// Inputs that are handed over at once: one at a time, the two sides would wait for each other more than they work.
const BATCH: usize = 128;
/// Batches that may wait: with lists of candles some megabytes.
const WAITING: usize = 4;

/// What a recording says of a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// A session begins: nothing of it follows on what came before.
    Session {
        /// When it began.
        began: UnixMs,
    },
    /// It took something in.
    Input(Input),
    /// Messages could not be recorded: what follows from here on may differ from what it was.
    Lost {
        /// How many.
        messages: u64,
    },
}

/// Some of what a recording says, in order.
struct Batch {
    taken: Vec<Result<Taken, RecordingError>>,
    /// How many segments ended in their middle up to here.
    cut: u64,
}

/// Goes through a recording, oldest first. A thread of its own unpacks and parses ahead of whoever takes it in, by a bounded number of
/// lines; it ends with this.
pub struct Inputs {
    batches: Receiver<Batch>,
    current: std::vec::IntoIter<Result<Taken, RecordingError>>,
    cut: u64,
    /// The other side; none once it has ended.
    reading: Option<JoinHandle<()>>,
}

impl Recording {
    /// What its sessions took in.
    ///
    /// # Errors
    ///
    /// [`RecordingError`] when the folder cannot be read.
    pub fn inputs(&self) -> Result<Inputs, RecordingError> {
        let reading = Reading { lines: self.lines()?, session: None, resumes: false };
        let (hand_over, batches) = sync_channel(WAITING);
        let named = thread::Builder::new().name("recording".to_owned());
        let reading = named
            .spawn(move || reading.run(&hand_over))
            .map_err(|source| RecordingError::Folder { folder: self.folder().to_owned(), source })?;
        Ok(Inputs { batches, current: Vec::new().into_iter(), cut: 0, reading: Some(reading) })
    }
}

impl Inputs {
    /// How many segments ended in their middle so far, as one does whose writer was killed.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.cut
    }
}

impl Iterator for Inputs {
    type Item = Result<Taken, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(taken) = self.current.next() {
                return Some(taken);
            }
            let Ok(batch) = self.batches.recv() else {
                // It ends when all was handed over, or by a panic, which goes on here.
                let Some(Err(panic)) = self.reading.take().map(JoinHandle::join) else { return None };
                std::panic::resume_unwind(panic);
            };
            (self.current, self.cut) = (batch.taken.into_iter(), batch.cut);
        }
    }
}

/// The side that unpacks and parses.
struct Reading {
    lines: Lines,
    session: Option<UnixMs>,
    /// Whether the segment that is read is the first of its session that is left: then what it resumes from is all there is.
    resumes: bool,
}

impl Reading {
    /// Hands everything over, until the end, the first error, or nobody takes any more.
    fn run(mut self, to: &SyncSender<Batch>) {
        let mut is_over = false;
        while !is_over {
            let mut taken = Vec::with_capacity(BATCH);
            while taken.len() < BATCH && !is_over {
                let next = self.next();
                is_over = !matches!(next, Ok(Some(_)));
                taken.extend(next.transpose());
            }
            is_over |= to.send(Batch { taken, cut: self.lines.cut() }).is_err();
        }
    }

    fn next(&mut self) -> Result<Option<Taken>, RecordingError> {
        while let Some(line) = self.lines.next_taken()? {
            match line.what {
                What::Begin { run, .. } => {
                    let is_new = self.session.replace(run) != Some(run);
                    self.resumes = is_new;
                    if is_new {
                        return Ok(Some(Taken::Session { began: run }));
                    }
                }
                What::Input(input) => return Ok(Some(Taken::Input(*input))),
                What::Resumed(input) if self.resumes => return Ok(Some(Taken::Input(*input))),
                What::Lost { messages } => return Ok(Some(Taken::Lost { messages })),
                What::Answer { .. }
                | What::Opened { .. }
                | What::Frame { .. }
                | What::Closed { .. }
                | What::State { .. }
                | What::Resumed(_) => {}
            }
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").field("cut", &self.cut).finish_non_exhaustive()
    }
}

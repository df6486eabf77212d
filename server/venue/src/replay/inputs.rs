//! What a recorded session took in, in its order.

use schema::UnixMs;

use super::{Recording, RecordingError, reader::Lines};
use crate::{Input, record::line::What};

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

/// Goes through a recording, oldest first, one line in memory at a time.
pub struct Inputs {
    lines: Lines,
    session: Option<UnixMs>,
    /// Whether the segment that is read is the first of its session that is left: then what it resumes from is all there is.
    resumes: bool,
}

impl Recording {
    /// What its sessions took in.
    ///
    /// # Errors
    ///
    /// [`RecordingError`] when the folder cannot be read.
    pub fn inputs(&self) -> Result<Inputs, RecordingError> {
        Ok(Inputs { lines: self.lines()?, session: None, resumes: false })
    }
}

impl Inputs {
    /// How many segments ended in their middle so far, as one does whose writer was killed.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.lines.cut()
    }
}

impl Iterator for Inputs {
    type Item = Result<Taken, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            match line.what {
                What::Begin { run, .. } => {
                    let is_new = self.session.replace(run) != Some(run);
                    self.resumes = is_new;
                    if is_new {
                        return Some(Ok(Taken::Session { began: run }));
                    }
                }
                What::Input(input) => {
                    return Some(Ok(Taken::Input(*input)));
                }
                What::Resumed(input) if self.resumes => return Some(Ok(Taken::Input(*input))),
                What::Lost { messages } => return Some(Ok(Taken::Lost { messages })),
                What::Answer { .. }
                | What::Opened { .. }
                | What::Frame { .. }
                | What::Closed { .. }
                | What::State { .. }
                | What::Resumed(_) => {}
            }
        }
    }
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").field("session", &self.session).finish_non_exhaustive()
    }
}

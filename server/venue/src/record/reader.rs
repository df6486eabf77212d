//! Reading a recording: its lines one after the other, over all segments.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
};

use schema::{UnixMs, Venue};
use zstd::stream::read::Decoder;

use super::{
    line::{FORMAT, Line, What},
    segment,
};

/// A recording that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The folder cannot be read.
    #[error("reading the recording in {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no segment with anything in it.
    #[error("{} holds no recording: `virtuoso record {}` makes one", folder.display(), folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// A segment cannot be read.
    #[error("reading {}", path.display())]
    Segment {
        /// The segment.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line is not one.
    #[error("{}, line {line}: not a line of a recording", path.display())]
    Line {
        /// The segment.
        path: PathBuf,
        /// Which line, counted from 1.
        line: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A segment does not begin as one, or was made by a newer program.
    #[error("{} does not begin as a segment of format {FORMAT}", path.display())]
    Foreign {
        /// The segment.
        path: PathBuf,
    },
    /// The folder holds recordings of several exchanges.
    #[error("{} is a recording of {found}, the segments before it are of {expected}", path.display())]
    OtherVenue {
        /// The segment.
        path: PathBuf,
        /// Of which exchange it is.
        found: Venue,
        /// Of which those before it are.
        expected: Venue,
    },
}

/// A recording that can be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    folder: PathBuf,
    venue: Venue,
    began: UnixMs,
}

impl Recording {
    /// Looks at the segments of a folder: of which exchange they are, and when the first one begins.
    ///
    /// # Errors
    ///
    /// [`RecordingError`] when there is none, or the first one cannot be read.
    pub fn open(folder: &Path) -> Result<Self, RecordingError> {
        let mut lines = Lines::of(folder)?;
        match lines.next()? {
            Some(Line { at, what: What::Begin { venue, .. } }) => {
                Ok(Self { folder: folder.to_owned(), venue, began: at })
            }
            _ => Err(RecordingError::Empty { folder: folder.to_owned() }),
        }
    }

    /// Which exchange it is a recording of.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    /// When it begins, by the clock of the machine that recorded it.
    #[must_use]
    pub const fn began(&self) -> UnixMs {
        self.began
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its lines from the first one on.
    pub(crate) fn lines(&self) -> Result<Lines, RecordingError> {
        Lines::of(&self.folder)
    }
}

type Text = BufReader<Decoder<'static, BufReader<File>>>;

/// The lines of a recording, oldest first.
pub(crate) struct Lines {
    left: VecDeque<PathBuf>,
    venue: Option<Venue>,
    /// The segment that is being read, and how many lines of it were.
    current: Option<(PathBuf, Text, u64)>,
    /// Segments that end in their middle.
    cut: u64,
    /// The line that is being read: room that is used again.
    line: Vec<u8>,
}

/// What messages of an exchange are: half of the lines and most of the bytes of a recording.
const MESSAGES: [&[u8]; 5] = [b"answer", b"opened", b"frame", b"closed", b"state"];

/// What a line is, as it says in its beginning; `None` where it does not begin as it was written, and has to be parsed.
fn kind(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"{\"at\":")?;
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let rest = rest[digits..].strip_prefix(b",\"what\":{\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some(&rest[..end])
}

impl Lines {
    /// A line longer than this is none; the largest real ones, answers, are below 34 MiB with their escapes.
    const LONGEST: u64 = 128 * 1024 * 1024;
    /// How much is unpacked at once.
    const UNPACKED: usize = 256 * 1024;

    fn of(folder: &Path) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::Folder { folder: folder.to_owned(), source };
        let left = segment::list(folder).map_err(failed)?.into_iter().map(|(path, _)| path).collect();
        Ok(Self { left, venue: None, current: None, cut: 0, line: Vec::new() })
    }

    /// How many segments ended in their middle so far, as one does whose writer was killed.
    pub(crate) const fn cut(&self) -> u64 {
        self.cut
    }

    /// The next line; none at the end of the last segment.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, RecordingError> {
        self.next_but(&[])
    }

    /// The next line that is no message of the exchange. Messages are not parsed, so what they hold is not checked either.
    pub(crate) fn next_taken(&mut self) -> Result<Option<Line>, RecordingError> {
        self.next_but(&MESSAGES)
    }

    fn next_but(&mut self, passed_over: &[&[u8]]) -> Result<Option<Line>, RecordingError> {
        loop {
            let Some((path, text, read)) = &mut self.current else {
                let Some(path) = self.left.pop_front() else { return Ok(None) };
                let decoder = File::open(&path)
                    .and_then(Decoder::new)
                    .map_err(|source| RecordingError::Segment { path: path.clone(), source })?;
                self.current = Some((path, BufReader::with_capacity(Self::UNPACKED, decoder), 0));
                continue;
            };
            let line = &mut self.line;
            line.clear();
            let cut = match io::Read::take(&mut *text, Self::LONGEST).read_until(b'\n', line) {
                Ok(0) => {
                    self.current = None;
                    continue;
                }
                Ok(_) => line.last() != Some(&b'\n'),
                // What the decoder gave before it met the cut ends in the middle of a line, or right behind one.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => true,
                Err(source) => return Err(RecordingError::Segment { path: path.clone(), source }),
            };
            if cut {
                tracing::warn!(segment = %path.display(), lines = *read, "it ends in its middle, and is read up to there");
                self.cut += 1;
                self.current = None;
                continue;
            }
            *read += 1;
            if *read > 1 && kind(line).is_some_and(|kind| passed_over.contains(&kind)) {
                continue;
            }
            let parsed: Line = serde_json::from_slice(line).map_err(|source| RecordingError::Line {
                path: path.clone(),
                line: *read,
                source,
            })?;
            let begins = match &parsed.what {
                What::Begin { format, venue, .. } if *format == FORMAT => Some(*venue),
                _ => None,
            };
            if (*read == 1) != begins.is_some() {
                return Err(RecordingError::Foreign { path: path.clone() });
            }
            if let Some(found) = begins {
                let expected = *self.venue.get_or_insert(found);
                if expected != found {
                    return Err(RecordingError::OtherVenue { path: path.clone(), found, expected });
                }
            }
            return Ok(Some(parsed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_line_is_read_from_its_beginning() {
        let connection = 1;
        let text = || "{\"what\":{\"input\":0}}".to_owned();
        let messages = [
            What::Answer { path: text(), status: 200, headers: Vec::new(), body: text() },
            What::Opened { connection, url: text() },
            What::Frame { connection, text: text() },
            What::Closed { connection, cause: text() },
            What::State { connection, text: text() },
        ];
        let others = [
            What::Begin { format: FORMAT, venue: Venue::Sim, run: UnixMs(1) },
            What::Input(Box::new(crate::Input::Second(UnixMs(5)))),
            What::Resumed(Box::new(crate::Input::Second(UnixMs(5)))),
            What::Lost { messages: 3 },
        ];
        let is_message = |what: &What| {
            let line = serde_json::to_vec(&Line { at: UnixMs(1_700_000_000_000), what: what.clone() }).unwrap();
            MESSAGES.contains(&kind(&line).unwrap())
        };
        assert!(messages.iter().all(is_message));
        assert!(!others.iter().any(is_message));
        for other in ["", "{}", "{\"what\":{\"frame\"", "{\"at\":x", "{\"at\":1,\"what\":{\"frame"] {
            assert_eq!(kind(other.as_bytes()), None, "{other}");
        }
    }
}

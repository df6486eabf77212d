//! The files of a recording: compressed lines, each file whole in itself and never written to again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use schema::UnixMs;
use zstd::stream::write::Encoder;

use super::line::Line;

/// Compression: higher levels cost several times as much and save little.
const LEVEL: i32 = 3;

/// A segment that is being written.
pub(super) struct Segment {
    encoder: Encoder<'static, Counted>,
    pub(super) path: PathBuf,
    /// Bytes of lines that are not in the file yet.
    held_bytes: usize,
    /// Lines that are not in the file yet.
    pub(super) held_lines: u64,
}

impl Segment {
    /// Begins a segment in a folder.
    pub(super) fn begin(folder: &Path, at: UnixMs) -> io::Result<Self> {
        let path = folder.join(format!("{PREFIX}{:013}{SUFFIX}", at.0.max(0)));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let mut encoder = Encoder::new(Counted { file, bytes: 0 }, LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Self { encoder, path, held_bytes: 0, held_lines: 0 })
    }

    /// Adds a line; it is in the file after the next [`flush`](Self::flush).
    pub(super) fn add(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.held_bytes += text.len();
        self.held_lines += 1;
        self.encoder.write_all(&text)
    }

    /// Bytes of lines that are not in the file yet, at most.
    pub(super) const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Puts every line into the file: what happens to the process afterwards does not touch them.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.held_lines > 0 {
            self.encoder.flush()?;
            (self.held_bytes, self.held_lines) = (0, 0);
        }
        Ok(())
    }

    /// The size of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.encoder.get_ref().bytes
    }

    /// Ends the segment; its size.
    pub(super) fn end(self) -> io::Result<u64> {
        let Counted { file, bytes } = self.encoder.finish()?;
        file.sync_all()?;
        Ok(bytes)
    }
}

/// A file that knows how much was written to it.
struct Counted {
    file: File,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

const PREFIX: &str = "segment-";
const SUFFIX: &str = ".ndjson.zst";

/// The segments in a folder with their sizes, oldest first. Other files are none of ours.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let of_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if of_ours {
            found.push((entry.path(), entry.metadata()?.len()));
        }
    }
    found.sort();
    Ok(found)
}
